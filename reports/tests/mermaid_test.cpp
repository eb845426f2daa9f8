#include "reports/mermaid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reports/tests/pictures.h"
#include "reports/tests/sample.h"

namespace oplocksim::reports {
namespace {

using testing::HasSubstr;

TEST(Mermaid, ABreak) {
    EXPECT_EQ(mermaid_text(make_picture(run_text(kBatchScenario)), "Batch"),
              R"(sequenceDiagram
    title Batch
    participant L0 as A
    participant L1 as B
    participant L2 as file system
    L0->>L2: A.create as a: #92;data.bin, access R, share none → STATUS_SUCCESS, FILE_OPENED
    L0->>L2: A.oplock as held: a, request BATCH → granted, pends
    Note over L2: oplocks of #92;data.bin: a: Batch
    L1->>L2: B.create as b: #92;data.bin, access W
    L2-)L0: b breaks held: Batch → Level 2, must be acknowledged
    Note over L2: oplocks of #92;data.bin: a: Batch → Level 2, owes ack
    Note over L2: CREATE-BATCH-TO-LEVEL-2, CREATE-BATCH-KEY, CREATE-BATCH-ACK, )"
              R"(BRK-NTFS-BATCH-BEFORE-SHARING
    Note over L1: b blocks its thread until the break is acknowledged
    activate L1
    L0->>L2: A.ack a → accepted, pends
    Note over L2: b may go on, after A.ack
    Note over L2: oplocks of #92;data.bin: a: Level 2
    Note over L2: BRK-WAITS-FOR-ACK, BRK-RELEASE-RECHECK
    L2-->>L1: b → STATUS_SHARING_VIOLATION
    deactivate L1
)");
}

TEST(Mermaid, WhatMeansSomethingIsWrittenAsACode) {
    EXPECT_EQ(mermaid_escaped("a;b#c<br>%%{x}\"$&"),
              "a#59;b#35;c#60;br#62;#37;#37;#123;x#125;#34;#36;#38;");
    EXPECT_EQ(mermaid_escaped("wrap: x"), "#119;rap: x");
    EXPECT_EQ(mermaid_escaped("a->>b: c, d", true), "a#45;#62;#62;b#58; c#44; d");
}

// Whatever the names: each line is a statement that begins as one, and only codes have a '#' or ';'.
TEST(Mermaid, NoNameMakesAStatement) {
    scenarios::RunResult run = run_text(kBatchScenario);
    for (const std::string& name :
         {kHostile, std::string("x\nend\nA->>B: y;z"), std::string("%%{init: {}}%%"),
          std::string("<script>"), std::string("end"), std::string()}) {
        for (scenarios::ThreadName& thread : run.threads) thread.client = name;
        for (auto& [irp, operation] : run.irp_names) operation = name;
        for (scenarios::StepRecord& step : run.steps) step.text = name;
        std::istringstream lines(mermaid_text(make_picture(run), name));
        std::string line;
        std::getline(lines, line);
        EXPECT_EQ(line, "sequenceDiagram");
        while (std::getline(lines, line)) {
            const bool known = line.starts_with("    title ") ||
                               line.starts_with("    participant L") ||
                               line.starts_with("    Note over L") ||
                               line.starts_with("    activate L") ||
                               line.starts_with("    deactivate L") || line.starts_with("    L");
            EXPECT_TRUE(known) << line;
            for (std::size_t at = line.find('#'); at != std::string::npos;
                 at = line.find('#', at + 1)) {
                const std::size_t end = line.find_first_not_of("0123456789", at + 1);
                ASSERT_NE(end, std::string::npos);
                EXPECT_EQ(line[end], ';') << line;
                line[end] = ' ';
            }
            EXPECT_EQ(line.find_first_of(";<>%{}", line.find(':')), std::string::npos) << line;
        }
    }
}

TEST(Mermaid, EveryCorpusRunOpensWhatItCloses) {
    each_corpus_run([](const scenarios::RunResult& run) {
        const std::string text = mermaid_text(make_picture(run), run.title);
        int open = 0;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            open += line.starts_with("    activate ") ? 1 : 0;
            open -= line.starts_with("    deactivate ") ? 1 : 0;
            ASSERT_GE(open, 0) << run.scenario;
        }
        EXPECT_EQ(text, mermaid_text(make_picture(run), run.title));
    });
}

}  // namespace
}  // namespace oplocksim::reports
