// Exact quantities of a program: what it executes, asks of the kernel and occupies, beside the times, which
// are never exact. Two builds are compared by them on any machine, however busy.
//
// Instructions are those of the measured passes: callgrind, valgrind's simulator, counts while the function
// assay_measured_pass, which the program has for that, runs in a thread; hardware counters would count
// interrupts too and are refused in most containers. Of system calls see system_calls.h. The other figures
// are the program's own (reports/FORMAT.md).
//
// A count is worth something only where it is the same again. Pinned for that: addresses (under callgrind
// they are always the same), the program's name (always "/proc/self/fd/NNN": a program that copies it begins
// with another heap when it is a character longer) and the size of arguments and environment, which decides
// how the stack is aligned. What is left is found out by counting twice: time (jemalloc and mimalloc return
// memory by the clock), random numbers that the allocator asks for, the order in which threads run. A
// quantity of which the two differ is shown with both and decides nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/runner/signal_watch.h"

namespace assay::trials {

struct Quantity {
  const char* metric;  // as in reports/FORMAT.md
  const char* unit;
  std::uint64_t first = 0, second = 0;
  std::string absent = {};  // why there is no number; "" when there are two
  std::string detail = {};  // for people

  bool exact() const { return absent.empty() && first == second; }
};

struct Counts {
  Quantity instructions{"instructions", "count"};
  Quantity system_calls{"system_calls", "count"};  // detail: those that manage memory
  Quantity page_faults{"page_faults", "count"};
  Quantity peak_resident{"peak_resident", "bytes"};
  Quantity steady_resident{"steady_resident", "bytes"};

  std::array<const Quantity*, 5> all() const {
    return {&instructions, &system_calls, &page_faults, &peak_resident, &steady_resident};
  }
};

// Runs the program `arguments[0]`, a path, several times with `environment` (all of it, LD_PRELOAD included),
// dozens of times slower than usual: choose arguments with which it takes some 20 ms. It writes its figures
// to descriptor suite::kReportDescriptor. Never throws because of what the program does.
Counts count(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
             suite::SignalWatch& signals);

}  // namespace assay::trials
