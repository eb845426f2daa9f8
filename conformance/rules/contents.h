// What a run has shown of the contents of streams, and what a read must return.
//
// A volume event and a create say what a stream is at first; writes, changes of size and zeroing
// that completed with success change it; a read makes known what was not. What fails, is
// cancelled, or still waits for an acknowledgment changes nothing.
//
// Only what is certain is kept. An operation takes effect between its issue and its completion,
// but not while an acknowledgment is owed that it waits for; two that overlap in that sense may
// have taken effect in either order, so where both change a byte it is not known, and a read that
// overlaps with a change may return what was before or after. Through a writable section, or a
// transaction, contents change unseen: nothing is known of the stream meanwhile.
//
// A regular value. Invariants:
//   C1  writes and races are those of outstanding IRPs;
//   C2  a stream has an entry by its number, or nothing is known of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/rules/known_bytes.h"
#include "conformance/rules/known_names.h"
#include "sim/trace.h"

namespace oplocksim::conformance {

class Observation;
struct KnownIrp;

class KnownContents {
 public:
    [[nodiscard]] const KnownBytes* find(StreamNumber stream) const;
    [[nodiscard]] KnownBytes& of(StreamNumber stream);

    // A read or a change of the stream is issued: what a write is to write is remembered.
    void issue(const sim::TraceEvent& event);
    // It is over, the model being as it was before. Creates: below.
    void complete(const Observation& model, const KnownIrp& irp, const sim::TraceEvent& event);
    // A create succeeded, and made the stream (FILE_CREATED) or emptied it.
    void complete_create(const Observation& model, const KnownIrp& irp, StreamNumber stream,
                         std::uint64_t information);

    // `written` (zeros up to the end of the range) is there from now on, by no IRP at work: an
    // application wrote it, and its client has it.
    void take_at_once(const Observation& model, StreamNumber stream, const ByteRange& range,
                      const std::string* written);

    // How a read that completes compares with what is known.
    struct Reading {
        bool bytes_judged = false;
        bool size_judged = false;
        std::optional<std::uint64_t> stale;          // the offset of a byte that is another
        unsigned char expected = 0;
        unsigned char found = 0;
        std::optional<std::uint64_t> right_length;   // it should have returned so much
        const KnownIrp* held = nullptr;   // a change of the stream that waits, and must not show
    };
    [[nodiscard]] Reading reading(const Observation& model, const KnownIrp& irp,
                                  const sim::TraceEvent& event) const;

    // Adds what is known of a stream; of an outstanding IRP.
    void add_to(sim::FingerprintMixer& mixer, StreamNumber stream) const;
    void add_to(sim::FingerprintMixer& mixer, sim::IrpId irp) const;
    bool operator==(const KnownContents&) const = default;

 private:
    struct Write {
        sim::IrpId irp;
        bool has_data = false;
        std::string data;
        bool operator==(const Write&) const = default;
    };
    // What completed while another operation was at work, and may have been done before or after.
    struct Race {
        sim::IrpId irp;                   // of the other operation
        ByteRange range;
        bool size = false;
        bool operator==(const Race&) const = default;
    };
    struct Change {
        ByteRange range;                  // of bytes
        bool size = false;                // the size has changed too
    };
    [[nodiscard]] const Write* write_of(sim::IrpId irp) const;
    void take_write(const Observation& model, const KnownIrp& irp, const sim::TraceEvent& event);
    void take_end_of_file(const Observation& model, const KnownIrp& irp);
    void take_allocation(const Observation& model, const KnownIrp& irp);
    void take_read(const Observation& model, const KnownIrp& irp, const sim::TraceEvent& event);
    void take_change(const Observation& model, const KnownIrp& irp, const sim::TraceEvent& event);
    void overlap(const Observation& model, sim::IrpId irp, StreamNumber stream,
                 const Change& change);
    void end(sim::IrpId irp);

    std::vector<KnownBytes> streams_;     // by number
    std::vector<Write> writes_;           // outstanding ones
    std::vector<Race> races_;
};

// Does it wait for an acknowledgment that is still owed? Then nothing of it may be visible.
[[nodiscard]] bool is_held(const Observation& model, const KnownIrp& irp);
// May it change the bytes or the size of its stream?
[[nodiscard]] bool changes_contents(const KnownIrp& irp);

}  // namespace oplocksim::conformance
