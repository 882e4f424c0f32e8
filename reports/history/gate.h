// Judges a history: is there a change for the worse among the latest runs that nobody has accepted?
//
// Counted quantities are judged on every machine, times on one: the same program counts the same everywhere,
// and takes its own time. A time is judged by its ratio to the baseline's where a run has a baseline
// (points.h). A change that a later one has made good again is not held against anybody, nor is one of a
// machine that has recorded nothing since: the run after it is at most kRecent older than the newest of all.
// Counters of other tools are not judged, because nobody knows which way is better, except rates: what ends
// in _per_second.
//
// Many series are looked at, so a change needs a p that is small among all of them: kAlarms divided
// by their number, where that is less than find_changes asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/history/history.h"

namespace assay::report {

struct GateSettings {
  std::string machine;       // whose times are judged; empty: that of the latest run
  std::size_t within = 30;   // latest runs of a machine
  double least_time = 0.01;  // relative sizes: a smaller change is none
  double least_counted = 0.002;
};

inline constexpr std::int64_t kRecent = 90 * 24 * 3600;  // seconds
inline constexpr double kAlarms = 0.05;
inline constexpr std::size_t kLeastValues = 4;  // of a series in which a change can be found at all

// So many values of each series are looked at: enough to know a level, however long the history is.
std::size_t window_of(const GateSettings& settings);

struct Regression {
  std::size_t series;  // index into History::series
  Change change;
  std::size_t good, bad;            // indices into History::runs: between these it happened
  const Acknowledgement* accepted;  // null: nobody has
};

struct GateFindings {
  std::string machine;
  std::size_t times = 0, counted = 0;   // series that were long enough to be judged
  std::vector<Regression> regressions;  // not accepted ones first, then the largest
};

// Fills in the changes of the series that it judges.
GateFindings judge(History* history, const GateSettings& settings);

// As more runs come in, the place where a change is found moves by so many values: an acknowledgement still
// holds.
inline constexpr std::size_t kMoves = 3;

// That covers the change; null when nobody has accepted it.
const Acknowledgement* acceptance(const History& history, const HistorySeries& series, const Change& change);

// One may be written shorter, and either may say with a plus sign that the tree was changed.
bool same_commit(const std::string& a, const std::string& b);

double size_of(const Change& change);  // relative; 0.1: a tenth more. From 0 on: infinite

}  // namespace assay::report
