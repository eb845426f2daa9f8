# Writes a C++ source that holds the text of the clause files.
# Usage: cmake -DOUTPUT=file.cpp "-DINPUTS=a.yaml;b.yaml" -P embed.cmake
set(rows "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name "${input}" NAME)
  file(READ "${input}" text)
  string(APPEND rows "    {\"${name}\", R\"oplocksim(${text})oplocksim\"},\n")
endforeach()
set(source "// Generated from conformance/clauses/*.yaml. Do not edit.
#include <array>

#include \"conformance/clause_files.h\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace oplocksim::conformance {
namespace {

// One row more than there are files, so that an empty catalogue compiles too.
constexpr EmbeddedFile kFiles[] = {
${rows}    {\"\", \"\"},
};
}  // namespace

std::span<const EmbeddedFile> clause_files() {
    return std::span<const EmbeddedFile>(kFiles).first(std::size(kFiles) - 1);
}

}  // namespace oplocksim::conformance
")
file(WRITE "${OUTPUT}" "${source}")
