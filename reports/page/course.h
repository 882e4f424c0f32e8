// A quantity over time: metrics that end in kOverTime, of which each round's samples are its values at equal
// steps.
#pragma once

#include <vector>

#include "reports/page/tables.h"

namespace assay::report {

// The median of the rounds at each of at most `most` equal steps from the first sample to the last.
std::vector<double> course_of(const Series& series, std::size_t most);

}  // namespace assay::report
