// Measures every subject under every workload and leaves a results file and a report.
#pragma once

#include "suites/runner/options.h"
#include "suites/runner/signal_watch.h"

namespace assay::suite {

constexpr int kExitDone = 0;
constexpr int kExitUsage = 2;
constexpr int kExitNotWritten = 3;
constexpr int kExitInterrupted = 130;

// Returns one of the exit codes above. Throws UsageError, SubjectError, RecordError.
int run_benchmarks(const Options& options, SignalWatch& signals);

}  // namespace assay::suite
