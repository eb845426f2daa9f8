#include "sim/request.h"

#include <tuple>

namespace oplocksim::sim {
namespace {

auto tied(const Request& r) {
    return std::tie(r.kind, r.disposition, r.share, r.transacted, r.replace_if_exists,
                    r.delete_file, r.exclusive, r.fail_immediately, r.paging_io, r.lazy_writer,
                    r.access, r.options, r.attributes, r.target_key, r.parent_key, r.path, r.name,
                    r.handle, r.target_process, r.section, r.page_protection, r.offset, r.length,
                    r.lock_key, r.data, r.fsctl.code, r.fsctl.requested_oplock_level,
                    r.fsctl.flags);
}
static_assert(sizeof(Request) == 96, "a new member belongs in the comparison above");

}  // namespace

bool Request::operator==(const Request& other) const { return tied(*this) == tied(other); }

}  // namespace oplocksim::sim
