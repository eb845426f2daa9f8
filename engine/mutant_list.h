// The mutants of mutant.h, as lists that are expanded there and in mutant.cpp.
#pragma once

// X(name, clause that is violated, Fault that it stands for, what is wrong)
#define OPLOCKSIM_FOR_EACH_MUTANT(X)                                                              \
    /* The check of one operation is forgotten (break_demand.cpp). */                             \
    X(create_is_not_checked, "CREATE-TABLE-APPLIES", drops_a_check,                               \
      "A create breaks nothing after its sharing check.")                                         \
    X(conflict_is_not_checked, "CREATE-RH-CONDITION", drops_a_check,                              \
      "A sharing violation takes no handle caching away.")                                        \
    X(read_is_not_checked, "READ-OTHER-KEY-BREAKS", drops_a_check,                                \
      "A read breaks nothing.")                                                                   \
    X(write_is_not_checked, "WRITE-OTHER-KEY-BREAKS", drops_a_check,                              \
      "A write breaks nothing.")                                                                  \
    X(flush_is_not_checked, "FLUSH-BREAKS-WRITE-CACHING", drops_a_check,                          \
      "A flush breaks nothing even where flushes are checked.")                                   \
    X(lock_is_not_checked, "LOCK-EVERY-LOCK", drops_a_check,                                      \
      "A byte-range lock breaks nothing.")                                                        \
    X(unlock_is_not_checked, "LOCK-UNLOCK-NO-CHECK", drops_a_check,                               \
      "An unlock breaks nothing even where unlocks are checked.")                                 \
    X(end_of_file_is_not_checked, "SETINFO-SIZE-LOGICAL", drops_a_check,                          \
      "Setting the end of file breaks nothing.")                                                  \
    X(allocation_is_not_checked, "SETINFO-SIZE-ALLOCATION", drops_a_check,                        \
      "Setting the allocation size breaks nothing.")                                              \
    X(valid_data_length_is_not_checked, "SETINFO-SIZE-VALID-DATA", drops_a_check,                 \
      "Setting the valid data length breaks nothing.")                                            \
    X(rename_is_not_checked, "SETINFO-NAME-RENAME", drops_a_check,                                \
      "A rename breaks nothing of what is renamed.")                                              \
    X(short_name_is_not_checked, "SETINFO-NAME-SHORT-NAME", drops_a_check,                        \
      "Setting a short name breaks nothing of the file.")                                         \
    X(link_is_not_checked, "SETINFO-NAME-LINK", drops_a_check,                                    \
      "A link that replaces another file's breaks nothing of that file.")                         \
    X(disposition_is_not_checked, "SETINFO-DELETE-OTHER-KEY", drops_a_check,                      \
      "Marking for deletion breaks nothing.")                                                     \
    X(zero_data_is_not_checked, "FSCTL-ONLY-ZERO-DATA", drops_a_check,                            \
      "FSCTL_SET_ZERO_DATA breaks nothing.")                                                      \
    X(security_is_not_checked, "SECURITY-BREAKS-HANDLE", drops_a_check,                           \
      "Setting security breaks nothing even where it is checked.")                                \
    X(section_is_not_checked, "SECTION-GRANULAR-TO-NONE", drops_a_check,                          \
      "Creating a writable section breaks nothing.")                                              \
    X(delete_on_close_is_not_checked, "FSRTL-CLOSING-DELETE-ON-CLOSE", drops_a_check,             \
      "A delete-on-close cleanup breaks nothing even where it is checked.")                       \
    X(replaced_file_is_not_checked, "SETINFO-RENAME-TARGET-BREAKS", drops_a_check,                \
      "A rename breaks nothing of the file that it replaces.")                                    \
    X(directory_change_is_not_checked, "DIR-CHANGE-BREAKS-TO-NONE", drops_a_check,                \
      "No change of its content breaks the oplock of a directory.")                               \
    /* The check is forgotten where the kernel asks for it. */                                    \
    X(cross_stream_is_not_checked, "CREATE-ALTERNATE-BREAKS-PRIMARY", drops_a_check,              \
      "An overwriting create never reaches over to other streams.")                               \
    X(replaced_file_is_checked_on_one_stream, "SETINFO-RENAME-TARGET-BREAKS", drops_a_check,      \
      "A rename breaks only the unnamed stream of the file that it replaces.")                    \
    X(link_is_checked_on_one_stream, "SETINFO-NAME-LINK", drops_a_check,                          \
      "A link breaks only the unnamed stream of the file whose name it takes.")                   \
    X(append_only_write_is_not_checked, "WRITE-OTHER-KEY-BREAKS", drops_a_check,                  \
      "A write through a handle that may only append breaks nothing.")                            \
    X(descendants_are_not_checked, "SETINFO-NAME-ANCESTOR", drops_a_check,                        \
      "Renaming a directory breaks nothing below it.")                                            \
    X(paging_read_is_not_checked, "READ-PAGING", drops_a_check,                                   \
      "A paging read breaks nothing.")                                                            \
    X(unchanged_size_is_not_checked, "SETINFO-SIZE-UNCHANGED", drops_a_check,                     \
      "Setting the present end of file breaks nothing.")                                          \
    X(lock_conflict_comes_first, "LOCK-CHECK-FIRST", drops_a_check,                               \
      "A lock that is refused at once has broken nothing.")                                       \
    X(directory_misses_new_file, "DIR-CHILD-CREATED", drops_a_check,                              \
      "A directory's oplock is not broken when a file is created in it.")                         \
    X(directory_misses_removed_name, "DIR-CHILD-DELETED", drops_a_check,                          \
      "A directory's oplock is not broken when a name is removed from it.")                       \
    X(directory_misses_name_that_leaves, "DIR-CHILD-RENAMED", drops_a_check,                      \
      "A directory's oplock is not broken when a name leaves it.")                                \
    X(directory_misses_name_that_arrives, "DIR-CHILD-MOVED", drops_a_check,                       \
      "A directory's oplock is not broken when a name is moved into it.")                         \
    X(directory_misses_new_link, "DIR-CHILD-LINKED", drops_a_check,                               \
      "A directory's oplock is not broken when a link is put into it.")                           \
    X(directory_misses_new_short_name, "DIR-CHILD-SHORT-NAME", drops_a_check,                     \
      "A directory's oplock is not broken when a short name is set in it.")                       \
    X(directory_misses_basic_information, "DIR-CHILD-BASIC-INFORMATION", drops_a_check,           \
      "A directory's oplock is not broken when a time or attribute of a file in it changes.")     \
    X(directory_misses_end_of_file, "DIR-CHILD-SIZE", drops_a_check,                              \
      "A directory's oplock is not broken when the end of a file in it is set.")                  \
    X(directory_misses_allocation, "DIR-CHILD-ALLOCATION", drops_a_check,                         \
      "A directory's oplock is not broken when the allocation size of a file in it is set.")      \
    X(directory_misses_encryption, "DIR-CHILD-ENCRYPTION", drops_a_check,                         \
      "A directory's oplock is not broken when a file in it is encrypted.")                       \
    /* An operation is checked that should not be. */                                             \
    X(flush_is_checked, "FLUSH-NO-BREAK", checks_too_much,                                        \
      "A flush breaks write caching.")                                                            \
    X(unlock_is_checked, "LOCK-UNLOCK-NO-CHECK", checks_too_much,                                 \
      "An unlock breaks what a lock does.")                                                       \
    X(security_is_checked, "SECURITY-NO-BREAK", checks_too_much,                                  \
      "Setting security breaks handle caching.")                                                  \
    X(delete_on_close_is_checked, "CREATE-DELETE-ON-CLOSE", checks_too_much,                      \
      "A delete-on-close cleanup breaks handle caching.")                                         \
    X(paging_write_is_checked, "WRITE-PAGING-NO-CHECK", checks_too_much,                          \
      "A paging write breaks what a write does.")                                                 \
    X(transacted_read_is_checked, "READ-TXF-NO-CHECK", checks_too_much,                           \
      "A transacted reader breaks what a reader does.")                                           \
    X(read_of_nothing_is_checked, "READ-ZERO-LENGTH", checks_too_much,                            \
      "A read of no bytes breaks what a read does.")                                              \
    X(write_of_nothing_is_checked, "WRITE-ZERO-LENGTH", checks_too_much,                          \
      "A write of no bytes breaks what a write does.")                                            \
    X(zeroing_of_nothing_is_checked, "FSCTL-ZERO-RANGE", checks_too_much,                         \
      "Zeroing a range outside the file breaks what zeroing does.")                               \
    X(lazy_writer_is_checked, "SETINFO-SIZE-LAZY-WRITER", checks_too_much,                        \
      "The lazy writer's end of file breaks what setting it does.")                               \
    X(undelete_is_checked, "SETINFO-DELETE-TRUE-ONLY", checks_too_much,                           \
      "Taking a deletion mark away breaks handle caching.")                                       \
    X(failed_deletion_breaks, "SETINFO-DELETE-ACK", checks_too_much,                              \
      "A deletion that is refused has broken handle caching.")                                    \
    X(read_only_section_is_checked, "SECTION-WRITABLE-ONLY", checks_too_much,                     \
      "Any section breaks what a writable one does.")                                             \
    X(link_breaks_its_source, "SETINFO-NAME-LINK", checks_too_much,                               \
      "The file that gets a new link is broken like the one that loses it.")                      \
    X(change_reaches_every_ancestor, "DIR-ONLY-THE-PARENT", checks_too_much,                      \
      "A change in a directory breaks the directories above it too.")                             \
    X(streams_share_one_oplock, "OVW-STREAMS-INDEPENDENT", checks_too_much,                       \
      "An operation on a stream is checked against the unnamed stream.")                          \
    X(collision_breaks, "CREATE-COLLISION-FIRST", checks_too_much,                                \
      "FILE_CREATE on an existing stream breaks before it fails.")                                \
    X(failed_rename_breaks, "SETINFO-NAME-CHECK-ORDER", breaks_on_failed_rename,                  \
      "A rename breaks before its arguments are looked at.")                                      \
    /* An operation breaks a type that it should spare, or spares one that it should break. */    \
    X(write_spares_level_2, "WRITE-L2-ALWAYS", wrong_types,                                       \
      "A write does not break Level 2.")                                                          \
    X(write_spares_filter, "WRITE-OTHER-KEY-BREAKS", wrong_types,                                 \
      "A write does not break Filter.")                                                           \
    X(level_2_survives_its_own_write, "WRITE-L2-ALWAYS", level_2_survives_own_write,              \
      "A write with the owner's key does not break Level 2.")                                     \
    X(lock_breaks_filter, "LOCK-FILTER-NOT-BROKEN", wrong_types,                                  \
      "A byte-range lock breaks Filter.")                                                         \
    X(read_breaks_filter, "READ-SHARED-NOT-BROKEN", wrong_types,                                  \
      "A read breaks Filter.")                                                                    \
    X(read_breaks_level_2, "READ-SHARED-NOT-BROKEN", wrong_types,                                 \
      "A read breaks Level 2.")                                                                   \
    X(rename_breaks_level_1, "SETINFO-NAME-NOT-BROKEN", wrong_types,                              \
      "A rename breaks Level 1.")                                                                 \
    X(rename_spares_filter, "SETINFO-NAME-BATCH-FILTER-TO-NONE", wrong_types,                     \
      "A rename does not break Filter.")                                                          \
    X(handle_break_reaches_batch, "SETINFO-DELETE-OTHERS-NOT-BROKEN", wrong_types,                \
      "Deletion breaks Batch as if it was handle caching.")                                       \
    X(section_breaks_level_2, "SECTION-LEGACY-NOT-BROKEN", wrong_types,                           \
      "A writable section breaks Level 2.")                                                       \
    X(directory_change_spares_read, "DIR-CHANGE-BREAKS-TO-NONE", wrong_types,                     \
      "A change in a directory takes handle caching only.")                                       \
    X(filter_ignores_access, "CREATE-FILTER-WRITABLE", wrong_types,                               \
      "Filter breaks for readers that do not share reading.")                                     \
    X(filter_ignores_share_mode, "CREATE-FILTER-WRITABLE", wrong_types,                           \
      "Filter breaks for writers that share reading.")                                            \
    X(open_breaks_level_2, "CREATE-L2-OVERWRITE", wrong_types,                                    \
      "Any open breaks Level 2.")                                                                 \
    X(own_overwrite_breaks_level_2, "CREATE-L2-KEY", wrong_types,                                 \
      "An overwriting create with the owner's key breaks Level 2.")                               \
    X(violation_breaks_read_and_read_write, "CREATE-VIOLATION-NO-BREAK", wrong_types,             \
      "A sharing violation breaks R and RW too.")                                                 \
    X(attribute_only_open_breaks, "CREATE-ATTRIBUTE-ONLY", breaks_on_attribute_only,              \
      "An attribute-only open breaks like any other.")                                            \
    X(attribute_only_overwrite_breaks,                                                            \
      "CREATE-ATTRIBUTE-ONLY-OVERWRITE", breaks_on_attribute_only,                                \
      "An attribute-only open that overwrites breaks.")                                           \
    X(read_control_open_is_exempt, "CREATE-READ-CONTROL", wrong_types,                            \
      "READ_CONTROL counts as an attribute access.")                                              \
    X(reserve_opfilter_open_is_exempt, "CREATE-RESERVE-BREAKS", wrong_types,                      \
      "FILE_RESERVE_OPFILTER does not end the attribute-only exemption.")                         \
    X(only_one_level_2_or_read_breaks, "WRITE-MIXED-HOLDERS", wrong_types,                        \
      "Only the first of several Level 2 or Read oplocks breaks.")                                \
    X(only_one_read_handle_breaks, "BRK-RH-EVERY-HOLDER", wrong_types,                            \
      "Only the first of several Read-Handle oplocks breaks.")                                    \
    X(batch_survives_a_failing_create, "BRK-NTFS-BATCH-BEFORE-SHARING", spares_batch_on_failure,  \
      "A create that fails the sharing check does not break Batch or Filter.")                    \
    X(handle_breaks_without_a_violation,                                                          \
      "BRK-HANDLE-AFTER-SHARING", breaks_before_the_share_check,                                  \
      "A create takes handle caching before its sharing check.")                                  \
    /* The oplock is broken to the wrong level. */                                                \
    X(write_breaks_to_level_2, "WRITE-TO-NONE", wrong_level,                                      \
      "A write breaks Level 1 and Batch to Level 2.")                                             \
    X(write_leaves_read_caching, "WRITE-TO-NONE", wrong_level,                                    \
      "A write takes write caching only.")                                                        \
    X(read_breaks_level_1_to_none, "READ-L1-BATCH-TO-LEVEL-2", wrong_level,                       \
      "A read breaks Level 1 to None.")                                                           \
    X(read_breaks_batch_to_none, "READ-L1-BATCH-TO-LEVEL-2", wrong_level,                         \
      "A read breaks Batch to None.")                                                             \
    X(read_takes_read_caching, "READ-RW-TO-READ", wrong_level,                                    \
      "A read breaks RW and RWH to None, and R and RH too.")                                      \
    X(rename_leaves_level_2, "SETINFO-NAME-BATCH-FILTER-TO-NONE", wrong_level,                    \
      "A rename breaks Batch to Level 2.")                                                        \
    X(overwrite_breaks_like_an_open, "CREATE-BATCH-TO-NONE", wrong_level,                         \
      "An overwriting create breaks to the level that an open leaves.")                           \
    X(open_breaks_legacy_to_none, "CREATE-BATCH-TO-LEVEL-2", wrong_level,                         \
      "Any open breaks Level 1 and Batch to None.")                                               \
    X(open_takes_read_caching, "CREATE-RWH-TO-READ-HANDLE", wrong_level,                          \
      "Any open breaks RW and RWH to None.")                                                      \
    X(open_breaks_rwh_to_read, "CREATE-RWH-TO-READ-HANDLE", wrong_level,                          \
      "Losing write caching, RWH breaks to R.")                                                   \
    X(open_breaks_rw_to_none, "CREATE-RW-TO-READ", wrong_level,                                   \
      "Losing write caching, RW breaks to None.")                                                 \
    X(conflict_breaks_rwh_to_read_handle, "CREATE-RWH-TO-READ-WRITE", rwh_to_rh_on_violation,     \
      "Losing handle caching, RWH breaks to RH.")                                                 \
    X(conflict_breaks_read_handle_to_none, "CREATE-RH-TO-READ", wrong_level,                      \
      "Losing handle caching, RH breaks to None.")                                                \
    X(write_breaks_read_handle_to_read, "WRITE-TO-NONE", wrong_level,                             \
      "Losing read caching, RH breaks to R.")                                                     \
    X(overwriting_conflict_keeps_write, "CREATE-CONFLICT-OVERWRITE", wrong_level,                 \
      "A conflict with an overwriting create takes handle caching only.")                         \
    X(reserve_opfilter_leaves_level_2, "CREATE-RESERVE-BREAKS", wrong_level,                      \
      "FILE_RESERVE_OPFILTER breaks to the level that an open leaves.")                           \
    X(filter_breaks_to_level_2, "BRK-FILTER-TO-NONE", wrong_level,                                \
      "Filter breaks to Level 2.")                                                                \
    X(section_leaves_read, "SECTION-GRANULAR-TO-NONE", wrong_level,                               \
      "A writable section tells RW and RWH that R is left.")                                      \
    X(replaced_file_loses_handle_only, "SETINFO-RENAME-TARGET-BREAKS", wrong_level,               \
      "A rename takes handle caching only of the file that it replaces.")                         \
    X(only_one_read_handle_deepens, "ACK-GRANULAR-RH-TO-NONE", wrong_level,                       \
      "Only the first Read-Handle that is breaking is deepened.")                                 \
    X(section_does_not_deepen, "SECTION-GRANULAR-TO-NONE", wrong_level,                           \
      "A writable section leaves a break under way as it is.")                                    \
    X(break_never_deepens, "BRK-DEEPER-WHILE-BREAKING", forgets_a_deeper_need,                    \
      "What a later operation needs is not added to a break under way.")                          \
    /* Waiting, or not. */                                                                        \
    X(level_1_is_not_waited_for, "READ-ACK", wrong_waiting,                                       \
      "Nobody waits for a Level 1 break.")                                                        \
    X(batch_is_not_waited_for, "CREATE-BATCH-ACK", wrong_waiting,                                 \
      "Nobody waits for a Batch break.")                                                          \
    X(filter_is_not_waited_for, "CREATE-FILTER-ACK", wrong_waiting,                               \
      "Nobody waits for a Filter break.")                                                         \
    X(read_write_is_not_waited_for, "CREATE-RW-ACK", wrong_waiting,                               \
      "Nobody waits for a Read-Write break.")                                                     \
    X(read_write_handle_is_not_waited_for, "CREATE-RWH-ACK", wrong_waiting,                       \
      "Nobody waits for a Read-Write-Handle break.")                                              \
    X(read_handle_is_not_waited_for, "CREATE-RH-CONFLICT-WAITS", wrong_waiting,                   \
      "Nobody waits for a Read-Handle break.")                                                    \
    X(write_waits_for_read_handle, "WRITE-RH-ACK-NO-WAIT", wrong_waiting,                         \
      "Every operation waits for a Read-Handle break.")                                           \
    X(lock_does_not_wait_for_rwh, "LOCK-RWH-ACK", wrong_waiting,                                  \
      "A byte-range lock does not wait for a Read-Write-Handle break.")                           \
    X(directory_change_waits, "DIR-CHANGE-DOES-NOT-WAIT", wrong_waiting,                          \
      "A change in a directory waits for its Read-Handle owners.")                                \
    X(break_under_way_is_not_joined, "BRK-JOINS", wrong_waiting,                                  \
      "Who meets an exclusive break under way goes on.")                                          \
    X(read_handle_queue_is_not_joined, "BRK-RH-UNACKNOWLEDGED", wrong_waiting,                    \
      "Who meets only Read-Handle breaks under way goes on.")                                     \
    X(complete_if_oplocked_waits, "BRK-COMPLETE-IF-OPLOCKED", wrong_waiting,                      \
      "FILE_COMPLETE_IF_OPLOCKED has no effect.")                                                 \
    X(break_in_progress_is_not_said, "BRK-IN-PROGRESS-STATUS", wrong_waiting,                     \
      "FILE_COMPLETE_IF_OPLOCKED answers STATUS_SUCCESS.")                                        \
    X(every_break_is_in_progress, "CREATE-COMPLETE-NO-WAIT", wrong_waiting,                       \
      "FILE_COMPLETE_IF_OPLOCKED reports breaks that need no waiting.")                           \
    X(create_does_not_block, "BRK-CREATE-BLOCKS", wrong_waiting,                                  \
      "A create that waits returns STATUS_PENDING.")                                              \
    X(synchronous_handle_does_not_block, "BRK-SYNC-BLOCKS", wrong_waiting,                        \
      "An operation on a synchronous handle returns STATUS_PENDING.")                             \
    X(asynchronous_handle_blocks, "BRK-ASYNC-PENDING", wrong_waiting,                             \
      "An operation on an asynchronous handle blocks its thread.")                                \
    X(break_times_out, "BRK-NO-TIMEOUT", times_out,                                               \
      "After 35 seconds an unacknowledged break counts as acknowledged.")                         \
    /* Effects that come too early. */                                                            \
    X(truncation_before_acknowledgment, "BRK-OWNER-FIRST", effect_before_acknowledgment,          \
      "An overwriting create truncates before it waits.")                                         \
    X(write_before_acknowledgment, "BRK-OWNER-FIRST", effect_before_acknowledgment,               \
      "A write has its effect before it waits.")                                                  \
    X(deletion_before_acknowledgment, "SETINFO-DELETE-ACK", effect_before_acknowledgment,         \
      "A file is marked for deletion before the wait.")                                           \
    X(end_of_file_before_acknowledgment, "BRK-OWNER-FIRST", effect_before_acknowledgment,         \
      "The end of file is set before the wait.")                                                  \
    X(notice_after_operation, "BRK-NOTICE-BEFORE-COMPLETION", notifies_late,                      \
      "The owner is notified after the breaking operation completed.")                            \
    /* What the owner is told. */                                                                 \
    X(notice_hides_acknowledgment, "BRK-ACK-REQUIRED-FLAG", wrong_notice,                         \
      "ACK_REQUIRED is never set in a break notice.")                                             \
    X(shared_break_asks_for_acknowledgment, "WRITE-R-NO-ACK", wrong_notice,                       \
      "ACK_REQUIRED is set where nothing is owed.")                                               \
    X(section_break_owes_acknowledgment, "SECTION-NO-ACK", wrong_notice,                          \
      "The break by a writable section is to be acknowledged.")                                   \
    X(conflict_hides_modes, "CREATE-CONFLICT-MODES", wrong_notice,                                \
      "A break for a sharing conflict does not tell the modes.")                                  \
    X(second_owner_is_told_no_sharing, "FSCTLP-OUT-MODES-PROVIDED", wrong_notice,                 \
      "Of several owners only the first is told the share mode.")                                 \
    X(rename_tells_modes, "FSCTLP-OUT-MODES-PROVIDED", wrong_notice,                              \
      "MODES_PROVIDED is set where no create was.")                                               \
    X(notice_hides_share_mode, "CREATE-CONFLICT-MODES", wrong_notice,                             \
      "The share mode of the conflicting create is left out.")                                    \
    X(notice_hides_original_level, "FSCTLP-OUT-ORIGINAL-LEVEL", wrong_notice,                     \
      "OriginalOplockLevel holds the new level.")                                                 \
    X(notice_reports_old_level, "FSCTLP-OUT-NEW-LEVEL", wrong_notice,                             \
      "NewOplockLevel holds the old level.")                                                      \
    X(buffer_size_is_not_said, "BRK-NEW-LEVEL", wrong_notice,                                     \
      "Information of a Windows 7 notice is zero.")                                               \
    X(level_2_is_told_as_none, "BRK-INFORMATION-LEVEL-2", wrong_notice,                           \
      "A legacy notice always says FILE_OPLOCK_BROKEN_TO_NONE.")                                  \
    X(broken_level_2_says_level_2, "BRK-LEVEL-2-INFORMATION", wrong_notice,                       \
      "A broken Level 2 says FILE_OPLOCK_BROKEN_TO_LEVEL_2.")                                     \
    X(break_says_handle_closed, "WIN32-HANDLE-CLOSED-ONLY-OWN", wrong_notice,                     \
      "A break of a Windows 7 oplock says STATUS_OPLOCK_HANDLE_CLOSED.")                          \
    X(close_says_success, "CLEANUP-STATUS", wrong_notice,                                         \
      "The close of a Windows 7 owner says STATUS_SUCCESS.")                                      \
    X(legacy_close_says_handle_closed, "CLEANUP-STATUS", wrong_notice,                            \
      "The close of a legacy owner says STATUS_OPLOCK_HANDLE_CLOSED.")                            \
    X(close_asks_for_acknowledgment, "CLEANUP-OTHERS-NO-ACK", wrong_notice,                       \
      "The close of an owner sets ACK_REQUIRED.")                                                 \
    X(switch_says_success, "GRANT-R-SAME-KEY-SWITCHED", wrong_notice,                             \
      "A request taken over by its own key completes with STATUS_SUCCESS.")                       \
    X(switch_reports_old_level, "GRANT-SWITCHED-LEVEL", wrong_notice,                             \
      "A request taken over reports the old level.")                                              \
    X(section_refusal_hides_reason, "GRANT-R-WRITABLE-SECTION", wrong_notice,                     \
      "A refusal for a section lacks WRITABLE_SECTION_PRESENT.")                                  \
    X(released_create_denies_nothing, "FSA-OPEN-SHARING-CHECK", wrong_release,                    \
      "A create that waited shares everything, whatever it asked for.")                           \
    X(every_create_says_opened, "FSA-OPEN-ACTION", wrong_notice,                                  \
      "Every create that succeeds says FILE_OPENED.")                                             \
    X(opbatch_break_is_not_said, "BRK-OPBATCH-UNDERWAY", wrong_notice,                            \
      "A sharing violation never says FILE_OPBATCH_BREAK_UNDERWAY.")                              \
    X(opbatch_break_is_said_of_any, "CREATE-COMPLETE-CONFLICT", wrong_notice,                     \
      "A sharing violation says FILE_OPBATCH_BREAK_UNDERWAY for any break.")                      \
    /* Acknowledgments. */                                                                        \
    X(refused_acknowledgment_is_final, "ACK-CANNOT-GRANT", takes_a_rejection_as_final,            \
      "An acknowledgment refused with CANNOT_GRANT ends the break.")                              \
    X(unexpected_acknowledgment_ends_break,                                                       \
      "ACK-UNEXPECTED-HARMLESS", takes_a_rejection_as_final,                                      \
      "An acknowledgment of the wrong kind ends the break.")                                      \
    X(unexpected_acknowledgment_succeeds, "ACK-UNEXPECTED", wrong_acknowledgment,                 \
      "An acknowledgment that nobody expects succeeds.")                                          \
    X(any_handle_acknowledges, "ACK-OTHER-HANDLE", wrong_acknowledgment,                          \
      "Any handle of the stream can acknowledge.")                                                \
    X(handle_of_the_key_acknowledges, "ACK-OTHER-HANDLE", wrong_acknowledgment,                   \
      "Another handle of the owner's key can acknowledge.")                                       \
    X(legacy_code_acknowledges_windows_7, "ACK-WRONG-KIND", wrong_acknowledgment,                 \
      "The legacy codes acknowledge a Windows 7 break.")                                          \
    X(acknowledgment_needs_no_break, "ACK-UNEXPECTED", wrong_acknowledgment,                      \
      "An oplock that is not breaking can be acknowledged.")                                      \
    X(acknowledged_after_close_pending, "ACK-CLOSE-PENDING-STATE", wrong_acknowledgment,          \
      "A promise to close can be followed by an acknowledgment.")                                 \
    X(level_2_is_never_kept, "ACK-ACCEPT-LEVEL-2-PENDS", wrong_acknowledgment,                    \
      "Accepting Level 2 keeps nothing.")                                                         \
    X(ack_no_2_keeps_level_2, "ACK-NO-2", wrong_acknowledgment,                                   \
      "FSCTL_OPLOCK_BREAK_ACK_NO_2 keeps Level 2.")                                               \
    X(deepened_break_keeps_level_2, "ACK-DEEPENED-LEGACY", forgets_a_deeper_need,                 \
      "Accepting Level 2 ignores that the break has become one to None.")                         \
    X(deepened_break_is_not_told, "ACK-DEEPENED-LEGACY", wrong_acknowledgment,                    \
      "An acknowledgment that came to None does not say so.")                                     \
    X(level_1_close_pending_waits, "ACK-CLOSE-PENDING-L1", wrong_acknowledgment,                  \
      "CLOSE_PENDING for Level 1 does not end the break.")                                        \
    X(close_pending_releases, "ACK-CLOSE-PENDING-WAITERS", wrong_acknowledgment,                  \
      "CLOSE_PENDING for Batch and Filter releases the waiters.")                                 \
    X(complete_on_close_releases, "ACK-COMPLETE-ON-CLOSE", wrong_acknowledgment,                  \
      "COMPLETE_ACK_ON_CLOSE has no effect.")                                                     \
    X(read_handle_outlasts_a_waiter, "ACK-GRANULAR-RH-TO-NONE", wrong_acknowledgment,             \
      "RH that breaks to None keeps a level although somebody waits.")                            \
    X(write_caching_outlasts_a_waiter, "ACK-GRANULAR-MORE-RH", wrong_acknowledgment,              \
      "RH that breaks gets write caching although somebody waits.")                               \
    X(handle_caching_outlasts_a_waiter, "ACK-GRANULAR-MORE", wrong_acknowledgment,                \
      "RW that breaks gets RWH although somebody waits.")                                         \
    X(acknowledgment_ignores_others, "ACK-RH-TO-EXCLUSIVE", wrong_acknowledgment,                 \
      "An acknowledgment gets RW or RWH beside other opens.")                                     \
    X(acknowledgment_ignores_section, "ACK-WRITABLE-SECTION", wrong_acknowledgment,               \
      "An acknowledgment keeps a level under a writable section.")                                \
    X(acknowledgment_ignores_deletion, "ACK-DELETE-PENDING", wrong_acknowledgment,                \
      "An acknowledgment keeps handle caching of what is deleted.")                               \
    X(kept_level_loses_its_key, "KEY-BREAK-NEEDS-OTHER-KEY", wrong_acknowledgment,                \
      "A level that an owner keeps belongs to no key any more.")                                  \
    X(refusal_offers_nothing, "ACK-CANNOT-GRANT", wrong_acknowledgment,                           \
      "A refused acknowledgment reports that no level can be had.")                               \
    X(refusal_hides_acknowledgment, "ACK-CANNOT-GRANT", wrong_acknowledgment,                     \
      "A refused acknowledgment does not say that it is still owed.")                             \
    X(notification_returns_at_once, "ACK-NOTIFY-WAITS", wrong_acknowledgment,                     \
      "FSCTL_OPLOCK_BREAK_NOTIFY never waits.")                                                   \
    X(notification_ends_with_the_first, "ACK-NOTIFY-BREAK-COMPLETE", wrong_acknowledgment,        \
      "A break notification completes on the first of several acknowledgments.")                  \
    X(notification_needs_the_option, "FSCTLP-NOTIFY-OPEN-OPTION", wrong_acknowledgment,           \
      "A break notification needs FILE_COMPLETE_IF_OPLOCKED.")                                    \
    /* Who waits and who goes on. */                                                              \
    X(first_acknowledgment_releases_all, "ACK-ALL-OWNERS", wakes_all_on_the_first,                \
      "The first of several acknowledgments releases who waits for all.")                         \
    X(acknowledgment_releases_nobody, "BRK-WAITS-FOR-ACK", wrong_release,                         \
      "Waiters are not told of an acknowledgment.")                                               \
    X(close_releases_nobody, "CLEANUP-RELEASES-WAITERS", wrong_release,                           \
      "Waiters are not told of the owner's close.")                                               \
    X(only_first_waiter_goes_on, "BRK-WAITS-FOR-ACK", wrong_release,                              \
      "Only the first of several waiters is released.")                                           \
    X(waiters_go_on_last_first, "ACK-RELEASE-ORDER", wrong_release,                               \
      "Waiters are released last in, first out.")                                                 \
    X(released_waiter_does_not_look_again, "BRK-RELEASE-RECHECK", forgets_a_deeper_need,          \
      "A released operation does not check again.")                                               \
    X(handle_break_is_repeated, "CREATE-ONE-RETRY", wrong_release,                                \
      "A create breaks handle caching as often as it finds it.")                                  \
    /* Granting. */                                                                               \
    X(handle_without_read_is_granted, "GRANT-LEVEL-ILLEGAL", grants_handle_without_read,          \
      "A request for H alone is granted as RH.")                                                  \
    X(illegal_level_counts_as_none, "GRANT-LEVEL-ILLEGAL", wrong_grant,                           \
      "W, H and WH succeed as a request for nothing.")                                            \
    X(level_none_is_refused, "GRANT-LEVEL-NONE", wrong_grant,                                     \
      "A request for no level fails.")                                                            \
    X(flags_are_not_looked_at, "FSCTLP-IN-REQUEST-XOR-ACK", wrong_grant,                          \
      "REQUEST and ACK may be given together, or neither.")                                       \
    X(directory_grants_any_type, "DIR-OTHERS-INVALID", wrong_grant,                               \
      "A directory is granted every type.")                                                       \
    X(synchronous_handle_is_granted, "GRANT-SYNC-NEVER", wrong_grant,                             \
      "A synchronous handle is granted oplocks.")                                                 \
    X(transaction_does_not_matter, "GRANT-L1-TXF", wrong_grant,                                   \
      "A transaction does not keep an oplock from being granted.")                                \
    X(other_opens_do_not_matter_to_legacy, "GRANT-L1-OTHER-OPENS", wrong_grant,                   \
      "Exclusive legacy types are granted beside other opens.")                                   \
    X(other_opens_do_not_matter_to_windows_7, "GRANT-RW-OTHER-OPENS", wrong_grant,                \
      "RW and RWH are granted beside other opens.")                                               \
    X(opens_of_own_key_count, "GRANT-RW-SAME-KEY-OPENS", wrong_grant,                             \
      "RW and RWH are refused beside opens of the same key.")                                     \
    X(attribute_only_opens_do_not_count, "GRANT-L1-OTHER-OPENS", wrong_grant,                     \
      "Attribute-only opens do not count against exclusive types.")                               \
    X(attribute_only_opens_always_count, "GRANT-L1-OTHER-OPENS", counts_attribute_only,           \
      "Attribute-only opens count even where they should not.")                                   \
    X(exclusive_displaces_any_shared, "GRANT-L1-OVER-OTHER", wrong_grant,                         \
      "An exclusive legacy request displaces R and RH too.")                                      \
    X(displaced_level_2_is_not_told, "GRANT-L1-OVER-L2", wrong_grant,                             \
      "A Level 2 that is displaced is never completed.")                                          \
    X(locks_do_not_matter_to_level_2, "GRANT-L2-BYTE-RANGE-LOCKS", grants_over_locks,             \
      "Level 2 is granted over byte-range locks.")                                                \
    X(locks_do_not_matter_to_read, "GRANT-R-BYTE-RANGE-LOCKS", grants_over_locks,                 \
      "R and RH are granted over byte-range locks.")                                              \
    X(locks_matter_to_exclusive, "GRANT-LOCKS-DO-NOT-MATTER-TO-EXCLUSIVE", wrong_grant,           \
      "RW and RWH are refused over byte-range locks.")                                            \
    X(section_does_not_matter, "GRANT-RW-WRITABLE-SECTION", wrong_grant,                          \
      "Windows 7 types are granted over writable sections.")                                      \
    X(section_matters_to_level_2, "GRANT-SECTIONS-DO-NOT-MATTER-TO-LEGACY", wrong_grant,          \
      "Level 2 is refused over writable sections.")                                               \
    X(deletion_does_not_matter, "GRANT-DELETE-PENDING", wrong_grant,                              \
      "Handle caching is granted on what is going to be deleted.")                                \
    X(request_lowers_what_is_held, "GRANT-NO-LOWERING", wrong_grant,                              \
      "RW is granted over RH and RWH of the same key.")                                           \
    X(exclusive_granted_during_break, "GRANT-WHILE-EXCLUSIVE-BREAKING", grant_overtakes_a_waiter, \
      "RW and RWH are granted while a break is unacknowledged.")                                  \
    X(shared_granted_during_break, "GRANT-WHILE-EXCLUSIVE-BREAKING", grant_overtakes_a_waiter,    \
      "Shared types are granted while an exclusive break is unacknowledged.")                     \
    X(grant_overtakes_read_handle_break, "GRANT-WHILE-RH-BREAKING", grant_overtakes_a_waiter,     \
      "R and RH are granted while every Read-Handle owner is breaking.")                          \
    X(breaking_key_is_granted, "GRANT-WHILE-OWN-KEY-BREAKING", grant_overtakes_a_waiter,          \
      "A key is granted an oplock while its own break is unacknowledged.")                        \
    X(shared_granted_over_exclusive, "GRANT-R-OVER-EXCLUSIVE", wrong_grant,                       \
      "Shared types are granted over exclusive ones.")                                            \
    X(level_2_granted_beside_read_handle, "GRANT-L2-OVER-OTHER", wrong_grant,                     \
      "Level 2 is granted beside RH.")                                                            \
    X(read_handle_granted_beside_level_2, "GRANT-RH-OVER-OTHER", wrong_grant,                     \
      "RH is granted beside Level 2.")                                                            \
    X(read_granted_under_own_read_handle, "GRANT-R-OVER-RH-SAME-KEY", wrong_grant,                \
      "R is granted to a key that owns RH.")                                                      \
    X(read_of_own_key_is_not_switched, "KEY-ONE-KEY-ONE-OWNER", wrong_grant,                      \
      "A second R of one key stands beside the first.")                                           \
    X(grant_completes_the_request, "GRANT-PENDS-UNTIL-BROKEN", wrong_grant,                       \
      "A granted request completes at once.")                                                     \
    /* Opens that reserve or require an oplock. */                                                \
    X(reservation_is_ignored, "ATOMIC-NO-VIOLATION-BETWEEN", wrong_atomic_open,                   \
      "A conflicting create does not wait for a reservation.")                                    \
    X(reservation_outlives_the_request, "ATOMIC-RESERVATION-ENDS", wrong_atomic_open,             \
      "A reservation does not end with the request.")                                             \
    X(reservation_outlives_the_close, "ATOMIC-ALL-OR-NOTHING", wrong_atomic_open,                 \
      "A reservation does not end with the close.")                                               \
    X(request_ends_every_reservation, "ATOMIC-RESERVATION-ENDS", wrong_atomic_open,               \
      "A request ends the reservations of other opens too.")                                      \
    X(atomic_open_breaks, "ATOMIC-CANNOT-BREAK", wrong_atomic_open,                               \
      "FILE_OPEN_REQUIRING_OPLOCK breaks like any open.")                                         \
    X(atomic_open_fails_beside_any, "ATOMIC-CANNOT-BREAK", wrong_atomic_open,                     \
      "FILE_OPEN_REQUIRING_OPLOCK fails beside oplocks that it would not break.")                 \
    X(reserve_opfilter_is_not_prechecked, "CREATE-RESERVE-PRECHECK", wrong_atomic_open,           \
      "FILE_RESERVE_OPFILTER never fails early.")                                                 \
    X(reserve_opfilter_ignores_own_key, "CREATE-RESERVE-KEY", wrong_atomic_open,                  \
      "FILE_RESERVE_OPFILTER breaks the opener's own oplock.")                                    \
    X(reserve_and_complete_go_together, "CREATE-RESERVE-WITH-COMPLETE", wrong_atomic_open,        \
      "FILE_RESERVE_OPFILTER and FILE_COMPLETE_IF_OPLOCKED may be combined.")                     \
    /* Who the owner is. */                                                                       \
    X(keys_are_ignored, "KEY-BREAK-NEEDS-OTHER-KEY", drops_the_key_comparison,                    \
      "Only the same FILE_OBJECT is the same owner.")                                             \
    X(handles_are_ignored, "KEY-COMPARE-SAME-OPEN", drops_the_key_comparison,                     \
      "A FILE_OBJECT without a key is not even its own owner.")                                   \
    X(no_key_equals_no_key, "KEY-COMPARE-EMPTY", compares_owners_wrongly,                         \
      "Two handles without a key are one owner.")                                                 \
    X(owner_is_the_process, "KEY-SAME-PROCESS-BREAKS", compares_owners_wrongly,                   \
      "Whatever the owner's process does breaks nothing.")                                        \
    X(directory_compares_target_key, "KEY-COMPARE-PARENT", drops_the_key_comparison,              \
      "A directory's oplock is compared with the target key.")                                    \
    X(either_key_exempts, "KEY-PARENT-NOT-TARGET", drops_the_key_comparison,                      \
      "The parent key exempts on the file, and the target key on the directory.")                 \
    X(exemption_outlives_the_operation,                                                           \
      "KEY-EXEMPT-ONE-OPERATION", exemption_outlives_the_operation,                               \
      "After an exempt operation the oplock is not broken by others either.")                     \
    X(section_spares_own_key, "SECTION-GRANULAR-TO-NONE", wrong_types,                            \
      "A writable section does not break its own key's oplock.")                                  \
    /* Cancellation and the end of programs. */                                                   \
    X(cancellation_is_ignored, "CANCEL-WAITER-CANCELABLE", forgets_cancellation,                  \
      "Nothing that waits can be cancelled.")                                                     \
    X(cancelled_waiter_says_success, "CANCEL-WAITER-STATUS", forgets_cancellation,                \
      "A cancelled operation completes with STATUS_SUCCESS.")                                     \
    X(cancelled_waiter_stays_queued, "CANCEL-WAITER-FORGOTTEN", completes_twice,                  \
      "A cancelled waiter is released later all the same.")                                       \
    X(cancelled_irp_completes_twice, "CANCEL-WAITER-STATUS", completes_twice,                     \
      "A cancelled operation completes twice.")                                                   \
    X(cancelled_waiter_ends_the_break, "CANCEL-BREAK-GOES-ON", forgets_cancellation,              \
      "Cancelling a waiter ends the break.")                                                      \
    X(cancellation_hits_every_waiter, "CANCEL-OTHERS-UNTOUCHED", forgets_cancellation,            \
      "Cancelling one waiter cancels all.")                                                       \
    X(cancelled_request_keeps_the_oplock, "CANCEL-REQUEST-CANCELLED", forgets_cancellation,       \
      "Cancelling a granted request does not end its oplock.")                                    \
    X(cancelled_request_owes_acknowledgment, "CANCEL-REQUEST-CANCELLED", forgets_cancellation,    \
      "Cancelling a granted request begins a break.")                                             \
    X(ended_thread_goes_on_waiting, "CANCEL-THREAD-EXIT", forgets_cancellation,                   \
      "What a thread issued outlives it.")                                                        \
    X(dead_process_goes_on_waiting, "CANCEL-WAITER-TERMINATES", forgets_cancellation,             \
      "What a process issued outlives it.")                                                       \
    X(close_cancels_the_waiter, "CANCEL-HANDLE-CLOSED-WHILE-WAITING", forgets_cancellation,       \
      "Closing a handle cancels what waits on it.")                                               \
    /* Cleanup. */                                                                                \
    X(woken_before_share_access_is_gone,                                                          \
      "CLEANUP-STATE-GONE-FIRST", wakes_before_cleanup_is_done,                                   \
      "A waiter is woken before the owner's share access is removed.")                            \
    X(granted_request_does_not_return, "GRANT-USER-PENDING", wrong_waiting,                       \
      "A granted request returns no STATUS_PENDING.")                                             \
    X(held_operation_does_not_return, "BRK-ASYNC-PENDING", wrong_waiting,                         \
      "A held operation returns no STATUS_PENDING.")                                              \
    X(woken_before_locks_are_gone, "CLEANUP-STATE-GONE-FIRST", wakes_before_cleanup_is_done,      \
      "A waiter is woken before the owner's byte-range locks are removed.")                       \
    X(woken_before_deletion, "CLEANUP-STATE-GONE-FIRST", wakes_before_cleanup_is_done,            \
      "A waiter is woken before a delete-on-close is done.")                                      \
    X(cleanup_skips_directories, "DIR-CLOSE", skips_directories,                                  \
      "Closing a directory does not end its oplock.")                                             \
    X(close_does_not_end_the_break, "ACK-CLOSE-IMPLICIT", wrong_cleanup,                          \
      "Closing the owner's handle does not acknowledge its break.")                               \
    X(any_close_ends_the_oplock, "CLEANUP-ONLY-OWNER", wrong_cleanup,                             \
      "Closing any handle of the stream ends every oplock.")                                      \
    X(duplicate_close_ends_the_oplock, "CLEANUP-LAST-HANDLE", wrong_cleanup,                      \
      "Closing one of several handles of the owner ends its oplock.")                             \
    X(close_completes_one_level_2, "CLEANUP-SHARED-TO-NONE", wrong_cleanup,                       \
      "Of several oplocks of one handle only the first completes at its close.")                  \
    /* Names. */                                                                                  \
    X(open_descendants_do_not_matter, "DIR-ANCESTOR-STILL-OPEN", wrong_name_rule,                 \
      "A directory is renamed although something below is open.")                                 \
    X(open_target_does_not_matter, "SETINFO-RENAME-TARGET-OPEN", wrong_name_rule,                 \
      "A file is replaced although it is still open.")                                            \
    /* A caching client that does not keep its part of the bargain (sim/caching.cpp). */          \
    X(client_acknowledges_before_it_writes_back, "CACHE-WRITE-BACK-FIRST", breaks_the_bargain,    \
      "A caching client acknowledges a break, and writes back what it held afterwards.")          \
    X(client_forgets_what_it_held_back, "CACHE-WRITE-BACK-FIRST", breaks_the_bargain,             \
      "A caching client never writes back when its oplock is broken.")                            \
    X(client_writes_back_one_range, "CACHE-WRITE-BACK-FIRST", breaks_the_bargain,                 \
      "A caching client writes one range back, and forgets the others.")                          \
    X(client_close_forgets_writes, "CACHE-WRITE-BACK-CLOSE", breaks_the_bargain,                  \
      "A caching client closes its handle without writing back.")                                 \
    X(client_keeps_what_it_has_read, "CACHE-READ-PURGE", breaks_the_bargain,                      \
      "A caching client answers reads from its cache when it may no longer.")                     \
    X(client_holds_writes_back_under_rh, "CACHE-WRITE-NEEDS-W", breaks_the_bargain,               \
      "A caching client holds writes back under a Read-Handle oplock.")                           \
    X(client_caches_as_before, "CACHE-WRITE-NEEDS-W", breaks_the_bargain,                         \
      "A caching client acknowledges, and goes on caching as before.")                            \
    X(client_keeps_its_handle, "CACHE-HANDLE-CLOSE", breaks_the_bargain,                          \
      "A caching client acknowledges instead of closing what the application has closed.")        \
    X(client_reads_past_what_it_holds_back, "CACHE-READ-LATEST", breaks_the_bargain,              \
      "A caching client reads from the file where it holds back what is newer.")                  \
    X(client_does_not_see_its_own_writes, "CACHE-READ-LATEST", breaks_the_bargain,                \
      "A caching client writes through, and goes on reading the old bytes from its cache.")       \
    X(level_is_cut_to_a_byte, "GRANT-LEVEL-ILLEGAL", wrong_grant,                                 \
      "Unknown bits above the lowest byte of a level are ignored.")                               \
    X(refused_section_breaks, "FSA-REFUSED-BEFORE-THE-CHECK", checks_too_much,                    \
      "A writable section that its handle does not allow breaks all the same.")                   \
    X(refused_valid_data_length_breaks, "FSA-REFUSED-BEFORE-THE-CHECK", checks_too_much,          \
      "A valid data length breaks before anybody looks whether it is in range.")                  \
    X(lazy_writer_changes_the_directory, "SETINFO-SIZE-LAZY-WRITER", checks_too_much,             \
      "The lazy writer's end of file breaks the oplock of the directory.")                        \
    X(cancel_io_cancels_one, "CANCEL-CANCEL-IO-SCOPE", forgets_cancellation,                      \
      "CancelIoEx cancels only the oldest operation of the handle.")                              \
    X(free_range_serves_one, "FSA-LOCK-WAITS-FOR-THE-RANGE", wrong_release,                       \
      "Of the locks that wait, one is granted where several could be.")                           \
    X(cleanup_serves_no_range, "FSA-LOCK-WAITS-FOR-THE-RANGE", wrong_cleanup,                     \
      "Locks that wait for a range of a closed handle go on waiting while others hold locks.")    \
    X(write_says_less, "FSA-DATA-TRANSFERRED", wrong_notice,                                      \
      "A write says one byte less than it has written.")                                          \
    X(completion_names_another_handle, "FSA-DATA-OWN-REQUEST", wrong_notice,                      \
      "A write completes for another handle of its process.")                                     \
    X(size_access_is_not_looked_at, "FSA-ACCESS-OF-THE-HANDLE", drops_a_check,                    \
      "Sizes are changed through handles that may not write.")                                    \
    X(read_at_the_end_succeeds, "FSA-DATA-TRANSFERRED", wrong_notice,                             \
      "A read at the end of the file succeeds, with nothing.")                                    \
    X(client_writes_past_its_other_handles, "CACHE-READ-LATEST", breaks_the_bargain,              \
      "A caching client writes by one handle, and reads old bytes by another of the same key.")   \
    X(client_keeps_a_handle_for_any_sharing, "CACHE-HANDLE-KEPT", breaks_the_bargain,             \
      "A kept handle serves an open with another share access.")

