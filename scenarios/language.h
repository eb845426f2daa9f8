// The scenario language as data: every key, verb, argument, type, default and its sentence.
//
// The loader checks files against these tables, and the JSON Schema and the reference in
// docs/scenario-language.md are generated from them, so the three cannot disagree.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace oplocksim::scenarios {

// What a value must be. Where text may stand, `${name}` may stand too.
enum class ValueType : std::uint8_t {
    text,
    text_list,  // one text or a list of them
    boolean,
    number,     // not negative; decimal or 0x
    duration,   // 35 s, 10 ms, ...; a bare number is ticks
    new_name,   // letters, digits, '_' and '-', not beginning with a digit
    handle,     // the name of a handle
    section,    // the name of a section
    operation,  // the name of an operation
    operation_list,
    client,
    client_or_thread,  // CLIENT or CLIENT/THREAD
    file_path,         // \dir\file or \dir\file:stream
    file_path_list,
    oplock_key,  // any word; equal words are equal keys
    access,      // the constants of constant_tables.h
    share,
    create_options,
    disposition,
    attributes,
    protection,
    level,
    oplock_request,  // a legacy type or a level
    break_level,     // LEVEL_2 or a level; not kUnbroken, which stands alone
    input_flags,
    output_flags,
    fsctl_code,
    information,
    status,  // a status or an outcome word
    win32_error,
    break_ack,      // required, not_required
    profiles,       // a profile or a list of them
    switch_values,  // {switch: value or each}
    parameters,     // {name: anything}
    matrix,         // {name: [value, ...]}
    cases,          // [{name: value, ...}, ...]
    conditions,     // {switch, parameter or profile: value or list of values}
    volume,         // list of volume entries
    streams,        // list of names and {name, size}
    clients,        // {CLIENT: {threads: [...]}}
    steps,
    programs,   // {CLIENT, CLIENT/THREAD or kWorldProgram: steps without the client}
    schedule,   // choices in order
    deadlock,   // forbidden, allowed, expected
    recorded,   // {version, profile, ..., trace}
    expectation,  // of the step's own operation, and of others by name
    outcomes,     // {NAME: expectation}
    breaks,       // {NAME: level or mapping}
    modes,        // none or {access, share}
    output,       // none or a mapping
    by_switch,    // {switch: {value: expectation}}
};

struct KeyInfo {
    std::string_view name;
    ValueType type = ValueType::text;
    bool required = false;
    std::string_view default_text;  // "" : none
    std::string_view doc;           // one sentence
};

// What a client does, and the verbs of the whole world; `look` only checks expectations.
enum class Verb : std::uint8_t {
    create,
    close,
    duplicate,
    oplock,
    ack,
    ack_no_2,
    ack_close_pending,
    break_notify,
    fsctl,
    read,
    write,
    flush,
    lock,
    unlock,
    set_end_of_file,
    set_allocation,
    set_valid_data_length,
    rename,
    link,
    set_short_name,
    set_disposition,
    set_basic_information,
    set_security,
    set_encryption,
    set_zero_data,
    create_section,
    close_section,
    cancel_io,
    exit_thread,
    advance,
    cancel,
    kill,
    pause,
    resume,
    wait_for,  // in programs only
    look,
};
inline constexpr int kClientVerbCount = static_cast<int>(Verb::exit_thread) + 1;

struct VerbInfo {
    Verb verb = Verb::look;
    std::string_view name;
    std::span<const KeyInfo> arguments;
    std::string_view doc;
};

// The keys of each kind of mapping.
enum class MappingKind : std::uint8_t {
    top_level,
    volume_entry,
    stream,
    client,
    step,  // beside the action
    expectation,
    output,
    break_expectation,
    modes,
    recorded,
};
[[nodiscard]] std::span<const KeyInfo> keys_of(MappingKind kind);
// "a scenario", "a volume entry": for messages.
[[nodiscard]] std::string_view describe(MappingKind kind);

// The verbs of clients, in the order of Verb.
[[nodiscard]] std::span<const VerbInfo> client_verbs();
[[nodiscard]] const VerbInfo* find_client_verb(std::string_view name);
// The verbs of the world, as keys of a step: their value is their argument.
[[nodiscard]] std::span<const KeyInfo> world_verbs();
[[nodiscard]] std::optional<Verb> find_world_verb(std::string_view name);
[[nodiscard]] std::string_view to_string(Verb verb);
// Whether `A.verb: handle` may be written for `A.verb: {on: handle}`.
[[nodiscard]] bool takes_bare_handle(const VerbInfo& verb);

// How an operation ended, in one word.
enum class OutcomeWord : std::uint8_t {
    status,  // with one particular status
    pends,
    granted,
    blocks,
    returns_pending,
    succeeds,
    fails,
    blocked_thread,
    any,
};
struct OutcomeWordInfo {
    OutcomeWord word = OutcomeWord::status;
    std::string_view name;
    std::string_view doc;
};
[[nodiscard]] std::span<const OutcomeWordInfo> outcome_words();  // but `status`
[[nodiscard]] std::string_view to_string(OutcomeWord word);

// The program of nobody, in `programs`: it may cancel, kill and advance the clock.
inline constexpr std::string_view kWorldProgram = "world";

// Choices of a schedule that are no program's next step begin with these: an operation that was
// released goes on; a client that caches does what a break demands of it, for a handle.
inline constexpr std::string_view kGoesOn = "~";
inline constexpr std::string_view kCacheOf = "cache:";

// In `breaks`: the request was not completed by a break in this step. ("NONE" is a level.)
inline constexpr std::string_view kUnbroken = "unbroken";

// The units of a duration, with their length in ticks.
struct UnitInfo {
    std::string_view name;
    std::uint64_t ticks = 1;
};
[[nodiscard]] std::span<const UnitInfo> duration_units();

// The type in words: "true or false", "a list of access rights".
[[nodiscard]] std::string_view describe(ValueType type);

// The reference chapter of docs/scenario-language.md.
[[nodiscard]] std::string language_reference();

}  // namespace oplocksim::scenarios
