// The changes of a history, with the verdict on the latest runs.
//
// The verdict is the gate's (gate.h), asked once for each machine, since the gate judges the times of one.
// The table has every change that was ever found, also those that were made good again.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/history/history.h"

namespace assay::report {

struct FoundChange {
  std::size_t series;  // index into History::series
  Change change;
  const Acknowledgement* accepted;  // null: nobody has, or it is for the better
  double badness;                   // logarithm of the ratio; below 0: for the better
  bool open;  // for the worse, in the latest runs, not made good, and nobody has accepted it

  bool worse() const { return badness > 0; }
};

struct FoundChanges {
  std::vector<FoundChange> all;       // open ones first, then worst first
  std::size_t times = 0, judged = 0;  // series of the latest runs that were long enough; times among them
  std::size_t open = 0;
};

FoundChanges changes_of(const History& history);

std::string history_verdict(const History& history, const FoundChanges& changes);
std::string history_changes_section(const History& history, const FoundChanges& changes);

}  // namespace assay::report
