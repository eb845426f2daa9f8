// 128-bit fingerprints of worlds: equal for worlds with the same future, else different with a
// probability that can be reckoned with.
//
// Two steps. canonical_ids.h names every object by what it is instead of by where it lies; here
// the world is written out under these names as a sequence of 64-bit words, the canonical form,
// and the words are mixed into a Fingerprint. The form is complete and can be read one way only,
// so two worlds are equal up to their ids exactly if their forms are equal; among n different
// worlds the chance that any two share a fingerprint is about n*n / 2^129: 10^-27 for a million.
//
// In the form: everything that decides what can happen next. Order is kept where it decides:
//   handles of a process (they are closed oldest first), IRPs of a thread (cancelled in order),
//   threads of a process, holders, waiters and reservations of an oplock, waiters for byte ranges,
//   ready operations, timed requests of one instant, streams of a file, names in a directory.
// Order is left out where nothing depends on it: opens of a stream, byte-range locks, names of one
// file in different directories, sections.
// Counts that follow from the rest (share access, references) are in the form too: that they do
// follow is an invariant, and a faulty kernel may break it.
//
// Not in the form: raw ids, free slots and generations; names of processes and threads, which only
// a trace shows (so clients can change places); links back in lists; the directory index, which
// repeats the names; the Names table, whose ids are compared: fingerprints can be compared between
// worlds that share a table, or whose tables were filled in the same order.
//
// A caller that carries more state (programs, rules) starts with a FingerprintMixer of its own,
// adds the world, then its own words, with CanonicalIds::number() in place of ids.
#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/canonical_ids.h"
#include "sim/world.h"

namespace oplocksim::sim {

struct Fingerprint {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Fingerprint&) const = default;
};

// 32 hexadecimal digits, most significant first.
[[nodiscard]] std::string to_string(const Fingerprint& fingerprint);

// Mixes 64-bit words into 128 bits. Defined by this header alone, on integers only: the same on
// every machine and compiler. Not for adversaries.
//
// Each word is first scattered by a bijection, then taken up by two lanes that differ in how they
// combine, rotate and multiply. For a given state a lane is a bijection of the word, and for a
// given word one of the state, so one different word is never lost; result() makes every bit of
// both lanes count for every bit of the fingerprint.
class FingerprintMixer {
 public:
    void add(std::uint64_t word) {
        std::uint64_t scattered = (word ^ (word >> 32)) * 0x9E3779B97F4A7C15ull;
        scattered ^= scattered >> 29;
        low_ = std::rotl(low_ ^ scattered, 27) * 0xD6E8FEB86659FD93ull + 0x2545F4914F6CDD1Dull;
        high_ = (std::rotl(high_ + scattered, 37) ^ 0xA0761D6478BD642Full) * 0xFF51AFD7ED558CCDull;
    }

    // The length, then the bytes, eight to a word, first byte lowest.
    void add_bytes(std::string_view bytes);

    [[nodiscard]] Fingerprint result() const {
        const std::uint64_t a = finish(low_ + std::rotl(high_, 23));
        const std::uint64_t b = finish(high_ ^ a);
        return {b, a + b};
    }

 private:
    // The finalizer of splitmix64.
    [[nodiscard]] static std::uint64_t finish(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }

    std::uint64_t low_ = 0x243F6A8885A308D3ull;    // the first digits of pi
    std::uint64_t high_ = 0x13198A2E03707344ull;
};

// Adds the canonical form of a world. Requires: `ids` were assigned for this world.
void add_world(FingerprintMixer& mixer, const World& world, const CanonicalIds& ids);

// Adds a request, for a caller that remembers some. A handle or section that is gone counts as such.
void add_request(FingerprintMixer& mixer, const Request& request, const CanonicalIds& ids);

// A world alone. Requires: as above.
[[nodiscard]] inline Fingerprint fingerprint(const World& world, const CanonicalIds& ids) {
    FingerprintMixer mixer;
    add_world(mixer, world, ids);
    return mixer.result();
}

// The words themselves: for an exact comparison, without any hash.
using CanonicalForm = std::vector<std::uint64_t>;
[[nodiscard]] CanonicalForm canonical_form(const World& world, const CanonicalIds& ids);

}  // namespace oplocksim::sim
