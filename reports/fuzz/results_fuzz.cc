// Any bytes as a results file. What is accepted can also be exported.
#include <optional>
#include <sstream>

#include "reports/fuzz/obligation.h"
#include "reports/history/google_benchmark.h"
#include "reports/history/lnt.h"

namespace assay::report {
namespace {

std::optional<Results> read(const std::string& bytes, bool allow_truncated) {
  std::optional<Results> results;
  reads([&] {
    std::istringstream input(bytes);
    results = read_results(input, kInputName, allow_truncated);
  });
  return results;
}

}  // namespace

bool accepts(const std::string& bytes) {
  const std::optional<Results> whole = read(bytes, false), cut = read(bytes, true);
  if (whole && !cut) broken("refused only where an incomplete line is allowed", bytes);
  if (!cut) return false;
  export_lnt(*cut);
  if (cut->runs.size() != 1) return true;
  const std::string exported = export_google_benchmark(*cut);
  const bool empty = cut->measurements.empty() && cut->failures.empty();
  if (reads([&] { import_google_benchmark(exported, kInputName, {}); }) == empty)
    broken("an export that is not imported as it should", exported);
  return true;
}

}  // namespace assay::report
