// The defects that MutantLock can be given, in the order of the clauses that they break.
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

inline const Mutation with_locks_nothing("with_locks_nothing");
inline const Mutation hundredth_write_is_lost("hundredth_write_is_lost");
inline const Mutation eighth_try_in_a_row_gets_in("eighth_try_in_a_row_gets_in");
inline const Mutation unlock_writes_to_freed_lock("unlock_writes_to_freed_lock");  // glibc bug 13690
inline const Mutation short_waits_are_rounded_down("short_waits_are_rounded_down");
inline const Mutation times_of_day_never_come("times_of_day_never_come");
inline const Mutation longest_wait_wraps("longest_wait_wraps");
inline const Mutation writer_that_gave_up_still_waits("writer_that_gave_up_still_waits");
inline const Mutation giving_up_wakes_nobody("giving_up_wakes_nobody");
inline const Mutation assignment_keeps_old_lock_held("assignment_keeps_old_lock_held");
inline const Mutation self_move_lets_go("self_move_lets_go");
inline const Mutation poisoned_try_form_gets_in("poisoned_try_form_gets_in");
inline const Mutation refusal_keeps_lock_held("refusal_keeps_lock_held");
inline const Mutation reader_of_poisoned_lock_is_not_told("reader_of_poisoned_lock_is_not_told");
inline const Mutation waiter_for_poisoned_lock_is_not_told("waiter_for_poisoned_lock_is_not_told");
inline const Mutation poison_ends_with_first_guard("poison_ends_with_first_guard");
inline const Mutation clear_poison_does_nothing("clear_poison_does_nothing");
inline const Mutation earlier_exception_poisons("earlier_exception_poisons");
inline const Mutation later_exception_does_not_poison("later_exception_does_not_poison");
inline const Mutation readers_poison("readers_poison");
inline const Mutation into_inner_copies("into_inner_copies");
inline const Mutation into_inner_of_poisoned_lock("into_inner_of_poisoned_lock");
inline const Mutation with_does_not_poison("with_does_not_poison");
inline const Mutation first_value_is_kept_twice("first_value_is_kept_twice");
inline const Mutation try_read_fails_beside_reader("try_read_fails_beside_reader");
inline const Mutation three_readers_keep_nobody_out("three_readers_keep_nobody_out");
inline const Mutation readers_pass_waiting_writer("readers_pass_waiting_writer");
inline const Mutation downgrade_lets_writer_in("downgrade_lets_writer_in");
inline const Mutation downgrade_wakes_nobody("downgrade_wakes_nobody");
inline const Mutation four_waiting_writers_are_forgotten("four_waiting_writers_are_forgotten");
inline const Mutation one_of_four_readers_is_woken("one_of_four_readers_is_woken");
inline const Mutation last_reader_forgets_four_writers("last_reader_forgets_four_writers");
inline const Mutation relocking_gets_in("relocking_gets_in");
inline const Mutation readers_are_not_limited("readers_are_not_limited");

}  // namespace assay::mutant
