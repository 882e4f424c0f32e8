// Two runs that were made one after the other, as comparisons: head ÷ base, for each subject, workload and
// metric that both have.
//
// Runs that did not take turns share nothing: the machine may have been quieter in one of them, and no test
// can tell that from a faster program. Only counted quantities (bytes, faults, instructions, ratios of them)
// are decided; times are hints, and between different machines not even that. Rounds are paired by their
// number, which, with nothing shared, is pairing at random: it costs power, not truth.
#pragma once

#include <string>
#include <vector>

#include "reports/read.h"

namespace assay::report {

struct TwoRuns {
  Results counted, times;  // `comparisons` with the subjects and runs of the head; times decide nothing
  std::vector<std::string> notes;  // what was left out, and why
};

TwoRuns compare_runs(const Results& base, const Results& head);

}  // namespace assay::report
