#include "conformance/trace_reader.h"

#include <istream>
#include <limits>
#include <nlohmann/json.hpp>

namespace oplocksim::conformance {
namespace {

using Json = nlohmann::json;
using sim::RequestKind;
using sim::TraceEvent;
using sim::TraceEventKind;

// Thrown and caught in this file only: one sentence about the line at hand.
struct BadLine {
    std::string problem;
};

[[noreturn]] void fail(std::string problem) { throw BadLine{std::move(problem)}; }

std::string cited(std::string_view text) {
    constexpr std::size_t kShown = 60;
    std::string result = "'";
    for (const char c : text.substr(0, kShown)) {
        const bool printable = static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
        result += printable ? c : '?';
    }
    return result + (text.size() > kShown ? "...'" : "'");
}

// Brackets outside strings, so that nothing deep is ever built.
bool too_deep(std::string_view line) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"' || i >= line.size();
            continue;
        }
        if (c == '"') in_string = true;
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (depth > kMaxTraceNesting) return true;
    }
    return false;
}

// One line, by member.
class Members {
 public:
    explicit Members(const Json& object) : object_(object) {}

    [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }

    [[nodiscard]] const std::string& text(const char* key) const {
        const Json& value = member(key);
        if (!value.is_string()) fail(std::string("\"") + key + "\" is not a string");
        return value.get_ref<const std::string&>();
    }

    template <typename T>
    [[nodiscard]] T number(const char* key) const {
        const Json& value = member(key);
        const bool whole = value.is_number_unsigned();
        if (!whole || value.get<std::uint64_t>() > std::numeric_limits<T>::max()) {
            fail(std::string("\"") + key + "\" is not a whole number from 0 to " +
                 std::to_string(std::numeric_limits<T>::max()));
        }
        return static_cast<T>(value.get<std::uint64_t>());
    }

    template <typename T>
    [[nodiscard]] T number_or(const char* key, T otherwise) const {
        return has(key) ? number<T>(key) : otherwise;
    }

    [[nodiscard]] bool boolean(const char* key) const {
        const Json& value = member(key);
        if (!value.is_boolean()) fail(std::string("\"") + key + "\" is not true or false");
        return value.get<bool>();
    }
    [[nodiscard]] bool boolean_or(const char* key, bool otherwise) const {
        return has(key) ? boolean(key) : otherwise;
    }

    template <typename Id>
    [[nodiscard]] Id id(const char* key) const {
        const auto value = number<std::uint32_t>(key);
        if (value == 0) fail(std::string("\"") + key + "\" is 0, which names nothing");
        return Id{value};
    }

    [[nodiscard]] const Json& member(const char* key) const {
        const auto found = object_.find(key);
        if (found == object_.end()) fail(std::string("\"") + key + "\" is missing");
        return *found;
    }

 private:
    const Json& object_;
};

RequestKind request_kind(const std::string& name) {
    for (int i = 0; i < sim::kRequestKindCount; ++i) {
        const auto kind = static_cast<RequestKind>(i);
        if (sim::to_string(kind) == name) return kind;
    }
    fail(cited(name) + " is not a request");
}

TraceEventKind event_kind(const std::string& name) {
    constexpr int kCount = static_cast<int>(TraceEventKind::oplock) + 1;
    for (int i = 0; i < kCount; ++i) {
        const auto kind = static_cast<TraceEventKind>(i);
        if (sim::to_string(kind) == name) return kind;
    }
    fail(cited(name) + " is not an event");
}

