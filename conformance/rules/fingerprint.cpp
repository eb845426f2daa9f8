// Observation::fingerprint: the model written out under canonical numbers.
#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include "conformance/rules/decision.h"
#include "conformance/rules/observation.h"
#include "sim/canonical_ids.h"
#include "sim/fingerprint.h"

namespace oplocksim::conformance {
namespace {

// The first word of everything that may occur any number of times says what it is.
enum class Tag : std::uint8_t {
    file = 1,
    link,
    stream,
    lost_link,      // removed, and still a name of its file for some rules
    gone_link,      // removed, and referred to
    gone_stream,
    open,
    handle,
    oplock,
    irp,
    overtaken,
    lock,
    section,
    thread,
    late,
    trigger,
    holding,
    dirty,
};

[[nodiscard]] constexpr std::uint64_t pair(std::uint32_t high, std::uint32_t low) {
    return (static_cast<std::uint64_t>(high) << 32) | low;
}

[[nodiscard]] constexpr std::uint64_t head(Tag tag, std::uint32_t flags, std::uint32_t number) {
    return (static_cast<std::uint64_t>(tag) << 56) |
           (static_cast<std::uint64_t>(flags & 0x00FF'FFFFu) << 32) | number;
}

template <typename Enum>
[[nodiscard]] constexpr std::uint32_t word(Enum value) {
    return static_cast<std::uint32_t>(value);
}

// Numbers from 1 for the model's own numbers, in the order in which they are met.
class Renumbering {
 public:
    // Zero: not met.
    [[nodiscard]] std::uint32_t find(std::uint32_t raw) const {
        return raw < numbers_.size() ? numbers_[raw] : 0;
    }
    std::uint32_t add(std::uint32_t raw) {
        while (numbers_.size() <= raw) numbers_.push_back(0);
        order_.push_back(raw);
        return numbers_[raw] = order_.size();
    }
    [[nodiscard]] std::uint32_t size() const { return order_.size(); }
    [[nodiscard]] std::uint32_t at(std::uint32_t place) const { return order_[place]; }

 private:
    engine::SmallVector<std::uint32_t, 32> numbers_;   // by raw number
    engine::SmallVector<std::uint32_t, 32> order_;
};

// Names are met from the root down, each directory in the order of its names; then what only an
// open or an IRP still refers to, as they do.
class NamesWriter {
 public:
    NamesWriter(const Observation& model, sim::FingerprintMixer& mixer)
        : names_(model.names()),
          presence_(model.presence()),
          contents_(model.contents()),
          caches_(model.caches()),
          mixer_(mixer) {
        for (LinkNumber i = 0; i < names_.link_count(); ++i) {
            if (!names_.link(i).removed) live_.push_back(i);
        }
        std::ranges::sort(live_, {}, [&](LinkNumber i) {
            return std::tuple(names_.link(i).parent, names_.link(i).name, i);
        });
        static_cast<void>(file(0));
        write_files();
    }

    // The number of a file; it is written out when its turn comes.
    std::uint32_t file(FileNumber raw) {
        const std::uint32_t known = files_.find(raw);
        return known != 0 ? known : files_.add(raw);
    }
    std::uint32_t link(LinkNumber raw) {
        if (raw == kNothing) return 0;
        if (const std::uint32_t known = links_.find(raw)) return known;
        const KnownLink& gone = names_.link(raw);
        mixer_.add(head(Tag::gone_link, flags(gone.removed, gone.delete_pending), file(gone.file)));
        mixer_.add(pair(parent(gone), gone.name.value));
        return links_.add(raw);
    }
    std::uint32_t stream(StreamNumber raw) {
        if (const std::uint32_t known = streams_.find(raw)) return known;
        const KnownStream& gone = names_.stream(raw);
        mixer_.add(head(Tag::gone_stream, flags(gone.removed, gone.delete_pending),
                        file(gone.file)));
        write_stream(raw);
        return streams_.add(raw);
    }

    // Writes out the files that were met since.
    void write_files() {
        for (; written_ < files_.size(); ++written_) write_file(files_.at(written_));
    }

 private:
    static std::uint32_t flags(bool a, bool b) { return (a ? 1u : 0u) | (b ? 2u : 0u); }

    std::uint32_t parent(const KnownLink& link) {
        return link.parent == kNothing ? 0 : file(link.parent);
    }

    void write_file(FileNumber raw) {
        const auto& [directory, first_link, last_link, first_stream, last_stream] =
            names_.file(raw);
        mixer_.add(head(Tag::file, word(directory), files_.find(raw)));
        write_listing(raw);
        write_lost_links(first_link);
        write_streams(first_stream);
    }

    void write_listing(FileNumber directory) {
        const auto parent_of = [&](LinkNumber i) { return names_.link(i).parent; };
        const auto first = std::ranges::lower_bound(live_, directory, {}, parent_of);
        const auto last = std::ranges::upper_bound(live_, directory, {}, parent_of);
        for (const LinkNumber i : std::span(first, last)) {
            const auto& link = names_.link(i);
            const auto& [of, in, name, short_name, short_name_known, next, delete_pending,
                         doubtful, removed] = link;
            // Only the first of two names that are alike leads anywhere.
            const bool hidden = std::any_of(first, last, [&](LinkNumber other) {
                const sim::NameId theirs = names_.link(other).short_name;
                return other < i && theirs.value != 0 &&
                       (theirs == link.name || theirs == link.short_name);
            });
            const std::uint32_t there = word(presence_.of_link(i)) << 2;
            mixer_.add(head(Tag::link, flags(delete_pending, hidden) | there, file(of)));
            mixer_.add(pair(name.value, short_name.value));
            mixer_.add(doubtful | short_name_known << 1);
            if (links_.find(i) == 0) links_.add(i);
        }
    }

    // In any order: only whether there is one like it matters.
    void write_lost_links(LinkNumber first) {
        engine::SmallVector<std::uint64_t, 8> lost;
        for (LinkNumber i = first; i != kNothing; i = names_.link(i).next) {
            const KnownLink& link = names_.link(i);
            if (links_.find(i) != 0 && !link.removed) continue;
            lost.push_back(head(Tag::lost_link, flags(link.removed, link.delete_pending),
                                parent(link)));
        }
        std::ranges::sort(lost);
        auto* const end = std::unique(lost.begin(), lost.end());
        for (const std::uint64_t one : std::span(lost.begin(), end)) mixer_.add(one);
    }

    void write_streams(StreamNumber first) {
        engine::SmallVector<StreamNumber, 8> streams;
        for (StreamNumber i = first; i != kNothing; i = names_.stream(i).next) {
            if (!names_.stream(i).removed) streams.push_back(i);
        }
        std::ranges::sort(streams, {}, [&](StreamNumber i) { return names_.stream(i).name; });
        for (const StreamNumber i : streams) {
            mixer_.add(head(Tag::stream, flags(false, names_.stream(i).delete_pending), 0));
            write_stream(i);
            if (streams_.find(i) == 0) streams_.add(i);
        }
    }

    void write_stream(StreamNumber raw) {
        const auto& [of, name, delete_pending, removed, next, size_at_least] = names_.stream(raw);
        mixer_.add(pair(word(presence_.of_stream(raw)), name.value));
        contents_.add_to(mixer_, raw);
        caches_.add_to(mixer_, raw);
        mixer_.add(size_at_least);
    }

    const KnownNames& names_;
    const KnownPresence& presence_;
    const KnownContents& contents_;
    const KnownCaches& caches_;
    sim::FingerprintMixer& mixer_;
    engine::SmallVector<LinkNumber, 32> live_;   // by directory and name
    Renumbering files_;
    Renumbering links_;
    Renumbering streams_;
    std::uint32_t written_ = 0;
};

// Structures are taken apart by name, all members of each, so that a new member does not compile
// until somebody has decided here whether later verdicts depend on it.
class ModelWriter {
 public:
    ModelWriter(const Observation& model, sim::FingerprintMixer& mixer, sim::CanonicalIds& ids)
        : model_(model), mixer_(mixer), ids_(ids), names_(model, mixer) {}

    void write() {
        write_handles();
        order_irps();
        order_oplocks();
        for (const KnownIrp* irp : irps_) write(*irp);
        for (const KnownOplock* oplock : oplocks_) write(*oplock);
        for (const KnownIrp* irp : irps_) write_overtaken(*irp);
        write_locks();
        write_sections();
        write_threads();
        for (const LateNotice& late : model_.late()) write(late);
        if (model_.caches().any()) write_caches();
        write_trigger();
        names_.write_files();
    }

 private:
    // The number of an open; it is written out when it is first met.
    std::uint32_t open(OpenNumber raw) {
        const KnownOpen* const known = model_.open(raw);
        if (known == nullptr) return 0;
        if (const std::uint32_t number = opens_.find(raw)) return number;
        const auto& [number, process, stream, file, link, handles, access, sharing, share, options,
                     target_key, parent_key, transacted, reserved, cleaned_up, previous, next] =
            *known;
        const std::uint32_t met = opens_.add(raw);
        mixer_.add(head(Tag::open, transacted | reserved << 1 | cleaned_up << 2,
                        ids_.number_or_add(process)));
        mixer_.add(pair(names_.file(file), names_.stream(stream)));
        mixer_.add(pair(names_.link(link), share));
        mixer_.add(pair(access, sharing));
        mixer_.add(options);
        mixer_.add(pair(ids_.number_or_add(target_key), ids_.number_or_add(parent_key)));
        return met;
    }

    // The order of the rest follows from that of the handles.
    void write_handles() {
        engine::SmallVector<const KnownHandle*, 32> ordered;
        for (const KnownHandle& handle : model_.handles()) ordered.push_back(&handle);
        std::ranges::stable_sort(ordered, {}, [&](const KnownHandle* one) {
            return ids_.number(one->handle);
        });
        for (const KnownHandle* one : ordered) {
            const auto& [handle, process, of] = *one;
            const std::uint32_t number = open(of);
            mixer_.add(head(Tag::handle, 0, number));
            mixer_.add(pair(ids_.number_or_add(handle), ids_.number_or_add(process)));
        }
    }

    void order_irps() {
        for (const KnownIrp& irp : model_.irps()) irps_.push_back(&irp);
        std::ranges::stable_sort(irps_, {}, [&](const KnownIrp* irp) {
            return ids_.number(irp->irp);
        });
        for (const KnownIrp* irp : irps_) static_cast<void>(ids_.number_or_add(irp->irp));
    }

    // By file; on one file they stay in order of granting.
    void order_oplocks() {
        for (const KnownIrp* irp : irps_) static_cast<void>(open(irp->open));
        for (const KnownOplock& oplock : model_.oplocks()) oplocks_.push_back(&oplock);
        std::ranges::stable_sort(oplocks_, {}, [&](const KnownOplock* oplock) {
            return names_.file(oplock->file);
        });
    }

    void write(const KnownIrp& known) {
        const auto& [irp, thread, process, request, of, place, known_place, pended, blocked,
                     cancelled, cancelled_late, released, overtaken, conflict, broke, took_handles,
                     expected, issued] = known;
        const std::uint32_t flags = known_place | pended << 1 | blocked << 2 | cancelled << 3 |
                                    broke << 4 | cancelled_late << 5 | released << 6 |
                                    conflict << 7 | took_handles << 8 | overtaken << 9;
        const std::uint32_t number = open(of);
        mixer_.add(head(Tag::irp, flags, ids_.number_or_add(irp)));
        mixer_.add(pair(ids_.number_or_add(thread), ids_.number_or_add(process)));
        mixer_.add(number);
        sim::add_request(mixer_, request, ids_);
        model_.contents().add_to(mixer_, irp);
        model_.caches().add_to(mixer_, irp);
        if (known_place) {
            const std::uint32_t link = names_.link(place.link);
            mixer_.add(pair(link, names_.file(place.file)));
            mixer_.add(names_.stream(place.stream));
        }
        if (pended) return;   // what it may answer was judged
        const auto& [answers, topic, clause] = expected;
        mixer_.add(pair(answers, word(topic)));
        mixer_.add_bytes(clause);
    }

    void write(const KnownOplock& oplock) {
        const auto& [irp, of, stream, file, type, breaking, told, close_pending, deepened,
                     by_section, granted] = oplock;
        const std::uint32_t flags = breaking | close_pending << 1 | deepened << 2 |
                                    by_section << 3 | word(type) << 8 | word(told) << 16;
        const std::uint32_t number = open(of);
        mixer_.add(head(Tag::oplock, flags, number));
        const std::uint32_t on = names_.stream(stream);
        // The request of one that was told is over, and its number means nothing any more.
        mixer_.add(pair(on, breaking ? 0 : ids_.number_or_add(irp)));
    }

    // Of the steps, only this decides: which oplocks were granted while the operation waited.
    void write_overtaken(const KnownIrp& irp) {
        if (!irp.pended || irp.request.kind == sim::RequestKind::oplock_fsctl) return;
        for (std::uint32_t i = 0; i < oplocks_.size(); ++i) {
            const KnownOplock& oplock = *oplocks_[i];
            if (oplock.breaking || oplock.granted.value <= irp.issued.value) continue;
            if (relations(model_, irp, oplock).empty()) continue;
            mixer_.add(head(Tag::overtaken, i, ids_.number_or_add(irp.irp)));
        }
    }

    void write_locks() {
        using Words = std::array<std::uint64_t, 4>;
        engine::SmallVector<Words, 8> locks;
        for (const auto& [of, stream, offset, length, lock_key, exclusive] : model_.locks()) {
            const std::uint32_t number = open(of);
            locks.push_back({head(Tag::lock, exclusive, number),
                             pair(names_.stream(stream), lock_key), offset, length});
        }
        std::ranges::sort(locks);
        for (const Words& words : locks) {
            for (const std::uint64_t one : words) mixer_.add(one);
        }
    }

    void write_sections() {
        engine::SmallVector<const KnownSection*, 8> ordered;
        for (const KnownSection& section : model_.sections()) ordered.push_back(&section);
        std::ranges::stable_sort(ordered, {}, [&](const KnownSection* one) {
            return ids_.number(one->section);
        });
        for (const KnownSection* one : ordered) {
            const auto& [section, process, stream, writable] = *one;
            const std::uint32_t on = names_.stream(stream);
            mixer_.add(head(Tag::section, writable, ids_.number_or_add(section)));
            mixer_.add(pair(ids_.number_or_add(process), on));
        }
    }

    // A thread that has ended counts for nothing, unless it is held back and an IRP of it is left.
    void write_threads() {
        engine::SmallVector<const KnownThread*, 32> ordered;
        for (const KnownThread& thread : model_.threads()) {
            if (!thread.exited || thread.paused) ordered.push_back(&thread);
        }
        std::ranges::stable_sort(ordered, {}, [&](const KnownThread* one) {
            return ids_.number(one->thread);
        });
        for (const KnownThread* one : ordered) {
            // The calls are those of the IRPs.
            const auto& [thread, process, paused, exited, calls] = *one;
            mixer_.add(head(Tag::thread, paused | exited << 1, ids_.number_or_add(thread)));
            mixer_.add(ids_.number_or_add(process));
        }
    }

    // Its text names numbers and is for people; the operation is over.
    void write(const LateNotice& late) {
        const auto& [oplock, operation, what, clause, topic] = late;
        mixer_.add(head(Tag::late, word(topic), ids_.number_or_add(oplock)));
        mixer_.add_bytes(clause);
    }

    // Which clients cache is the same all through a search.
    void write_caches() {
        engine::SmallVector<const Holding*, 8> ordered;
        for (const Holding& holding : model_.caches().holdings()) {
            static_cast<void>(open(holding.open));
            ordered.push_back(&holding);
        }
        std::ranges::sort(ordered, {}, [&](const Holding* one) { return open(one->open); });
        for (const Holding* one : ordered) {
            const auto& [of, stream, kept_back, dirty] = *one;
            mixer_.add(head(Tag::holding, kept_back, open(of)));
            mixer_.add(names_.stream(stream));
            for (const ByteRange& range : dirty) {
                mixer_.add(head(Tag::dirty, 0, 0));
                mixer_.add(range.begin);
                mixer_.add(range.end);
            }
        }
    }

    // What set off the events decides how a completion is judged: an exit, mere time, or neither.
    void write_trigger() {
        const bool matters = !model_.irps().empty();
        const bool exit = matters && model_.trigger() == Trigger::exit;
        const bool time = matters && model_.trigger() == Trigger::advance;
        mixer_.add(head(Tag::trigger, exit | time << 1, 0));
    }

    const Observation& model_;
    sim::FingerprintMixer& mixer_;
    sim::CanonicalIds& ids_;
    NamesWriter names_;
    Renumbering opens_;
    engine::SmallVector<const KnownIrp*, 16> irps_;
    engine::SmallVector<const KnownOplock*, 16> oplocks_;
};

}  // namespace

void Observation::fingerprint(sim::FingerprintMixer& mixer, sim::CanonicalIds& ids) const {
    ModelWriter(*this, mixer, ids).write();
}

}  // namespace oplocksim::conformance
