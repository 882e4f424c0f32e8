// The values that a run adds to the series of a history.
//
// A value is the median over the rounds of each round's median. A time of a peer is kept a second time,
// divided round by round by the baseline's: what the machine did meanwhile fell on both, so these series are
// the steadier ones. Hashes, the null subject, and cells with a failure have no values; nor has what is not
// finite. `failures` of a cell is 1 where it failed and 0 where it was measured, so that a failure that comes
// to stay is a change like any other.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "reports/read.h"

namespace assay::report {

struct SeriesName {
  std::string machine, suite, workload, subject, metric, unit;
  bool less_is_better, counted;
  auto operator<=>(const SeriesName&) const = default;
};

struct Point {
  SeriesName series;
  double value;
};

// `results` holds one run. In order of the names.
std::vector<Point> points_of(const Results& results);

// The name of a metric divided by the baseline's; and whether a name is one of these.
std::string relative_metric(const std::string& metric, const std::string& baseline);
bool is_relative(const std::string& metric);
std::string absolute_metric(const std::string& metric);  // the name before the division

}  // namespace assay::report
