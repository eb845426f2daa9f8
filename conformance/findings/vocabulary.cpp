#include "conformance/findings/vocabulary.h"

#include <algorithm>
#include <set>

#include "conformance/findings/simplify.h"
#include "conformance/findings/step_words.h"

namespace oplocksim::conformance::findings {
namespace {

using engine::FsControlCode;
using sim::Request;
using sim::RequestKind;
using sim::Step;

constexpr sim::AccessMask kMost =
    engine::FILE_READ_DATA | engine::FILE_WRITE_DATA | engine::DELETE;
constexpr sim::ShareAccess kShareAll =
    engine::FILE_SHARE_READ | engine::FILE_SHARE_WRITE | engine::FILE_SHARE_DELETE;

// Plain ones first, then any order that is always the same.
bool is_before(const Shape& one, const Shape& other) {
    const auto first = oddness(one);
    const auto second = oddness(other);
    return first != second ? first < second : words_of(one) < words_of(other);
}

Step open_of(sim::PathId path, sim::AccessMask access) {
    Step step;
    step.thread = 0;
    step.request.kind = RequestKind::create;
    step.request.path = path;
    step.request.access = access;
    step.request.share = kShareAll;
    return step;
}

Step on_handle(RequestKind kind) {
    Step step;
    step.thread = 0;
    step.on = 0;
    step.request.kind = kind;
    return step;
}

Step fsctl(FsControlCode code, std::uint32_t level = 0, std::uint32_t flags = 0) {
    Step step = on_handle(RequestKind::oplock_fsctl);
    step.request.fsctl.code = code;
    step.request.fsctl.requested_oplock_level = level;
    step.request.fsctl.flags = flags;
    return step;
}

std::set<sim::PathId> opened_paths(const Plan& plan) {
    std::set<sim::PathId> paths;
    for (const sim::Choice turn : plan.turns) {
        const Step& step = plan.of.steps[turn.index];
        const bool opens = turn.kind == sim::Choice::Kind::step &&
                           step.kind == sim::StepKind::request &&
                           step.request.kind == RequestKind::create;
        if (opens) paths.insert(step.request.path);
    }
    return paths;
}

void add_opens(Vocabulary& vocabulary, const Plan& plan) {
    for (const sim::PathId path : opened_paths(plan)) {
        vocabulary.add(open_of(path, engine::FILE_READ_DATA));
        Step other = open_of(path, kMost);
        other.request.disposition = engine::CreateDisposition::FILE_OVERWRITE;
        vocabulary.add(other);
        other = open_of(path, kMost);
        other.request.share = 0;
        vocabulary.add(other);
        other = open_of(path, kMost);
        other.request.options = engine::FILE_DELETE_ON_CLOSE;
        vocabulary.add(other);
    }
    for (const sim::PathId path : named_paths(plan)) {
        const bool there = std::ranges::find(plan.of.volume, path, &sim::VolumeEntry::path) !=
                           plan.of.volume.end();
        Step other = open_of(path, kMost);
        if (!there) other.request.disposition = engine::CreateDisposition::FILE_CREATE;
        vocabulary.add(other);
    }
}

void add_requests(Vocabulary& vocabulary) {
    for (const FsControlCode code :
         {FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_1, FsControlCode::FSCTL_REQUEST_OPLOCK_LEVEL_2,
          FsControlCode::FSCTL_REQUEST_BATCH_OPLOCK, FsControlCode::FSCTL_REQUEST_FILTER_OPLOCK}) {
        vocabulary.add(fsctl(code));
    }
    for (const std::uint32_t level : {1u, 3u, 5u, 7u}) {
        vocabulary.add(fsctl(FsControlCode::FSCTL_REQUEST_OPLOCK, level,
                             engine::REQUEST_OPLOCK_INPUT_FLAG_REQUEST));
    }
}

void add_answers(Vocabulary& vocabulary) {
    vocabulary.add(fsctl(FsControlCode::FSCTL_OPLOCK_BREAK_ACKNOWLEDGE));
    for (const std::uint32_t level : {0u, 1u, 3u, 5u}) {
        vocabulary.add(fsctl(FsControlCode::FSCTL_REQUEST_OPLOCK, level,
                             engine::REQUEST_OPLOCK_INPUT_FLAG_ACK));
    }
}

void add_operations(Vocabulary& vocabulary, const Plan& plan) {
    for (const RequestKind kind : {RequestKind::close_handle, RequestKind::read,
                                   RequestKind::write, RequestKind::set_disposition}) {
        Step step = on_handle(kind);
        const bool data = kind == RequestKind::read || kind == RequestKind::write;
        if (data) step.request.length = 1;
        vocabulary.add(step);
    }
    const std::vector<Shape> so_far = vocabulary.shapes();
    for (const Shape& shape : so_far) {
        const RequestKind kind = shape.request.kind;
        if (kind != RequestKind::rename && kind != RequestKind::link) continue;
        for (const sim::PathId path : opened_paths(plan)) {
            Shape other = shape;
            other.request.path = path;
            vocabulary.add(other);
        }
    }
}

}  // namespace

Shape shape_of(const Step& step) {
    Shape shape = step;
    shape.name.clear();
    if (shape.thread != sim::kNobody) shape.thread = 0;
    if (shape.on != sim::kNoStep) shape.on = 0;
    if (shape.subject != sim::kNoStep) shape.subject = 0;
    if (shape.client != sim::kNobody) shape.client = 0;
    return shape;
}

void Vocabulary::add(const Step& step) {
    Shape shape = shape_of(step);
    const auto place = std::ranges::lower_bound(shapes_, shape, is_before);
    if (place == shapes_.end() || *place != shape) shapes_.insert(place, std::move(shape));
}

Vocabulary vocabulary_of(const Plan& plan) {
    Vocabulary made;
    for (const sim::Choice turn : plan.turns) {
        if (turn.kind == sim::Choice::Kind::step) made.add(plan.of.steps[turn.index]);
    }
    for (const sim::PathId path : opened_paths(plan)) made.add(open_of(path, kMost));
    return made;
}

void add_usual(Vocabulary& vocabulary, const Plan& plan, Sort sort) {
    switch (sort) {
        case Sort::opens: return add_opens(vocabulary, plan);
        case Sort::operations: return add_operations(vocabulary, plan);
        case Sort::requests: return add_requests(vocabulary);
        case Sort::answers: return add_answers(vocabulary);
    }
}

}  // namespace oplocksim::conformance::findings
