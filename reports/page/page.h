// The report: one HTML file that needs no network and, for everything it says, no JavaScript.
#pragma once

#include <string>

#include "reports/read.h"

namespace assay::report {

// Throws FormatError when the runs cannot stand on one page.
std::string page(const Results& results);

}  // namespace assay::report
