// Breadth-first search, level by level. Internal to explore/; see search.h.
//
// A level is worked off in rounds. In a round the workers take equal consecutive parts of the
// states and sort what follows from them by shard; then every shard enters what came for it, in the
// order of the states it came from. Between the two nobody writes what others read, so nothing is
// locked; and neither the tables nor the next level depend on how many workers there were.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "conformance/explore/model_access.h"

namespace oplocksim::conformance::explore::detail {

template <Model M>
class BreadthFirst {
    using Access = ModelAccess<M>;
    using State = typename M::State;
    using Action = typename M::Action;
    using StateKey = typename Access::StateKey;
    using Table = NodeTable<Access::kKeySize>;

 public:
    BreadthFirst(const M& model, const Options& options)
        : access_(model, options),
          options_(options),
          keeps_states_(!Access::kExact && options.frontier == Frontier::states),
          workers_(options.workers) {}

    [[nodiscard]] Result<Action> run() {
        enter_roots();
        while (next_level()) {
            while (!over() && next_round()) work_off_round();
            if (over()) break;
        }
        return result();
    }

 private:
    [[nodiscard]] bool over() const {
        return bound_ != Bound::none || (options_.stop_at_first && !found_.empty());
    }

    // So much fits in the caches; a state that is a whole world comes with successors as large.
    static constexpr std::size_t kRoundStates = Access::kExact ? 512 : 128;
    static constexpr std::size_t kAhead = 16;   // entries that are fetched in advance
    // Fewer states than this a worker are done before the others have woken up.
    static constexpr std::size_t kWorthSharing = Access::kExact ? 64 : 8;

    struct Candidate {
        std::uint64_t hash;
        StateKey key;
        std::uint16_t source;    // number in the round
        std::uint16_t action;
    };
    static_assert(kRoundStates <= 0xFFFF);
    struct Bucket {
        std::vector<Candidate> candidates;
        std::vector<std::optional<State>> values;   // of the candidates, if states are kept
    };
    struct Found {
        Seen what;
        NodeId node;
    };
    // Many states are reached several times in short succession. What a worker has handed over
    // lately need not be entered again: whoever was first is the parent. Direct-mapped.
    static constexpr std::size_t kRecent = Access::kExact ? 1024 : 1;
    struct Worker {
        std::array<Bucket, kShards> buckets;
        std::vector<StateKey> recent;
        std::vector<Action> actions;
        std::vector<std::uint8_t> agents;
        std::vector<std::uint32_t> violated;
        std::vector<Found> found;
        std::vector<Seen> known;
        Counts counts;
        bool depth_bound = false;
    };
    struct Shard {
        Table table;
        std::uint32_t begin = 0;          // of the level
        std::uint32_t end = 0;
        std::vector<StateKey> keys;       // of the level
        std::vector<StateKey> next_keys;
        std::vector<State> states;        // of the level, if states are kept
        std::vector<State> next_states;
        std::uint64_t state_bytes = 0;
        std::uint64_t next_state_bytes = 0;
    };
    // A state of the round whose actions were not all tried.
    struct Reduced {
        std::uint64_t agents = 0;     // tried; 0: all
        bool goes_on = false;         // has a successor on the next level
    };

    void enter_roots() {
        const std::vector<State> initial = access_.model().initial();
        OPLOCKSIM_ASSERT(!initial.empty() && initial.size() <= kMaxActions,
                         "a model without an initial state, or with too many");
        for (std::size_t i = 0; i < initial.size(); ++i) {
            State state = access_.representative(initial[i]);
            const StateKey key = access_.key_of(state);
            const std::uint64_t hash = Access::hash_of(key);
            Shard& shard = shards_[shard_of_hash(hash)];
            const auto entry =
                shard.table.enter(key, hash, kNoNode, static_cast<std::uint16_t>(i), 0);
            if (!entry.is_new) continue;
            shard.next_keys.push_back(key);
            if (keeps_states_) keep(shard, std::move(state));
            // Something that is known, for every worker to begin with.
            for (Worker& worker : workers_) worker.recent.assign(kRecent, key);
        }
    }

    void keep(Shard& shard, State&& state) {
        shard.next_state_bytes += access_.size_of(state);
        shard.next_states.push_back(std::move(state));
    }

    // What the last level entered is the level now. False if that is nothing.
    [[nodiscard]] bool next_level() {
        bool any = false;
        for (Shard& shard : shards_) {
            shard.begin = shard.end;
            shard.end = shard.table.count();
            std::swap(shard.keys, shard.next_keys);
            shard.next_keys.clear();
            shard.states = std::exchange(shard.next_states, {});
            shard.state_bytes = std::exchange(shard.next_state_bytes, 0);
            any |= shard.begin != shard.end;
        }
        level_shard_ = 0;
        level_next_ = shards_[0].begin;
        if (started_ && any) ++depth_;
        started_ = true;
        return any;
    }