// One of `count` enumerators by its text; the first if there is none such.
template <typename Enum>
Enum named(const std::string& name, int count, std::string_view (*text)(Enum)) {
    for (int i = 0; i < count; ++i) {
        if (text(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
    }
    return Enum{};
}

constexpr int kOplockTypeCount = static_cast<int>(engine::OplockType::read_write_handle) + 1;
constexpr std::size_t kMaxHoldersRead = 65'536;   // of one oplock event

engine::Why why_of(const Json& value) {
    if (!value.is_object()) return {};
    const Members members(value);
    engine::Why why;
    why.rule = named<engine::Rule>(members.text("rule"), engine::kRuleCount, engine::name_of);
    why.held = named<engine::OplockType>(members.text("held"), kOplockTypeCount, engine::to_string);
    why.operation = named<engine::Operation>(members.text("operation"), engine::kOperationCount,
                                             engine::to_string);
    return why;
}

engine::BreakState break_state(const std::string& name) {
    constexpr std::string_view kNames[] = {"not_breaking", "to_level_2",
                                           "to_none",      "to_level_2_to_none",
                                           "to_read",      "to_read_handle",
                                           "to_read_write"};
    for (std::uint8_t i = 0; i < std::size(kNames); ++i) {
        if (kNames[i] == name) return static_cast<engine::BreakState>(i);
    }
    return engine::BreakState::not_breaking;
}

std::vector<sim::TraceHolder> holders_of(const Json& list) {
    std::vector<sim::TraceHolder> holders;
    if (!list.is_array()) return holders;
    for (const Json& one : list) {
        if (!one.is_object() || holders.size() == kMaxHoldersRead) break;
        const Members members(one);
        sim::TraceHolder holder;
        holder.file_object = members.id<sim::FileObjectId>("file_object");
        holder.type = named<engine::OplockType>(members.text("type"), kOplockTypeCount,
                                                engine::to_string);
        holder.breaking = break_state(members.text("breaking"));
        holder.close_pending = members.boolean("close_pending");
        holders.push_back(holder);
    }
    return holders;
}

// The bytes that the characters stand for: U+0000 to U+00FF, in UTF-8, which is known to be valid.
std::string bytes_of(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80) {
            bytes += text[i];
            continue;
        }
        if (lead > 0xC3) fail("\"data\" has a character above U+00FF, which is no byte");
        const auto rest = static_cast<unsigned char>(text[++i]);
        bytes += static_cast<char>(((lead & 0x03) << 6) | (rest & 0x3F));
    }
    return bytes;
}

sim::CreateDisposition disposition(const std::string& name) {
    constexpr std::string_view kNames[] = {"FILE_SUPERSEDE", "FILE_OPEN",      "FILE_CREATE",
                                           "FILE_OPEN_IF",   "FILE_OVERWRITE", "FILE_OVERWRITE_IF"};
    for (std::uint8_t i = 0; i < std::size(kNames); ++i) {
        if (kNames[i] == name) return static_cast<sim::CreateDisposition>(i);
    }
    fail(cited(name) + " is not a create disposition");
}

engine::FsControlCode control_code(const std::string& name) {
    using enum engine::FsControlCode;
    constexpr std::pair<std::string_view, engine::FsControlCode> kCodes[] = {
        {"FSCTL_REQUEST_OPLOCK_LEVEL_1", FSCTL_REQUEST_OPLOCK_LEVEL_1},
        {"FSCTL_REQUEST_OPLOCK_LEVEL_2", FSCTL_REQUEST_OPLOCK_LEVEL_2},
        {"FSCTL_REQUEST_BATCH_OPLOCK", FSCTL_REQUEST_BATCH_OPLOCK},
        {"FSCTL_OPLOCK_BREAK_ACKNOWLEDGE", FSCTL_OPLOCK_BREAK_ACKNOWLEDGE},
        {"FSCTL_OPBATCH_ACK_CLOSE_PENDING", FSCTL_OPBATCH_ACK_CLOSE_PENDING},
        {"FSCTL_OPLOCK_BREAK_NOTIFY", FSCTL_OPLOCK_BREAK_NOTIFY},
        {"FSCTL_OPLOCK_BREAK_ACK_NO_2", FSCTL_OPLOCK_BREAK_ACK_NO_2},
        {"FSCTL_REQUEST_FILTER_OPLOCK", FSCTL_REQUEST_FILTER_OPLOCK},
        {"FSCTL_REQUEST_OPLOCK", FSCTL_REQUEST_OPLOCK},
    };
    for (const auto& [known, code] : kCodes) {
        if (known == name) return code;
    }
    fail(cited(name) + " is not a control code of the oplock protocol");
}

class TraceReader {
 public:
    TraceReader(std::istream& input, const std::function<bool(const TraceRun&)>& on_run)
        : input_(input), on_run_(on_run) {}

    [[nodiscard]] std::string read() {
        try {
            while (!stopped_ && next_line()) take_line();
            if (!stopped_) end_run();
        } catch (const BadLine& bad) {
            return "line " + std::to_string(line_number_) + ": " + bad.problem;
        }
        return input_.bad() ? "the file cannot be read" : std::string();
    }

 private:
    bool next_line() {
        line_.clear();
        ++line_number_;
        std::streambuf& buffer = *input_.rdbuf();
        for (;;) {
            const int c = buffer.sbumpc();
            if (c == std::char_traits<char>::eof()) return !line_.empty();
            if (c == '\n') return true;
            if (line_.size() == kMaxTraceLineBytes) {
                fail("longer than " + std::to_string(kMaxTraceLineBytes) + " bytes");
            }
            line_ += static_cast<char>(c);
        }
    }

