// Google Benchmark's JSON in and out, so that anybody's benchmarks can have a history here and ours can be
// read by tools that know nothing of Assay.
//
// In (`--benchmark_out_format=json` of versions 1.5 to 1.9): one file is one process, hence one run of one
// subject.
//
//   run_name            case; a second benchmark of the same name becomes `name #2`
//   up to the first /   family
//   cpu_time, real_time cpu_time and wall_time in ns/op, whatever their time_unit
//   label               sentence
//   any other number    a metric of that name. Google Benchmark says neither unit nor direction of a counter:
//   those that
//                       the library itself writes and those of FORMAT.md have theirs; any other has the unit
//                       `counter`, and more of it is better only where its name ends with _per_second
//   repetitions         samples of round 0: they share a process, so they are no independent rounds
//   aggregates          left out; only where a benchmark has nothing else, its median (or mean) is its one
//   sample error_occurred, or  a failure a time not finite context             the environment, each field
//   under its own name but for num_cpus, which is `cores`;
//                       `import notes` says what makes the figures doubtful and what was left out
//
// Out: the same backwards. Every sample of every round is a repetition; `iterations` is 1, because results do
// not record it. Where results hold several suites or subjects, their names stand before the case, so that
// `compare.py filters FILE glibc/ mimalloc/` compares two subjects. Repetitions without both times, for
// example the second and later ones of a size that is taken once a round, are named `…/untimed`, so that
// compare.py, which needs both, passes them over; their run_name is the case.
#pragma once

#include <string>
#include <vector>

#include "reports/read.h"

namespace assay::report {

// What the file does not know. Empty fields are filled as said.
struct ImportSettings {
  std::string run;     // from the file's date and digest, so that a file that is imported twice is recognised
  std::string commit;  // stays empty: unknown
  std::string
      machine;  // 16 hexadecimal digits over host name, processors, their clock to 100 MHz, and caches
  std::string subject;  // the executable's name, or `benchmark`
  std::string suite;    // `google_benchmark`
  std::string started;  // used where the file has no date that can be understood
};

// The lines of a results file, without newlines. `file` is for messages. Throws FormatError.
std::vector<std::string> import_google_benchmark(const std::string& json_text, const std::string& file,
                                                 const ImportSettings& settings);

// Throws std::invalid_argument unless the results are of exactly one run: that is what the format holds.
std::string export_google_benchmark(const Results& results);

}  // namespace assay::report
