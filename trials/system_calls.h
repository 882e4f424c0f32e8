// Counts the system calls of a program by tracing it: of all its threads and of the processes it starts. What
// an allocator asks of the kernel hardly shows in its instructions, and most of its cost lies there.
//
// A program marks the ends of its measured passes (suites/core/measured_pass.h). Then only what is called
// between marks counts, by whichever thread, and the marks do not. Of a program that marks nothing all calls
// count, those of its start too. Addresses are not randomised while it is traced (where that is permitted):
// how often a block must be mapped anew to be aligned would otherwise be a matter of luck.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "suites/runner/process.h"
#include "suites/runner/signal_watch.h"

namespace assay::trials {

struct SystemCalls {
  suite::ProcessResult process;  // how it ended and what it wrote, as run_process has it
  std::string refused;           // why nothing can be traced here: the program has not run
  bool marked = false;           // it marked its passes
  std::uint64_t total = 0;
  std::map<std::string, std::uint64_t> memory_calls;  // of the total, by name: "mmap", "madvise", …
};

// As run_process: `arguments[0]` is a path, the process leads a group of its own and has `environment` and
// nothing else; all that it started is ended before this returns. Only the calling thread may trace it, so
// nothing else is done meanwhile.
SystemCalls trace_system_calls(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment,
                               const suite::ProcessLimits& limits, suite::SignalWatch& signals);

}  // namespace assay::trials
