// One check in a process of its own, started, watched and ended.
//
// The child leads a process group, so that whatever it starts can be ended with it. It is judged by progress
// and not by the clock: hung means that no task of the group has used or wanted a processor for seconds
// (suites/core/progress.h), runaway means more than cpu_limit_seconds() of CPU time. A loaded machine
// makes neither more likely.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace assay::suite {

// 60, times what suites/core/length.h says.
unsigned long cpu_limit_seconds();

struct ChildCommand {
  std::vector<std::string> arguments;                            // [0] is the program's path
  std::vector<std::pair<std::string, std::string>> environment;  // added to the driver's own
};

struct ChildOutcome {
  enum class End { kExited, kKilled, kHung, kInterrupted };
  End end = End::kExited;
  int code = 0;                       // exit status, or the signal
  std::vector<std::string> findings;  // lines as suites/core/clause.h sends them: letter, space, message
  std::string output;                 // the last kilobytes of standard output and standard error
};

// Thread-safe. Throws std::system_error when the child cannot be started.
ChildOutcome run_child(const ChildCommand& command);

// Makes every run_child end at once with kInterrupted, now and later. Async-signal-safe.
void interrupt_children();
bool interrupted();

}  // namespace assay::suite
