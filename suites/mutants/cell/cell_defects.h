// The defects of MutantCell and MutantCow. Those that were found in the field name their source.
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// Values.
inline const Mutation get_returns_a_remembered_value("get_returns_a_remembered_value");
inline const Mutation replace_returns_the_new_value("replace_returns_the_new_value");
inline const Mutation take_leaves_what_a_move_leaves("take_leaves_what_a_move_leaves");
inline const Mutation swap_writes_one_way("swap_writes_one_way");
inline const Mutation into_inner_copies("into_inner_copies");
inline const Mutation set_destroys_the_old_value_first("set_destroys_the_old_value_first");
inline const Mutation copy_is_borrowed_as_its_source("copy_is_borrowed_as_its_source");
// Borrows.
inline const Mutation second_reader_gets_a_copy("second_reader_gets_a_copy");
inline const Mutation eight_readers_count_as_none("eight_readers_count_as_none");
inline const Mutation refused_reader_ends_the_writer("refused_reader_ends_the_writer");
inline const Mutation assigned_guard_keeps_the_old_borrow("assigned_guard_keeps_the_old_borrow");
inline const Mutation exception_keeps_the_borrow("exception_keeps_the_borrow");
inline const Mutation self_move_ends_the_borrow("self_move_ends_the_borrow");
inline const Mutation moved_from_guard_says_it_holds("moved_from_guard_says_it_holds");
inline const Mutation clone_of_a_clone_is_not_counted("clone_of_a_clone_is_not_counted");
inline const Mutation map_lets_the_whole_go("map_lets_the_whole_go");
inline const Mutation mapped_writer_counts_as_a_reader("mapped_writer_counts_as_a_reader");
// Misuse.
inline const Mutation borrow_beside_a_writer_is_given("borrow_beside_a_writer_is_given");
inline const Mutation report_calls_every_holder_a_reader("report_calls_every_holder_a_reader");
inline const Mutation report_names_the_first_reader("report_names_the_first_reader");  // Rust, debug_refcell
inline const Mutation readers_have_no_bound("readers_have_no_bound");  // claytonwramsey/dumpster@ff320bf
inline const Mutation take_ignores_borrows("take_ignores_borrows");
inline const Mutation swap_with_itself_is_allowed("swap_with_itself_is_allowed");
inline const Mutation end_before_a_borrow_goes_unnoticed("end_before_a_borrow_goes_unnoticed");
inline const Mutation empty_guard_is_read_through("empty_guard_is_read_through");
inline const Mutation throwing_replace_stays_borrowed("throwing_replace_stays_borrowed");
// Copies on write.
inline const Mutation small_values_are_copied_at_once("small_values_are_copied_at_once");
inline const Mutation second_write_copies_again("second_write_copies_again");
inline const Mutation own_copies("own_copies");
inline const Mutation into_owned_copies_an_owned_value("into_owned_copies_an_owned_value");
inline const Mutation copy_of_a_borrowed_one_owns("copy_of_a_borrowed_one_owns");
inline const Mutation copy_of_an_owned_one_borrows("copy_of_an_owned_one_borrows");
inline const Mutation move_assignment_leaks("move_assignment_leaks");
inline const Mutation throwing_copy_loses_the_source("throwing_copy_loses_the_source");  // triomphe@4488d19
inline const Mutation view_is_that_of_the_copy("view_is_that_of_the_copy");
inline const Mutation equality_asks_who_owns("equality_asks_who_owns");
inline const Mutation throwing_into_owned_leaks("throwing_into_owned_leaks");

}  // namespace assay::mutant