    void take_line() {
        if (!line_.empty() && line_.back() == '\r') line_.pop_back();
        if (line_.empty()) return;
        if (too_deep(line_)) fail("nested too deeply");
        const Json object = Json::parse(line_, nullptr, false);
        if (object.is_discarded()) fail("not JSON: " + cited(line_));
        if (!object.is_object()) fail("not a JSON object: " + cited(line_));
        const Members members(object);
        if (members.has("run")) {
            begin_run(members);
        } else if (members.has("format")) {
            format(members);
        } else {
            take_event(members);
        }
    }

    void begin_run(const Members& members) {
        end_run();
        if (stopped_) return;
        start();
        run_->run = members.text("run");
        if (members.has("case")) run_->case_name = members.text("case");
        if (members.has("profile")) {
            const std::string& name = members.text("profile");
            run_->profile = engine::profile_from_name(name);
            if (!run_->profile) fail(cited(name) + " is not a profile");
            run_->semantics = engine::semantics_of(*run_->profile);
        }
        if (members.has("changed_switches")) switches(members.member("changed_switches"));
        if (members.has("clients")) clients(members.member("clients"));
        if (members.has("operations")) operations(members.member("operations"));
        named_ = true;
    }

    void clients(const Json& list) {
        if (!list.is_array()) fail("\"clients\" is not a list");
        for (const Json& one : list) {
            if (!one.is_object()) fail("\"clients\" has an item that is not an object");
            const Members members(one);
            run_->threads.push_back({members.id<sim::ProcessId>("process"),
                                     members.id<sim::ThreadId>("thread"), members.text("client"),
                                     members.text("name")});
        }
    }

    void operations(const Json& list) {
        if (!list.is_array()) fail("\"operations\" is not a list");
        for (const Json& one : list) {
            if (!one.is_object()) fail("\"operations\" has an item that is not an object");
            const Members members(one);
            run_->irp_names.emplace_back(members.id<sim::IrpId>("irp"), members.text("name"));
        }
    }

    void switches(const Json& values) {
        if (!values.is_object()) fail("\"changed_switches\" is not an object");
        for (const auto& [name, value] : values.items()) {
            const bool known = engine::find_switch(name) != nullptr;
            if (!known) fail(cited(name) + " is not a switch");
            const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
            if (engine::set_switch(run_->semantics, name, text)) continue;
            fail(cited(text) + " is not a value of " + name);
        }
    }

    // Begins a run, but for the one that a line has just named.
    void format(const Members& members) {
        if (members.text("format") != "oplocksim-trace") {
            fail(cited(members.text("format")) + " is not the format 'oplocksim-trace'");
        }
        const auto version = members.number<std::uint32_t>("version");
        if (version != sim::kTraceVersion) {
            fail("version " + std::to_string(version) + " is not known; this program reads " +
                 std::to_string(sim::kTraceVersion));
        }
        if (!named_) {
            end_run();
            if (stopped_) return;
            start();
        }
        named_ = false;
        formatted_ = true;
    }

    void start() {
        names_ = std::make_shared<sim::Names>();
        run_.emplace();
        run_->names = names_;
        formatted_ = false;
    }

    void end_run() {
        if (run_ && formatted_) stopped_ = !on_run_(*run_);
        run_.reset();
    }

    void take_event(const Members& members) {
        if (!run_ || !formatted_) {
            fail("an event before the line {\"format\":\"oplocksim-trace\",\"version\":1}");
        }
        if (run_->events.size() == kMaxTraceEvents) {
            fail("more than " + std::to_string(kMaxTraceEvents) + " events in one run");
        }
        run_->events.push_back(event(members));
        run_->lines.push_back(static_cast<std::uint32_t>(line_number_));
    }

