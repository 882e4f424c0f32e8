// Measures every subject under every workload and leaves a results file and a report.
#pragma once

#include "suites/runner/options.h"
#include "suites/runner/signal_watch.h"

namespace assay::suite {

constexpr int kDone = 0;
constexpr int kSomeFailed = 1;
constexpr int kUsage = 2;
constexpr int kNotWritten = 3;
constexpr int kInterrupted = 130;

// Returns one of the exit codes above. Throws UsageError, SubjectError, RecordError.
int run_benchmarks(const Options& options, SignalWatch& signals);

}  // namespace assay::suite
