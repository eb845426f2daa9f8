#include "reports/listener.h"

namespace oplocksim::reports {

void Summary::count(scenarios::Verdict verdict) {
    ++runs;
    switch (verdict) {
        case scenarios::Verdict::pass: ++passed; return;
        case scenarios::Verdict::fail: ++failed; return;
        case scenarios::Verdict::skip: ++skipped; return;
        case scenarios::Verdict::error: ++errors; return;
    }
}

std::string_view switch_value_of(const scenarios::RunResult& result, std::string_view name) {
    for (const auto& [key, value] : result.switches) {
        if (key == name) return value;
    }
    return {};
}

std::string variant_of(const scenarios::RunResult& result) {
    std::string text;
    if (!result.case_name.empty()) text = "[" + result.case_name + "]";
    for (const std::string& name : result.changed_switches) {
        if (!text.empty()) text += ' ';
        text += name + "=" + std::string(switch_value_of(result, name));
    }
    return text;
}

}  // namespace oplocksim::reports
