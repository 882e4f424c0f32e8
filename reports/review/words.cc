#include "reports/review/words.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace assay::report {
namespace {

constexpr std::size_t kMentioned = 3;  // in the sentence
constexpr double kTimesFrom = 100;     // a ratio that nobody reads as a percentage
constexpr std::size_t kLongest = 300;  // of a text from elsewhere, in characters

std::string fixed(double value, int decimals) {
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

// 1,234,567.8
std::string grouped(double value, int decimals) {
  const std::string plain = fixed(value, decimals);
  const std::size_t first = plain[0] == '-' ? 1 : 0, point = std::min(plain.find('.'), plain.size());
  std::string text;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (i > first && i < point && (point - i) % 3 == 0) text += ',';
    text += plain[i];
  }
  return text;
}

// As many as the row's own change needs, for its interval too.
int decimals_of(const ComparisonRow& row) {
  const double size = 100 * std::abs(row.ratio - 1);
  if (size >= 0.995) return 1;
  return is_time(row) || size >= 0.0995 || size == 0 ? 2 : 4;
}

// "+3.4", with a minus sign that is one.
std::string signed_percent(double ratio, int decimals) {
  const std::string text = fixed(100 * std::abs(ratio - 1), decimals);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return (zero ? "±" : ratio < 1 ? "−" : "+") + text;
}

std::string times(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "×%.3g", ratio);
  return text;
}

// Length of the character of UTF-8 that begins at `at`, and its number; length 0 when there is none.
struct Character {
  std::size_t length;
  std::uint32_t number;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return {0, 0};
  std::uint32_t number = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {0, 0};
    number = (number << 6) | (byte(at + i) & 0x3FU);
  }
  const bool surrogate = number >= 0xD800 && number < 0xE000;
  return number < kLeast[length] || number > 0x10FFFF || surrogate ? Character{0, 0}
                                                                   : Character{length, number};
}

bool is_text(std::uint32_t number) {
  const bool turns_direction =
      (number >= 0x202A && number <= 0x202E) || (number >= 0x2066 && number <= 0x2069);
  const bool control = number < 0x20 || (number >= 0x7F && number < 0xA0);
  return !control && !turns_direction && number != 0x2028 && number != 0x2029 && (number & 0xFFFE) != 0xFFFE;
}

std::string mention(const Review& review, Standing standing, Quote quote) {
  std::string text;
  std::size_t count = 0;
  for (const ReviewedRow& reviewed : review.rows) {
    if (reviewed.standing != standing || ++count > kMentioned) continue;
    const ComparisonRow& row = *reviewed.row;
    text += (text.empty() ? "" : ", ") + quote(shortened(reviewed.name, 80)) + " " + change_text(row) + " (" +
            (is_time(row) ? range_text(row) : values_text(row)) + ")";
  }
  if (count > kMentioned) text += " and " + plural(count - kMentioned, "") + "more";
  return text;
}

std::string failures_text(const Review& review, Quote quote) {
  std::string text = plural(review.failures.size(), "measurement") + " failed: ";
  for (std::size_t i = 0; i < std::min(review.failures.size(), kMentioned); ++i)
    text += (i == 0 ? "" : ", ") + failure_text(review.failures[i], quote);
  if (review.failures.size() > kMentioned)
    text += " and " + plural(review.failures.size() - kMentioned, "") + "more";
  return text + ".";
}

}  // namespace

bool is_time(const ComparisonRow& row) { return row.unit.starts_with("ns") || row.unit == "cycles"; }

std::string change_text(const ComparisonRow& row) {
  if (row.base_value == 0 && row.subject_value != 0) return "from 0";
  return row.ratio >= kTimesFrom ? times(row.ratio) : signed_percent(row.ratio, decimals_of(row)) + " %";
}

std::string range_text(const ComparisonRow& row) {
  if (!is_time(row)) return "exact";
  if (row.high >= kTimesFrom) return times(row.low) + " … " + times(row.high);
  const int decimals = decimals_of(row);
  return signed_percent(row.low, decimals) + " … " + signed_percent(row.high, decimals) + " %";
}

std::string evidence_text(const ComparisonRow& row) {
  return is_time(row) ? plural(row.samples.size(), "restart") : "counted";
}

std::string values_text(const ComparisonRow& row) {
  double base = row.base_value, subject = row.subject_value;
  std::string unit = row.unit == "count" ? "" : " " + legible(row.unit);
  if (row.unit == "bytes" && std::fmod(base, 1024) == 0 && std::fmod(subject, 1024) == 0)
    base /= 1024, subject /= 1024, unit = " KiB";
  const double least = std::min(std::abs(base), std::abs(subject));
  const bool whole = base == std::floor(base) && subject == std::floor(subject);
  const int decimals = (whole && !is_time(row)) || least >= 1000 ? 0 : least >= 10 ? 1 : 2;
  return grouped(base, decimals) + " → " + grouped(subject, decimals) + unit;
}

