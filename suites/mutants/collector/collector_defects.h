// The defects of MutantHeap. Those that were found in the field name their source.
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// Roots.
inline const Mutation root_beyond_256th_is_missed("root_beyond_256th_is_missed");
inline const Mutation minor_type_map_ends_at_160_bytes("minor_type_map_ends_at_160_bytes");
inline const Mutation array_loses_its_last_page("array_loses_its_last_page");
inline const Mutation copied_persistent_is_no_root("copied_persistent_is_no_root");
inline const Mutation ended_persistent_keeps_object("ended_persistent_keeps_object");
inline const Mutation assigned_persistent_keeps_what_it_had("assigned_persistent_keeps_what_it_had");
inline const Mutation null_persistent_is_not_assigned("null_persistent_is_not_assigned");
inline const Mutation outermost_construction_is_missed("outermost_construction_is_missed");
inline const Mutation first_argument_is_not_kept("first_argument_is_not_kept");
// Stores.
inline const Mutation pointer_over_another_is_not_remembered("pointer_over_another_is_not_remembered");
inline const Mutation copy_is_not_remembered("copy_is_not_remembered");
inline const Mutation swap_is_not_remembered("swap_is_not_remembered");
inline const Mutation element_of_large_array_is_not_remembered("element_of_large_array_is_not_remembered");
inline const Mutation large_array_is_remembered_once("large_array_is_remembered_once");
inline const Mutation overwritten_by_pointer_is_not_shaded("overwritten_by_pointer_is_not_shaded");
inline const Mutation overwritten_by_copy_is_not_shaded("overwritten_by_copy_is_not_shaded");
inline const Mutation overwritten_by_swap_is_not_shaded("overwritten_by_swap_is_not_shaded");
inline const Mutation overwritten_by_null_is_not_shaded("overwritten_by_null_is_not_shaded");
inline const Mutation overwritten_element_is_not_shaded("overwritten_element_is_not_shaded");
inline const Mutation overwritten_object_is_not_traced("overwritten_object_is_not_traced");
// Marking.
inline const Mutation made_while_marking_is_white("made_while_marking_is_white");
inline const Mutation made_while_sweeping_is_white("made_while_sweeping_is_white");
inline const Mutation words_are_taken_for_references("words_are_taken_for_references");
inline const Mutation collection_zero_marks_nothing("collection_zero_marks_nothing");
inline const Mutation overflow_is_forgotten("overflow_is_forgotten");
inline const Mutation marking_recurs("marking_recurs");
inline const Mutation full_collection_only_ends_another("full_collection_only_ends_another");
inline const Mutation weak_read_is_not_shaded("weak_read_is_not_shaded");
inline const Mutation second_buffer_of_barrier_is_lost("second_buffer_of_barrier_is_lost");
inline const Mutation weak_read_behind_the_marker_is_not_shaded("weak_read_behind_the_marker_is_not_shaded");
inline const Mutation step_does_all("step_does_all");
inline const Mutation allocation_keeps_step_from_its_end("allocation_keeps_step_from_its_end");
inline const Mutation steps_reclaim_at_third_sight("steps_reclaim_at_third_sight");
// Reclaiming.
inline const Mutation object_of_many_collections_is_immortal("object_of_many_collections_is_immortal");
inline const Mutation reference_to_itself_keeps_object(
    "reference_to_itself_keeps_object");  // artichoke/cactusref 44ab28d
inline const Mutation thrown_object_is_destroyed("thrown_object_is_destroyed");
inline const Mutation thrown_object_is_finalized("thrown_object_is_finalized");
inline const Mutation marked_object_outlives_its_heap("marked_object_outlives_its_heap");
inline const Mutation end_of_heap_finalizes("end_of_heap_finalizes");
inline const Mutation large_object_is_not_destroyed("large_object_is_not_destroyed");
inline const Mutation middle_sized_object_is_destroyed_twice("middle_sized_object_is_destroyed_twice");
inline const Mutation overwritten_before_destructor("overwritten_before_destructor");
inline const Mutation thousandth_destructor_runs_elsewhere("thousandth_destructor_runs_elsewhere");
inline const Mutation steps_do_not_finalize("steps_do_not_finalize");
// Weak references.
inline const Mutation weak_list_holds_1024("weak_list_holds_1024");
inline const Mutation weak_of_own_object_is_cleared("weak_of_own_object_is_cleared");
inline const Mutation weak_of_old_object_is_not_remembered("weak_of_old_object_is_not_remembered");
inline const Mutation minor_clears_weaks_of_the_old("minor_clears_weaks_of_the_old");
inline const Mutation finalizers_see_weaks("finalizers_see_weaks");              // cpython #136189
inline const Mutation weaks_of_raised_are_missed("weaks_of_raised_are_missed");  // mmtk-core #1125
// Finalizers.
inline const Mutation two_hundredth_finalizer_is_forgotten("two_hundredth_finalizer_is_forgotten");
inline const Mutation two_hundredth_finalizer_runs_twice("two_hundredth_finalizer_runs_twice");
inline const Mutation batch_of_finalizers_holds_128("batch_of_finalizers_holds_128");
inline const Mutation young_finalizable_is_reclaimed("young_finalizable_is_reclaimed");
inline const Mutation young_finalizable_is_kept_alone("young_finalizable_is_kept_alone");
inline const Mutation young_finalizable_is_finalized_again("young_finalizable_is_finalized_again");
inline const Mutation reachable_object_is_finalized("reachable_object_is_finalized");
inline const Mutation array_that_a_finalizer_keeps_is_lost("array_that_a_finalizer_keeps_is_lost");
inline const Mutation object_of_finalizer_is_immortal("object_of_finalizer_is_immortal");
inline const Mutation finalizer_of_finalizers_object_is_lost("finalizer_of_finalizers_object_is_lost");
inline const Mutation raising_is_bounded("raising_is_bounded");
inline const Mutation finalizable_cycle_is_never_finalized(
    "finalizable_cycle_is_never_finalized");  // bdwgc: ordered finalizers
