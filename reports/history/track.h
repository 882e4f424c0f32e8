// The command `track`: a history of runs, and what it says (run it with --help).
#pragma once

#include <functional>
#include <string>

#include "reports/history/history.h"

namespace assay::report {

using PageMaker = std::function<std::string(const History&)>;  // one HTML file

// Exit status: 0 no new regression, or done; 1 regression; 2 wrong usage or I/O error; 3 nothing to judge.
// Without `make_page` there is no `report --out`.
int track(int argc, const char* const* argv, const PageMaker& make_page);

}  // namespace assay::report
