#include <algorithm>
#include <limits>
#include <utility>

#include "engine/assert.h"
#include "engine/constants.h"
#include "scenarios/convert.h"
#include "scenarios/text.h"
#include "sim/kernel.h"

namespace oplocksim::scenarios {
namespace {

using engine::FsControlCode;
using sim::Request;
using sim::RequestKind;

constexpr std::uint64_t kMaxU64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMaxU32 = std::numeric_limits<std::uint32_t>::max();

// The kind of request that a client verb makes; `create` for those that make none.
RequestKind request_kind(Verb verb) {
    switch (verb) {
        case Verb::create: return RequestKind::create;
        case Verb::close: return RequestKind::close_handle;
        case Verb::duplicate: return RequestKind::duplicate_handle;
        case Verb::oplock:
        case Verb::ack:
        case Verb::ack_no_2:
        case Verb::ack_close_pending:
        case Verb::break_notify:
        case Verb::fsctl: return RequestKind::oplock_fsctl;
        case Verb::read: return RequestKind::read;
        case Verb::write: return RequestKind::write;
        case Verb::flush: return RequestKind::flush;
        case Verb::lock: return RequestKind::lock;
        case Verb::unlock: return RequestKind::unlock;
        case Verb::set_end_of_file: return RequestKind::set_end_of_file;
        case Verb::set_allocation: return RequestKind::set_allocation;
        case Verb::set_valid_data_length: return RequestKind::set_valid_data_length;
        case Verb::rename: return RequestKind::rename;
        case Verb::link: return RequestKind::link;
        case Verb::set_short_name: return RequestKind::set_short_name;
        case Verb::set_disposition: return RequestKind::set_disposition;
        case Verb::set_basic_information: return RequestKind::set_basic_information;
        case Verb::set_security: return RequestKind::set_security;
        case Verb::set_encryption: return RequestKind::set_encryption;
        case Verb::set_zero_data: return RequestKind::set_zero_data;
        case Verb::create_section: return RequestKind::create_section;
        case Verb::close_section: return RequestKind::close_section;
        case Verb::cancel_io:
        case Verb::exit_thread:
        case Verb::advance:
        case Verb::cancel:
        case Verb::kill:
        case Verb::pause:
        case Verb::resume:
        case Verb::wait_for:
        case Verb::look: break;
    }
    return RequestKind::create;
}

// Reads the arguments of one client verb into an Action.
class ActionReader {
 public:
    ActionReader(const YamlNode& arguments, Reader& reader, Action& action)
        : arguments_(arguments), reader_(reader), action_(action), request_(action.request) {}

    void read();

 private:
    const YamlNode* find(std::string_view key) const { return arguments_.find(key); }
    bool boolean(std::string_view key, bool otherwise) {
        const YamlNode* node = find(key);
        return node == nullptr ? otherwise : reader_.boolean(*node, key).value_or(otherwise);
    }
    std::uint64_t number(std::string_view key, std::uint64_t otherwise, std::uint64_t limit) {
        const YamlNode* node = find(key);
        return node == nullptr ? otherwise : reader_.number(*node, key, limit).value_or(otherwise);
    }
    std::uint32_t mask(ConstantKind kind, std::string_view key, std::uint32_t otherwise) {
        const YamlNode* node = find(key);
        return node == nullptr ? otherwise : reader_.mask(kind, *node).value_or(otherwise);
    }
    std::string path(std::string_view key) {
        const YamlNode* node = find(key);
        return node == nullptr ? "" : reader_.path(*node, key).value_or("");
    }

    void read_names();
    void read_create();
    std::string key(std::string_view name);
    void read_oplock();
    void read_ack();
    void read_fsctl();
    void read_range(std::uint64_t limit);
    void read_write();
    void read_lock();
    void read_rename();
    void read_short_name();
    void read_arguments();

