// The machine a run took place on, as a results file describes it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace assay::suite {

// The `environment` of a run record: name and value, in the order of reports/FORMAT.md.
std::vector<std::pair<std::string, std::string>> describe_environment();

// 16 hexadecimal digits over CPU model, cores, memory and kernel release.
std::string machine_fingerprint();

}  // namespace assay::suite
