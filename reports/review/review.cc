#include "reports/review/review.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "reports/judge.h"
#include "reports/review/words.h"
#include "reports/statistics.h"

namespace assay::report {
namespace {

// As a logarithm. What was 0 before has changed infinitely.
double size_of_change(const ComparisonRow& row) {
  if (row.base_value == 0 && row.subject_value != 0) return std::numeric_limits<double>::infinity();
  return row.ratio > 0 ? std::abs(std::log(row.ratio)) : 0;
}

bool was_measured(const ComparisonRow& row) { return row.samples.size() > 1 || row.ratio != 1; }

std::set<const ComparisonRow*> failed_controls(const std::vector<const ComparisonRow*>& controls) {
  const Rule rule;
  std::vector<double> p_values;
  for (const ComparisonRow* row : controls) p_values.push_back(row->p);
  const std::vector<bool> differs = discoveries(p_values, rule.level);
  std::set<const ComparisonRow*> failed;
  for (std::size_t i = 0; i < controls.size(); ++i)
    if (differs[i] && size_of_change(*controls[i]) >= std::log1p(rule.floor)) failed.insert(controls[i]);
  return failed;
}

Standing standing_of(const ComparisonRow& row) {
  switch (row.decision) {
    case Decision::kWorse:
      return !is_time(row) || row.confirmation == Confirmation::kConfirmed ? Standing::kRegression
                                                                           : Standing::kUnconfirmed;
    case Decision::kBetter:
      return Standing::kBetter;
    case Decision::kUndecided:
      return Standing::kUndecided;
    case Decision::kSame:
      return Standing::kSame;
    case Decision::kUnchanged:
      return Standing::kUnchanged;
  }
  return Standing::kUndecided;
}

std::string revision_of(const Subject& subject) {
  return legible(subject.version.empty() ? subject.name : subject.version);
}

// Who is compared: the pair of the first row, or what the roles say when there is none.
void name_sides(const Results& results, Review* review) {
  const ComparisonRow* first = results.comparisons.empty() ? nullptr : &results.comparisons.front();
  for (std::size_t i = 0; i < results.subjects.size(); ++i) {
    const Subject& subject = results.subjects[i];
    const bool head = first != nullptr ? first->subject == i : subject.role == Role::kPeer;
    const bool base = first != nullptr
                          ? first->base == subject.name && results.subjects[first->subject].run == subject.run
                          : subject.role == Role::kBaseline;
    if (head) review->head = revision_of(subject);
    if (base) review->base = revision_of(subject);
  }
  if (!results.runs.empty()) review->machine = legible(results.runs.front().machine);
}

void name_rows(std::vector<ReviewedRow>* rows) {
  std::map<std::string, std::size_t> uses;
  for (ReviewedRow& reviewed : *rows) {
    reviewed.name = legible(reviewed.row->workload + " " + reviewed.row->metric);
    ++uses[reviewed.name];
  }
  for (ReviewedRow& reviewed : *rows) {
    const std::string& owner = reviewed.row->target.empty() ? reviewed.row->suite : reviewed.row->target;
    if (uses[reviewed.name] > 1) reviewed.name = legible(owner) + " " + reviewed.name;
  }
}

Answer answer_of(const Review& review) {
  if (review.count(Standing::kControlFailed) > 0) return Answer::kInvalid;
  if (review.count(Standing::kRegression) > 0) return Answer::kRegression;
  return review.rows.empty() || !review.failures.empty() ? Answer::kInvalid : Answer::kNoRegression;
}

}  // namespace

Review review(const Results& results) {
  Review review;
  name_sides(results, &review);
  std::vector<const ComparisonRow*> controls;
  std::set<std::pair<std::string, std::string>> programs;
  for (const ComparisonRow& row : results.comparisons) {
    if (row.decision != Decision::kUnchanged || !was_measured(row)) continue;
    controls.push_back(&row);
    programs.emplace(row.target, row.workload);
  }
  review.controls = programs.size();
  const std::set<const ComparisonRow*> failed = failed_controls(controls);
  for (const ComparisonRow& row : results.comparisons) {
    const Standing standing = failed.contains(&row) ? Standing::kControlFailed : standing_of(row);
    review.rows.push_back({&row, standing, ""});
    ++review.counts[static_cast<std::size_t>(standing)];
  }
  std::stable_sort(review.rows.begin(), review.rows.end(), [](const auto& a, const auto& b) {
    const auto key = [](const ReviewedRow& reviewed) {
      return std::tuple(reviewed.standing, -size_of_change(*reviewed.row));
    };
    return key(a) < key(b);
  });
  name_rows(&review.rows);
  for (const Failure& failure : results.failures)
    review.failures.push_back({&failure, revision_of(results.subjects[failure.subject])});
  review.answer = answer_of(review);
  return review;
}

std::string verdict_sentence(const Review& review) {
  return verdict_sentence(review, [](std::string_view text) { return std::string(text); });
}

}  // namespace assay::report
