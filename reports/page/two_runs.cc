#include "reports/page/two_runs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "reports/compare.h"
#include "reports/page/markup.h"
#include "reports/page/tables.h"

namespace assay::report {
namespace {

constexpr double kSame = 1.01;  // an interval that holds 1 and stays within this factor of it

using Key =
    std::tuple<std::string, std::string, std::string, std::string>;  // subject, suite, workload, metric

struct Values {
  const Measurement* first = nullptr;
  Rounds rounds;
};

// Rounds of several runs of one side follow each other.
std::map<Key, Values> values_of(const Results& results) {
  std::map<Key, Values> values;
  for (const Measurement& measurement : results.measurements) {
    if (measurement.unit == "hash" || is_course(measurement.metric)) continue;
    const Subject& subject = results.subjects[measurement.subject];
    if (subject.role == Role::kNull) continue;
    Values& of = values[{subject.name, measurement.suite, measurement.workload, measurement.metric}];
    of.first = of.first ? of.first : &measurement;
    of.rounds[{subject.run, measurement.round}] = measurement.samples;
  }
  for (const Failure& failure : results.failures)
    std::erase_if(values, [&](const auto& entry) {
      const auto& [name, suite, workload, metric] = entry.first;
      return name == results.subjects[failure.subject].name && suite == failure.suite &&
             workload == failure.workload;
    });
  return values;
}

std::vector<double> medians(const Rounds& rounds) {
  std::vector<double> values;
  for (const auto& [round, samples] : rounds) values.push_back(median(samples));
  return values;
}

bool is_time(const std::string& unit) {
  for (const char* prefix : {"ns", "us", "µs", "ms", "cycles", "s/"})
    if (unit.starts_with(prefix)) return true;
  return unit == "s" || unit.ends_with("/s");
}

// Nothing when a value is not positive: there is no ratio then.
bool compare(const std::vector<double>& base, const std::vector<double>& head, ComparisonRow* row) {
  row->base_value = median(base);
  row->subject_value = median(head);
  const auto positive = [](double value) { return value > 0; };
  if (!std::all_of(base.begin(), base.end(), positive) || !std::all_of(head.begin(), head.end(), positive))
    return false;
  std::vector<double> logs;
  for (std::size_t i = 0; i < std::min(base.size(), head.size()); ++i) {
    logs.push_back(std::log(head[i] / base[i]));
    row->samples.push_back(head[i] / base[i]);
  }
  const auto [least_base, most_base] = std::minmax_element(base.begin(), base.end());
  const auto [least_head, most_head] = std::minmax_element(head.begin(), head.end());
  const bool exact = *least_base == *most_base && *least_head == *most_head;
  const Estimate estimate = locate(logs);
  row->ratio = exact ? *least_head / *least_base : std::exp(estimate.value);
  // Below the least number of rounds nothing is known but that all of them lie between these.
  const Interval range = {*least_head / *most_base, *most_head / *least_base};
  row->low = exact ? row->ratio : estimate.interval ? std::exp(estimate.interval->low) : range.low;
  row->high = exact ? row->ratio : estimate.interval ? std::exp(estimate.interval->high) : range.high;
  row->p = exact ? (row->ratio == 1 ? 1 : 0) : estimate.interval ? signed_rank_p(logs) : 1;
  const bool enough = exact || estimate.interval;
  if (enough && row->low > 1)
    row->decision = row->less_is_better ? Decision::kWorse : Decision::kBetter;
  else if (enough && row->high < 1)
    row->decision = row->less_is_better ? Decision::kBetter : Decision::kWorse;
  else if (enough && row->low >= 1 / kSame && row->high <= kSame)
    row->decision = Decision::kSame;
  if (row->decision == Decision::kUndecided && !enough) row->more = kLeastRounds - logs.size();
  return true;
}

std::string name_of_run(const Results& results) {
  const Run& run = results.runs.front();
  return run.commit.empty() ? run.id : run.id + " (" + run.commit + ")";
}

}  // namespace

TwoRuns compare_runs(const Results& base, const Results& head) {
  TwoRuns two;
  two.counted.runs = head.runs;
  two.counted.subjects = head.subjects;
  // Of one subject in several versions or roles the page keeps apart what it can: here only its name counts.
  for (Subject& subject : two.counted.subjects)
    if (subject.role == Role::kBaseline) subject.role = Role::kPeer;
  two.times.runs = two.counted.runs;
  two.times.subjects = two.counted.subjects;
  two.counted.truncated = base.truncated;
  two.counted.truncated.insert(two.counted.truncated.end(), head.truncated.begin(), head.truncated.end());
  if (base.runs.empty() || head.runs.empty()) throw FormatError("a comparison needs a run on either side");

  const bool same_machine = std::all_of(base.runs.begin(), base.runs.end(), [&](const Run& run) {
    return std::all_of(head.runs.begin(), head.runs.end(),
                       [&](const Run& other) { return run.machine == other.machine; });
  });
  const std::map<Key, Values> before = values_of(base), after = values_of(head);
  std::size_t lonely = 0, without_ratio = 0;
  for (const auto& [key, values] : after) {
    const auto other = before.find(key);
    if (other == before.end()) {
      ++lonely;
      continue;
    }
    const Measurement& measurement = *values.first;
    const bool time = is_time(measurement.unit);
    if (time && !same_machine) continue;
    ComparisonRow row{};
    row.subject = measurement.subject;
    row.base = name_of_run(base);
    row.suite = measurement.suite;
    row.workload = measurement.workload;
    row.metric = measurement.metric;
    row.unit = measurement.unit;
    row.less_is_better = measurement.less_is_better;
    row.decision = Decision::kUndecided;
    if (!compare(medians(other->second.rounds), medians(values.rounds), &row)) {
      ++without_ratio;
      continue;
    }
    if (time) row.decision = Decision::kUndecided;
    (time ? two.times : two.counted).comparisons.push_back(std::move(row));
  }
  std::vector<double> p_values;
  for (const ComparisonRow& row : two.counted.comparisons) p_values.push_back(row.p);
  const std::vector<bool> real = discoveries(p_values, kFalseShare);
  for (std::size_t i = 0; i < real.size(); ++i) {
    Decision& decision = two.counted.comparisons[i].decision;
    if (!real[i] && (decision == Decision::kBetter || decision == Decision::kWorse))
      decision = Decision::kUndecided;
  }
  for (const auto& [key, values] : before) lonely += !after.contains(key);
  if (!same_machine)
    two.notes.push_back(
        "The runs come from different machines: their times cannot be compared and are left out.");
  if (lonely) two.notes.push_back(join("Left out: ", counted(lonely, "figure"), " of one run only."));
  if (without_ratio)
    two.notes.push_back(
        join("Left out: ", counted(without_ratio, "figure"), " with a value of zero, which has no ratio."));
  return two;
}

}  // namespace assay::report
