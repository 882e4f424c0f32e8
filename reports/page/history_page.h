// The page of a history: what changed for the worse, the course of every series, and any two runs beside each
// other, in one HTML file that needs no network.
//
// Ten thousand runs of a thousand series are ten million values: they are on the page as far as an eye can
// tell them apart (history_data.h), and of the tables the first rows are in the document; the rest is packed
// and unpacked when somebody asks (history_listing.h). Without JavaScript the verdict, the worst changes and
// the courses of their series can be read.
#pragma once

#include <string>

#include "reports/history/history.h"

namespace assay::report {

// The changes of the series have been found already; the page says the same as the gate (gate.h).
std::string history_page(const History& history);

}  // namespace assay::report