// X(name, text): what shipped code got wrong, from the published histories of servers, clients
// and drivers, and then the kinds of mistake that a reading of the clauses suggests.
#define OPLOCKSIM_FOR_EACH_FAULT(X)                                                               \
    X(wakes_before_cleanup_is_done,                                                               \
      "a waiter is woken before share access, locks or the deletion are done")                    \
    X(wakes_all_on_the_first, "all waiters are woken on the first of several acknowledgments")    \
    X(forgets_a_deeper_need, "a queued waiter's deeper need is ignored on acknowledgment")        \
    X(takes_a_rejection_as_final, "a rejected acknowledgment is treated as final")                \
    X(compares_owners_wrongly, "owners are compared by something else than FILE_OBJECT and key")  \
    X(exemption_outlives_the_operation,                                                           \
      "an exemption for the own key leaves later operations unbroken")                            \
    X(grants_handle_without_read, "H is granted without R")                                       \
    X(rwh_to_rh_on_violation, "RWH breaks to RH instead of RW on a sharing violation")            \
    X(drops_the_key_comparison, "the key comparison is dropped, or of the wrong keys")            \
    X(drops_a_check, "the check is dropped from one operation")                                   \
    X(notifies_late, "the owner is notified after the breaking operation completed")              \
    X(skips_directories, "directories are skipped in cleanup")                                    \
    X(forgets_cancellation, "cancellation is forgotten, or does too much")                        \
    X(completes_twice, "a cancelled IRP completes twice")                                         \
    X(times_out, "a timer ends the break")                                                        \
    X(breaks_before_the_share_check, "handle caching is broken before the share check")           \
    X(spares_batch_on_failure, "Batch is not broken when the create fails")                       \
    X(breaks_on_attribute_only, "attribute-only opens break")                                     \
    X(breaks_on_failed_rename, "a failed rename breaks")                                          \
    X(level_2_survives_own_write, "Level 2 survives its own handle's write")                      \
    X(grants_over_locks, "Level 2 or R is granted over byte-range locks")                         \
    X(grant_overtakes_a_waiter, "a grant overtakes a waiter")                                     \
    X(counts_attribute_only, "attribute-only opens count against an exclusive request")           \
    X(checks_too_much, "an operation is checked that should not be")                              \
    X(wrong_types, "an operation breaks a type that it should spare, or the reverse")             \
    X(wrong_level, "the oplock breaks to the wrong level")                                        \
    X(wrong_waiting, "the operation waits where it should not, or the reverse")                   \
    X(effect_before_acknowledgment, "an operation has its effect before the acknowledgment")      \
    X(wrong_notice, "the owner is told something wrong")                                          \
    X(wrong_acknowledgment, "an acknowledgment is taken wrongly")                                 \
    X(wrong_release, "waiters are released wrongly")                                              \
    X(wrong_grant, "a request is granted or refused wrongly")                                     \
    X(wrong_atomic_open, "an open that reserves or requires an oplock goes wrong")                \
    X(wrong_cleanup, "a close does too much or too little")                                       \
    X(wrong_name_rule, "names change although something is open")                                 \
    X(breaks_the_bargain, "a caching client does not do what a break demands of it")
