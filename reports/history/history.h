// A history as the gate and the page read it: runs in the order of their commits, and for each series the
// values that these runs recorded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/history/change_points.h"

namespace assay::report {

struct HistoryRun {
  std::string id, commit, machine;
  std::int64_t
      time;  // of the commit where it is known, otherwise when the run started; seconds since 1970, UTC
};

// One metric of one subject on one workload and one machine: series never cross machines.
struct HistorySeries {
  std::string machine, suite, workload, subject, metric, unit;
  bool less_is_better;
  bool
      counted;  // instructions, faults, bytes …: the same on every machine and in every run; otherwise a time
  std::vector<std::uint32_t> runs;  // indices into History::runs, ascending
  std::vector<double> values;       // one for each
  std::vector<Change> changes;      // index: into values
};

// A change that somebody has looked at and accepted.
struct Acknowledgement {
  std::string machine, suite, workload, subject, metric;  // of the series; "*" for any
  std::string commit;                                     // of the first run after the change
  std::string reason, author;
  std::int64_t time;
};

struct History {
  std::vector<HistoryRun> runs;
  std::vector<HistorySeries> series;
  std::vector<Acknowledgement> acknowledgements;
};

}  // namespace assay::report
