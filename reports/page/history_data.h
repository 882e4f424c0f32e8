// The figures behind the history page, packed for its scripts.
//
// A series of at most kWhole values is there as it is. Of a longer one these values are exact: those of the
// whole runs (the latest kLatest of each machine and as many spread over the earlier ones, so that any two of
// them can be compared in every series), the first, and both beside each change. Of the others, the lowest,
// the middle and the highest of each stretch of runs stand for all, as four digits: every point that is drawn
// is one that was measured.
#pragma once

#include <cstddef>
#include <string>

#include "reports/page/history_changes.h"

namespace assay::report {

inline constexpr std::size_t kWhole = 400, kLatest = 100;

std::string history_data(const History& history, const FoundChanges& changes);  // the element

}  // namespace assay::report
