// What a create answers: P13.
#include <algorithm>
#include <array>

#include "conformance/rules/presence.h"
#include "conformance/rules/rule.h"

namespace oplocksim::conformance {
namespace {

using engine::CreateDisposition;
using sim::RequestKind;

// [MS-FSA] 2.1.5.1.1, 2.1.5.1.2: what a create may say that it did.
bool is_action_of(CreateDisposition disposition, std::uint64_t action) {
    const bool created = action == engine::FILE_CREATED;
    switch (disposition) {
        case CreateDisposition::FILE_OPEN: return action == engine::FILE_OPENED;
        case CreateDisposition::FILE_CREATE: return created;
        case CreateDisposition::FILE_OPEN_IF: return created || action == engine::FILE_OPENED;
        case CreateDisposition::FILE_OVERWRITE: return action == engine::FILE_OVERWRITTEN;
        case CreateDisposition::FILE_OVERWRITE_IF:
            return created || action == engine::FILE_OVERWRITTEN;
        case CreateDisposition::FILE_SUPERSEDE:
            return created || action == engine::FILE_SUPERSEDED;
    }
    return true;   // a trace may hold any number; such a create fails
}

bool is_being_closed(const Observation& model, const KnownOpen& open) {
    return std::ranges::any_of(model.irps(), [&](const KnownIrp& irp) {
        return irp.request.kind == RequestKind::close_handle && irp.open == open.number;
    });
}

// How much MAXIMUM_ALLOWED is, is not seen; nor, without doubt, where a name leads that changes.
bool is_sure_of(const Observation& model, const KnownIrp& create) {
    if (!create.known_place || model.may_have_moved_on(create)) return false;
    if ((create.request.access & engine::MAXIMUM_ALLOWED) != 0) return false;
    const LinkNumber link = create.place.link;
    if (link != kNothing && model.presence().of_link(link) != Known::yes) return false;
    return name_is_settled(model, create);
}

// A handle that is open all the while, and that this create cannot share with.
bool is_denied(const Observation& model, const KnownIrp& create) {
    return model.opens_of(create.place.file).any([&](const KnownOpen& open) {
        const bool maximum = (open.access & engine::MAXIMUM_ALLOWED) != 0;
        const bool stays = !open.cleaned_up && !is_being_closed(model, open);
        return stays && !maximum && model.sharing_conflict(create, open.number);
    });
}

void create_answers(const Moment& moment, Verdict& verdict) {
    if (!moment.completes(RequestKind::create)) return;
    if (!engine::nt_success(moment.event->status)) return;
    verdict.exercise();
    const std::uint64_t action = moment.event->information;
    if (!is_action_of(moment.irp->request.disposition, action)) {
        verdict.violate("FSA-OPEN-ACTION",
                        completes_text(moment) + " with Information " + std::to_string(action),
                        "what is done is what the disposition asks for");
    }
    if (action == engine::FILE_CREATED || !is_sure_of(moment.model, *moment.irp)) return;
    if (!is_denied(moment.model, *moment.irp)) return;
    verdict.violate("FSA-OPEN-SHARING-CHECK", completes_text(moment),
                    "STATUS_SHARING_VIOLATION: a handle that is open denies what it asks for, or "
                    "uses what it denies");
}

constexpr std::string_view kAnswers[] = {"FSA-OPEN-SHARING-CHECK", "FSA-OPEN-ACTION"};

constexpr std::array kRules = {
    Rule{{"create-answers", "P13", kAnswers, "must",
          "A create that succeeds can share, and says what it did",
          "No handle that is open when the create completes denies what it asks for or uses what "
          "it denies, also if it waited. Information is an action of its disposition."},
         on::kCreateSucceeds, create_answers},
};

}  // namespace

std::span<const Rule> create_rules() { return kRules; }

}  // namespace oplocksim::conformance
