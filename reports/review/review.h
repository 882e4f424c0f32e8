// The answer of a comparison of two revisions, in the forms that people and CI systems read.
//
// Input are the comparisons of one run (reports/FORMAT.md); nothing is decided here that they do not say,
// but which of them count:
//
//   control failed  base and head are the same bytes there, and yet they differ: the machine cannot tell
//                   noise from change, so nothing else on the table counts either
//   regression      a time that is worse and was confirmed by a differently padded build, or a counted
//                   quantity that is worse
//   unconfirmed     a time that is worse, and no such build has said so too
//   better, undecided, same, unchanged      as decided
//
// Controls are judged together, as discoveries at the level of the rule: thirty of them would otherwise raise
// a false alarm in every fourth run. Names and details come from programs under test: whatever they hold
// reaches no terminal, file or comment as anything but text.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "reports/read.h"

namespace assay::report {

// kInvalid: a control failed, a measurement failed and nothing else says regression, or nothing was compared.
enum class Answer { kNoRegression, kRegression, kInvalid };

// The worst first.
enum class Standing { kControlFailed, kRegression, kUnconfirmed, kBetter, kUndecided, kSame, kUnchanged };
inline constexpr std::size_t kStandings = 7;

struct ReviewedRow {
  const ComparisonRow* row;
  Standing standing;
  std::string name;  // "fast_path cpu_time", the target before it where several have one of this name
};

struct FailedMeasurement {
  const Failure* failure;
  std::string revision;  // that failed
};

// Points into the results that it was made of.
struct Review {
  std::string base, head;  // revisions
  std::string machine;
  std::vector<ReviewedRow> rows;  // by standing, the largest change first
  std::vector<FailedMeasurement> failures;
  std::array<std::size_t, kStandings> counts{};
  std::size_t controls = 0;  // programs that are the same bytes and were measured nevertheless
  Answer answer = Answer::kInvalid;

  std::size_t count(Standing standing) const { return counts[static_cast<std::size_t>(standing)]; }
};

Review review(const Results& results);

// "1 confirmed regression among 31 comparisons: fast_path cpu_time +3.1 % (+2.4 … +3.9 %)."
std::string verdict_sentence(const Review& review);

// For a terminal; no line is wider than `width`, at least 60. With `colour`, ANSI's sequences.
std::string text_table(const Review& review, bool colour, std::size_t width);

// For a comment of a pull request, which holds 64 KiB: cut with a note where there is more.
inline constexpr std::size_t kMarkdownLimit = 65'000;
std::string markdown(const Review& review);

// As GitLab and Jenkins read it: a test case a row, its class the target; undecided ones are skipped.
std::string junit(const Review& review);

// GitHub shows ten annotations of a kind a step, and in GitLab's list nobody reads further either.
inline constexpr std::size_t kAnnotations = 10;
std::string github_annotations(const Review& review);   // workflow commands, for standard output
std::string gitlab_code_quality(const Review& review);  // JSON

}  // namespace assay::report
