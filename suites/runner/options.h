// What a run of the benchmarks is asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace assay::suite {

// How much is measured. Chosen so that five subjects take about two minutes, seven minutes, an hour.
struct Effort {
  int rounds;
  int repetitions;  // samples of each process
  double scale;     // of the workloads' live sizes
  bool thorough;    // also the workloads that are too long for daily use
};
constexpr Effort kQuick{6, 1, 1, false};
constexpr Effort kUsual{10, 3, 1, false};
constexpr Effort kThorough{20, 5, 4, true};

struct Options {
  // Set by the build target.
  std::string suite = "malloc";  // family of the subjects, for the results
  std::string benchmarks;        // the workload program of the subjects that are libraries
  std::vector<std::string>
      programs;  // "name=path": subjects that are built into workload programs of their own
  std::vector<std::string> probes;              // "name=path": and into programs that run one clause
  std::string only;                             // regular expression: the workloads that this target is about
  std::string conformance_tool;                 // "" for none
  std::string report_tool;                      // "" for none
  std::vector<std::string> subjects;            // "name=path", relative to the current directory
  std::string null_allocator;                   // path, "" for none
  std::vector<std::string> baselines{"glibc"};  // the first one that is available is
  bool baseline_named = false;                  // by the target or the person, and so must exist
  std::vector<std::string> deviations;          // "name=path": the list for that subject

  // Set by the person.
  Effort effort = kUsual;
  std::string filter;                              // regular expression that selects workloads
  std::optional<std::vector<std::string>> chosen;  // names of subjects that take part beside the baseline
  std::vector<std::string> preloads;               // more subjects, relative to the person's directory
  std::string json;                                // the results file; "" for one inside `out`
  std::string out;                                 // directory; "" for a new one
  std::uint64_t seed = 1;
  bool huge_pages = false;  // as the system has them, else never
  bool list = false;
  bool conformance = true;

  double quiet_seconds = 5;  // without any progress: hung
  int cpu_seconds = 120;     // more than that: runaway

  std::string command;  // the person's part of the command line, for the record
};

// A request that cannot be carried out; the message says why. Exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Null after --help, which prints. Throws UsageError.
std::optional<Options> parse_options(int count, const char* const* arguments);

}  // namespace assay::suite
