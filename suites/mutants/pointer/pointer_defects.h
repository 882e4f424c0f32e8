// The defects of MutantPointer and MutantIntrusive. Those that were found in the field name their source.
#pragma once

#include <cstddef>

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// Release.
inline const Mutation last_owners_both_destroy("last_owners_both_destroy");  // RUSTSEC-2025-0024
inline const Mutation counts_down_in_two_steps("counts_down_in_two_steps");
inline const Mutation destroyed_on_a_helper_thread("destroyed_on_a_helper_thread");
inline const Mutation five_thousandth_release_is_lost("five_thousandth_release_is_lost");
inline const Mutation chains_recurse("chains_recurse");
inline const Mutation second_child_recurses("second_child_recurses");
inline const Mutation reset_destroys_first("reset_destroys_first");
inline const Mutation copy_assignment_destroys_first("copy_assignment_destroys_first");
inline const Mutation move_assignment_destroys_first("move_assignment_destroys_first");
// Weaks.
inline const Mutation upgrade_looks_then_counts("upgrade_looks_then_counts");  // SerenityOS #4639
inline const Mutation upgrade_finds_dying_object("upgrade_finds_dying_object");
inline const Mutation object_waits_for_three_weaks("object_waits_for_three_weaks");
inline const Mutation last_weak_leaks_block("last_weak_leaks_block");
inline const Mutation cyclic_weak_finds_unmade("cyclic_weak_finds_unmade");
inline const Mutation cyclic_weak_never_finds("cyclic_weak_never_finds");
inline const Mutation throwing_cyclic_leaks("throwing_cyclic_leaks");
// Counts.
inline const Mutation owners_have_no_limit("owners_have_no_limit");  // dumpster ff320bf
inline const Mutation owner_limit_is_late("owner_limit_is_late");
inline const Mutation upgrade_has_no_limit("upgrade_has_no_limit");
inline const Mutation self_assignment_drops("self_assignment_drops");
inline const Mutation self_move_drops("self_move_drops");
inline const Mutation copied_alias_owns_nothing("copied_alias_owns_nothing");
inline const Mutation constructing_move_keeps_address("constructing_move_keeps_address");
inline const Mutation assigning_move_keeps_address("assigning_move_keeps_address");
inline const Mutation use_count_rounds_hundreds("use_count_rounds_hundreds");
inline const Mutation into_raw_counts("into_raw_counts");
inline const Mutation from_raw_counts("from_raw_counts");
inline const Mutation empty_objects_are_equal("empty_objects_are_equal");
inline const Mutation equality_compares_numbers("equality_compares_numbers");
inline const Mutation nothings_differ("nothings_differ");
// Making.
inline const Mutation make_constructs_twice("make_constructs_twice");
inline const Mutation over_aligned_object_is_misaligned("over_aligned_object_is_misaligned");
inline const Mutation throwing_constructor_leaks_block("throwing_constructor_leaks_block");
inline const Mutation throwing_constructor_destroys("throwing_constructor_destroys");
inline const Mutation large_value_made_on_stack("large_value_made_on_stack");
inline const Mutation large_value_dies_on_stack("large_value_dies_on_stack");
inline const Mutation make_in_puts_large_objects_on_heap("make_in_puts_large_objects_on_heap");
inline const Mutation make_in_counts_on_heap("make_in_counts_on_heap");
inline const Mutation gives_back_rounded_size("gives_back_rounded_size");
inline const Mutation page_is_given_back_as_line("page_is_given_back_as_line");
inline const Mutation owner_of_finds_unmade("owner_of_finds_unmade");
inline const Mutation owner_of_finds_dying("owner_of_finds_dying");
inline const Mutation owner_of_counts_nothing("owner_of_counts_nothing");
inline const Mutation copied_object_finds_owner("copied_object_finds_owner");
// The value.
inline const Mutation unwrap_takes_shared_value("unwrap_takes_shared_value");
inline const Mutation unwrap_keeps_weaks("unwrap_keeps_weaks");
inline const Mutation refused_unwrap_drops("refused_unwrap_drops");
inline const Mutation get_mut_ignores_weaks("get_mut_ignores_weaks");
inline const Mutation get_mut_ignores_owners("get_mut_ignores_owners");
inline const Mutation make_mut_copies_unshared("make_mut_copies_unshared");
inline const Mutation make_mut_copies_twice("make_mut_copies_twice");
inline const Mutation make_mut_writes_small_values_in_place("make_mut_writes_small_values_in_place");
inline const Mutation make_mut_copies_beside_weaks("make_mut_copies_beside_weaks");
inline const Mutation make_mut_keeps_weaks("make_mut_keeps_weaks");
inline const Mutation throwing_move_loses_claim("throwing_move_loses_claim");
inline const Mutation throwing_copy_leaks_block("throwing_copy_leaks_block");
inline const Mutation refused_copy_drops_source("refused_copy_drops_source");
inline const Mutation throwing_copy_empties_source("throwing_copy_empties_source");
inline const Mutation throwing_copy_drops_source("throwing_copy_drops_source");  // triomphe 4488d19
// The count in the object.
inline const Mutation adopt_counts("adopt_counts");
inline const Mutation retain_is_not_counted("retain_is_not_counted");
inline const Mutation retain_counts_twice("retain_counts_twice");
inline const Mutation dying_object_dies_again("dying_object_dies_again");
inline const Mutation retain_has_no_limit("retain_has_no_limit");
inline const Mutation dying_object_knows_owner("dying_object_knows_owner");
inline const Mutation copy_knows_owner_of_original("copy_knows_owner_of_original");
inline const Mutation found_owner_is_not_counted("found_owner_is_not_counted");
// Other types.
inline const Mutation converted_copy_ends_base_only("converted_copy_ends_base_only");
inline const Mutation converted_copy_counts_nothing("converted_copy_counts_nothing");
inline const Mutation array_is_destroyed_forwards("array_is_destroyed_forwards");
inline const Mutation array_keeps_first_element("array_keeps_first_element");
inline const Mutation array_size_wraps("array_size_wraps");
inline const Mutation throwing_element_leaks_others("throwing_element_leaks_others");

inline constexpr std::size_t kLarge = 100'000;  // bytes, of a value that has no place on a small stack

// What a temporary object of that size does to the stack.
[[gnu::noinline]] inline void use_stack() {
  volatile unsigned char object[10 * kLarge];
  for (std::size_t i = 0; i < sizeof object; i += 1024) object[i] = 0;
}

}  // namespace assay::mutant