    [[nodiscard]] TraceEvent event(const Members& members) {
        TraceEvent event;
        event.kind = event_kind(members.text("event"));
        event.time = members.number<sim::Ticks>("time");
        if (!sim::observable(event.kind)) return machinery(event, members);
        if (event.kind == TraceEventKind::volume) {
            volume(event.entry, members);
            return event;
        }
        switch (event.kind) {
            case TraceEventKind::issue:
                irp(event, members);
                request(event.request, members);
                if (event.request_kind == RequestKind::write) data(event, members);
                break;
            case TraceEventKind::pend:
                irp(event, members);
                event.blocked = members.boolean("blocked");
                break;
            case TraceEventKind::complete:
                irp(event, members);
                completion(event, members);
                reason(event, members);
                break;
            case TraceEventKind::cancel: irp(event, members); break;
            case TraceEventKind::cached:
                irp(event, members);
                request(event.request, members);
                answer(event, members);
                break;
            case TraceEventKind::pause:
            case TraceEventKind::resume:
            case TraceEventKind::caching:
            case TraceEventKind::thread_exit:
                event.thread = members.id<sim::ThreadId>("thread");
                event.process = members.id<sim::ProcessId>("process");
                break;
            case TraceEventKind::process_exit:
                event.process = members.id<sim::ProcessId>("process");
                break;
            case TraceEventKind::advance:
            case TraceEventKind::volume:
            case TraceEventKind::wait:
            case TraceEventKind::release:
            case TraceEventKind::oplock: break;
        }
        return event;
    }

    // What is not observable; as much of it as is there.
    [[nodiscard]] static TraceEvent machinery(const TraceEvent& event, const Members& members) {
        TraceEvent shown = event;
        try {
            shown.stream = members.id<sim::StreamId>("stream");
            if (event.kind == TraceEventKind::oplock) {
                shown.holders = holders_of(members.member("holders"));
                return shown;
            }
            irp(shown, members);
            if (members.has("why")) shown.why = why_of(members.member("why"));
            return shown;
        } catch (const BadLine&) {
            return event;
        }
    }

    static void irp(TraceEvent& event, const Members& members) {
        event.process = members.id<sim::ProcessId>("process");
        event.thread = members.id<sim::ThreadId>("thread");
        event.irp = members.id<sim::IrpId>("irp");
        event.request_kind = request_kind(members.text("request"));
        event.request.kind = event.request_kind;
    }

    static void reason(TraceEvent& event, const Members& members) {
        try {
            if (members.has("why")) event.why = why_of(members.member("why"));
        } catch (const BadLine&) {
            event.why = {};
        }
    }

    static engine::NtStatus status(const Members& members) {
        const std::string& name = members.text("status");
        const auto known = engine::nt_status_from_name(name);
        if (!known) fail(cited(name) + " is not a status");
        return *known;
    }

    static void completion(TraceEvent& event, const Members& members) {
        event.status = status(members);
        event.information = members.number<std::uint64_t>("information");
        if (members.has("handle")) event.handle = members.id<sim::HandleId>("handle");
        if (members.has("section")) event.section = members.id<sim::SectionId>("section");
        if (event.request_kind == RequestKind::read) data(event, members);
        if (!members.has("output")) return;
        const Json& buffer = members.member("output");
        if (!buffer.is_object()) fail("\"output\" is not an object");
        const Members output(buffer);
        event.has_output = true;
        event.output.original_oplock_level = output.number<std::uint32_t>("original_level");
        event.output.new_oplock_level = output.number<std::uint32_t>("new_level");
        event.output.flags = output.number<std::uint32_t>("flags");
        event.output.access_mode = output.number<std::uint32_t>("access_mode");
        event.output.share_mode = output.number<std::uint16_t>("share_mode");
    }

    // What a caching client said itself.
    static void answer(TraceEvent& event, const Members& members) {
        event.status = status(members);
        event.information = members.number<std::uint64_t>("information");
        if (members.has("handle")) event.handle = members.id<sim::HandleId>("handle");
        const bool moves = event.request_kind == RequestKind::read ||
                           event.request_kind == RequestKind::write;
        if (moves) data(event, members);
    }

    // Older traces have a number there, or nothing.
    static void data(TraceEvent& event, const Members& members) {
        const bool writes = event.request_kind == RequestKind::write;
        const bool omitted = members.boolean_or("data_omitted", false);
        const bool told = members.has("data") && members.member("data").is_string();
        event.has_data = !omitted && (told || (writes && !members.has("data")));
        if (!event.has_data || !told) return;
        event.data = bytes_of(members.text("data"));
        const std::uint64_t length = writes ? event.request.length : event.information;
        if (event.data.size() > length) {
            fail("\"data\" has " + std::to_string(event.data.size()) + " bytes, more than the " +
                 std::to_string(length) + " that were " + (writes ? "to be written" : "read"));
        }
        event.data.resize(event.data.find_last_not_of('\0') + 1);
    }

