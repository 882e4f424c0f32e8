// The defects of MutantHttpHead and MutantSharedHead, by the clause that they break.
#pragma once

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

// The start line.
inline const Mutation scheme_is_no_part_of_the_target("scheme_is_no_part_of_the_target");
inline const Mutation slash_is_a_method_byte("slash_is_a_method_byte");
inline const Mutation method_of_16_bytes_at_most("method_of_16_bytes_at_most");
inline const Mutation target_may_have_utf8("target_may_have_utf8");
inline const Mutation target_may_be_a_name("target_may_be_a_name");
inline const Mutation star_may_go_on("star_may_go_on");
inline const Mutation target_may_have_del("target_may_have_del");
inline const Mutation request_of_any_minor_version("request_of_any_minor_version");
inline const Mutation request_of_1_2_is_refused("request_of_1_2_is_refused");
inline const Mutation response_of_1_2_is_refused("response_of_1_2_is_refused");
inline const Mutation third_empty_line_is_a_request("third_empty_line_is_a_request");
inline const Mutation status_in_eight_bits("status_in_eight_bits");
inline const Mutation response_of_any_minor_version("response_of_any_minor_version");
inline const Mutation empty_lines_before_a_response("empty_lines_before_a_response");
inline const Mutation status_may_have_two_digits("status_may_have_two_digits");
inline const Mutation reason_may_have_escapes("reason_may_have_escapes");
inline const Mutation missing_reason_is_the_status("missing_reason_is_the_status");
// Fields.
inline const Mutation name_may_be_empty("name_may_be_empty");
inline const Mutation name_may_have_brackets("name_may_have_brackets");
inline const Mutation tab_before_the_colon("tab_before_the_colon");
inline const Mutation value_may_have_nul("value_may_have_nul");  // nodejs/http-parser before 2.6
inline const Mutation value_may_have_del("value_may_have_del");
inline const Mutation value_has_ascii_only("value_has_ascii_only");
inline const Mutation blanks_behind_a_value_stay("blanks_behind_a_value_stay");
inline const Mutation tab_before_a_value_stays("tab_before_a_value_stays");
inline const Mutation tab_folds_a_line("tab_folds_a_line");
inline const Mutation second_set_cookie_is_dropped("second_set_cookie_is_dropped");
// Ends of lines and heads.
inline const Mutation cr_alone_ends_a_field("cr_alone_ends_a_field");  // CVE-2022-32214
inline const Mutation lf_alone_ends_a_field("lf_alone_ends_a_field");
inline const Mutation allowed_lf_does_not_end_the_head("allowed_lf_does_not_end_the_head");
inline const Mutation allowing_lf_allows_cr("allowing_lf_allows_cr");
inline const Mutation blank_behind_the_head_folds("blank_behind_the_head_folds");
// Limits.
inline const Mutation head_limit_one_late("head_limit_one_late");
inline const Mutation one_field_too_many("one_field_too_many");
inline const Mutation empty_lines_count_as_start_line("empty_lines_count_as_start_line");
// Pieces.
inline const Mutation long_name_begins_with_the_piece("long_name_begins_with_the_piece");
inline const Mutation views_are_of_the_first_input("views_are_of_the_first_input");
inline const Mutation body_of_pieces_is_none("body_of_pieces_is_none");
inline const Mutation looks_back("looks_back");
inline const Mutation reset_keeps_fields("reset_keeps_fields");
inline const Mutation line_feed_alone_is_no_piece("line_feed_alone_is_no_piece");
inline const Mutation shorter_input_is_taken("shorter_input_is_taken");
// Memory.
inline const Mutation values_are_copied("values_are_copied");
inline const Mutation looks_behind_the_input("looks_behind_the_input");
inline const Mutation head_keeps_no_handle("head_keeps_no_handle");
inline const Mutation slices_are_copies("slices_are_copies");
inline const Mutation reset_keeps_the_bytes("reset_keeps_the_bytes");
inline const Mutation half_a_head_keeps_bytes("half_a_head_keeps_bytes");
inline const Mutation field_beyond_the_last("field_beyond_the_last");
// The length of the body.
inline const Mutation find_ignores_bit_five("find_ignores_bit_five");
inline const Mutation find_takes_prefixes("find_takes_prefixes");
inline const Mutation length_wraps("length_wraps");
inline const Mutation length_may_have_a_sign("length_may_have_a_sign");  // RFC 9112, 11.2
inline const Mutation last_length_wins("last_length_wins");
inline const Mutation encoding_hides_the_length("encoding_hides_the_length");
inline const Mutation chunked_anywhere("chunked_anywhere");
inline const Mutation chunked_by_its_end("chunked_by_its_end");
inline const Mutation empty_element_is_the_last("empty_element_is_the_last");
inline const Mutation commas_in_quotes_count("commas_in_quotes_count");
inline const Mutation chunked_has_parameters("chunked_has_parameters");
inline const Mutation old_version_may_be_chunked("old_version_may_be_chunked");
inline const Mutation encoding_overrides_the_length("encoding_overrides_the_length");
inline const Mutation unknown_encoding_is_no_body("unknown_encoding_is_no_body");
inline const Mutation repeated_length_is_taken("repeated_length_is_taken");
inline const Mutation answer_to_head_has_a_body("answer_to_head_has_a_body");
inline const Mutation no_content_has_a_length("no_content_has_a_length");
inline const Mutation connect_opens_no_tunnel("connect_opens_no_tunnel");

}  // namespace assay::mutant
