// Any bytes as a results file that is recorded in a history, and as a file that lies in one, compressed or
// not. What can be recorded can be read again.
#include <optional>
#include <vector>

#include "reports/fuzz/obligation.h"
#include "reports/history/gzip.h"
#include "reports/history/run_file.h"

namespace assay::report {

bool accepts(const std::string& bytes) {
  reads([&] { read_run(kInputName, bytes); });
  reads([&] { read_run(kInputName, compress(bytes)); });
  std::vector<RunFile> files;
  const auto unknown = [](const std::string&) { return std::optional<std::int64_t>(); };
  if (!reads([&] { files = split_runs(kInputName, bytes, true, "", unknown); })) return false;
  for (const RunFile& file : files)
    if (!reads([&] { read_run(kInputName, compress(file.text)); }))
      broken("a run that was recorded cannot be read", file.text);
  return true;
}

}  // namespace assay::report
