#include "conformance/what_if.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/clauses.h"

// Expectations from the articles, not from the program. That the engine decides right is tested
// elsewhere; here stands that the question is put right and the answer is told right.
namespace oplocksim::conformance {
namespace {

using engine::OplockType;
using sim::NtStatus;

WhatIfQuestion question(std::vector<OplockType> held, WhatIfOperation operation) {
    WhatIfQuestion result;
    result.held = std::move(held);
    result.operation = operation;
    return result;
}

bool cites(const WhatIfResult& result, std::string_view id) {
    return std::ranges::find(result.clauses, id) != result.clauses.end();
}

TEST(WhatIf, AWriteBreaksReadWriteHandleToNoneAndWaits) {
    const auto result = what_if(question({OplockType::read_write_handle}, WhatIfOperation::write));
    ASSERT_EQ(result.problem, "");
    const WhatIfAnswer& answer = result.answer;
    ASSERT_EQ(answer.holders.size(), 1u);
    EXPECT_EQ(answer.holders[0].to, OplockType::none);
    EXPECT_TRUE(answer.holders[0].acknowledgment_required);
    ASSERT_TRUE(answer.holders[0].notice.output.has_value());
    EXPECT_EQ(answer.holders[0].notice.output->original_oplock_level, 7u);
    EXPECT_TRUE(answer.waits());
    EXPECT_FALSE(answer.blocked);
    EXPECT_EQ(answer.final_operation.status, NtStatus::STATUS_SUCCESS);
    EXPECT_TRUE(cites(result, "WRITE-TO-NONE"));
    EXPECT_TRUE(cites(result, "WRITE-EXCLUSIVE-ACK"));
}

TEST(WhatIf, TheOwnersKeyIsExempt) {
    auto asked = question({OplockType::read_write_handle}, WhatIfOperation::write);
    asked.same_key = true;
    const auto result = what_if(asked);
    ASSERT_EQ(result.problem, "");
    EXPECT_FALSE(result.answer.holders[0].notice.completed);
    EXPECT_FALSE(result.answer.waits());
    EXPECT_TRUE(result.answer.acknowledgments.empty());
}

TEST(WhatIf, ACreateBlocksAndASharingViolationIsTheFinalAnswer) {
    auto asked = question({OplockType::batch}, WhatIfOperation::create);
    asked.owner_share = 0;
    asked.access = engine::FILE_WRITE_DATA;
    const auto result = what_if(asked);
    ASSERT_EQ(result.problem, "");
    EXPECT_TRUE(result.answer.blocked);
    EXPECT_EQ(result.answer.holders[0].to, OplockType::level_2);
    EXPECT_EQ(result.answer.final_operation.status, NtStatus::STATUS_SHARING_VIOLATION);
    EXPECT_TRUE(cites(result, "CREATE-BATCH-TO-LEVEL-2"));
    EXPECT_FALSE(cites(result, "CREATE-BATCH-TO-NONE"));
    // Closing instead avoids the violation.
    const auto& all = result.answer.acknowledgments;
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all.back().name, "close the handle");
    EXPECT_EQ(all.back().operation.status, NtStatus::STATUS_SUCCESS);
    EXPECT_EQ(std::ranges::count(all, true, &AcknowledgmentSeen::accepts_offer), 1);
}

// SC-101: the acknowledgment is accepted, and whoever waits goes on when the handle is closed.
TEST(WhatIf, CompleteAckOnCloseIsTriedForWindows7Types) {
    const auto result =
        what_if(question({OplockType::read_write_handle}, WhatIfOperation::write));
    ASSERT_EQ(result.problem, "");
    ASSERT_TRUE(result.answer.waits());
    const auto& all = result.answer.acknowledgments;
    const auto found = std::ranges::find(all, "acknowledge None, COMPLETE_ACK_ON_CLOSE",
                                         &AcknowledgmentSeen::name);
    ASSERT_NE(found, all.end());
    EXPECT_TRUE(found->acknowledgment.completed);
    EXPECT_EQ(found->acknowledgment.status, NtStatus::STATUS_SUCCESS);
    EXPECT_FALSE(found->operation.completed);
    EXPECT_FALSE(found->accepts_offer);
    EXPECT_EQ(std::ranges::count(all, true, &AcknowledgmentSeen::accepts_offer), 1);
}

TEST(WhatIf, EqualHoldersAreToldTogether) {
    const auto read = OplockType::read;
    const auto result =
        what_if(question({read, read, OplockType::read_handle, read}, WhatIfOperation::write));
    ASSERT_EQ(result.problem, "");
    EXPECT_TRUE(summary_of(result.answer)
                    .starts_with("2 x Read break to None, no acknowledgment; Read-Handle breaks "
                                 "to None, acknowledgment required; Read breaks to None"))
        << summary_of(result.answer);
    EXPECT_TRUE(summary_of(what_if(question({read, read}, WhatIfOperation::read)).answer)
                    .starts_with("2 x Read are kept; "));
}

TEST(WhatIf, SeveralHoldersAnswerEachForThemselves) {
    auto asked = question({OplockType::read, OplockType::read_handle}, WhatIfOperation::write);
    const auto result = what_if(asked);
    ASSERT_EQ(result.problem, "");
    ASSERT_EQ(result.answer.holders.size(), 2u);
    EXPECT_FALSE(result.answer.holders[0].acknowledgment_required);
    EXPECT_TRUE(result.answer.holders[1].acknowledgment_required);
    EXPECT_FALSE(result.answer.waits());
}

TEST(WhatIf, SwitchesThatMatterAreNamed) {
    const auto result = what_if(question({OplockType::read_write_handle}, WhatIfOperation::lock));
    const auto found = std::ranges::find(result.switches, "lock_vs_rwh_waits", &SwitchEffect::name);
    ASSERT_NE(found, result.switches.end());
    EXPECT_EQ(found->value, "false");
    EXPECT_EQ(found->decision, "SC-029");
    EXPECT_FALSE(found->answer.waits());
}

TEST(WhatIf, WhatCannotBeAskedIsSaid) {
    EXPECT_NE(what_if(question({OplockType::read_write, OplockType::read},
                               WhatIfOperation::write)).problem, "");
    EXPECT_NE(what_if(question({}, WhatIfOperation::close_owner)).problem, "");
    EXPECT_NE(what_if(question({OplockType::read}, WhatIfOperation::create_child)).problem, "");
    auto directory = question({OplockType::read_write}, WhatIfOperation::create);
    directory.directory = true;
    EXPECT_NE(what_if(directory).problem.find("STATUS_INVALID_PARAMETER"), std::string::npos);
}

TEST(WhatIf, ADirectoryOplockBreaksWhenAChildIsCreated) {
    auto asked = question({OplockType::read_handle}, WhatIfOperation::create_child);
    asked.directory = true;
    const auto result = what_if(asked);
    ASSERT_EQ(result.problem, "");
    EXPECT_EQ(result.answer.holders[0].to, OplockType::none);
    EXPECT_FALSE(result.answer.waits());
    EXPECT_TRUE(cites(result, "DIR-CHANGE-BREAKS-TO-NONE"));
    asked.same_key = true;
    EXPECT_FALSE(what_if(asked).answer.holders[0].notice.completed);
}

// Every question can be asked without a crash, and every break is explained by a clause.
TEST(WhatIf, EveryTypeMeetsEveryOperation) {
    for (int type = 1; type <= static_cast<int>(OplockType::read_write_handle); ++type) {
        for (const WhatIfOperationInfo& info : what_if_operations()) {
            for (const bool same_key : {false, true}) {
                for (int profile = 0; profile < engine::kProfileCount; ++profile) {
                    auto asked = question({static_cast<OplockType>(type)}, info.operation);
                    asked.same_key = same_key;
                    asked.semantics = engine::semantics_of(static_cast<engine::Profile>(profile));
                    const auto result = what_if(asked);
                    if (!result.problem.empty()) continue;
                    const bool broken = result.answer.holders[0].notice.completed;
                    EXPECT_TRUE(!broken || !result.clauses.empty())
                        << info.name << " against " << type;
                    EXPECT_TRUE(result.answer.final_operation.completed)
                        << info.name << " against " << type;
                    for (const std::string_view id : result.clauses) {
                        EXPECT_NE(find_clause(id), nullptr) << id;
                    }
                }
            }
        }
    }
}

TEST(WhatIf, TheSameQuestionHasTheSameAnswer) {
    const auto asked = question({OplockType::read_handle}, WhatIfOperation::rename);
    const auto one = what_if(asked);
    const auto two = what_if(asked);
    EXPECT_EQ(one.answer, two.answer);
    EXPECT_EQ(one.whys, two.whys);
    EXPECT_EQ(one.clauses, two.clauses);
}

}  // namespace
}  // namespace oplocksim::conformance
