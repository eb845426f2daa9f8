// Every kind of error that the loader reports: message, place, underline and hint.
#include <gtest/gtest.h>

#include "scenarios/tests/scenario_testing.h"

namespace oplocksim::scenarios {
namespace {

constexpr BadFile kBadFiles[] = {
    {"UnknownTopLevelKey",
     R"(scenario: T
step: []
steps: [{note: n}]
)",
     R"(t.yaml:2:1: error: unknown key 'step' of a scenario
    2 | step: []
      | ^~~~
   = did you mean 'steps'?
)"},
    {"MissingSteps",
     R"(scenario: T
)",
     R"(t.yaml:1:1: error: a scenario needs 'steps' or 'programs'
    1 | scenario: T
      | ^~~~~~~~
)"},
    {"UnknownArgument",
     R"(scenario: T
steps:
  - A.create: {as: a, file: \f, acess: [R]}
)",
     R"(t.yaml:3:33: error: unknown key 'acess' of create
    3 |   - A.create: {as: a, file: \f, acess: [R]}
      |                                 ^~~~~
   = did you mean 'access'?
)"},
    {"MissingArgument",
     R"(scenario: T
steps:
  - A.create: {file: \f}
)",
     R"(t.yaml:3:15: error: create needs 'as'
    3 |   - A.create: {file: \f}
      |               ^
)"},
    {"UnknownVerb",
     R"(scenario: T
steps:
  - A.craete: {as: a, file: \f}
)",
     R"(t.yaml:3:7: error: unknown verb 'craete'
    3 |   - A.craete: {as: a, file: \f}
      |       ^~~~~~
   = did you mean 'create'?
)"},
    {"UnknownStepKey",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - expcet: {a: succeeds}
)",
     R"(t.yaml:6:5: error: unknown key 'expcet' of a step
    6 |   - expcet: {a: succeeds}
      |     ^~~~~~
   = did you mean 'expect'?
)"},
    {"ActionWithoutClient",
     R"(scenario: T
steps:
  - create: {as: a, file: \f}
)",
     R"(t.yaml:3:5: error: unknown key 'create' of a step
    3 |   - create: {as: a, file: \f}
      |     ^~~~~~
   = an action is CLIENT.verb, such as 'A.create'
)"},
    {"TwoActions",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close: a
    A.flush: a
)",
     R"(t.yaml:7:5: error: a second action in one step
    7 |     A.flush: a
      |     ^~~~~~~
   = begin a step of its own with '- A.flush'
)"},
    {"EmptyStep",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - {}
)",
     R"(t.yaml:6:5: error: an empty step
    6 |   - {}
      |     ^
)"},
    {"StepIsText",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close a
)",
     R"(t.yaml:6:5: error: a step must be a mapping, not text
    6 |   - A.close a
      |     ^~~~~~~~~
)"},
    {"UnknownConstant",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - B.create: {as: b, file: \f, share: [R, WRIET]}
)",
     R"(t.yaml:6:44: error: unknown share mode 'WRIET'
    6 |   - B.create: {as: b, file: \f, share: [R, WRIET]}
      |                                            ^~~~~
   = did you mean 'WRITE'?
)"},
    {"UnknownStatus",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close: a
    expect: STATUS_SUCESS
)",
     R"(t.yaml:7:13: error: unknown status or outcome 'STATUS_SUCESS'
    7 |     expect: STATUS_SUCESS
      |             ^~~~~~~~~~~~~
   = did you mean 'STATUS_SUCCESS'?
)"},
    {"UnknownOplock",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: BACTH}
)",
     R"(t.yaml:6:32: error: unknown oplock type 'BACTH'
    6 |   - A.oplock: {on: a, request: BACTH}
      |                                ^~~~~
   = did you mean 'BATCH'?
)"},
    {"NotANumber",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.read: {on: a, length: many}
)",
     R"(t.yaml:6:29: error: 'length' must be a number, not 'many'
    6 |   - A.read: {on: a, length: many}
      |                             ^~~~
)"},
    {"NumberTooLarge",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.lock: {on: a, length: 99999999999999999999}
)",
     R"(t.yaml:6:29: error: 'length' must be a number of at most 18446744073709551615, not '99999999999999999999'
    6 |   - A.lock: {on: a, length: 99999999999999999999}
      |                             ^~~~~~~~~~~~~~~~~~~~
)"},
    {"NotABoolean",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.lock: {on: a, exclusive: "true"}
)",
     R"(t.yaml:6:32: error: 'exclusive' must be true or false, not the text 'true'
    6 |   - A.lock: {on: a, exclusive: "true"}
      |                                ^~~~~~
)"},
    {"BadDuration",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - advance: 3 weeks
)",
     R"(t.yaml:6:14: error: 'advance' must be a duration: a number and one of ticks, us, ms, s, min, h, d, years, not '3 weeks'
    6 |   - advance: 3 weeks
      |              ^~~~~~~
)"},
    {"ClockPassesItsEnd",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - advance: 20000 years
  - advance: 20000 years
)",
     R"(t.yaml:7:14: error: the clock would pass its end, about 29,000 years
    7 |   - advance: 20000 years
      |              ^~~~~~~~~~~
)"},
    {"BadName",
     R"(scenario: T
steps:
  - A.create: {as: 1a, file: \f}
)",
     R"(t.yaml:3:20: error: 'as' must be a name (letters, digits, '_' and '-'), not '1a'
    3 |   - A.create: {as: 1a, file: \f}
      |                    ^~
)"},
    {"ReservedName",
     R"(scenario: T
steps:
  - A.create: {as: data, file: \f}
)",
     R"(t.yaml:3:20: error: 'data' is a key of expectations and cannot be a name
    3 |   - A.create: {as: data, file: \f}
      |                    ^~~~
)"},
    {"UnknownHandle",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close: b
)",
     R"(t.yaml:6:14: error: no step before this one defines the handle 'b'
    6 |   - A.close: b
      |              ^
)"},
    {"NotAHandle",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: R, as: held}
  - A.close: held
)",
     R"(t.yaml:7:14: error: 'held' is not a handle
    7 |   - A.close: held
      |              ^~~~
   = it names the oplock of line 6
)"},
    {"HandleOfAnotherClient",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - B.close: a
)",
     R"(t.yaml:6:14: error: the handle 'a' belongs to the client 'A', not to 'B'
    6 |   - B.close: a
      |              ^
   = 'duplicate' with 'to' gives a handle to another client
)"},
    {"NameInUse",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.create: {as: a, file: \f}
)",
     R"(t.yaml:6:20: error: the name 'a' is in use
    6 |   - A.create: {as: a, file: \f}
      |                    ^
   = it names what the create of line 5 made, which is not closed
)"},
    {"UnknownOperation",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: R, as: held}
  - expect: {hled: pends}
)",
     R"(t.yaml:7:14: error: no step before this one defines the operation 'hled'
    7 |   - expect: {hled: pends}
      |              ^~~~
   = did you mean 'held'?
)"},
    {"NotAnOplock",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - breaks: {a: NONE}
)",
     R"(t.yaml:6:14: error: 'a' is not an oplock request
    6 |   - breaks: {a: NONE}
      |              ^
   = it names the create of line 5
)"},
    {"UnknownSection",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close_section: {on: s}
)",
     R"(t.yaml:6:27: error: no step before this one defines the section 's'
    6 |   - A.close_section: {on: s}
      |                           ^
)"},
    {"UnknownClient",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - kill: B
)",
     R"(t.yaml:6:11: error: no step before this one names the client 'B'
    6 |   - kill: B
      |           ^
)"},
    {"KilledClient",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - kill: A
  - A.close: a
)",
     R"(t.yaml:7:5: error: the client 'A' was killed
    7 |   - A.close: a
      |     ^~~~~~~
   = by the step of line 6
)"},
    {"UnknownThread",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A/t2.close: a
)",
     R"(t.yaml:6:5: error: the client 'A' has no thread 't2'
    6 |   - A/t2.close: a
      |     ^~~~~~~~~~
   = write 'clients: {A: {threads: [t2]}}'
)"},
    {"AcknowledgmentOfAClientThatCaches",
     R"(scenario: T
clients: {A: {caches: true}}
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: R}
  - A.ack: a
)",
     R"(t.yaml:8:5: error: the client 'A' caches, and answers breaks by itself
    8 |   - A.ack: a
      |     ^~~~~
   = take the step out; 'pause: A' puts its answer off
)"},
    {"StepOfACache",
     R"(scenario: T
clients: {A: {caches: true}}
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A/cache.close: a
)",
     R"(t.yaml:7:5: error: the thread 'cache' of a client that caches takes no steps
    7 |   - A/cache.close: a
      |     ^~~~~~~~~~~~~
   = it writes back and answers breaks; it can be paused
)"},
    {"ThreadOfTheNameOfTheCache",
     R"(scenario: T
clients: {A: {caches: true, threads: [cache]}}
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
)",
     R"(t.yaml:2:39: error: a client that caches has a thread 'cache' already
    2 | clients: {A: {caches: true, threads: [cache]}}
      |                                       ^~~~~
   = give this thread another name
)"},
    {"UnknownCancelled",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - cancel: x
)",
     R"(t.yaml:6:13: error: no step before this one defines the operation 'x'
    6 |   - cancel: x
      |             ^
   = 'as: x' gives an operation its name
)"},
    {"OutcomeOfAdvance",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - advance: 1 s
    expect: succeeds
)",
     R"(t.yaml:7:13: error: 'advance' has no outcome of its own
    7 |     expect: succeeds
      |             ^~~~~~~~
   = name the operation: 'expect: {NAME: ...}'
)"},
    {"OutcomeOfATimedOperation",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close: a
    after: 1 s
    expect: succeeds
)",
     R"(t.yaml:8:13: error: an operation with 'after' is issued later
    8 |     expect: succeeds
      |             ^~~~~~~~
   = expect it by its name in the step that advances the clock
)"},
    {"AfterOnTheWorld",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - cancel: a
    after: 1 s
)",
     R"(t.yaml:7:12: error: 'after' needs an operation of a client
    7 |     after: 1 s
      |            ^~~
)"},
    {"UnknownSwitch",
     R"(scenario: T
switches: {lock_vs_rwh_wait: true}
steps: [{note: n}]
)",
     R"(t.yaml:2:12: error: unknown switch 'lock_vs_rwh_wait'
    2 | switches: {lock_vs_rwh_wait: true}
      |            ^~~~~~~~~~~~~~~~
   = did you mean 'lock_vs_rwh_waits'?
)"},
    {"BadSwitchValue",
     R"(scenario: T
switches: {lock_vs_rwh_waits: maybe}
steps: [{note: n}]
)",
     R"(t.yaml:2:31: error: 'maybe' is not a value of 'lock_vs_rwh_waits'
    2 | switches: {lock_vs_rwh_waits: maybe}
      |                               ^~~~~
   = its values are false, true, each
)"},
    {"UnknownProfile",
     R"(scenario: T
profile: doc
steps: [{note: n}]
)",
     R"(t.yaml:2:10: error: unknown profile 'doc'
    2 | profile: doc
      |          ^~~
   = did you mean 'docs'?
)"},
    {"BySwitchMissesAValue",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close: a
    expect: {by_switch: {lock_vs_rwh_waits: {true: succeeds}}}
)",
     R"(t.yaml:7:26: error: no expectation for 'lock_vs_rwh_waits' = false
    7 |     expect: {by_switch: {lock_vs_rwh_waits: {true: succeeds}}}
      |                          ^~~~~~~~~~~~~~~~~
)"},
    {"UnknownCondition",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close: a
    when: {hedl: RW}
)",
     R"(t.yaml:7:12: error: unknown name 'hedl' of a condition
    7 |     when: {hedl: RW}
      |            ^~~~
   = it must be a switch, a parameter or 'profile'
)"},
    {"BadConditionValue",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close: a
    when: {profile: docz}
)",
     R"(t.yaml:7:21: error: 'docz' is not a value of 'profile'
    7 |     when: {profile: docz}
      |                     ^~~~
   = did you mean 'docs'?
)"},
    {"UnknownPlaceholder",
     R"(scenario: T
define: {held: R}
steps:
  - A.create: {as: a, file: "\\x${hled}"}
)",
     R"(t.yaml:4:29: error: unknown name 'hled'
    4 |   - A.create: {as: a, file: "\\x${hled}"}
      |                             ^~~~~~~~~~~~
   = did you mean 'held'?
)"},
    {"PlaceholderCircle",
     R"(scenario: T
define: {x: "${y}", y: "${x}"}
steps:
  - note: ${x}
)",
     R"(t.yaml:2:24: error: the value of 'x' refers to itself
    2 | define: {x: "${y}", y: "${x}"}
      |                        ^~~~~~
)"},
    {"PlaceholderMappingInText",
     R"(scenario: T
define: {x: {a: 1}}
steps:
  - note: see ${x}
)",
     R"(t.yaml:4:15: error: 'x' is a mapping and cannot be a part of a text
    4 |   - note: see ${x}
      |               ^~~~
)"},
    {"UnclosedPlaceholder",
     R"(scenario: T
steps:
  - note: see ${x
)",
     R"(t.yaml:3:11: error: '${' without a closing '}'
    3 |   - note: see ${x
      |           ^~~~~~~
)"},
    {"PlaceholderInFlow",
     R"(scenario: T
steps:
  - A.create: {as: a, file: ${f}}
)",
     R"(t.yaml:3:30: error: not valid YAML: end of map flow not found
    3 |   - A.create: {as: a, file: ${f}}
      |                              ^
   = inside { } and [ ] a placeholder needs quotes: "${name}"
)"},
    {"BadValueInOneCase",
     R"(scenario: T
matrix: {share: [R, Q]}
steps:
  - A.create: {as: a, file: \f, share: "${share}"}
)",
     R"(t.yaml:2:21: error: unknown share mode 'Q'
    2 | matrix: {share: [R, Q]}
      |                     ^
   = one of READ, WRITE, DELETE, R, W, D, RW, RWD, ALL, NONE; in the case share=Q
)"},
    {"EmptyMatrix",
     R"(scenario: T
matrix: {x: []}
steps: [{note: n}]
)",
     R"(t.yaml:2:10: error: 'x' has no values
    2 | matrix: {x: []}
      |          ^
)"},
    {"MatrixAndCaseSameName",
     R"(scenario: T
matrix: {x: [1]}
cases: [{x: 2}]
steps: [{note: n}]
)",
     R"(t.yaml:3:10: error: 'x' is a name of 'matrix' too
    3 | cases: [{x: 2}]
      |          ^
)"},
    {"DuplicateFile",
     R"(scenario: T
volume:
  - file: \a
  - file: \A
steps: [{note: n}]
)",
     R"(t.yaml:4:11: error: '\A' is on the volume already
    4 |   - file: \A
      |           ^~
   = it was first given at line 3; names compare without regard to case
)"},
    {"ParentIsAFile",
     R"(scenario: T
volume:
  - file: \a
  - file: \a\b
steps: [{note: n}]
)",
     R"(t.yaml:4:11: error: '\a\b' cannot exist: '\a' is a file
    4 |   - file: \a\b
      |           ^~~~
)"},
    {"StreamAsFile",
     R"(scenario: T
volume: [{file: '\a:s'}]
steps: [{note: n}]
)",
     R"(t.yaml:2:17: error: a stream is given with its file
    2 | volume: [{file: '\a:s'}]
      |                 ^~~~~~
   = write 'streams: [name]' beside 'file'
)"},
    {"FileAndDirectory",
     R"(scenario: T
volume:
  - {file: \a, directory: \b}
steps: [{note: n}]
)",
     R"(t.yaml:3:5: error: a volume entry needs either 'file' or 'directory'
    3 |   - {file: \a, directory: \b}
      |     ^
)"},
    {"SizeOfADirectory",
     R"(scenario: T
volume:
  - {directory: \b, size: 1}
steps: [{note: n}]
)",
     R"(t.yaml:3:21: error: a directory has no 'size'
    3 |   - {directory: \b, size: 1}
      |                     ^~~~
)"},
    {"AllocationTooSmall",
     R"(scenario: T
volume:
  - {file: \b, size: 10, allocation: 5}
steps: [{note: n}]
)",
     R"(t.yaml:3:38: error: the allocation is smaller than the size
    3 |   - {file: \b, size: 10, allocation: 5}
      |                                      ^
)"},
    {"ForwardSlashes",
     R"(scenario: T
steps:
  - A.create: {as: a, file: /dir//f}
)",
     R"(t.yaml:3:29: error: '/dir//f' is not a path: a component contains '/'
    3 |   - A.create: {as: a, file: /dir//f}
      |                             ^~~~~~~
   = components are separated by '\'
)"},
    {"DataAndLength",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.write: {on: a, length: 3, data: abc}
)",
     R"(t.yaml:6:39: error: 'data' and 'length' exclude each other
    6 |   - A.write: {on: a, length: 3, data: abc}
      |                                       ^~~
)"},
    {"FlagsOfALegacyType",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: BATCH, flags: ACK}
)",
     R"(t.yaml:6:46: error: only Windows 7 oplock types have flags
    6 |   - A.oplock: {on: a, request: BATCH, flags: ACK}
      |                                              ^~~
)"},
    {"CompleteOnCloseWithoutLevel",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.ack: {on: a, complete_on_close: true}
)",
     R"(t.yaml:6:39: error: 'complete_on_close' needs a 'level': it is a flag of FSCTL_REQUEST_OPLOCK
    6 |   - A.ack: {on: a, complete_on_close: true}
      |                                       ^~~~
)"},
    {"UnknownLevel",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.oplock: {on: a, request: R, as: h}
  - breaks: {h: LEVEL_3}
)",
     R"(t.yaml:7:17: error: unknown level 'LEVEL_3'
    7 |   - breaks: {h: LEVEL_3}
      |                 ^~~~~~~
   = did you mean 'LEVEL_2'?
)"},
    {"StatusTwice",
     R"(scenario: T
volume:
  - file: \f
steps:
  - A.create: {as: a, file: \f}
  - A.close: a
    expect: {status: succeeds, completes: succeeds}
)",
     R"(t.yaml:7:32: error: 'status' and 'completes' are the same; give one
    7 |     expect: {status: succeeds, completes: succeeds}
      |                                ^~~~~~~~~
)"},
    {"DuplicateKey",
     R"(scenario: T
steps: [{note: n}]
scenario: U
)",
     R"(t.yaml:3:1: error: duplicate key 'scenario'
    3 | scenario: U
      | ^~~~~~~~
   = first given at line 1, column 1
)"},
    {"NotYaml",
     R"(scenario: "T
)",
     R"(t.yaml:1:11: error: the quote is never closed
    1 | scenario: "T
      |           ^
)"},
    {"EscapeInPath",
     R"(scenario: T
steps:
  - A.create: {as: a, file: "\data.bin"}
)",
     R"(t.yaml:3:32: error: not valid YAML: unknown escape character: d
    3 |   - A.create: {as: a, file: "\data.bin"}
      |                                ^
   = in double quotes a backslash begins an escape; leave out the quotes of a path
)"},
    {"TopLevelList",
     R"(- a
)",
     R"(t.yaml:1:1: error: a scenario must be a mapping, not a list
    1 | - a
      | ^
)"},
    {"Tag",
     R"(scenario: !!str T
steps: [{note: n}]
)",
     R"(t.yaml:1:11: error: tags are not accepted
    1 | scenario: !!str T
      |           ^~~~~~~
   = leave out the '!'; the key decides the type
)"},
    {"SecondDocument",
     R"(scenario: T
steps: [{note: n}]
---
scenario: U
)",
     R"(t.yaml:3:1: error: a second document in one file
    3 | ---
      | ^~~
   = write one scenario a file
)"},
};

class BadFileTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadFileTest, IsReportedWithItsPlace) {
    EXPECT_EQ(errors_of(GetParam().text), GetParam().errors);
}

INSTANTIATE_TEST_SUITE_P(Loader, BadFileTest, testing::ValuesIn(kBadFiles),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace oplocksim::scenarios
