// The laboratory in which the cells of the decision tables are run: a volume, five clients, and the
// requests that bring a stream into the state that a cell speaks of. Internal to the table runner.
//
// Whatever does not go as the laboratory needs it ends the run with one sentence (SetUpProblem).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "conformance/tables.h"
#include "sim/kernel.h"

namespace oplocksim::conformance {

// The way to the state was not as it must be.
class SetUpProblem : public std::runtime_error {
    using std::runtime_error::runtime_error;
};
// Nothing that a caller can do leads to the state.
class Unreachable : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Two owners, the client that acts, the one that breaks beforehand, and a bystander.
enum class TableClient : std::uint8_t { owner, second_owner, actor, breaker, bystander };
inline constexpr int kClientCount = 5;

// Keys of the handles.
inline constexpr std::uint32_t kOwnerKey = 1;
inline constexpr std::uint32_t kSecondOwnerKey = 2;
inline constexpr std::uint32_t kActorKey = 3;
inline constexpr std::uint32_t kBreakerKey = 4;
inline constexpr std::uint32_t kBystanderKey = 5;
inline constexpr std::uint32_t kUnrelatedKey = 6;

inline constexpr sim::ShareAccess kShareAll =
    engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;
inline constexpr sim::AccessMask kAttributesOnly =
    engine::FILE_READ_ATTRIBUTES | engine::FILE_WRITE_ATTRIBUTES;

// An owner of the state.
struct TableOwner {
    TableClient client = TableClient::owner;
    sim::HandleId handle;
    sim::IrpId irp;        // the request, or the last acknowledgment that pended
    HeldOplock held;
};

class TableBench {
 public:
    TableBench(const engine::Semantics& semantics, std::string target);

    // Submits, and runs what becomes ready.
    sim::Submitted submit(TableClient client, const sim::Request& request);
    // The completion of an IRP, or null.
    [[nodiscard]] const sim::Completion* completion(sim::IrpId irp) const;
    // Submits what must complete at once. Throws SetUpProblem if it waits.
    sim::Completion done(TableClient client, const sim::Request& request, std::string_view what);
    // As done(), and it must succeed.
    sim::Completion succeed(TableClient client, const sim::Request& request, std::string_view what);

    [[nodiscard]] sim::Request create(const std::string& path, std::uint32_t key,
                                      const CreateShape& shape) const;
    // The handle of an open that must succeed without waiting.
    sim::HandleId open(TableClient client, std::uint32_t key, sim::AccessMask access,
                       sim::CreateOptions options = 0, const std::string& path = {});

    // Opens for the owners and lets them request what the state says, unbroken.
    void grant(const Cell& cell);
    // The actor's handle with another key beside what is granted.
    void admit_actor(const Cell& cell);
    // Breaks the granted oplocks as the state says; nobody waits for it.
    void break_as_stated(bool by_actor);

    [[nodiscard]] std::vector<TableOwner>& owners() { return owners_; }
    [[nodiscard]] const std::string& target() const { return target_; }
    [[nodiscard]] sim::HandleId actor_handle() const { return actor_handle_; }
    void set_actor_handle(sim::HandleId handle) { actor_handle_ = handle; }

    sim::Kernel& kernel() { return kernel_; }
    [[nodiscard]] sim::PathId path(const std::string& text) const;
    [[nodiscard]] sim::NameId name(const std::string& text) const;
    [[nodiscard]] sim::ThreadId thread(TableClient client) const {
        return threads_[static_cast<std::size_t>(client)];
    }
    [[nodiscard]] const engine::Semantics& semantics() const { return world_.semantics; }
    [[nodiscard]] std::shared_ptr<const sim::Names> names() const { return names_; }
    [[nodiscard]] const std::vector<sim::TraceEvent>& trace() const { return recorder_.events(); }
    [[nodiscard]] std::uint32_t requests() const { return requests_; }

 private:
    void request_oplock(TableOwner& owner);
    void admit_by_reacknowledgment();
    void admit_past_an_earlier_oplock(TableOwner& owner);
    void break_one(std::size_t index, engine::OplockType to, bool by_actor);
    // The owner undoes the truncation by an overwriting create; its own key breaks nothing.
    void restore_size();
    void collect();

    std::shared_ptr<sim::Names> names_;
    sim::World world_;
    sim::FifoScheduler scheduler_;
    sim::TraceRecorder recorder_;
    sim::Kernel kernel_;
    std::string target_;
    std::vector<sim::ThreadId> threads_;
    std::vector<TableOwner> owners_;
    sim::HandleId actor_handle_;
    std::map<std::uint32_t, sim::Completion> completions_;   // by IRP
    std::uint32_t requests_ = 0;
};

// The FSCTL that requests a type.
[[nodiscard]] sim::Request oplock_request(sim::HandleId handle, engine::OplockType type);
// The FSCTL_REQUEST_OPLOCK acknowledgment with a level.
[[nodiscard]] sim::Request level_acknowledgment(sim::HandleId handle, engine::CacheLevel level);
[[nodiscard]] sim::Request legacy_fsctl(sim::HandleId handle, engine::FsControlCode code);
// What an owner sends to accept what it was told.
[[nodiscard]] sim::Request acceptance(const TableOwner& owner, engine::OplockType announced);
[[nodiscard]] sim::Request on_handle(sim::RequestKind kind, sim::HandleId handle);

}  // namespace oplocksim::conformance
