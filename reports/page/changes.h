// Comparisons of two builds, or of two libraries: in words, as intervals on a line, and as a table.
#pragma once

#include <string>
#include <vector>

#include "reports/read.h"

namespace assay::report {

// The worst first: worse, better, undecided, same, unchanged; the largest change first among equals.
std::vector<const ComparisonRow*> worst_first(const Results& results);

std::string change_id(const Results& results, const ComparisonRow& row);
std::string changes_sentence(const Results& results);  // for the verdict; empty without comparisons
std::string with_version(const Results& results, const std::string& name);  // "head 1a2b3c4"

enum class Source {
  kTurns,  // of short turns, decided
  kRuns,   // counted in two runs, decided
  kHints,  // timed in two runs: shown without a decision
};
std::string changes_section(const Results& results, Source source);

}  // namespace assay::report
