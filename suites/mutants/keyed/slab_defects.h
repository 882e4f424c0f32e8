// The defects of MutantSlab. Those that were found in the field name their source.
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// Which keys are given.
inline const Mutation long_free_list_keeps_its_head("long_free_list_keeps_its_head");
inline const Mutation growth_gives_second_key_first("growth_gives_second_key_first");
inline const Mutation reuses_oldest_vacancy_first("reuses_oldest_vacancy_first");
inline const Mutation vacant_key_ignores_vacancies("vacant_key_ignores_vacancies");
inline const Mutation vacant_key_stale_after_shrink("vacant_key_stale_after_shrink");
inline const Mutation dropped_vacant_entry_is_lost("dropped_vacant_entry_is_lost");
// What they find.
inline const Mutation second_remove_succeeds("second_remove_succeeds");
inline const Mutation key_truncated_to_32_bits("key_truncated_to_32_bits");
inline const Mutation get_many_bounds_by_capacity("get_many_bounds_by_capacity");  // RUSTSEC-2025-0047
inline const Mutation get_many_gives_one_value_twice("get_many_gives_one_value_twice");
inline const Mutation get_many_fills_before_it_fails("get_many_fills_before_it_fails");
inline const Mutation key_of_finds_vacated_value("key_of_finds_vacated_value");
inline const Mutation key_of_takes_any_address_for_inside("key_of_takes_any_address_for_inside");
inline const Mutation failed_remove_decrements_size("failed_remove_decrements_size");
inline const Mutation dead_key_is_read("dead_key_is_read");
// Many values at once.
inline const Mutation iteration_stops_at_size("iteration_stops_at_size");
inline const Mutation retain_skips_after_removal("retain_skips_after_removal");  // slotmap #69
inline const Mutation throwing_predicate_loses_value("throwing_predicate_loses_value");
inline const Mutation abandoned_drain_keeps_the_rest("abandoned_drain_keeps_the_rest");
inline const Mutation drain_skips_first_slot("drain_skips_first_slot");  // slotmap #69
inline const Mutation drain_frees_capacity("drain_frees_capacity");
inline const Mutation clear_keeps_next_key("clear_keeps_next_key");
inline const Mutation clear_frees_capacity("clear_frees_capacity");
inline const Mutation clear_leaks_values("clear_leaks_values");
// Room.
inline const Mutation shrink_forgets_vacancies("shrink_forgets_vacancies");
inline const Mutation compact_ignores_refusal("compact_ignores_refusal");
inline const Mutation throwing_compact_loses_value("throwing_compact_loses_value");
inline const Mutation reserve_counts_live_values_in("reserve_counts_live_values_in");
inline const Mutation reserve_overflow_wraps("reserve_overflow_wraps");
inline const Mutation growth_swaps_values("growth_swaps_values");
inline const Mutation failed_growth_counts_a_value("failed_growth_counts_a_value");
inline const Mutation thousandth_insertion_appends("thousandth_insertion_appends");
// Other slabs.
inline const Mutation rebuild_forgets_gaps("rebuild_forgets_gaps");  // slab #100
inline const Mutation rebuild_keeps_first_duplicate("rebuild_keeps_first_duplicate");
inline const Mutation copy_orders_vacancies_anew("copy_orders_vacancies_anew");
inline const Mutation copy_assignment_between_upstreams_leaks("copy_assignment_between_upstreams_leaks");
inline const Mutation move_assignment_leaks("move_assignment_leaks");
inline const Mutation move_assignment_keeps_upstream("move_assignment_keeps_upstream");
inline const Mutation moved_from_keeps_size("moved_from_keeps_size");
inline const Mutation throwing_copy_counts_all("throwing_copy_counts_all");  // slotmap #110
inline const Mutation throwing_emplace_loses_vacancy("throwing_emplace_loses_vacancy");

}  // namespace assay::mutant