const char* standing_text(Standing standing) {
  static constexpr std::array<const char*, kStandings> kTexts = {"CONTROL",   "worse", "worse?",   "better",
                                                                 "undecided", "same",  "unchanged"};
  return kTexts[static_cast<std::size_t>(standing)];
}

std::string remark_text(const ReviewedRow& reviewed) {
  const ComparisonRow& row = *reviewed.row;
  std::string text;
  if (reviewed.standing == Standing::kControlFailed)
    text = "base and head are the same bytes here, and yet they differ";
  else if (row.confirmation == Confirmation::kConfirmed)
    text = "confirmed by a differently padded build";
  else if (row.confirmation == Confirmation::kRefuted)
    text = "alarm refuted by a differently padded build";
  else if (row.confirmation == Confirmation::kImpossible)
    text = "could not be confirmed";
  else if (reviewed.standing == Standing::kUnconfirmed)
    text = "not confirmed: no differently padded build was measured";
  if (reviewed.standing == Standing::kUndecided && row.more > 0)
    text += (text.empty() ? "" : "; ") + ("about " + plural(row.more, "more restart"));
  if (!row.detail.empty()) text += (text.empty() ? "" : ": ") + shortened(legible(row.detail), kLongest);
  return text;
}

std::string finding_text(const ReviewedRow& reviewed) {
  const ComparisonRow& row = *reviewed.row;
  const std::string remark = remark_text(reviewed);
  return change_text(row) + " (" + range_text(row) + (is_time(row) ? ", " + evidence_text(row) : "") + "), " +
         values_text(row) + (remark.empty() ? "" : ", " + remark);
}

std::string failure_text(const FailedMeasurement& failed, Quote quote) {
  return quote(shortened(legible(failed.failure->workload), 80)) + " of " +
         quote(shortened(failed.revision, 80)) + " (" +
         quote(shortened(legible(failed.failure->reason), kLongest)) + ")";
}

std::string control_text(const Review& review) {
  if (review.controls == 0) return "";
  const std::size_t failed = review.count(Standing::kControlFailed);
  return "control: " + plural(review.controls, "identical program") + " measured, " +
         (failed == 0 ? (review.controls == 1 ? "it does not differ" : "none differs")
                      : plural(failed, "row") + (failed == 1 ? " differs" : " differ"));
}

std::string plural(std::size_t count, std::string_view noun) {
  return grouped(static_cast<double>(count), 0) + " " + std::string(noun) +
         (count == 1 || noun.empty() ? "" : "s");
}

std::string verdict_sentence(const Review& review, Quote quote) {
  const std::string among = " among " + plural(review.rows.size(), "comparison");
  const auto regressions = review.count(Standing::kRegression), unsure = review.count(Standing::kUnconfirmed),
             better = review.count(Standing::kBetter), undecided = review.count(Standing::kUndecided);
  std::string text;
  if (review.count(Standing::kControlFailed) > 0)
    return "Invalid: base and head differ where they are the same bytes, so noise cannot be told from "
           "change: " +
           mention(review, Standing::kControlFailed, quote) + ".";
  if (review.rows.empty() && review.failures.empty()) return "Invalid: nothing was compared.";
  if (regressions > 0)
    text = plural(regressions, "confirmed regression") + among + ": " +
           mention(review, Standing::kRegression, quote) + ".";
  else if (!review.failures.empty())
    return "Invalid: " + failures_text(review, quote);
  else if (review.count(Standing::kUnchanged) == review.rows.size())
    text = "Unchanged: base and head are the same bytes in " + plural(review.rows.size(), "comparison") + ".";
  else
    text = (unsure > 0 ? "No confirmed regression" : "No regression") + among + ".";
  if (!review.failures.empty()) text += " " + failures_text(review, quote);
  std::string rest;
  for (const auto& [count, what] :
       {std::pair{unsure, "worse but not confirmed"}, {better, "better"}, {undecided, "undecided"}})
    if (count > 0) rest += (rest.empty() ? " " : ", ") + plural(count, "") + what;
  return text + rest + (rest.empty() ? "" : ".");
}

std::string legible(std::string_view text, bool keep_lines) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const bool space = text[at] == '\n' || text[at] == '\t' || text[at] == '\r';
    if (space)
      result += keep_lines && text[at] != '\r' ? text[at] : ' ';
    else if (character.length > 0 && is_text(character.number))
      result += text.substr(at, character.length);
    else
      result += "\uFFFD";
    at += std::max<std::size_t>(character.length, 1);
  }
  return result;
}

std::string shortened(std::string_view text, std::size_t most) {
  if (characters(text) <= most) return std::string(text);
  std::size_t end = 0;
  for (std::size_t count = 0; count < most || (text[end] & 0xC0) == 0x80; ++end)
    count += (text[end] & 0xC0) != 0x80;
  // `end` is behind the first `most` characters; the last of them gives way to the ellipsis.
  do --end;
  while ((text[end] & 0xC0) == 0x80);
  return std::string(text.substr(0, end)) + "…";
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace assay::report