    void volume(sim::VolumeEntry& entry, const Members& members) {
        entry.path = path(members);
        if (members.has("link_to")) {
            entry.existing = path(members, "link_to");
            return;
        }
        entry.directory = members.boolean_or("directory", false);
        entry.attributes = members.number_or<std::uint32_t>("attributes", 0);
        if (members.has("short_name")) {
            entry.short_name = names_->intern(members.text("short_name"));
        }
        if (entry.directory) return;
        entry.size = members.number<std::uint64_t>("size");
        entry.allocation_size = members.number_or<std::uint64_t>("allocation_size", 0);
    }

    [[nodiscard]] sim::PathId path(const Members& members, const char* key = "path") {
        const std::string& text = members.text(key);
        const auto interned = names_->intern_path(text);
        if (!interned) {
            fail("path " + cited(text) + ": " +
                 sim::Names::path_problem(text).value_or("not a path"));
        }
        return *interned;
    }

    void create(sim::Request& request, const Members& members) {
        request.path = path(members);
        request.access = members.number<std::uint32_t>("access");
        request.share = members.number<std::uint16_t>("share");
        request.disposition = disposition(members.text("disposition"));
        request.options = members.number<std::uint32_t>("options");
        request.attributes = members.number_or<std::uint32_t>("attributes", 0);
        request.target_key.value = members.number_or<std::uint32_t>("target_key", 0);
        request.parent_key.value = members.number_or<std::uint32_t>("parent_key", 0);
        request.transacted = members.boolean_or("transacted", false);
    }

    static void range(sim::Request& request, const Members& members) {
        request.offset = members.number<std::uint64_t>("offset");
        request.length = members.number<std::uint64_t>("length");
    }

    void request(sim::Request& request, const Members& members) {
        // The handle of a create that is cached is its answer.
        const bool creates = request.kind == sim::RequestKind::create;
        if (!creates && members.has("handle")) {
            request.handle = members.id<sim::HandleId>("handle");
        }
        switch (request.kind) {
            case RequestKind::create: create(request, members); return;
            case RequestKind::close_handle:
            case RequestKind::flush:
            case RequestKind::set_security:
            case RequestKind::set_encryption: return;
            case RequestKind::duplicate_handle:
                request.target_process = members.id<sim::ProcessId>("target_process");
                return;
            case RequestKind::read:
            case RequestKind::write:
                range(request, members);
                request.paging_io = members.boolean_or("paging", false);
                request.write_back = members.boolean_or("write_back", false);
                return;
            case RequestKind::lock:
            case RequestKind::unlock:
                range(request, members);
                request.lock_key = members.number_or<std::uint32_t>("lock_key", 0);
                request.exclusive = members.boolean_or("exclusive", true);
                request.fail_immediately = members.boolean_or("fail_immediately", false);
                return;
            case RequestKind::set_end_of_file:
            case RequestKind::set_allocation:
            case RequestKind::set_valid_data_length:
                request.length = members.number<std::uint64_t>("size");
                request.lazy_writer = members.boolean_or("lazy_writer", false);
                return;
            case RequestKind::rename:
            case RequestKind::link:
                request.path = path(members);
                request.replace_if_exists = members.boolean_or("replace", false);
                return;
            case RequestKind::set_short_name:
                request.name = names_->intern(members.text("name"));
                return;
            case RequestKind::set_disposition:
                request.delete_file = members.boolean("delete");
                return;
            case RequestKind::set_basic_information:
                request.attributes = members.number_or<std::uint32_t>("attributes", 0);
                return;
            case RequestKind::set_zero_data: range(request, members); return;
            case RequestKind::oplock_fsctl:
                request.fsctl.code = control_code(members.text("code"));
                request.fsctl.requested_oplock_level = members.number_or<std::uint32_t>("level", 0);
                request.fsctl.flags = members.number_or<std::uint32_t>("flags", 0);
                return;
            case RequestKind::create_section:
                request.page_protection = members.number<std::uint32_t>("protection");
                return;
            case RequestKind::close_section:
                request.section = members.id<sim::SectionId>("section");
                return;
        }
    }

    std::istream& input_;
    const std::function<bool(const TraceRun&)>& on_run_;
    std::string line_;
    std::size_t line_number_ = 0;
    std::shared_ptr<sim::Names> names_;
    std::optional<TraceRun> run_;
    bool named_ = false;
    bool formatted_ = false;
    bool stopped_ = false;
};

}  // namespace

std::string read_trace(std::istream& input, const std::function<bool(const TraceRun&)>& on_run) {
    return TraceReader(input, on_run).read();
}

}  // namespace oplocksim::conformance
