#include "engine/semantics.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/ntstatus.h"

namespace oplocksim::engine {
namespace {

TEST(Semantics, EverySwitchCanBeSetToEachOfItsValuesAndReadBack) {
    for (const SwitchInfo& info : switches()) {
        for (const std::string_view value : info.values) {
            Semantics semantics;
            ASSERT_TRUE(set_switch(semantics, info.name, value)) << info.name << "=" << value;
            EXPECT_EQ(switch_value(semantics, info.name), value);
        }
    }
}

TEST(Semantics, SettingOneSwitchLeavesTheOthersAlone) {
    for (const SwitchInfo& info : switches()) {
        for (const std::string_view value : info.values) {
            Semantics semantics;
            ASSERT_TRUE(set_switch(semantics, info.name, value));
            for (const SwitchInfo& other : switches()) {
                if (other.name == info.name) continue;
                EXPECT_EQ(switch_value(semantics, other.name), switch_value({}, other.name));
            }
        }
    }
}

TEST(Semantics, UnknownNamesAndValuesChangeNothing) {
    Semantics semantics;
    EXPECT_FALSE(set_switch(semantics, "no_such_switch", "true"));
    EXPECT_FALSE(set_switch(semantics, "lock_vs_rwh_waits", "maybe"));
    EXPECT_EQ(semantics, Semantics{});
}

TEST(Semantics, ProfilesHaveNamesAndDocsIsTheDefault) {
    for (const Profile profile : {Profile::docs, Profile::ms_fsa, Profile::observed}) {
        EXPECT_EQ(profile_from_name(to_string(profile)), profile);
    }
    EXPECT_FALSE(profile_from_name("windows"));
    EXPECT_EQ(semantics_of(Profile::docs), Semantics{});
}

// The table "Switches and profiles" of docs/spec-decisions.md, where the profiles differ.
TEST(Semantics, ProfilesAreTheTableOfTheRegister) {
    struct Row {
        std::string_view name, docs, ms_fsa, observed;
    };
    constexpr Row kRows[] = {
        {"level2_create_ignores_key", "false", "true", "false"},
        {"reserve_opfilter_ignores_key", "false", "false", "false"},
        {"reserve_opfilter_precheck", "fails_before_break", "fails_before_break",
         "breaks_then_fails"},
        {"read_control_open_exempt_granular", "false", "true", "true"},
        {"attr_only_overwrite_exempt", "true", "true", "false"},
        {"handle_conflict_overwrite", "single_break_to_none", "two_phase", "two_phase"},
        {"rh_conflict_scope", "all_different_key", "all_different_key", "all_different_key"},
        {"filter_create_rule", "writable_and_not_share_read", "writable_and_not_share_read",
         "writable"},
        {"cross_stream_batch_filter", "true", "false", "true"},
        {"complete_if_oplocked_status", "would_have_waited", "would_have_waited",
         "would_have_waited"},
        {"open_requiring_oplock_conflict", "would_break", "would_break", "any_but_R_and_RH"},
        {"delete_on_close_breaks_handle", "false", "false", "at_cleanup"},
        {"lock_vs_rwh_waits", "true", "true", "true"},
        {"lock_beyond_allocation_exempt", "false", "true", "false"},
        {"unlock_checks_oplock", "false", "false", "false"},
        {"flush_breaks_write_caching", "false", "false", "false"},
        {"set_security_breaks_handle", "false", "true", "false"},
        {"writable_section_breaks", "true", "false", "true"},
        {"rename_target_open_after_break", "access_denied", "access_denied",
         "access_denied_handle_only"},
        {"ancestor_rename_denied_if_open", "true", "true", "true"},
        {"close_completion_status", "granular_handle_closed", "granular_handle_closed",
         "granular_handle_closed"},
        {"deeper_break_while_breaking", "silent_deepening", "silent_deepening", "stepwise"},
        {"exclusive_grant_same_key_opens", "allow", "deny", "allow_ignoring_attribute_only"},
        {"level2_request_displaces_same_key_read", "false", "true", "false"},
        {"brl_beyond_allocation_blocks_grant", "true", "false", "false"},
        {"writable_section_blocks_granular_grant", "true", "false", "true"},
        {"handle_grant_denied_when_delete_pending", "true", "true", "true"},
        {"grant_while_rh_breaking", "fsa_guard", "fsa_guard", "fsa_guard"},
        {"ack_level_policy", "fsa_literal", "fsa_literal", "fsa_literal"},
        {"ack_after_close_pending", "invalid_protocol", "invalid_protocol", "invalid_protocol"},
        {"waiter_release_order", "fifo", "fifo", "fifo"},
        {"recheck_after_release", "true", "true", "true"},
        {"notify_requires_complete_if_oplocked", "false", "false", "false"},
    };
    ASSERT_EQ(std::size(kRows), switches().size());
    for (const Row& row : kRows) {
        EXPECT_EQ(switch_value(semantics_of(Profile::docs), row.name), row.docs) << row.name;
        EXPECT_EQ(switch_value(semantics_of(Profile::ms_fsa), row.name), row.ms_fsa) << row.name;
        EXPECT_EQ(switch_value(semantics_of(Profile::observed), row.name), row.observed)
            << row.name;
    }
}

TEST(NtStatus, NamesAndNumbersAreUniqueAndRoundTrip) {
    std::set<std::string_view> names;
    std::set<NtStatus> values;
    for (const NtStatusInfo& row : nt_statuses()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_TRUE(values.insert(row.status).second) << row.name;
        EXPECT_EQ(nt_status_from_name(row.name), row.status);
        EXPECT_EQ(to_string(row.status), row.name);
    }
    EXPECT_FALSE(nt_status_from_name("STATUS_NO_SUCH_STATUS"));
}

// winerror.h; the error-code page for 803 prints other numbers for two of these (SC-054).
TEST(NtStatus, Win32ErrorsOfTheOplockProtocol) {
    const auto win32 = [](NtStatus status) { return nt_status_info(status).win32_error; };
    EXPECT_EQ(win32(NtStatus::STATUS_OPLOCK_HANDLE_CLOSED), 803u);
    EXPECT_EQ(win32(NtStatus::STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE), 800u);
    EXPECT_EQ(win32(NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK), 801u);
    EXPECT_EQ(win32(NtStatus::STATUS_CANNOT_BREAK_OPLOCK), 802u);
    EXPECT_EQ(win32(NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS), 742u);
    EXPECT_EQ(win32(NtStatus::STATUS_OPLOCK_NOT_GRANTED), 300u);
    EXPECT_EQ(win32(NtStatus::STATUS_INVALID_OPLOCK_PROTOCOL), 301u);
    EXPECT_EQ(win32(NtStatus::STATUS_PENDING), 997u);
    EXPECT_EQ(win32(NtStatus::STATUS_CANCELLED), 995u);
    EXPECT_EQ(win32(NtStatus::STATUS_SHARING_VIOLATION), 32u);
    EXPECT_EQ(win32(NtStatus::STATUS_END_OF_FILE), 38u);
}

TEST(NtStatus, ABreakInProgressIsASuccess) {
    EXPECT_TRUE(nt_success(NtStatus::STATUS_OPLOCK_BREAK_IN_PROGRESS));
    EXPECT_TRUE(nt_success(NtStatus::STATUS_PENDING));
    EXPECT_FALSE(nt_success(NtStatus::STATUS_CANNOT_GRANT_REQUESTED_OPLOCK));
    EXPECT_FALSE(nt_success(NtStatus::STATUS_CANCELLED));
}

}  // namespace
}  // namespace oplocksim::engine
