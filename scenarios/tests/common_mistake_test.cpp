// Mistakes that people make often: one error each, and a hint that helps.
#include <gtest/gtest.h>

#include "scenarios/tests/scenario_testing.h"

namespace oplocksim::scenarios {
namespace {

constexpr BadFile kMistakes[] = {
    {"StepsAreNull",
     R"(scenario: T
steps:
)",
     R"(t.yaml:2:1: error: the scenario has no steps
    2 | steps:
      | ^~~~~
)"},
    {"StepsAreEmpty",
     R"(scenario: T
steps: []
)",
     R"(t.yaml:2:1: error: the scenario has no steps
    2 | steps: []
      | ^~~~~
)"},
    {"StepsOfADefineAreEmpty",
     R"(scenario: T
define: {body: []}
steps: ${body}
)",
     R"(t.yaml:3:1: error: the scenario has no steps
    3 | steps: ${body}
      | ^~~~~
)"},
    {"ConditionThatNeverHolds",
     R"(scenario: T
matrix: {q: [a, b]}
steps:
  - note: n
    when: {q: zzz}
)",
     R"(t.yaml:5:15: error: 'q' is never 'zzz'
    5 |     when: {q: zzz}
      |               ^~~
   = its values are a, b
)"},
    {"ConditionThatNeverHoldsInAList",
     R"(scenario: T
define: {q: c}
cases: [{q: a}, {case: other}]
steps:
  - note: n
    when: {q: [a, c, zzz]}
)",
     R"(t.yaml:6:22: error: 'q' is never 'zzz'
    6 |     when: {q: [a, c, zzz]}
      |                      ^~~
   = its values are a, c
)"},
    {"CaseThatDoesNotExist",
     R"(scenario: T
cases: [{case: one}, {case: two}]
steps:
  - note: n
    when: {case: three}
)",
     R"(t.yaml:5:18: error: 'case' is never 'three'
    5 |     when: {case: three}
      |                  ^~~~~
   = its values are one, two
)"},
    {"PlaceholdersTooDeep",
     R"(scenario: T
define:
  x0: text
  x1: "${x0}"
  x2: "${x1}"
  x3: "${x2}"
  x4: "${x3}"
  x5: "${x4}"
  x6: "${x5}"
  x7: "${x6}"
  x8: "${x7}"
  x9: "${x8}"
  x10: "${x9}"
  x11: "${x10}"
  x12: "${x11}"
  x13: "${x12}"
  x14: "${x13}"
  x15: "${x14}"
  x16: "${x15}"
  x17: "${x16}"
  x18: "${x17}"
steps:
  - note: ${x18}
  - note: ${x18}
)",
     R"(t.yaml:6:7: error: 'x2' is nested too deeply: more than 16 names stand in each other's values
    6 |   x3: "${x2}"
      |       ^~~~~~~
)"},
    {"NegativeNumber",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.read: {on: a, length: -5}
)",
     R"(t.yaml:6:29: error: 'length' must not be negative
    6 |   - A.read: {on: a, length: -5}
      |                             ^~
)"},
    {"NegativeDuration",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - advance: -5 s
)",
     R"(t.yaml:6:14: error: 'advance' must not be negative
    6 |   - advance: -5 s
      |              ^~~~
)"},
    {"OctalNumber",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.read: {on: a, length: 0o17}
)",
     R"(t.yaml:6:29: error: 'length' must be a number in decimal or with 0x, not '0o17'
    6 |   - A.read: {on: a, length: 0o17}
      |                             ^~~~
)"},
    {"FractionOfANumber",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.read: {on: a, length: 1.5}
)",
     R"(t.yaml:6:29: error: 'length' must be a whole number, not '1.5'
    6 |   - A.read: {on: a, length: 1.5}
      |                             ^~~
)"},
    {"FractionOfADuration",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - advance: 1.5 s
)",
     R"(t.yaml:6:14: error: 'advance' must be a whole number, not '1.5 s'
    6 |   - advance: 1.5 s
      |              ^~~~~
)"},
    {"TabIndents",
     "scenario: T\n"
     "steps:\n"
     "\t- note: n\n",
     "t.yaml:3:1: error: tabs cannot indent YAML; use spaces\n"
     "    3 | \t- note: n\n"
     "      | ^\n"},
    {"TabIndentsAKey",
     "scenario: T\n"
     "volume:\n"
     "  - file: \\f\n"
     "steps:\n"
     "  - A.create: {as: a, file: \\f}\n"
     "\t  note: n\n",
     "t.yaml:6:1: error: tabs cannot indent YAML; use spaces\n"
     "    6 | \t  note: n\n"
     "      | ^\n"},
    {"WronglyIndentedKey",
     R"(scenario: T
 steps:
  - note: n
)",
     R"(t.yaml:2:7: error: not valid YAML: illegal map value
    2 |  steps:
      |       ^
   = is this line indented as those that it belongs with?
)"},
    {"ColonInText",
     R"(scenario: T: U
steps: [{note: n}]
)",
     R"(t.yaml:1:12: error: not valid YAML: illegal map value
    1 | scenario: T: U
      |            ^
   = a text with ': ' in it needs quotes
)"},
    {"MisspeltSteps",
     R"(scenario: T
stpes:
  - note: n
)",
     R"(t.yaml:2:1: error: unknown key 'stpes' of a scenario
    2 | stpes:
      | ^~~~~
   = did you mean 'steps'?
)"},
    {"MisspeltRequiredArgument",
     R"(scenario: T
steps:
  - A.create: {as: a, fiel: \f}
)",
     R"(t.yaml:3:23: error: unknown key 'fiel' of create
    3 |   - A.create: {as: a, fiel: \f}
      |                       ^~~~
   = did you mean 'file'?
)"},
    {"MisspeltFileOfTheVolume",
     R"(scenario: T
volume: [{fiel: \f}]
steps: [{note: n}]
)",
     R"(t.yaml:2:11: error: unknown key 'fiel' of a volume entry
    2 | volume: [{fiel: \f}]
      |           ^~~~
   = did you mean 'file'?
)"},
    {"VerbOpen",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.open: a
)",
     R"(t.yaml:6:7: error: unknown verb 'open'
    6 |   - A.open: a
      |       ^~~~
   = did you mean 'create'?
)"},
    {"VerbDelete",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.delete: a
)",
     R"(t.yaml:6:7: error: unknown verb 'delete'
    6 |   - A.delete: a
      |       ^~~~~~
   = did you mean 'set_disposition'?
)"},
    {"VerbUnlink",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.unlink: a
)",
     R"(t.yaml:6:7: error: unknown verb 'unlink'
    6 |   - A.unlink: a
      |       ^~~~~~
   = did you mean 'set_disposition'?
)"},
    {"VerbMv",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.mv: a
)",
     R"(t.yaml:6:7: error: unknown verb 'mv'
    6 |   - A.mv: a
      |       ^~
   = did you mean 'rename'?
)"},
    {"VerbSetEof",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.set_eof: a
)",
     R"(t.yaml:6:7: error: unknown verb 'set_eof'
    6 |   - A.set_eof: a
      |       ^~~~~~~
   = did you mean 'set_end_of_file'?
)"},
    {"VerbSeteof",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.seteof: a
)",
     R"(t.yaml:6:7: error: unknown verb 'seteof'
    6 |   - A.seteof: a
      |       ^~~~~~
   = did you mean 'set_end_of_file'?
)"},
    {"VerbSetAlloc",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.set_alloc: a
)",
     R"(t.yaml:6:7: error: unknown verb 'set_alloc'
    6 |   - A.set_alloc: a
      |       ^~~~~~~~~
   = did you mean 'set_allocation'?
)"},
    {"VerbZero",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.zero: a
)",
     R"(t.yaml:6:7: error: unknown verb 'zero'
    6 |   - A.zero: a
      |       ^~~~
   = did you mean 'set_zero_data'?
)"},
    {"VerbOfTheWorld",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.advance: 1 s
)",
     R"(t.yaml:6:7: error: unknown verb 'advance'
    6 |   - A.advance: 1 s
      |       ^~~~~~~
   = it is done to the world: '- advance: ...', without a client before it
)"},
    {"ExclusiveIsNoType",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: EXCLUSIVE}
)",
     R"(t.yaml:6:32: error: unknown oplock type 'EXCLUSIVE'
    6 |   - A.oplock: {on: a, request: EXCLUSIVE}
      |                                ^~~~~~~~~
   = did you mean 'LEVEL_1', the exclusive legacy type?
)"},
    {"AcknowledgedToALegacyLevel",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.ack: {on: a, level: LEVEL_2}
)",
     R"(t.yaml:6:27: error: 'LEVEL_2' is no level of a Windows 7 oplock
    6 |   - A.ack: {on: a, level: LEVEL_2}
      |                           ^~~~~~~
   = leave out 'level': the break of a legacy oplock is acknowledged without one
)"},
    {"SeveralLettersInOneWord",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - B.create: {as: b, file: \f, access: RWD}
)",
     R"(t.yaml:6:41: error: unknown access right 'RWD'
    6 |   - B.create: {as: b, file: \f, access: RWD}
      |                                         ^~~
   = did you mean 'R|W|D'?
)"},
    {"NoWordForNotBroken",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: R, as: h}
  - breaks: {h: none_at_all}
)",
     R"(t.yaml:7:17: error: unknown level 'none_at_all'
    7 |   - breaks: {h: none_at_all}
      |                 ^~~~~~~~~~~
   = one of LEVEL_2, NONE, R, RH, RW; 'unbroken': not by a break in this step
)"},
    {"UnbrokenWithALevel",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: R, as: h}
  - breaks: {h: {to: unbroken}}
)",
     R"(t.yaml:7:22: error: unknown level 'unbroken'
    7 |   - breaks: {h: {to: unbroken}}
      |                      ^~~~~~~~
   = 'unbroken' stands alone: 'NAME: unbroken'
)"},
};

class CommonMistakeTest : public testing::TestWithParam<BadFile> {};

TEST_P(CommonMistakeTest, IsOneErrorWithAHint) {
    EXPECT_EQ(errors_of(GetParam().text), GetParam().errors);
}

INSTANTIATE_TEST_SUITE_P(Loader, CommonMistakeTest, testing::ValuesIn(kMistakes),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace oplocksim::scenarios
