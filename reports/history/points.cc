#include "reports/history/points.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "reports/compare.h"

namespace assay::report {
namespace {

constexpr const char* kDividedBy = " ÷ ";
constexpr const char* kFailures = "failures";

// The same on every machine of a kind, and in every run up to what the kernel adds.
bool is_counted(const std::string& unit) {
  constexpr std::array kCounted = {"count", "bytes", "instructions", "calls", "ratio"};
  return std::find(kCounted.begin(), kCounted.end(), unit) != kCounted.end();
}

double value_of(const Rounds& rounds) {
  std::vector<double> values;
  for (const auto& [round, samples] : rounds) values.push_back(median(samples));
  return median(std::move(values));
}

}  // namespace

std::vector<Point> points_of(const Results& results) {
  std::set<std::tuple<std::size_t, std::string, std::string>> failed;
  for (const Failure& failure : results.failures)
    failed.emplace(failure.subject, failure.suite, failure.workload);
  std::map<SeriesName, Rounds> series;
  std::map<SeriesName, double> values;
  const auto failures_of = [&](std::size_t subject, const std::string& suite,
                               const std::string& workload) -> double& {
    const Subject& one = results.subjects[subject];
    return values[{results.runs[one.run].machine, suite, workload, one.name, kFailures, "count", true, true}];
  };
  std::string baseline;
  for (const Measurement& measured : results.measurements) {
    const Subject& subject = results.subjects[measured.subject];
    if (subject.role == Role::kBaseline) baseline = subject.name;
    if (subject.role == Role::kNull) continue;
    failures_of(measured.subject, measured.suite, measured.workload);
    if (measured.unit == "hash" || is_course(measured.metric) ||
        failed.contains({measured.subject, measured.suite, measured.workload}))
      continue;
    series[{results.runs[subject.run].machine, measured.suite, measured.workload, subject.name,
            measured.metric, measured.unit, measured.less_is_better, is_counted(measured.unit)}]
          [{0, measured.round}] = measured.samples;
  }
  for (const auto& [subject, suite, workload] : failed)
    if (results.subjects[subject].role != Role::kNull) failures_of(subject, suite, workload) = 1;
  for (const auto& [name, rounds] : series) {
    values[name] = value_of(rounds);
    if (name.counted || name.subject == baseline) continue;
    SeriesName other = name;
    other.subject = baseline;
    const auto base = series.find(other);
    if (base == series.end()) continue;
    std::vector<double> logs;
    for (const auto& [round, ratio] : pair_rounds(rounds, base->second)) logs.push_back(ratio);
    const auto finite = [](double value) { return std::isfinite(value); };
    if (logs.empty() || !std::all_of(logs.begin(), logs.end(), finite)) continue;
    SeriesName relative = name;
    relative.metric = relative_metric(name.metric, baseline);
    relative.unit = "ratio";
    values[relative] = std::exp(median(std::move(logs)));
  }
  std::vector<Point> points;
  for (const auto& [name, value] : values)
    if (std::isfinite(value)) points.push_back({name, value});
  for (const Point& point : points)
    for (const std::string* text : {&point.series.suite, &point.series.workload, &point.series.subject,
                                    &point.series.metric, &point.series.unit})
      if (text->find('\0') != std::string::npos) throw FormatError("a name has the character 0 in it");
  return points;
}

std::string relative_metric(const std::string& metric, const std::string& baseline) {
  return metric + kDividedBy + baseline;
}

bool is_relative(const std::string& metric) { return metric.find(kDividedBy) != std::string::npos; }

std::string absolute_metric(const std::string& metric) { return metric.substr(0, metric.find(kDividedBy)); }

}  // namespace assay::report
