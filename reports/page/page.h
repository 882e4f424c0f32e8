// The report: one HTML file that needs no network and, for everything it says, no JavaScript.
#pragma once

#include <string>

#include "reports/read.h"

namespace assay::report {

// Throws FormatError when the runs cannot stand on one page.
std::string page(const Results& results);

// Two runs that were made one after the other: see two_runs.h.
std::string page_of_two(const Results& base, const Results& head);

}  // namespace assay::report