    // Fills `round_` with the next states of the level. False if there are none.
    [[nodiscard]] bool next_round() {
        round_.clear();
        while (level_shard_ < kShards && round_.size() < kRoundStates) {
            const Shard& shard = shards_[level_shard_];
            while (level_next_ < shard.end && round_.size() < kRoundStates) {
                round_.push_back(node_id(level_shard_, level_next_++));
            }
            if (level_next_ == shard.end && ++level_shard_ < kShards) {
                level_next_ = shards_[level_shard_].begin;
            }
        }
        return !round_.empty();
    }

    void work_off_round() {
        if (access_.reduction()) reduced_.assign(round_.size(), Reduced{});
        sharing_ = std::clamp<std::size_t>(round_.size() / kWorthSharing, 1, workers_.size());
        in_parallel([&](unsigned worker) { expand_part(worker, false); });
        in_parallel([&](unsigned worker) { enter_part(worker); });
        if (access_.reduction()) {
            in_parallel([&](unsigned worker) { expand_part(worker, true); });
            in_parallel([&](unsigned worker) { enter_part(worker); });
        }
        collect();
    }

    void in_parallel(const std::function<void(unsigned)>& body) {
        if (options_.parallel && sharing_ > 1) {
            options_.parallel(static_cast<unsigned>(sharing_), body);
        } else {
            for (unsigned worker = 0; worker < sharing_; ++worker) body(worker);
        }
    }

    // The states of the round that are this worker's; `put_off`: what reduction must not leave out.
    void expand_part(unsigned number, bool put_off) {
        Worker& worker = workers_[number];
        for (std::size_t i = round_.size() * number / sharing_;
             i < round_.size() * (number + 1) / sharing_; ++i) {
            const auto source = static_cast<std::uint32_t>(i);
            if (put_off && (reduced_[i].agents == 0 || reduced_[i].goes_on)) continue;
            const Shard& shard = shards_[shard_of(round_[i])];
            const std::uint32_t node = number_of(round_[i]);
            if constexpr (Access::kExact) {
                expand(worker, Access::state_of(shard.keys[node - shard.begin]), source, put_off);
            } else if (keeps_states_) {
                expand(worker, shard.states[node - shard.begin], source, put_off);
            } else {
                expand(worker, rebuilt(round_[i]), source, put_off);
            }
        }
    }

    void expand(Worker& worker, const State& state, std::uint32_t source, bool put_off) {
        if (put_off) {
            const std::uint64_t tried = reduced_[source].agents;
            worker.actions.clear();
            access_.model().actions(state, worker.actions);
            static_cast<void>(access_.agents_of(state, worker.actions, worker.agents));
            try_agents(worker, state, source, ~tried);
            --worker.counts.reduced;
            worker.counts.left_out -= actions_of(worker, ~tried);
            return;
        }
        judge(worker, state, source);
        if constexpr (HasSuccessors<M>) {
            if (!access_.reduction() && depth_ < max_depth()) {
                std::uint32_t action = 0;
                access_.model().successors(state, [&](const State& next) {
                    hand_over(worker, next, source, action++);
                });
                worker.counts.transitions += action;
                if (action == 0) end(worker, state, source);
                return;
            }
        }
        worker.actions.clear();
        access_.model().actions(state, worker.actions);
        OPLOCKSIM_ASSERT(worker.actions.size() <= kMaxActions, "a state with too many actions");
        if (worker.actions.empty()) return end(worker, state, source);
        if (depth_ >= max_depth()) {
            worker.depth_bound = true;
            return;
        }
        if (!access_.reduction()) {
            for (std::size_t i = 0; i < worker.actions.size(); ++i) {
                try_action(worker, state, source, i);
            }
            return;
        }
        expand_reduced(worker, state, source);
    }

    void expand_reduced(Worker& worker, const State& state, std::uint32_t source) {
        const std::uint64_t agents =
            access_.agents_of(state, worker.actions, worker.agents);
        const std::size_t tried = try_agents(worker, state, source, agents);
        if (tried == worker.actions.size()) return;
        reduced_[source].agents = agents;
        ++worker.counts.reduced;
        worker.counts.left_out += worker.actions.size() - tried;
    }

    [[nodiscard]] static std::size_t actions_of(const Worker& worker,
                                                          std::uint64_t agents) {
        std::size_t count = 0;
        for (const std::uint8_t agent : worker.agents) count += (agents >> agent) & 1;
        return count;
    }

