// A quantity over time, window or length: metrics of which is_course(), each round's samples at equal steps.
#pragma once

#include <vector>

#include "reports/page/tables.h"

namespace assay::report {

// The median of the rounds at each of at most `most` equal steps from the first sample to the last.
std::vector<double> course_of(const Series& series, std::size_t most);

// The sum of the rounds at every step: of counts, where what is rare may be in one round only.
std::vector<double> sums_of(const Series& series);

}  // namespace assay::report
