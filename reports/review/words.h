// The words of a review, the same in every form. No percentage stands alone: of a time there is its interval
// and the number of restarts, of a counted quantity the two counts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "reports/review/review.h"

namespace assay::report {

// `quote` is given every name and text that comes from elsewhere.
using Quote = std::string (*)(std::string_view);

bool is_time(const ComparisonRow& row);

std::string change_text(const ComparisonRow& row);      // "+3.4 %", "−0.42 %", "from 0"
std::string range_text(const ComparisonRow& row);       // "+2.9 … +4.0 %"; "exact" of a counted quantity
std::string evidence_text(const ComparisonRow& row);    // "12 restarts"; "counted"
std::string values_text(const ComparisonRow& row);      // "42.4 → 43.9 ns/op"
const char* standing_text(Standing standing);           // "worse", "worse?", "better", …
std::string remark_text(const ReviewedRow& reviewed);   // how it was confirmed, or what is missing
std::string finding_text(const ReviewedRow& reviewed);  // all of these, and the remark
std::string control_text(const Review& review);  // "control: 3 identical programs measured, none differs"
std::string failure_text(const FailedMeasurement& failed, Quote quote);
std::string plural(std::size_t count, std::string_view noun);  // "1 restart", "1,200 restarts"

std::string verdict_sentence(const Review& review, Quote quote);

// Valid UTF-8 that holds no control character, so that it is text everywhere: what is none becomes U+FFFD,
// line ends and tabs become spaces, or stay with `keep_lines`.
std::string legible(std::string_view text, bool keep_lines = false);

// At most `most` characters, the last an ellipsis when there were more.
std::string shortened(std::string_view text, std::size_t most);
std::size_t characters(std::string_view text);  // of UTF-8

}  // namespace assay::report
