// Who takes part in a run, and which workloads each subject's program has.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "suites/core/subject.h"
#include "suites/runner/options.h"
#include "suites/runner/workload.h"

namespace assay::suite {

struct Field {
  std::vector<Subject> subjects;                 // one of them the baseline, if any that may be is available
  std::vector<std::string> programs;             // by subject: what runs its workloads
  std::vector<Workload> workloads;               // of any subject, selected
  std::vector<std::vector<bool>> runs;           // by subject and workload: it takes part
  std::vector<std::vector<Obstacle>> obstacles;  // by subject: selected, and this machine cannot run them
};

// The subjects that the options name and the workloads that they select. Throws UsageError, SubjectError, and
// std::runtime_error when a program does not answer.
Field find_field(const Options& options);

}  // namespace assay::suite
