// Runs one measured process to its end, whatever that is.
#pragma once

#include <string>
#include <vector>

#include "suites/runner/signal_watch.h"

namespace assay::suite {

struct ProcessLimits {
  double quiet_seconds;  // none of its tasks has used or wanted a processor for so long: hung
  int cpu_seconds;       // CPU time used: runaway
};

struct ProcessResult {
  enum class End { kExited, kKilled, kHung, kRunaway, kInterrupted, kNotStarted };
  End end = End::kNotStarted;
  int code = 0;        // exit status, signal, or errno
  std::string report;  // what it wrote to descriptor kReportDescriptor
  std::string errors;  // the last lines of its standard error
  double seconds = 0;  // elapsed
};

constexpr int kReportDescriptor = 3;

// Starts a process group of its own with `environment` and nothing else, and ends all of it before returning.
ProcessResult run_process(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment, const ProcessLimits& limits,
                          SignalWatch& signals);

// "killed by SIGSEGV", "no progress for 5 s", …; "" after exit status 0.
std::string describe_end(const ProcessResult& result, const ProcessLimits& limits);

}  // namespace assay::suite
