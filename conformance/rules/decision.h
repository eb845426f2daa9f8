// The break table, as the articles of the driver documentation give it: which operation breaks
// which held oplock, to what level, whether an acknowledgment is owed, and whether the operation
// waits for it.
//
// Written from "Checking the Oplock State of an IRP_MJ_CREATE / READ / WRITE / LOCK_CONTROL /
// SET_INFORMATION / FILE_SYSTEM_CONTROL operation", the section-synchronization article and, for
// directories and for switches, the decisions register. It is the second reading: nothing here is
// taken from the oplock package.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include "conformance/rules/observation.h"

namespace oplocksim::conformance {

// Why an operation may concern an oplock.
enum class Relation : std::uint8_t {
    same_stream,       // the oplock is on the stream the operation is for
    cross_stream,      // a create, and the oplock is on another stream of the file (SC-018)
    renamed_file,      // a rename, and the oplock is on another stream of the file
    replaced,          // a rename or a link replaces the file that the oplock is on
    ancestor,          // a rename or short name of a directory above it
    parent_directory,  // the oplock is on the directory whose content changes (SC-047)
};

// A set of relations, gone through in the order of the enumeration: most direct first.
class Relations {
 public:
    class Iterator {
     public:
        explicit Iterator(unsigned left) : left_(left) {}
        Relation operator*() const { return static_cast<Relation>(std::countr_zero(left_)); }
        Iterator& operator++() {
            left_ &= left_ - 1;
            return *this;
        }
        bool operator==(const Iterator&) const = default;

     private:
        unsigned left_;
    };

    void add(Relation relation) { bits_ |= 1u << static_cast<unsigned>(relation); }
    [[nodiscard]] bool has(Relation relation) const {
        return (bits_ >> static_cast<unsigned>(relation) & 1u) != 0;
    }
    [[nodiscard]] bool empty() const { return bits_ == 0; }
    [[nodiscard]] Iterator begin() const { return Iterator(bits_); }
    [[nodiscard]] Iterator end() const { return Iterator(0); }

 private:
    unsigned bits_ = 0;
};

// One break, as the table has it.
struct BreakDecision {
    engine::OplockType to = engine::OplockType::none;
    bool acknowledge = false;          // an acknowledgment is owed
    bool waits = false;                // and the operation waits for it
    std::string_view clause;           // that says so
    bool operator==(const BreakDecision&) const = default;
};

// The ways in which `irp` and `oplock` have to do with each other.
[[nodiscard]] Relations relations(const Observation& model, const KnownIrp& irp,
                                  const KnownOplock& oplock);

// What the table says for this operation and held type, keys aside. A create that meets a sharing
// violation (`conflict`) touches handle caching, and Batch and Filter, which break before. Nothing:
// the oplock is not broken. `two_phase_rest`: see SC-013, the create after its handle break.
[[nodiscard]] std::optional<BreakDecision> table(const Observation& model, const KnownIrp& irp,
                                                 engine::OplockType held, Relation relation,
                                                 bool conflict);

// Does the exemption for the owner's own key hold for this pair? Level 2 is the documented
// exception; so are writable sections (SC-039).
[[nodiscard]] bool key_exempts(const Observation& model, const KnownIrp& irp,
                               engine::OplockType held, Relation relation);
// Is the issuer the oplock's owner (by FILE_OBJECT or key; by parent key for a directory)?
[[nodiscard]] bool is_owner(const Observation& model, const KnownIrp& irp,
                            const KnownOplock& oplock, Relation relation);

// Table and keys together.
[[nodiscard]] std::optional<BreakDecision> decide(const Observation& model, const KnownIrp& irp,
                                                  const KnownOplock& oplock, Relation relation,
                                                  bool conflict);

// Must `irp` wait for the acknowledgment that this breaking oplock owes? `conflict`: a create
// that sees a sharing violation.
[[nodiscard]] bool waits_for(const Observation& model, const KnownIrp& irp,
                             const KnownOplock& breaking, bool conflict);
// Does it need a lower level than the owner was told?
[[nodiscard]] bool needs_more_than_told(const Observation& model, const KnownIrp& irp,
                                        const KnownOplock& breaking);

// An open of attributes alone, which breaks nothing (create article, note); SC-008, SC-009.
[[nodiscard]] bool exempt_open(const Observation& model, const KnownIrp& irp,
                               engine::OplockType held);
// SC-018: a create that asks for a break of Batch or Filter on the other streams, or the main one.
[[nodiscard]] bool reaches_over(const Observation& model, const KnownIrp& irp,
                                engine::OplockType held);
[[nodiscard]] bool is_writable_section(const sim::Request& request);
[[nodiscard]] bool has_option(const KnownIrp& irp, sim::CreateOptions option);
[[nodiscard]] bool caches_handles(engine::OplockType type);

}  // namespace oplocksim::conformance