    std::size_t try_agents(Worker& worker, const State& state, std::uint32_t source,
                           std::uint64_t agents) {
        std::size_t tried = 0;
        for (std::size_t i = 0; i < worker.actions.size(); ++i) {
            if (((agents >> worker.agents[i]) & 1) == 0) continue;
            try_action(worker, state, source, i);
            ++tried;
        }
        return tried;
    }

    void try_action(Worker& worker, const State& state, std::uint32_t source, std::size_t number) {
        ++worker.counts.transitions;
        hand_over(worker, access_.model().apply(state, worker.actions[number]), source,
                  static_cast<std::uint32_t>(number));
    }

    // To the shard that the state belongs to.
    template <typename AnyState>
    void hand_over(Worker& worker, AnyState&& next, std::uint32_t source, std::uint32_t action) {
        if (access_.symmetry()) {
            hand_over_key(worker, access_.representative(std::forward<AnyState>(next)), source,
                          action);
        } else {
            hand_over_key(worker, std::forward<AnyState>(next), source, action);
        }
    }

    template <typename AnyState>
    void hand_over_key(Worker& worker, AnyState&& next, std::uint32_t source,
                       std::uint32_t action) {
        const StateKey key = access_.key_of(next);
        const std::uint64_t hash = Access::hash_of(key);
        if constexpr (Access::kExact) {
            StateKey& recent = worker.recent[(hash >> 32) % kRecent];
            if (recent == key && !access_.reduction()) return;
            recent = key;
        }
        const unsigned shard = shard_of_hash(hash);
        Bucket& bucket = worker.buckets[shard];
        if (keeps_states_) {
            std::optional<State>& value = bucket.values.emplace_back();
            if (!shards_[shard].table.contains(key, hash)) value = std::forward<AnyState>(next);
        }
        Candidate& candidate = bucket.candidates.emplace_back();   // filled where it is to stay
        candidate.hash = hash;
        candidate.key = key;
        candidate.source = static_cast<std::uint16_t>(source);
        candidate.action = static_cast<std::uint16_t>(action);
    }

    void judge(Worker& worker, const State& state, std::uint32_t source) {
        worker.counts.represented += access_.orbit(state);
        worker.counts.all_states += Access::digest_of(key_of_source(source));
        worker.violated.clear();
        access_.model().check(state, worker.violated);
        if (worker.violated.empty()) return;
        ++worker.counts.violating;
        for (const std::uint32_t property : worker.violated) {
            find(worker, {FindingKind::violation, property}, source);
        }
    }

    void end(Worker& worker, const State& state, std::uint32_t source) {
        const sim::Fingerprint digest = Access::digest_of(key_of_source(source));
        ++worker.counts.ends;
        worker.counts.end_states += digest;
        if (access_.model().is_legal_end(state)) return;
        ++worker.counts.deadlocks;
        worker.counts.deadlock_states += digest;
        find(worker, {FindingKind::deadlock, 0}, source);
    }

    void find(Worker& worker, Seen what, std::uint32_t source) {
        if (note(worker.known, what)) worker.found.push_back({what, round_[source]});
    }

    [[nodiscard]] const StateKey& key_of_source(std::uint32_t source) const {
        const NodeId node = round_[source];
        const Shard& shard = shards_[shard_of(node)];
        return shard.keys[number_of(node) - shard.begin];
    }

    // Enters what came for the shards that are this worker's, in the order of the round.
    void enter_part(unsigned number) {
        for (unsigned shard = number; shard < kShards;
             shard += static_cast<unsigned>(sharing_)) {
            for (Worker& worker : workers_) enter_bucket(shards_[shard], worker.buckets[shard]);
        }
    }

    void enter_bucket(Shard& shard, Bucket& bucket) {
        const std::vector<Candidate>& candidates = bucket.candidates;
        const std::size_t count = candidates.size();
        const auto next_depth = static_cast<std::uint16_t>(depth_ + 1);
        for (std::size_t i = 0; i < std::min(kAhead, count); ++i) {
            shard.table.prefetch(candidates[i].hash);
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (i + kAhead < count) shard.table.prefetch(candidates[i + kAhead].hash);
            const Candidate& candidate = candidates[i];
            const auto entry =
                shard.table.enter(candidate.key, candidate.hash, round_[candidate.source],
                                  candidate.action, next_depth);
            if (access_.reduction() &&
                shard.table[entry.number].depth == next_depth) {
                std::atomic_ref(reduced_[candidate.source].goes_on)
                    .store(true, std::memory_order_relaxed);
            }
            if (!entry.is_new) continue;
            shard.next_keys.push_back(candidate.key);
            if (keeps_states_) keep(shard, std::move(*bucket.values[i]));
        }
        bucket.candidates.clear();
        bucket.values.clear();
    }

