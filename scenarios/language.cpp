#include "scenarios/language.h"

#include <algorithm>
#include <array>

#include "engine/assert.h"

namespace oplocksim::scenarios {
namespace {

using T = ValueType;

constexpr std::array kTopLevel{
    KeyInfo{"scenario", T::text, true, "", "The title: what is shown, as a sentence."},
    KeyInfo{"covers", T::text_list, false, "", "Clause ids that this scenario pins."},
    KeyInfo{"description", T::text, false, "", "Free text."},
    KeyInfo{"profile", T::profiles, false, "any", "The scenario is run only under these profiles."},
    KeyInfo{"switches", T::switch_values, false, "",
            "Switch values that the scenario sets, over profile and command line; `each` runs it "
            "once for every value."},
    KeyInfo{"include", T::text_list, false, "",
            "Files, relative to this one, whose volume, clients, switches, define and setup are "
            "put before this file's own."},
    KeyInfo{"volume", T::volume, false, "", "What exists before the first step."},
    KeyInfo{"clients", T::clients, false, "", "Further threads of clients."},
    KeyInfo{"define", T::parameters, false, "",
            "Values to use as ${name}; a later one may use those before it."},
    KeyInfo{"matrix", T::matrix, false, "", "The scenario is run for every combination."},
    KeyInfo{"cases", T::cases, false, "", "The scenario is run for every row; `case` names a row."},
    KeyInfo{"setup", T::steps, false, "", "Steps that run first."},
    KeyInfo{"steps", T::steps, false, "", "The steps, in order. Either these or `programs`."},
    KeyInfo{"programs", T::programs, false, "",
            "What each client does, whatever the others do: every order is possible, and `explore` "
            "tries them all."},
    KeyInfo{"schedule", T::schedule, false, "first in, first out",
            "The order in which `run` takes the steps of `programs`."},
    KeyInfo{"always", T::outcomes, false, "",
            "Of the whole run: if one of these operations completes, then like this."},
    KeyInfo{"never", T::outcomes, false, "",
            "Of the whole run: none of these operations ever completes like this."},
    KeyInfo{"eventually", T::outcomes, false, "",
            "Of the whole run: at its end these operations have ended like this."},
    KeyInfo{"deadlock", T::deadlock, false, "forbidden",
            "Whether clients may end up waiting for each other: in the run of `programs`, and in any "
            "order that `explore` tries."},
    KeyInfo{"strict", T::boolean, false, "false",
            "At the end no completion of a pended operation may be unaccounted for."},
    KeyInfo{"recorded", T::recorded, false, "",
            "The run that the file was written for: `replay` compares with it, `run` ignores it."},
};

constexpr std::array kVolumeEntry{
    KeyInfo{"file", T::file_path, false, "", "A file; its parents are made as needed."},
    KeyInfo{"directory", T::file_path, false, "", "A directory; likewise."},
    KeyInfo{"size", T::number, false, "4096", "Bytes of the unnamed stream."},
    KeyInfo{"allocation", T::number, false, "size rounded up to 4096", "Its allocation size."},
    KeyInfo{"attributes", T::attributes, false, "NONE", "READONLY, HIDDEN, SYSTEM."},
    KeyInfo{"streams", T::streams, false, "", "Alternate data streams: names, or {name, size}."},
    KeyInfo{"short_name", T::text, false, "", "The 8.3 name."},
    KeyInfo{"links", T::file_path_list, false, "", "Further hard links to the file."},
};

constexpr std::array kStream{
    KeyInfo{"name", T::text, true, "", "The stream's name, without the file's."},
    KeyInfo{"size", T::number, false, "4096", "Its size in bytes."},
};

constexpr std::array kClient{
    KeyInfo{"threads", T::text_list, false, "", "Names of threads beside `main`."},
    KeyInfo{"caches", T::boolean, false, "false",
            "It caches as its oplocks allow, like a redirector: its steps are those of the "
            "applications above it, and it answers every break by itself, what it owes first. Its "
            "thread `cache` does that, and may be paused."},
};

constexpr std::array kStep{
    KeyInfo{"expect", T::expectation, false, "succeeds",
            "The outcome of the step's own operation, and of others by their names."},
    KeyInfo{"breaks", T::breaks, false, "",
            "These oplock requests were completed by a break in this step, or `unbroken`: not."},
    KeyInfo{"completes", T::outcomes, false, "", "These operations completed in this step."},
    KeyInfo{"pending", T::operation_list, false, "", "These still have not completed."},
    KeyInfo{"nothing_else", T::boolean, false, "false",
            "Each completion of a pended operation so far was named by an expectation."},
    KeyInfo{"when", T::conditions, false, "",
            "The step is done only if every switch, parameter or profile has this value."},
    KeyInfo{"after", T::duration, false, "",
            "The operation is issued when the clock has advanced that far."},
    KeyInfo{"covers", T::text_list, false, "", "Clause ids that this step pins."},
    KeyInfo{"note", T::text, false, "", "A remark, shown in the output."},
};

constexpr std::array kExpectation{
    KeyInfo{"status", T::status, false, "", "The status, or an outcome word."},
    KeyInfo{"completes", T::status, false, "", "The same as status."},
    KeyInfo{"win32", T::win32_error, false, "", "The Win32 error that user mode sees."},
    KeyInfo{"information", T::information, false, "", "IoStatus.Information."},
    KeyInfo{"output", T::output, false, "",
            "The REQUEST_OPLOCK_OUTPUT_BUFFER; only the given members are compared."},
    KeyInfo{"data", T::text, false, "", "The text that a read returned."},
    KeyInfo{"length", T::number, false, "", "The bytes that a read or write moved."},
    KeyInfo{"cached", T::boolean, false, "",
            "True: a client that caches answered it by itself; false: the file system did."},
    KeyInfo{"pends", T::boolean, false, "", "True: as the word pends; false: it completed."},
    KeyInfo{"by_switch", T::by_switch, false, "",
            "The expectation for each value of a switch, or of `profile`."},
};

constexpr std::array kOutput{
    KeyInfo{"original_level", T::level, false, "", "OriginalOplockLevel."},
    KeyInfo{"new_level", T::level, false, "", "NewOplockLevel."},
    KeyInfo{"flags", T::output_flags, false, "", "Flags, all of them."},
    KeyInfo{"access_mode", T::access, false, "", "AccessMode."},
    KeyInfo{"share_mode", T::share, false, "", "ShareMode."},
};

constexpr std::array kBreak{
    KeyInfo{"to", T::break_level, true, "", "The level that was broken to."},
    KeyInfo{"ack", T::break_ack, false, "", "Whether an acknowledgment is required."},
    KeyInfo{"modes", T::modes, false, "",
            "The conflicting create's modes in the output buffer, or none."},
};

constexpr std::array kModes{
    KeyInfo{"access", T::access, false, "", "AccessMode of the output buffer."},
    KeyInfo{"share", T::share, false, "", "ShareMode of the output buffer."},
};

constexpr std::array kRecorded{
    KeyInfo{"version", T::text, false, "", "Of the program that recorded it."},
    KeyInfo{"profile", T::profiles, false, "docs", "The profile it was recorded under."},
    KeyInfo{"switches", T::switch_values, false, "", "Switches that were set over the profile."},
    KeyInfo{"seed", T::number, false, "", "Of the campaign that found it."},
    KeyInfo{"run", T::number, false, "", "Which run of that campaign it was."},
    KeyInfo{"rule", T::text, false, "", "What was broken."},
    KeyInfo{"clause", T::text, false, "", "Where that is written."},
    KeyInfo{"trace", T::text, true, "", "The trace, as JSON Lines."},
};

constexpr KeyInfo kOn{"on", T::handle, true, "", "The handle."};
constexpr KeyInfo kAs{"as", T::new_name, false, "", "Names the operation."};
constexpr KeyInfo kOffset{"offset", T::number, false, "0", "The first byte."};
constexpr KeyInfo kLength{"length", T::number, false, "1", "How many bytes."};
constexpr KeyInfo kPaging{"paging", T::boolean, false, "false", "IRP_PAGING_IO is set."};
constexpr KeyInfo kLockKey{"lock_key", T::number, false, "0", "The LockKey."};
constexpr KeyInfo kSize{"size", T::number, true, "", "The new size in bytes."};
constexpr KeyInfo kTo{"to", T::file_path, true, "", "The new name, a full path."};
constexpr KeyInfo kReplace{"replace", T::boolean, false, "false", "ReplaceIfExists."};

constexpr std::array kCreate{
    KeyInfo{"as", T::new_name, true, "", "Names the operation, and the handle."},
    KeyInfo{"file", T::file_path, true, "", "What to open or create."},
    KeyInfo{"access", T::access, false, "[FILE_READ_DATA]", "DesiredAccess."},
    KeyInfo{"share", T::share, false, "[R, W, D]", "ShareAccess."},
    KeyInfo{"disposition", T::disposition, false, "FILE_OPEN", "CreateDisposition."},
    KeyInfo{"options", T::create_options, false, "[]",
            "CreateOptions; without a synchronous flag the handle is asynchronous."},
    KeyInfo{"key", T::oplock_key, false, "", "The oplock key; without one the handle is its own."},
    KeyInfo{"parent_key", T::oplock_key, false, "", "The key for the parent directory."},
    KeyInfo{"attributes", T::attributes, false, "NONE", "Of a new file."},
    KeyInfo{"transacted", T::boolean, false, "false", "The open joins a TxF transaction."},
    KeyInfo{"directory", T::boolean, false, "false", "Adds FILE_DIRECTORY_FILE."},
    KeyInfo{"synchronous", T::boolean, false, "false",
            "Adds FILE_SYNCHRONOUS_IO_NONALERT and SYNCHRONIZE access."},
};
constexpr std::array kClose{kOn, kAs};
constexpr std::array kDuplicate{
    kOn, KeyInfo{"as", T::new_name, true, "", "Names the new handle."},
    KeyInfo{"to", T::client, false, "the same client", "The client that gets it."}};
constexpr std::array kOplock{
    kOn, KeyInfo{"request", T::oplock_request, true, "", "The oplock type."}, kAs,
    KeyInfo{"flags", T::input_flags, false, "[REQUEST]",
            "Flags of REQUEST_OPLOCK_INPUT_BUFFER; Windows 7 types only."}};
constexpr std::array kAck{
    kOn, kAs,
    KeyInfo{"level", T::level, false, "",
            "Acknowledges with FSCTL_REQUEST_OPLOCK and this level; without one with "
            "FSCTL_OPLOCK_BREAK_ACKNOWLEDGE."},
    KeyInfo{"complete_on_close", T::boolean, false, "false",
            "Adds REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE."}};
constexpr std::array kOnAs{kOn, kAs};
constexpr std::array kFsctl{
    kOn,
    kAs,
    KeyInfo{"code", T::fsctl_code, true, "", "The control code."},
    KeyInfo{"level", T::level, false, "NONE", "RequestedOplockLevel of FSCTL_REQUEST_OPLOCK."},
    KeyInfo{"flags", T::input_flags, false, "NONE", "Flags of FSCTL_REQUEST_OPLOCK."},
    KeyInfo{"offset", T::number, false, "0", "FileOffset of FSCTL_SET_ZERO_DATA."},
    KeyInfo{"length", T::number, false, "1", "BeyondFinalZero minus FileOffset."},
};
constexpr std::array kRead{kOn, kAs, kOffset, kLength, kPaging};
constexpr std::array kWrite{
    kOn,
    kAs,
    kOffset,
    kLength,
    KeyInfo{"data", T::text, false, "zeros", "The text that is written, instead of a length."},
    kPaging};
constexpr std::array kLock{
    kOn,
    kAs,
    kOffset,
    kLength,
    KeyInfo{"exclusive", T::boolean, false, "true", "An exclusive lock, else a shared one."},
    KeyInfo{"fail_immediately", T::boolean, false, "true", "Does not wait for the range."},
    kLockKey};
constexpr std::array kUnlock{kOn, kAs, kOffset, kLength, kLockKey};
constexpr std::array kSetEndOfFile{
    kOn, kAs, kSize,
    KeyInfo{"lazy_writer", T::boolean, false, "false",
            "The cache manager moves the end of file (AdvanceOnly)."}};
constexpr std::array kSetSize{kOn, kAs, kSize};
constexpr std::array kRename{kOn, kAs, kTo, kReplace};
constexpr std::array kSetShortName{
    kOn, kAs, KeyInfo{"name", T::text, true, "", "The 8.3 name; an empty one removes it."}};
constexpr std::array kSetDisposition{kOn, kAs,
                                     KeyInfo{"delete", T::boolean, false, "true", "DeleteFile."}};
constexpr std::array kSetZeroData{kOn, kAs, kOffset, kLength};
constexpr std::array kCreateSection{
    kOn, kAs,
    KeyInfo{"protection", T::protection, false, "PAGE_READWRITE", "SectionPageProtection."}};
constexpr std::array kCloseSection{
    KeyInfo{"on", T::section, true, "", "The section: the name of the create_section step."}};
constexpr std::array kCancelIo{kOn};

constexpr VerbInfo kClientVerbs[] = {
    {Verb::create, "create", kCreate, "NtCreateFile; IRP_MJ_CREATE."},
    {Verb::close, "close", kClose, "NtClose; the last handle: IRP_MJ_CLEANUP."},
    {Verb::duplicate, "duplicate", kDuplicate, "NtDuplicateObject: one FILE_OBJECT, two handles."},
    {Verb::oplock, "oplock", kOplock, "Requests an oplock."},
    {Verb::ack, "ack", kAck, "Acknowledges a break."},
    {Verb::ack_no_2, "ack_no_2", kOnAs, "FSCTL_OPLOCK_BREAK_ACK_NO_2."},
    {Verb::ack_close_pending, "ack_close_pending", kOnAs, "FSCTL_OPBATCH_ACK_CLOSE_PENDING."},
    {Verb::break_notify, "break_notify", kOnAs, "FSCTL_OPLOCK_BREAK_NOTIFY."},
    {Verb::fsctl, "fsctl", kFsctl, "Any control code by its name."},
    {Verb::read, "read", kRead, "IRP_MJ_READ."},
    {Verb::write, "write", kWrite, "IRP_MJ_WRITE."},
    {Verb::flush, "flush", kOnAs, "IRP_MJ_FLUSH_BUFFERS."},
    {Verb::lock, "lock", kLock, "IRP_MJ_LOCK_CONTROL, IRP_MN_LOCK."},
    {Verb::unlock, "unlock", kUnlock, "IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_SINGLE."},
    {Verb::set_end_of_file, "set_end_of_file", kSetEndOfFile, "FileEndOfFileInformation."},
    {Verb::set_allocation, "set_allocation", kSetSize, "FileAllocationInformation."},
    {Verb::set_valid_data_length, "set_valid_data_length", kSetSize,
     "FileValidDataLengthInformation."},
    {Verb::rename, "rename", kRename, "FileRenameInformation."},
    {Verb::link, "link", kRename, "FileLinkInformation."},
    {Verb::set_short_name, "set_short_name", kSetShortName, "FileShortNameInformation."},
    {Verb::set_disposition, "set_disposition", kSetDisposition, "FileDispositionInformation."},
    {Verb::set_basic_information, "set_basic_information", kOnAs, "FileBasicInformation."},
    {Verb::set_security, "set_security", kOnAs, "IRP_MJ_SET_SECURITY."},
    {Verb::set_encryption, "set_encryption", kOnAs, "FSCTL_SET_ENCRYPTION."},
    {Verb::set_zero_data, "set_zero_data", kSetZeroData, "FSCTL_SET_ZERO_DATA."},
    {Verb::create_section, "create_section", kCreateSection,
     "NtCreateSection; `as` names the section too."},
    {Verb::close_section, "close_section", kCloseSection, "The section and its views are gone."},
    {Verb::cancel_io, "cancel_io", kCancelIo,
     "CancelIoEx: every operation of this client on the handle."},
    {Verb::exit_thread, "exit_thread", {}, "The thread ends; its operations are cancelled."},
};
static_assert(std::size(kClientVerbs) == kClientVerbCount);

constexpr std::array kWorldVerbs{
    KeyInfo{"advance", T::duration, false, "", "Moves the clock."},
    KeyInfo{"cancel", T::operation, false, "",
            "IoCancelIrp; fails with STATUS_NOT_FOUND if the operation does not wait."},
    KeyInfo{"kill", T::client, false, "",
            "The process ends: its operations are cancelled, its handles closed, oldest first."},
    KeyInfo{"pause", T::client_or_thread, false, "", "Holds its released operations back."},
    KeyInfo{"resume", T::client_or_thread, false, "", "Lets them run."},
    KeyInfo{"wait_for", T::operation, false, "",
            "In a program: goes on when the operation is over. A broken oplock's request is over."},
};

constexpr std::array kOutcomeWords{
    OutcomeWordInfo{OutcomeWord::pends, "pends",
                    "did not complete: STATUS_PENDING was returned, or the thread is blocked"},
    OutcomeWordInfo{OutcomeWord::granted, "granted", "an oplock request that is now held"},
    OutcomeWordInfo{OutcomeWord::blocks, "blocks",
                    "did not complete, and its thread is blocked in the call"},
    OutcomeWordInfo{OutcomeWord::returns_pending, "returns_pending",
                    "did not complete, and STATUS_PENDING was returned"},
    OutcomeWordInfo{OutcomeWord::succeeds, "succeeds", "completed with a success status"},
    OutcomeWordInfo{OutcomeWord::fails, "fails", "completed with an error or warning status"},
    OutcomeWordInfo{OutcomeWord::blocked_thread, "blocked_thread",
                    "could not be issued: its thread is blocked in an earlier call"},
    OutcomeWordInfo{OutcomeWord::any, "any",
                    "whatever happens: the result of the operation, now or later, does not matter"},
};

constexpr std::uint64_t kSecond = 10'000'000;
constexpr std::array kUnits{
    UnitInfo{"ticks", 1},
    UnitInfo{"us", 10},
    UnitInfo{"ms", 10'000},
    UnitInfo{"s", kSecond},
    UnitInfo{"min", 60 * kSecond},
    UnitInfo{"h", 3600 * kSecond},
    UnitInfo{"d", 86'400 * kSecond},
    UnitInfo{"years", 365 * 86'400 * kSecond},
};

}  // namespace

std::span<const KeyInfo> keys_of(MappingKind kind) {
    switch (kind) {
        case MappingKind::top_level: return kTopLevel;
        case MappingKind::volume_entry: return kVolumeEntry;
        case MappingKind::stream: return kStream;
        case MappingKind::client: return kClient;
        case MappingKind::step: return kStep;
        case MappingKind::expectation: return kExpectation;
        case MappingKind::output: return kOutput;
        case MappingKind::break_expectation: return kBreak;
        case MappingKind::modes: return kModes;
        case MappingKind::recorded: return kRecorded;
    }
    return {};
}

std::string_view describe(MappingKind kind) {
    switch (kind) {
        case MappingKind::top_level: return "a scenario";
        case MappingKind::volume_entry: return "a volume entry";
        case MappingKind::stream: return "a stream";
        case MappingKind::client: return "a client";
        case MappingKind::step: return "a step";
        case MappingKind::expectation: return "an expectation";
        case MappingKind::output: return "an output buffer";
        case MappingKind::break_expectation: return "a break";
        case MappingKind::modes: return "modes";
        case MappingKind::recorded: return "a recorded run";
    }
    return "";
}

std::span<const VerbInfo> client_verbs() { return kClientVerbs; }

const VerbInfo* find_client_verb(std::string_view name) {
    const auto* found = std::ranges::find(kClientVerbs, name, &VerbInfo::name);
    return found == std::end(kClientVerbs) ? nullptr : found;
}

std::span<const KeyInfo> world_verbs() { return kWorldVerbs; }

std::optional<Verb> find_world_verb(std::string_view name) {
    const auto* found = std::ranges::find(kWorldVerbs, name, &KeyInfo::name);
    if (found == kWorldVerbs.end()) return std::nullopt;
    const auto index = static_cast<int>(found - kWorldVerbs.begin());
    return static_cast<Verb>(static_cast<int>(Verb::advance) + index);
}

std::string_view to_string(Verb verb) {
    const auto index = static_cast<std::size_t>(verb);
    if (verb == Verb::look) return "expect";
    if (index < std::size(kClientVerbs)) return kClientVerbs[index].name;
    return kWorldVerbs[index - std::size(kClientVerbs)].name;
}

bool takes_bare_handle(const VerbInfo& verb) {
    return !verb.arguments.empty() && verb.arguments.front().name == "on" &&
           std::ranges::count(verb.arguments, true, &KeyInfo::required) == 1;
}

std::span<const OutcomeWordInfo> outcome_words() { return kOutcomeWords; }

std::string_view to_string(OutcomeWord word) {
    if (word == OutcomeWord::status) return "status";
    return kOutcomeWords[static_cast<std::size_t>(word) - 1].name;
}

std::span<const UnitInfo> duration_units() { return kUnits; }

std::string_view describe(ValueType type) {
    switch (type) {
        case T::text: return "text";
        case T::text_list: return "text or a list of texts";
        case T::boolean: return "true or false";
        case T::number: return "a number";
        case T::duration: return "a duration such as '35 s'";
        case T::new_name: return "a new name";
        case T::handle: return "the name of a handle";
        case T::section: return "the name of a section";
        case T::operation: return "the name of an operation";
        case T::operation_list: return "names of operations";
        case T::client: return "the name of a client";
        case T::client_or_thread: return "CLIENT or CLIENT/THREAD";
        case T::file_path: return "a path";
        case T::file_path_list: return "a path or a list of paths";
        case T::oplock_key: return "a word; equal words are equal keys";
        case T::access: return "access rights";
        case T::share: return "share modes";
        case T::create_options: return "create options";
        case T::disposition: return "a create disposition";
        case T::attributes: return "file attributes";
        case T::protection: return "a page protection";
        case T::level: return "an oplock level";
        case T::oplock_request: return "an oplock type";
        case T::break_level: return "LEVEL_2 or an oplock level";
        case T::input_flags: return "input flags";
        case T::output_flags: return "output flags";
        case T::fsctl_code: return "an FSCTL code";
        case T::information: return "a number or the name of an Information value";
        case T::status: return "a status or an outcome word";
        case T::win32_error: return "a Win32 error";
        case T::break_ack: return "required or not_required";
        case T::profiles: return "a profile or a list of profiles";
        case T::switch_values: return "a mapping of switches to values";
        case T::parameters: return "a mapping of names to values";
        case T::matrix: return "a mapping of names to lists of values";
        case T::cases: return "a list of mappings";
        case T::conditions: return "a mapping of names to values";
        case T::volume: return "a list of volume entries";
        case T::streams: return "a list of stream names";
        case T::clients: return "a mapping of client names";
        case T::steps: return "a list of steps";
        case T::programs: return "a mapping of clients to lists of steps";
        case T::schedule: return "a list of choices: CLIENT, CLIENT/THREAD, ~OPERATION, cache:HANDLE";
        case T::deadlock: return "forbidden, allowed or expected";
        case T::recorded: return "a mapping";
        case T::expectation: return "an outcome, or a mapping";
        case T::outcomes: return "a mapping of operation names to expectations";
        case T::breaks: return "a mapping of operation names to levels";
        case T::modes: return "none, or a mapping";
        case T::output: return "none, or a mapping";
        case T::by_switch: return "a mapping of switches to mappings";
    }
    return "";
}

}  // namespace oplocksim::scenarios
