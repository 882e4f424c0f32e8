// A bar for each subject in one metric: the centre as a bar, its interval as a whisker, each sample as a dot.
#pragma once

#include <string>

#include "reports/page/tables.h"

namespace assay::report {

std::string bars(const Tables& tables, const Workload& workload, const std::string& metric,
                 const std::string& heading);

Estimate centre(const Series& series);  // of the medians of the rounds

}  // namespace assay::report
