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
//   ready operations, timed requests of one instant, streams of a file.
// Order is left out where nothing depends on it: opens of a stream, byte-range locks, names of one
// file in different directories, sections. Names in a directory are in their own order.
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

#include <cstdint>
#include <vector>

#include "sim/canonical_ids.h"
#include "sim/fingerprint_mixer.h"
#include "sim/world.h"

namespace oplocksim::sim {

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
