// The defects that MutantReader can have, by the clause that each breaks (suites/mutants/reader/BUILD).
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// Of a pass.
inline const Mutation ragged_sector_ends_wrong("ragged_sector_ends_wrong");
inline const Mutation short_range_begins_at_its_sector("short_range_begins_at_its_sector");
inline const Mutation error_is_said_once("error_is_said_once");
inline const Mutation long_range_ends_at_once("long_range_ends_at_once");
inline const Mutation offsets_have_32_bits("offsets_have_32_bits");
inline const Mutation restart_gives_the_old_chunk("restart_gives_the_old_chunk");

// Of files that change.
inline const Mutation range_grows_with_the_file("range_grows_with_the_file");
inline const Mutation size_is_that_of_open("size_is_that_of_open");
inline const Mutation truncation_is_the_end("truncation_is_the_end");
inline const Mutation copies_are_doubted("copies_are_doubted");
inline const Mutation second_confirm_changes_the_chunk("second_confirm_changes_the_chunk");
inline const Mutation faults_of_others_end_well("faults_of_others_end_well");

// Of read(), and of calls.
inline const Mutation read_writes_behind_its_buffer("read_writes_behind_its_buffer");
inline const Mutation read_behind_the_end_is_done("read_behind_the_end_is_done");
inline const Mutation read_uses_the_memory_of_the_pass("read_uses_the_memory_of_the_pass");
inline const Mutation short_read_is_the_end("short_read_is_the_end");
inline const Mutation interruption_is_an_error("interruption_is_an_error");

// Of what a reader is opened on, what it holds, and what it claims.
inline const Mutation empty_file_stays_empty("empty_file_stays_empty");
inline const Mutation directory_is_empty("directory_is_empty");
inline const Mutation second_close_is_for_good("second_close_is_for_good");
inline const Mutation move_ends_the_pass("move_ends_the_pass");
inline const Mutation close_leaks("close_leaks");
inline const Mutation two_megabytes_are_mapped("two_megabytes_are_mapped");
inline const Mutation reads_through_the_cache("reads_through_the_cache");
inline const Mutation chunk_is_mapped("chunk_is_mapped");
inline const Mutation chunk_is_copied("chunk_is_copied");

}  // namespace assay::mutant