    const YamlNode& arguments_;
    Reader& reader_;
    Action& action_;
    Request& request_;
};

void ActionReader::read_names() {
    if (const YamlNode* node = find("as")) {
        action_.as = reader_.name(*node, "as").value_or("");
        action_.as_place = node->place;
        for (const KeyInfo& reserved : keys_of(MappingKind::expectation)) {
            if (action_.as == reserved.name) {
                reader_.diagnostics().add(node->place, in_quotes(action_.as) +
                                                           " is a key of expectations and "
                                                           "cannot be a name");
            }
        }
    }
    if (const YamlNode* node = find("on")) {
        action_.on = reader_.name(*node, "on").value_or("");
        action_.on_place = node->place;
    }
}

std::string ActionReader::key(std::string_view name) {
    const YamlNode* node = find(name);
    if (node == nullptr || node->kind == YamlKind::null) return "";
    const std::string word = reader_.text(*node, name).value_or("");
    return lower(word) == "none" ? "" : word;
}

void ActionReader::read_create() {
    action_.path = path("file");
    request_.access = mask(ConstantKind::access, "access", engine::FILE_READ_DATA);
    const std::uint32_t all =
        engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;
    const std::uint32_t share = mask(ConstantKind::share, "share", all);
    if (share > all) {
        reader_.diagnostics().add(find("share")->place, "share modes are READ, WRITE and DELETE");
    }
    request_.share = static_cast<engine::ShareAccess>(share & all);
    if (const YamlNode* node = find("disposition")) {
        const auto value = reader_.constant(ConstantKind::disposition, *node);
        request_.disposition = static_cast<engine::CreateDisposition>(value.value_or(1));
    } else {
        request_.disposition = engine::CreateDisposition::FILE_OPEN;
    }
    request_.options = mask(ConstantKind::create_option, "options", 0);
    request_.attributes = mask(ConstantKind::attribute, "attributes", 0);
    request_.transacted = boolean("transacted", false);
    if (boolean("directory", false)) request_.options |= engine::FILE_DIRECTORY_FILE;
    if (boolean("synchronous", false)) {
        request_.options |= engine::FILE_SYNCHRONOUS_IO_NONALERT;
        request_.access |= engine::SYNCHRONIZE;
    }
    action_.target_key = key("key");
    action_.parent_key = key("parent_key");
}

void ActionReader::read_oplock() {
    engine::OplockFsctl& fsctl = request_.fsctl;
    const YamlNode* node = find("request");
    if (node == nullptr) return;
    const auto legacy = node->kind == YamlKind::scalar
                            ? find_constant(ConstantKind::legacy_oplock, trimmed(node->text))
                            : std::nullopt;
    const YamlNode* flags = find("flags");
    if (legacy) {
        fsctl.code = static_cast<FsControlCode>(*legacy);
        if (flags != nullptr) {
            reader_.diagnostics().add(flags->place, "only Windows 7 oplock types have flags");
        }
        return;
    }
    fsctl.code = FsControlCode::FSCTL_REQUEST_OPLOCK;
    fsctl.flags =
        mask(ConstantKind::input_flag, "flags", engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
    if (node->kind == YamlKind::scalar && !node->poisoned &&
        node->text.find('|') == std::string::npos &&
        !find_constant(ConstantKind::cache_level, trimmed(node->text)) &&
        !parse_number(node->text)) {
        const std::string message = "unknown oplock type " + in_quotes(node->text);
        if (upper(trimmed(node->text)) == "EXCLUSIVE") {
            reader_.diagnostics().add(node->place, message,
                                      "did you mean 'LEVEL_1', the exclusive legacy type?");
            return;
        }
        reader_.diagnostics().add_unknown(
            node->place, message, trimmed(node->text),
            {"LEVEL_1", "LEVEL_2", "BATCH", "FILTER", "R", "RH", "RW", "RWH", "READ", "READ_HANDLE",
             "READ_WRITE", "READ_WRITE_HANDLE"},
            "one of LEVEL_1, LEVEL_2, BATCH, FILTER, R, RH, RW, RWH");
        return;
    }
    fsctl.requested_oplock_level = reader_.mask(ConstantKind::cache_level, *node).value_or(0);
}

void ActionReader::read_ack() {
    engine::OplockFsctl& fsctl = request_.fsctl;
    const YamlNode* on_close = find("complete_on_close");
    const bool complete_on_close = boolean("complete_on_close", false);
    if (find("level") == nullptr) {
        fsctl.code = FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE;
        if (on_close != nullptr && complete_on_close) {
            reader_.diagnostics().add(on_close->place,
                                      "'complete_on_close' needs a 'level': it is a flag of "
                                      "FSCTL_REQUEST_OPLOCK");
        }
        return;
    }
    fsctl.code = FsControlCode::FSCTL_REQUEST_OPLOCK;
    fsctl.flags = engine::REQUEST_OPLOCK_INPUT_FLAG_ACK;
    const YamlNode& level = *find("level");
    if (level.kind == YamlKind::scalar &&
        find_constant(ConstantKind::legacy_oplock, trimmed(level.text))) {
        reader_.diagnostics().add(level.place,
                                  in_quotes(level.text) + " is no level of a Windows 7 oplock",
                                  "leave out 'level': the break of a legacy oplock is "
                                  "acknowledged without one");
        return;
    }
    fsctl.requested_oplock_level = mask(ConstantKind::cache_level, "level", 0);
    if (complete_on_close) {
        fsctl.flags |= engine::REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE;
    }
}

void ActionReader::read_fsctl() {
    const YamlNode* code = find("code");
    if (code == nullptr) return;
    const auto value = reader_.constant(ConstantKind::fsctl_code, *code);
    if (!value) return;
    const auto named = static_cast<FsControlCode>(*value);
    if (named == FsControlCode::FSCTL_SET_ZERO_DATA) {
        request_.kind = RequestKind::set_zero_data;
        read_range(sim::kMaxFileSize);
        return;
    }
    request_.fsctl.code = named;
    request_.fsctl.requested_oplock_level = mask(ConstantKind::cache_level, "level", 0);
    request_.fsctl.flags = mask(ConstantKind::input_flag, "flags", 0);
}

void ActionReader::read_range(std::uint64_t limit) {
    request_.offset = number("offset", 0, limit);
    request_.length = number("length", 1, limit);
    if (limit == kMaxU64 || request_.offset <= limit - request_.length) return;
    const YamlNode* node = find("offset") != nullptr ? find("offset") : find("length");
    reader_.diagnostics().add(node->place,
                              "offset and length together are more than " + std::to_string(limit));
}

void ActionReader::read_write() {
    const YamlNode* data = find("data");
    if (data != nullptr && find("length") != nullptr) {
        reader_.diagnostics().add(data->place, "'data' and 'length' exclude each other");
    }
    read_range(sim::kMaxFileSize);
    request_.paging_io = boolean("paging", false);
    if (data == nullptr) return;
    action_.data = reader_.text(*data, "data").value_or("");
    request_.length = action_.data->size();
    if (action_.data->size() > sim::kMaxStoredBytes) {
        reader_.diagnostics().add(data->place, "more than 1 MiB of data");
    }
}

void ActionReader::read_lock() {
    read_range(kMaxU64);
    request_.exclusive = boolean("exclusive", true);
    request_.fail_immediately = boolean("fail_immediately", true);
    request_.lock_key = static_cast<std::uint32_t>(number("lock_key", 0, kMaxU32));
}

void ActionReader::read_rename() {
    action_.path = path("to");
    request_.replace_if_exists = boolean("replace", false);
    if (action_.path.find(':') != std::string::npos) {
        reader_.diagnostics().add(find("to")->place, "the new name cannot name a stream");
    }
}

void ActionReader::read_short_name() {
    const YamlNode* node = find("name");
    if (node == nullptr || node->kind == YamlKind::null) return;
    action_.short_name = reader_.text(*node, "name").value_or("");
    if (action_.short_name.find_first_of("\\:") != std::string::npos) {
        reader_.wrong(*node, "name", "a name without '\\' and ':'");
    }
}

void ActionReader::read_arguments() {
    engine::OplockFsctl& fsctl = request_.fsctl;
    switch (action_.verb) {
        case Verb::create: return read_create();
        case Verb::duplicate: {
            const YamlNode* to = find("to");
            action_.to_client = to == nullptr ? "" : reader_.name(*to, "to").value_or("");
            return;
        }
        case Verb::oplock: return read_oplock();
        case Verb::ack: return read_ack();
        case Verb::ack_no_2: fsctl.code = FsControlCode::FSCTL_OPLOCK_BREAK_ACK_NO_2; return;
        case Verb::ack_close_pending:
            fsctl.code = FsControlCode::FSCTL_OPBATCH_ACK_CLOSE_PENDING;
            return;
        case Verb::break_notify: fsctl.code = FsControlCode::FSCTL_OPLOCK_BREAK_NOTIFY; return;
        case Verb::fsctl: return read_fsctl();
        case Verb::read:
            read_range(sim::kMaxFileSize);
            request_.paging_io = boolean("paging", false);
            return;
        case Verb::write: return read_write();
        case Verb::lock:
        case Verb::unlock: return read_lock();
        case Verb::set_end_of_file:
        case Verb::set_allocation:
        case Verb::set_valid_data_length:
            request_.length = number("size", 0, sim::kMaxFileSize);
            request_.lazy_writer = boolean("lazy_writer", false);
            return;
        case Verb::rename:
        case Verb::link: return read_rename();
        case Verb::set_short_name: return read_short_name();
        case Verb::set_disposition: request_.delete_file = boolean("delete", true); return;
        case Verb::set_zero_data: return read_range(sim::kMaxFileSize);
        case Verb::create_section:
            request_.page_protection = sim::PAGE_READWRITE;
            if (const YamlNode* node = find("protection")) {
                request_.page_protection = static_cast<std::uint32_t>(
                    reader_.constant(ConstantKind::protection, *node).value_or(0));
            }
            return;
        case Verb::close:
        case Verb::flush:
        case Verb::set_basic_information:
        case Verb::set_security:
        case Verb::set_encryption:
        case Verb::close_section:
        case Verb::cancel_io:
        case Verb::exit_thread:
        case Verb::advance:
        case Verb::cancel:
        case Verb::kill:
        case Verb::pause:
        case Verb::resume:
        case Verb::wait_for:
        case Verb::look: return;
    }
}

void ActionReader::read() {
    request_.kind = request_kind(action_.verb);
    read_names();
    read_arguments();
}

// "A" or "A/t2".
bool read_client(std::string_view text, const Place& place, Reader& reader, Action& action) {
    const auto slash = text.find('/');
    const std::string_view client = text.substr(0, slash);
    const std::string_view thread =
        slash == std::string_view::npos ? kMainThread : text.substr(slash + 1);
    if (!is_name(client) || !is_name(thread)) {
        reader.diagnostics().add(place, in_quotes(text) + " is not CLIENT or CLIENT/THREAD");
        return false;
    }
    action.client = client;
    action.thread = slash == std::string_view::npos ? "" : std::string(thread);
    return true;
}

void read_world_verb(const YamlNode& value, Reader& reader, Action& action) {
    action.on_place = value.place;
    switch (action.verb) {
        case Verb::advance: action.duration = reader.duration(value, "advance").value_or(0); return;
        case Verb::cancel:
        case Verb::wait_for:
            action.operation = reader.name(value, to_string(action.verb)).value_or("");
            return;
        case Verb::kill: action.client = reader.name(value, "kill").value_or(""); return;
        case Verb::pause:
        case Verb::resume:
            if (const auto text = reader.text(value, to_string(action.verb))) {
                static_cast<void>(read_client(*text, value.place, reader, action));
            }
            return;
        case Verb::create:
        case Verb::close:
        case Verb::duplicate:
        case Verb::oplock:
        case Verb::ack:
        case Verb::ack_no_2:
        case Verb::ack_close_pending:
        case Verb::break_notify:
        case Verb::fsctl:
        case Verb::read:
        case Verb::write:
        case Verb::flush:
        case Verb::lock:
        case Verb::unlock:
        case Verb::set_end_of_file:
        case Verb::set_allocation:
        case Verb::set_valid_data_length:
        case Verb::rename:
        case Verb::link:
        case Verb::set_short_name:
        case Verb::set_disposition:
        case Verb::set_basic_information:
        case Verb::set_security:
        case Verb::set_encryption:
        case Verb::set_zero_data:
        case Verb::create_section:
        case Verb::close_section:
        case Verb::cancel_io:
        case Verb::exit_thread:
        case Verb::look: return;
    }
}

// What else the verbs are called, by other interfaces or by habit.
struct OtherName {
    std::string_view other;
    std::string_view verb;
};
constexpr OtherName kOtherNames[] = {
    {"open", "create"},
    {"createfile", "create"},
    {"request_oplock", "oplock"},
    {"acknowledge", "ack"},
    {"delete", "set_disposition"},
    {"remove", "set_disposition"},
    {"unlink", "set_disposition"},
    {"mv", "rename"},
    {"move", "rename"},
    {"hardlink", "link"},
    {"set_eof", "set_end_of_file"},
    {"seteof", "set_end_of_file"},
    {"truncate", "set_end_of_file"},
    {"set_alloc", "set_allocation"},
    {"set_vdl", "set_valid_data_length"},
    {"zero", "set_zero_data"},
    {"zero_data", "set_zero_data"},
    {"map", "create_section"},
    {"unmap", "close_section"},
    {"dup", "duplicate"},
    {"ioctl", "fsctl"},
};

// The verb that is meant: by another name, one of the world, or nearly spelt.
void unknown_verb(std::string_view verb, const Place& place, Reader& reader) {
    const std::string message = "unknown verb " + in_quotes(verb);
    const std::string folded = lower(verb);
    const auto* other = std::ranges::find(kOtherNames, folded, &OtherName::other);
    if (other != std::end(kOtherNames)) {
        reader.diagnostics().add(place, message, "did you mean " + in_quotes(other->verb) + "?");
        return;
    }
    if (find_world_verb(verb)) {
        reader.diagnostics().add(place, message,
                                 "it is done to the world: '- " + std::string(verb) +
                                     ": ...', without a client before it");
        return;
    }
    std::vector<std::string_view> names;
    for (const VerbInfo& info : client_verbs()) names.push_back(info.name);
    reader.diagnostics().add_unknown(place, message, verb, names,
                                     "'oplocksim schema' and the reference list the verbs");
}

}  // namespace

Action convert_action(const std::string& key, const Place& place, const YamlNode& value,
                      Reader& reader, std::string_view actor) {
    Action action;
    action.place = place;
    if (const auto world = find_world_verb(key)) {
        action.verb = *world;
        read_world_verb(value, reader, action);
        return action;
    }
    const auto dot = key.find('.');
    const std::string verb = actor.empty() ? key.substr(dot + 1) : key;
    if (actor.empty()) actor = std::string_view(key).substr(0, dot);
    if (!read_client(actor, place, reader, action)) return action;
    const VerbInfo* info = find_client_verb(verb);
    if (info == nullptr) {
        Place part = place;
        if (verb.size() < key.size() && part.position.length == code_points(key)) {
            part.position.column += static_cast<std::uint32_t>(dot) + 1;
            part.position.length -= static_cast<std::uint32_t>(dot) + 1;
        }
        unknown_verb(verb, part, reader);
        return action;
    }
    action.verb = info->verb;
    if (value.poisoned) return action;
    if (value.kind == YamlKind::scalar && takes_bare_handle(*info)) {
        action.on = reader.name(value, "on").value_or("");
        action.on_place = value.place;
        ActionReader(YamlNode{}, reader, action).read();
        return action;
    }
    const bool nothing_needed = std::ranges::none_of(info->arguments, &KeyInfo::required);
    if (value.kind != YamlKind::null || !nothing_needed) {
        static_cast<void>(reader.mapping(value, info->arguments, verb));
        if (value.kind != YamlKind::mapping) return action;
    }
    ActionReader(value, reader, action).read();
    return action;
}

namespace {

std::string flat(const YamlNode& node) {
    switch (node.kind) {
        case YamlKind::null: return "none";
        case YamlKind::scalar: return node.text;
        case YamlKind::sequence: {
            std::vector<std::string> parts;
            for (const NodePtr& item : node.items) parts.push_back(flat(*item));
            return parts.empty() ? "none" : joined(parts, "|");
        }
        case YamlKind::mapping: {
            std::vector<std::string> parts;
            for (const YamlMember& member : node.members) {
                parts.push_back(member.key + " " + flat(*member.value));
            }
            return joined(parts, ", ");
        }
    }
    return "";
}

}  // namespace

std::string describe_action(const std::string& key, const YamlNode& value) {
    std::string text = key;
    if (value.kind != YamlKind::mapping) {
        const std::string argument = flat(value);
        return value.kind == YamlKind::null ? text : text + " " + argument;
    }
    if (const YamlNode* name = value.find("as")) text += " as " + flat(*name);
    std::vector<std::string> parts;
    for (const std::string_view first : {"on", "file"}) {
        if (const YamlNode* node = value.find(first)) parts.push_back(flat(*node));
    }
    for (const YamlMember& member : value.members) {
        if (member.key == "as" || member.key == "on" || member.key == "file") continue;
        parts.push_back(member.key + " " + flat(*member.value));
    }
    return parts.empty() ? text : text + ": " + joined(parts, ", ");
}

}  // namespace oplocksim::scenarios
