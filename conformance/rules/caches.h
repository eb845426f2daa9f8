// What a run has shown of clients that cache, and what their applications must see.
//
// Beside what the file system has of a stream (contents.h) there is what the applications have
// made of it: a write that a client holds back is done as soon as it has told its application so,
// and writing it back later changes nothing. Both are the same until a client holds a write back;
// from then on the applications' view is kept too.
//
// Happens-before is the order of the trace: an action is over before another if it completed before
// the other was issued. What a client answers from its cache is issued and complete at one moment.
// Two actions that overlap may have happened in either order, byte by byte, as in contents.h.
//
// Where oplocks promise nothing, nothing is judged: the stream is given up. That is so when
// a client lost its oplock without a break while it held something back (it died, its request was
// cancelled, its write-back failed), when a paging write or an attribute-only overwrite went past
// every oplock (SC-034, SC-009), when an overwrite did not wait for the owner to write back
// (FILE_COMPLETE_IF_OPLOCKED, STATUS_OPLOCK_BREAK_IN_PROGRESS), and when somebody with the key of
// a caching client, but not that client, changed or read the stream: to the oplock they are one.
//
// A regular value. Invariants:
//   A1  while no client caches, nothing is kept;
//   A2  a holding is of an open that is listed, and is not empty.
#pragma once

#include <optional>
#include <vector>

#include "conformance/rules/contents.h"

namespace oplocksim::conformance {

struct KnownOpen;
struct KnownOplock;
using OpenNumber = std::uint32_t;

// What a client has of one open that the file system does not know.
struct Holding {
    OpenNumber open = 0;
    StreamNumber stream = 0;
    bool kept_back = false;              // the application has closed the handle
    std::vector<ByteRange> dirty;        // written, and not written back; in order, disjoint
    [[nodiscard]] bool empty() const { return !kept_back && dirty.empty(); }
    bool operator==(const Holding&) const = default;
};

class KnownCaches {
 public:
    [[nodiscard]] bool any() const { return !clients_.empty(); }
    [[nodiscard]] const Holding* holding(OpenNumber open) const;
    // By number of their opens.
    [[nodiscard]] const std::vector<Holding>& holdings() const { return holdings_; }

    void add_client(sim::ProcessId process);
    // A client answered a request on this open by itself; a create: that it was answered with.
    void answer(const Observation& model, const sim::TraceEvent& event, const KnownOpen& open);
    void issue(const sim::TraceEvent& event);
    // The model is as it was before.
    void complete(const Observation& model, const KnownIrp& irp, const sim::TraceEvent& event);
    void complete_create(const Observation& model, const KnownIrp& irp, StreamNumber stream,
                         const sim::TraceEvent& event);
    // The request of a granted oplock completed; `owed`: with a break that is to be answered.
    void oplock_ended(const KnownOplock& oplock, bool owed);
    void process_exits(const Observation& model, sim::ProcessId process);
    // The open is gone, and its number may be used again.
    void forget(OpenNumber open);

    // How what an application reads compares with what the applications have written: a read IRP
    // that completes, or one that its client answers.
    [[nodiscard]] KnownContents::Reading reading(const Observation& model, const KnownIrp& irp,
                                                 const sim::TraceEvent& event) const;

    // Adds what is known of a stream; of an outstanding IRP.
    void add_to(sim::FingerprintMixer& mixer, StreamNumber stream) const;
    void add_to(sim::FingerprintMixer& mixer, sim::IrpId irp) const;
    bool operator==(const KnownCaches&) const = default;

 private:
    [[nodiscard]] bool caches(sim::ProcessId process) const;
    [[nodiscard]] bool given_up(StreamNumber stream) const;
    void give_up(StreamNumber stream);
    Holding& holding_of(const KnownOpen& open);
    void hold_back(const Observation& model, const sim::TraceEvent& event, const KnownOpen& open);
    void written_back(const KnownIrp& irp, const sim::TraceEvent& event);
    [[nodiscard]] bool shares_a_key(const Observation& model, const KnownIrp& irp) const;
    void drop_empty();

    std::vector<sim::ProcessId> clients_;
    std::vector<Holding> holdings_;          // by number of the open
    std::vector<StreamNumber> given_up_;     // in order
    std::vector<KnownContents> view_;        // of the applications: one, or none so far
};

// The read that a client answered by itself, as an IRP that completes at once.
[[nodiscard]] KnownIrp answered_read(const Observation& model, const sim::TraceEvent& event);

}  // namespace oplocksim::conformance
