// A change that somebody has looked at and accepted, as an immutable file of the store:
// acknowledged/<time>-….json.
#pragma once

#include <string>
#include <vector>

#include "reports/history/history.h"
#include "reports/history/store.h"

namespace assay::report {

// The name of the new file.
std::string acknowledge(Store* store, const Acknowledgement& acknowledgement);

// In order of time. A file that cannot be read acknowledges nothing and is described in `problems`.
std::vector<Acknowledgement> acknowledgements(Store* store, std::vector<std::string>* problems);

}  // namespace assay::report
