// The table of all series, each with its course as a small drawing.
#pragma once

#include <string>

#include "reports/page/history_changes.h"

namespace assay::report {

std::string history_series_section(const History& history, const FoundChanges& changes);

}  // namespace assay::report
