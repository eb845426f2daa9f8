#include "scenarios/diagnostics.h"

#include <algorithm>
#include <utility>

#include "scenarios/runner.h"
#include "scenarios/text.h"

namespace oplocksim::scenarios {

void Diagnostics::add(const Place& place, std::string message, std::string hint) {
    if (!case_name_.empty())
        hint += (hint.empty() ? "in the case " : "; in the case ") + case_name_;
    add_for_all(place, std::move(message), std::move(hint));
}

void Diagnostics::add_for_all(const Place& place, std::string message, std::string hint) {
    ++count_;
    if (full()) return;
    const Position& at = place.position;
    if (!seen_.emplace(place.file, at.line, at.column, message).second) return;
    const SourceText& source = sources_[place.file];
    found_.push_back(
        Found{place.file, Diagnostic{source.path(), at, std::move(message), std::move(hint),
                                     std::string(source.line(at.line))}});
}

void Diagnostics::add_unknown(const Place& place, std::string message, std::string_view word,
                              const std::vector<std::string_view>& candidates,
                              std::string otherwise) {
    const std::string_view near = nearest(word, candidates);
    add(place, std::move(message),
        near.empty() ? std::move(otherwise) : "did you mean " + in_quotes(near) + "?");
}

void Diagnostics::add_all(std::vector<Diagnostic> diagnostics) {
    for (Diagnostic& diagnostic : diagnostics) {
        ++count_;
        if (!full()) found_.push_back(Found{0, std::move(diagnostic)});
    }
}

bool Diagnostics::full() const { return found_.size() >= kMaxDiagnostics; }

std::vector<Diagnostic> Diagnostics::take() {
    std::ranges::stable_sort(found_, [](const Found& a, const Found& b) {
        return std::tuple(a.file, a.diagnostic.position.line, a.diagnostic.position.column) <
               std::tuple(b.file, b.diagnostic.position.line, b.diagnostic.position.column);
    });
    std::vector<Diagnostic> result;
    for (Found& found : found_) result.push_back(std::move(found.diagnostic));
    found_.clear();
    return result;
}

}  // namespace oplocksim::scenarios
