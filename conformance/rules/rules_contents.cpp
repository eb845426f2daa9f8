// What a caller sees of bytes, sizes and deletions: P03, P03c.
#include <algorithm>
#include <array>

#include "conformance/rules/rule.h"

namespace oplocksim::conformance {
namespace {

using engine::NtStatus;
using sim::RequestKind;

// ---- What reads return

struct Wrong {
    std::string observed;
    std::string required;
};

std::optional<Wrong> wrong_read(const Moment& moment, const KnownContents::Reading& reading) {
    if (reading.stale) {
        return Wrong{completes_text(moment) + " with " + byte_text(reading.found) +
                         " at offset " + std::to_string(*reading.stale),
                     byte_text(reading.expected) +
                         ": what the operations that have completed made of it"};
    }
    if (!reading.right_length) return std::nullopt;
    const bool at_end = *reading.right_length == 0;
    return Wrong{completes_text(moment) + ", Information " +
                     std::to_string(moment.event->information),
                 at_end ? "STATUS_END_OF_FILE: the file ends before it"
                        : std::to_string(*reading.right_length) +
                              " bytes: so many there are in the file"};
}

KnownContents::Reading reading_of(const Moment& moment) {
    if (!moment.completes(RequestKind::read)) return {};
    return moment.model.contents().reading(moment.model, *moment.irp, *moment.event);
}

void reads_what_was_written(const Moment& moment, Verdict& verdict) {
    const KnownContents::Reading reading = reading_of(moment);
    if (reading.bytes_judged || reading.size_judged) verdict.exercise();
    if (reading.held != nullptr) return;   // no-effect-before-acknowledgment
    const auto wrong = wrong_read(moment, reading);
    if (!wrong) return;
    verdict.violate(reading.stale ? "" : "FSA-DATA-END-OF-FILE", wrong->observed,
                    wrong->required);
}

// ---- What waits has done nothing yet

std::string held_text(const Moment& moment, const KnownIrp& held) {
    return waits_text(moment.model, held, awaited(moment.model, held));
}

// A deletion of this name, or of this stream, that waits.
const KnownIrp* held_deletion(const Moment& moment) {
    for (const KnownIrp& irp : moment.model.irps()) {
        const bool here = irp.known_place && irp.place.file == moment.irp->place.file &&
                          irp.request.kind == RequestKind::set_disposition;
        if (here && irp.request.delete_file && is_held(moment.model, irp)) return &irp;
    }
    return nullptr;
}

void marked_before(const Moment& moment, Verdict& verdict) {
    if (!moment.completes(RequestKind::create) || !moment.irp->known_place) return;
    const KnownIrp* const held = held_deletion(moment);
    if (held == nullptr || moment.irp->pended) return;
    verdict.exercise();
    const bool pending = moment.event->status == NtStatus::STATUS_DELETE_PENDING;
    const KnownPlace& place = moment.irp->place;
    if (!pending || moment.model.names().is_going(place.stream, place.link) != Known::no) return;
    verdict.violate("SETINFO-DELETE-ACK", completes_text(moment),
                    "the deletion waits for its acknowledgment, and has marked nothing yet",
                    held_text(moment, *held));
}

void no_effect_before_acknowledgment(const Moment& moment, Verdict& verdict) {
    marked_before(moment, verdict);
    const KnownContents::Reading reading = reading_of(moment);
    if (reading.held == nullptr) return;
    if (reading.bytes_judged || reading.size_judged) verdict.exercise();
    if (const auto wrong = wrong_read(moment, reading)) {
        verdict.violate({}, wrong->observed, wrong->required, held_text(moment, *reading.held));
    }
}

constexpr std::string_view kReads[] = {"FSA-DATA-READ", "FSA-DATA-END-OF-FILE",
                                       "FSA-DATA-FAILED"};
constexpr std::string_view kBefore[] = {"BRK-OWNER-FIRST", "SETINFO-DELETE-ACK"};

constexpr std::array kRules = {
    Rule{{"reads-what-was-written", "P03c", kReads, "must",
          "A read returns what the operations that completed have made of the stream",
          "Every byte that a read returns, and how many, is compared with the writes, changes of "
          "size, zeroings and overwriting creates that completed with success before it, in that "
          "order. What failed or was cancelled changed nothing. What overlaps in time may have "
          "been first or last."},
         on::kReadCompletes, reads_what_was_written},
    Rule{{"no-effect-before-acknowledgment", "P03", kBefore, "must",
          "Nothing that an operation does is visible while it waits",
          "While a write, a change of size, an overwriting create or a deletion waits for an "
          "acknowledgment, reads return the bytes and the end of file of before, and the name can "
          "be opened."},
         on::kSeesBesideBreak, no_effect_before_acknowledgment},
};

}  // namespace

std::string byte_text(unsigned char byte) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string text = "0x";
    text += kHex[byte >> 4];
    text += kHex[byte & 0xF];
    if (byte > 0x20 && byte < 0x7F) text += std::string(" '") + static_cast<char>(byte) + "'";
    return text;
}

std::span<const Rule> contents_rules() { return kRules; }

}  // namespace oplocksim::conformance
