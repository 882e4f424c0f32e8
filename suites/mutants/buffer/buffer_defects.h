// The defects that MutantBytes can have, by the clause that each breaks (suites/mutants/buffer/BUILD).
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// Of shared handles.
inline const Mutation static_bytes_copied("static_bytes_copied");
inline const Mutation copy_of_aliases_source("copy_of_aliases_source");
inline const Mutation self_assignment_releases_first("self_assignment_releases_first");
inline const Mutation move_assignment_copies("move_assignment_copies");
inline const Mutation compares_signed("compares_signed");
inline const Mutation compares_sizes_first("compares_sizes_first");
inline const Mutation slice_loses_last_byte("slice_loses_last_byte");
inline const Mutation slice_of_ends_early("slice_of_ends_early");
inline const Mutation split_off_keeps_a_byte("split_off_keeps_a_byte");
inline const Mutation truncate_to_one_ignored("truncate_to_one_ignored");
inline const Mutation slice_checks_length_only("slice_checks_length_only");
inline const Mutation advance_unchecked("advance_unchecked");
inline const Mutation slice_of_ignores_the_end("slice_of_ignores_the_end");
inline const Mutation truncate_grows("truncate_grows");
inline const Mutation split_allocates_scratch("split_allocates_scratch");
inline const Mutation split_copies_by_malloc("split_copies_by_malloc");

// Of their storage.
inline const Mutation short_slices_do_not_count("short_slices_do_not_count");
inline const Mutation frozen_middle_is_lent("frozen_middle_is_lent");
inline const Mutation assignment_of_nothing_leaks("assignment_of_nothing_leaks");
inline const Mutation owner_asked_before_move("owner_asked_before_move");
inline const Mutation owner_of_nothing_leaks("owner_of_nothing_leaks");
inline const Mutation empty_slice_leaks("empty_slice_leaks");  // netty #3260
inline const Mutation empty_regain_ends_storage("empty_regain_ends_storage");
inline const Mutation mutable_assignment_leaks("mutable_assignment_leaks");
inline const Mutation owner_unique_with_a_copy("owner_unique_with_a_copy");
inline const Mutation mutable_parts_do_not_count("mutable_parts_do_not_count");
inline const Mutation regained_beside_another("regained_beside_another");
inline const Mutation owner_becomes_mutable("owner_becomes_mutable");
inline const Mutation count_is_torn("count_is_torn");
inline const Mutation refused_regain_lets_go("refused_regain_lets_go");
inline const Mutation no_regain_beside_threads("no_regain_beside_threads");
inline const Mutation refused_reclaim_lets_go("refused_reclaim_lets_go");
inline const Mutation owners_end_within_each_other("owners_end_within_each_other");

// Of mutable handles.
inline const Mutation large_capacity_rounded_down("large_capacity_rounded_down");
inline const Mutation commit_of_all_loses_one("commit_of_all_loses_one");
inline const Mutation resize_by_one_fills_nothing("resize_by_one_fills_nothing");
inline const Mutation mutable_truncate_to_one_ignored("mutable_truncate_to_one_ignored");
inline const Mutation mutable_move_copies("mutable_move_copies");
inline const Mutation commit_unchecked("commit_unchecked");
inline const Mutation reserve_forgets_size("reserve_forgets_size");
inline const Mutation reclaim_overflow_wraps("reclaim_overflow_wraps");  // RUSTSEC-2026-0007
inline const Mutation try_reclaim_one_short("try_reclaim_one_short");
inline const Mutation reclaim_refuses_many_bytes("reclaim_refuses_many_bytes");
inline const Mutation reserve_doubles_for_ever("reserve_doubles_for_ever");  // bytes #559
inline const Mutation split_loses_the_room("split_loses_the_room");
inline const Mutation growth_takes_neighbours_room("growth_takes_neighbours_room");
inline const Mutation unsplit_loses_the_room("unsplit_loses_the_room");
inline const Mutation unsplit_ignores_the_gap("unsplit_ignores_the_gap");
inline const Mutation freeze_copies_few_bytes("freeze_copies_few_bytes");
inline const Mutation clear_takes_front_room("clear_takes_front_room");
inline const Mutation appended_bytes_move_away("appended_bytes_move_away");
inline const Mutation growth_leaks_malloc_block("growth_leaks_malloc_block");
inline const Mutation capacity_set_before_allocation("capacity_set_before_allocation");
inline const Mutation malloc_failure_lost("malloc_failure_lost");
inline const Mutation exhaustion_leaks("exhaustion_leaks");
inline const Mutation failed_owner_leaks("failed_owner_leaks");

}  // namespace assay::mutant
