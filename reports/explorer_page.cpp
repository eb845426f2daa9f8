#include "reports/explorer_page.h"

#include <algorithm>

#include "engine/assert.h"
#include "reports/html_json.h"
#include "reports/html_page.h"

namespace oplocksim::reports {
namespace {

HtmlJson choice_json(const ExplorerChoice& choice, std::size_t states, HtmlTexts& texts) {
    HtmlJson object{{"t", texts.of(choice.label)}};
    if (!choice.detail.empty()) object["h"] = texts.of(choice.detail);
    if (!choice.clauses.empty()) object["c"] = texts.numbers(choice.clauses);
    if (!choice.picture.rows.empty()) object["p"] = picture_json(choice.picture, texts);
    if (choice.target < states) object["to"] = choice.target;   // else: not in this page
    return object;
}

HtmlJson explorer_state_json(const ExplorerState& state, std::size_t states, HtmlTexts& texts) {
    HtmlJson choices = HtmlJson::array();
    const std::size_t shown = std::min(state.choices.size(), kMaxExplorerChoices);
    for (std::size_t i = 0; i < shown; ++i) {
        choices.push_back(choice_json(state.choices[i], states, texts));
    }
    HtmlJson object{{"o", state_json(state.oplocks, texts)}, {"n", choices}};
    if (!state.text.empty()) object["t"] = texts.of(state.text);
    if (!state.violations.empty()) object["v"] = texts.numbers(state.violations);
    if (state.deadlock) object["d"] = 1;
    if (!state.expanded) object["u"] = 1;
    if (shown < state.choices.size()) object["more"] = state.choices.size() - shown;
    return object;
}

std::vector<std::string> cited_clauses(const ExplorerGraph& graph) {
    std::vector<std::string> ids;
    for (const ExplorerState& state : graph.states) {
        for (const ExplorerChoice& choice : state.choices) {
            ids.insert(ids.end(), choice.clauses.begin(), choice.clauses.end());
        }
    }
    std::ranges::sort(ids);
    const auto repeated = std::unique(ids.begin(), ids.end());
    ids.erase(repeated, ids.end());
    return ids;
}

}  // namespace

std::string explorer_page(const ExplorerGraph& graph) {
    OPLOCKSIM_ASSERT(!graph.states.empty(), "a graph has an initial state");
    HtmlTexts texts;
    const std::size_t shown = std::min(graph.states.size(), kMaxExplorerStates);
    HtmlJson states = HtmlJson::array();
    for (std::size_t i = 0; i < shown; ++i) {
        states.push_back(explorer_state_json(graph.states[i], shown, texts));
    }
    const std::vector<std::string> ids = cited_clauses(graph);
    const HtmlJson document{
        {"title", graph.title},
        {"path", graph.path},
        {"reproduce", graph.reproduce},
        {"version", graph.version},
        {"lanes", graph.lanes},
        {"setup", picture_json(graph.setup, texts)},
        {"states_found", std::max<std::uint64_t>(graph.states_found, graph.states.size())},
        {"clauses", catalogue_json(&ids)},
        {"texts", texts.all()},
        {"states", states}};
    return html_page_begin("oplocksim explore: " + graph.title, {"page.css"},
                           {"base.js", "diagram.js", "explorer.js"}) +
           html_data("graph", dumped_compact(document)) + html_page_end();
}

}  // namespace oplocksim::reports
