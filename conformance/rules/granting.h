// What an oplock FSCTL may answer, as the articles have it: requests ("Requesting and Granting
// Oplocks"), acknowledgments and break notifications ("Acknowledging Oplock Breaks").
//
// The second reading: written from the articles and the decisions register, over the observation
// model. Where the model cannot know (an allocation size, a target that deepened silently), every
// answer that could be right is in the set.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/ntstatus.h"
#include "engine/oplock.h"

namespace oplocksim::conformance {

class Observation;
struct KnownIrp;
struct KnownOplock;

// The answers there are, as a set.
using Answers = std::uint8_t;
inline constexpr Answers kPends = 0x01;               // granted, kept, or waiting
inline constexpr Answers kSuccess = 0x02;
inline constexpr Answers kNotGranted = 0x04;
inline constexpr Answers kInvalidParameter = 0x08;
inline constexpr Answers kCannotGrant = 0x10;
inline constexpr Answers kInvalidProtocol = 0x20;

// Which part of the protocol settled the answer; each is a rule of its own.
enum class AnswerTopic : std::uint8_t {
    none,              // not judged: the handle is not known
    grant,             // the grant matrix
    synchronous,       // a synchronous handle
    byte_range_lock,   // shared oplocks and byte-range locks
    directory,         // the legal types of a directory
    acknowledgment,
    notification,
};

struct Expected {
    Answers answers = 0;
    AnswerTopic topic = AnswerTopic::none;
    std::string_view clause;
    bool operator==(const Expected&) const = default;
};

// Requires: `irp` is an oplock FSCTL, and the model is as it was when it was issued.
[[nodiscard]] Expected expected_answer(const Observation& model, const KnownIrp& irp);

// Has somebody come who needs more than the owner of this breaking oplock was told, or may have?
[[nodiscard]] bool may_be_deepened(const Observation& model, const KnownOplock& owed);

// The set with this status alone; empty for a status that no oplock FSCTL answers.
[[nodiscard]] Answers answer_of(engine::NtStatus status);
// "STATUS_PENDING or STATUS_OPLOCK_NOT_GRANTED".
[[nodiscard]] std::string describe(Answers answers);

}  // namespace oplocksim::conformance
