// The run in one screen of text. The precise statistics, with intervals and verdicts, are the report's.
#pragma once

#include <string>
#include <vector>

#include "suites/core/subject.h"
#include "suites/runner/board.h"
#include "suites/runner/workload.h"

namespace assay::suite {

std::string summary_table(const Board& board, const std::vector<Subject>& subjects,
                          const std::vector<Workload>& workloads);

}  // namespace assay::suite
