// The defects that MutantTransfer and ReferringMutantTransfer can have, by the clause that each breaks
// (suites/mutants/transfer/BUILD).
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// Of bytes from a file, or from memory, to a socket.
inline const Mutation file_ends_with_another_byte("file_ends_with_another_byte");
inline const Mutation memory_ends_with_another_byte("memory_ends_with_another_byte");
inline const Mutation range_begins_at_its_page("range_begins_at_its_page");
inline const Mutation reads_move_the_position("reads_move_the_position");
inline const Mutation offsets_have_31_bits("offsets_have_31_bits");
inline const Mutation lengths_have_31_bits("lengths_have_31_bits");
inline const Mutation file_goes_on_with_another_byte("file_goes_on_with_another_byte");
inline const Mutation memory_goes_on_with_another_byte("memory_goes_on_with_another_byte");
inline const Mutation full_socket_counts_one_less("full_socket_counts_one_less");
inline const Mutation full_socket_is_asked_again("full_socket_is_asked_again");
inline const Mutation interruption_is_an_error("interruption_is_an_error");
inline const Mutation truncated_file_is_done("truncated_file_is_done");
inline const Mutation grown_file_is_sent_whole("grown_file_is_sent_whole");
inline const Mutation ignores_sigpipe_for_good("ignores_sigpipe_for_good");
inline const Mutation nothing_sends_a_byte("nothing_sends_a_byte");
inline const Mutation unreadable_file_is_empty("unreadable_file_is_empty");
inline const Mutation half_a_megabyte_is_not_copied("half_a_megabyte_is_not_copied");

// Of what a transfer holds, and what it says of itself.
inline const Mutation finish_of_nothing_says_again("finish_of_nothing_says_again");
inline const Mutation second_close_is_for_good("second_close_is_for_good");
inline const Mutation move_leaves_the_buffer("move_leaves_the_buffer");
inline const Mutation second_open_leaks("second_open_leaks");
inline const Mutation close_keeps_what_is_owed("close_keeps_what_is_owed");
inline const Mutation copies_are_not_counted("copies_are_not_counted");
inline const Mutation sends_are_not_counted("sends_are_not_counted");
inline const Mutation record_survives_open("record_survives_open");

// Of copies from file to file.
inline const Mutation short_write_is_done("short_write_is_done");
inline const Mutation copy_from_the_end_is_done("copy_from_the_end_is_done");
inline const Mutation copy_clears_the_rest_of_the_page("copy_clears_the_rest_of_the_page");
inline const Mutation zeros_are_not_written("zeros_are_not_written");
inline const Mutation file_without_size_is_empty("file_without_size_is_empty");
inline const Mutation relies_on_the_kernels_copy("relies_on_the_kernels_copy");

// Of sends that refer to memory.
inline const Mutation copies_in_silence("copies_in_silence");
inline const Mutation finish_does_not_look("finish_does_not_look");
inline const Mutation finish_does_not_wait("finish_does_not_wait");

}  // namespace assay::mutant