    // After a round: what was found, in order; limits; whoever watches.
    void collect() {
        for (Worker& worker : workers_) {
            for (const Found& found : worker.found) {
                if (options_.stop_at_first && !found_.empty()) break;
                if (note(known_, found.what)) found_.push_back(found);
            }
            worker.found.clear();
            if (worker.depth_bound) depth_bound_ = true;
        }
        const Counts now = counts();
        most_memory_ = std::max(most_memory_, now.memory);
        if (now.states > std::min(options_.limits.states, kMaxStates)) bound_ = Bound::states;
        if (now.transitions > options_.limits.transitions) bound_ = Bound::transitions;
        if (now.memory > options_.limits.memory) bound_ = Bound::memory;
        if (options_.interrupted && options_.interrupted()) bound_ = Bound::interrupted;
        if (options_.progress) {
            std::uint64_t queue = 0;
            for (unsigned i = 0; i < kShards; ++i) {
                const std::uint32_t done = i < level_shard_    ? shards_[i].end
                                           : i == level_shard_ ? level_next_
                                                               : shards_[i].begin;
                queue += shards_[i].table.count() - done;
            }
            options_.progress({now.states, now.transitions, queue, depth_, found_.size()});
        }
    }

    [[nodiscard]] Counts counts() const {
        Counts sum;
        for (const Worker& worker : workers_) add(sum, worker.counts);
        for (const Shard& shard : shards_) {
            sum.states += shard.table.count();
            sum.memory += shard.table.bytes() + shard.state_bytes + shard.next_state_bytes +
                          (shard.keys.capacity() + shard.next_keys.capacity()) * sizeof(StateKey);
        }
        sum.depth = depth_;
        return sum;
    }

    [[nodiscard]] std::uint32_t max_depth() const {
        return std::min(options_.limits.depth, kMaxDepth);
    }

    [[nodiscard]] Result<Action> result() const {
        Result<Action> result;
        result.bound = bound_ == Bound::none && depth_bound_ ? Bound::depth : bound_;
        result.verdict = verdict_of(!found_.empty(), result.bound);
        if (options_.stop_at_first && !found_.empty()) result.bound = Bound::none;
        result.counts = counts();
        result.counts.memory = most_memory_;
        for (const Found& found : found_) result.findings.push_back(finding(found));
        return result;
    }

    // From the root to the node.
    [[nodiscard]] std::vector<NodeId> chain(NodeId node) const {
        std::vector<NodeId> nodes;
        for (; node != kNoNode; node = shards_[shard_of(node)].table[number_of(node)].parent) {
            nodes.push_back(node);
        }
        std::ranges::reverse(nodes);
        return nodes;
    }

    [[nodiscard]] Finding<Action> finding(const Found& found) const {
        Finding<Action> finding;
        finding.kind = found.what.kind;
        finding.property = found.what.property;
        std::vector<std::uint16_t> numbers;
        for (const NodeId node : chain(found.node)) {
            numbers.push_back(shards_[shard_of(node)].table[number_of(node)].action);
        }
        finding.initial = numbers.front();
        numbers.erase(numbers.begin());
        finding.path = access_.real_path(finding.initial, numbers);
        return finding;
    }

    // The state of a node of the fingerprint regime, from the start.
    [[nodiscard]] State rebuilt(NodeId node) const {
        const std::vector<NodeId> nodes = chain(node);
        const auto number = [&](NodeId at) {
            return shards_[shard_of(at)].table[number_of(at)].action;
        };
        State state = access_.representative(access_.model().initial()[number(nodes.front())]);
        std::vector<Action> actions;
        for (std::size_t i = 1; i < nodes.size(); ++i) {
            state = access_.follow(state, number(nodes[i]), actions);
        }
        return state;
    }

    const ModelAccess<M> access_;
    const Options& options_;
    const bool keeps_states_;
    std::vector<Worker> workers_;
    std::array<Shard, kShards> shards_;
    std::vector<NodeId> round_;
    std::vector<Reduced> reduced_;      // of the round
    std::size_t sharing_ = 1;           // workers that take part in the round
    unsigned level_shard_ = 0;          // how far the level has been worked off
    std::uint32_t level_next_ = 0;
    std::uint32_t depth_ = 0;
    bool started_ = false;
    bool depth_bound_ = false;
    Bound bound_ = Bound::none;
    std::uint64_t most_memory_ = 0;
    std::vector<Seen> known_;
    std::vector<Found> found_;
};

}  // namespace oplocksim::conformance::explore::detail
