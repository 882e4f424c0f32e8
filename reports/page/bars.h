// A bar for each subject in one metric: the centre as a bar, its interval as a whisker, samples as dots: all
// of them, or kMostDots that are evenly taken.
#pragma once

#include <string>

#include "reports/page/tables.h"

namespace assay::report {

inline constexpr std::size_t kMostDots = 60;  // of a bar

std::string bars(const Tables& tables, const Workload& workload, const std::string& metric,
                 const std::string& heading);

}  // namespace assay::report
