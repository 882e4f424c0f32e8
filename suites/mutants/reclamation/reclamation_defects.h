// The defects of MutantDomain and its structures.
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// What is protected.
inline const Mutation protection_expires("protection_expires");
inline const Mutation published_without_second_look("published_without_second_look");
inline const Mutation pinned_reader_is_left_behind("pinned_reader_is_left_behind");  // of regions
inline const Mutation tag_hides_the_object("tag_hides_the_object");
// Guards.
inline const Mutation end_of_guard_unpins_its_object("end_of_guard_unpins_its_object");
inline const Mutation moved_guard_loses_its_object("moved_guard_loses_its_object");
inline const Mutation moved_to_guard_keeps_its_object("moved_to_guard_keeps_its_object");
inline const Mutation guard_survives_exception("guard_survives_exception");
inline const Mutation one_guard_less("one_guard_less");
inline const Mutation one_guard_more("one_guard_more");
// What is freed.
inline const Mutation collect_stops_at_what_is_kept("collect_stops_at_what_is_kept");
inline const Mutation kept_long_is_freed_twice("kept_long_is_freed_twice");
inline const Mutation end_leaks_one_of_many("end_leaks_one_of_many");
inline const Mutation given_deleter_is_ignored("given_deleter_is_ignored");
inline const Mutation retired_by_deleter_is_lost("retired_by_deleter_is_lost");
inline const Mutation record_is_kept_for_good("record_is_kept_for_good");
// Garbage.
inline const Mutation automatic_collections_become_rarer("automatic_collections_become_rarer");
inline const Mutation garbage_forgets_what_was_kept("garbage_forgets_what_was_kept");
// Threads and domains.
inline const Mutation garbage_of_ended_thread_is_lost("garbage_of_ended_thread_is_lost");
inline const Mutation records_are_never_reused("records_are_never_reused");
inline const Mutation another_domain_is_collected("another_domain_is_collected");
inline const Mutation thread_keeps_its_place_in_next_domain("thread_keeps_its_place_in_next_domain");
// Structures.
inline const Mutation very_long_stack_swaps_values("very_long_stack_swaps_values");
inline const Mutation very_long_queue_swaps_values("very_long_queue_swaps_values");
inline const Mutation map_replaces_value("map_replaces_value");
inline const Mutation stack_loses_value_between_threads("stack_loses_value_between_threads");
inline const Mutation stack_gives_value_twice_between_threads("stack_gives_value_twice_between_threads");
inline const Mutation queue_reorders_between_threads("queue_reorders_between_threads");
inline const Mutation map_erases_twice_between_threads("map_erases_twice_between_threads");
inline const Mutation popped_value_lives_on("popped_value_lives_on");

}  // namespace assay::mutant
