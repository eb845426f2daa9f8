// oplocksim schema: the JSON Schema of scenario files.
#include <string>

#include "scenarios/runner.h"
#include "tools/verbs.h"

namespace oplocksim::tools {

int schema_verb(const SchemaArguments& /*arguments*/, Streams& streams) {
    std::string schema = scenarios::json_schema();
    if (!schema.ends_with('\n')) schema += '\n';
    streams.out.write(schema);
    return static_cast<int>(ExitStatus::conforms);
}

}  // namespace oplocksim::tools