inline const Mutation returned_object_is_finalized_again(
    "returned_object_is_finalized_again");  // duktape #1467
inline const Mutation returned_object_is_immortal("returned_object_is_immortal");
// Memory.
inline const Mutation large_array_does_not_collect("large_array_does_not_collect");
inline const Mutation limit_is_passed_by_one_object("limit_is_passed_by_one_object");
inline const Mutation null_is_for_good("null_is_for_good");
inline const Mutation object_is_refused_unasked("object_is_refused_unasked");
inline const Mutation refusal_is_for_good("refusal_is_for_good");
inline const Mutation large_array_does_not_ask("large_array_does_not_ask");
inline const Mutation large_array_is_not_counted_out("large_array_is_not_counted_out");
inline const Mutation large_array_is_not_live("large_array_is_not_live");
inline const Mutation five_hundredth_promotion_counts_twice("five_hundredth_promotion_counts_twice");
inline const Mutation paced_collection_gives_nothing_back("paced_collection_gives_nothing_back");
inline const Mutation middle_sized_cell_is_never_given_back("middle_sized_cell_is_never_given_back");
inline const Mutation alignment_ends_at_32("alignment_ends_at_32");
inline const Mutation numbers_begin_as_they_were("numbers_begin_as_they_were");
inline const Mutation array_size_wraps("array_size_wraps");
inline const Mutation last_byte_is_lost("last_byte_is_lost");
// Moves.
inline const Mutation moved_type_map_ends_at_160_bytes("moved_type_map_ends_at_160_bytes");
inline const Mutation fifth_root_is_not_updated("fifth_root_is_not_updated");
inline const Mutation forwarded_twice("forwarded_twice");
inline const Mutation persistent_is_not_updated("persistent_is_not_updated");
inline const Mutation weak_is_not_updated("weak_is_not_updated");
inline const Mutation pinned_object_is_moved("pinned_object_is_moved");
inline const Mutation compaction_keeps_a_reserve("compaction_keeps_a_reserve");
// Generations.
inline const Mutation promoted_one_early("promoted_one_early");
inline const Mutation promoted_one_late("promoted_one_late");
inline const Mutation dead_that_refers_to_the_living_is_kept("dead_that_refers_to_the_living_is_kept");
inline const Mutation overwritten_young_stays_remembered("overwritten_young_stays_remembered");
inline const Mutation dead_old_object_stays_remembered("dead_old_object_stays_remembered");
inline const Mutation promoted_array_is_not_remembered("promoted_array_is_not_remembered");
// Heaps and threads.
inline const Mutation collection_sweeps_later_heap("collection_sweeps_later_heap");
inline const Mutation heaps_count_together("heaps_count_together");
inline const Mutation end_of_heap_clears_all_persistents("end_of_heap_clears_all_persistents");
inline const Mutation mutator_beyond_16th_is_missed("mutator_beyond_16th_is_missed");
inline const Mutation second_root_of_parked_mutator_is_missed("second_root_of_parked_mutator_is_missed");
inline const Mutation third_root_of_other_mutator_is_missed("third_root_of_other_mutator_is_missed");
inline const Mutation buffer_of_ended_mutator_is_lost("buffer_of_ended_mutator_is_lost");
inline const Mutation root_of_other_thread_never_ends("root_of_other_thread_never_ends");
// Schedules, pauses and verify().
inline const Mutation explicit_schedule_is_paced_late("explicit_schedule_is_paced_late");
inline const Mutation array_is_made_without_collection("array_is_made_without_collection");
inline const Mutation every_safepoint_does_nothing("every_safepoint_does_nothing");
inline const Mutation compaction_skips_little_garbage("compaction_skips_little_garbage");
inline const Mutation minor_is_no_pause("minor_is_no_pause");
inline const Mutation pauses_begin_with_their_heap("pauses_begin_with_their_heap");
inline const Mutation nursery_has_one_size("nursery_has_one_size");
inline const Mutation verify_rejects_unfinished_object("verify_rejects_unfinished_object");
inline const Mutation verify_accepts_interior("verify_accepts_interior");
inline const Mutation verify_accepts_other_heaps("verify_accepts_other_heaps");
inline const Mutation verify_ignores_marks("verify_ignores_marks");
inline const Mutation verify_skips_arrays("verify_skips_arrays");

}  // namespace assay::mutant
