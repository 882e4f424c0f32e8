// Any bytes as Google Benchmark's JSON. What is accepted makes good results, which survive export and import.
#include <sstream>
#include <vector>

#include "reports/fuzz/obligation.h"
#include "reports/history/google_benchmark.h"
#include "reports/history/lnt.h"

namespace assay::report {
namespace {

bool import(const std::string& text, Results* results) {
  std::vector<std::string> lines;
  if (!reads([&] { lines = import_google_benchmark(text, kInputName, {}); })) return false;
  std::string file;
  for (const std::string& line : lines) file += line + "\n";
  std::istringstream input(file);
  if (!reads([&] { *results = read_results(input, kInputName, false); }))
    broken("an import that is no results file", file);
  return true;
}

std::size_t samples(const Results& results) {
  std::size_t count = 0;
  for (const Measurement& measurement : results.measurements) count += measurement.samples.size();
  return count;
}

}  // namespace

bool accepts(const std::string& bytes) {
  Results once, twice;
  if (!import(bytes, &once)) return false;
  export_lnt(once);
  const std::string exported = export_google_benchmark(once);
  if (!import(exported, &twice)) broken("an export that cannot be imported", exported);
  if (samples(once) != samples(twice) || once.failures.size() != twice.failures.size())
    broken("an export that lost figures", exported);
  return true;
}

}  // namespace assay::report
