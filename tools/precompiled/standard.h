// What nearly every source file includes, parsed once for builds that want to be quick
// (OPLOCKSIM_PRECOMPILE_HEADERS). Sources include what they use all the same: the release build
// does without this.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
