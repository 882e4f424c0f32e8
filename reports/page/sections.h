// The sections of the page, in the order in which they stand on it. Each is complete HTML.
#pragma once

#include <string>

#include "reports/page/tables.h"
#include "reports/read.h"

namespace assay::report {

std::string verdict_section(const Tables& tables, const Results& results);  // the answer, in words
std::string summary_section(const Tables& tables);  // a row for each subject, and a picture
std::string picture(const Tables& tables);          // speed against memory
std::string heat_map_section(const Tables& tables);
std::string workloads_section(const Tables& tables);
std::string conformance_section(const Tables& tables);
std::string environment_section(const Tables& tables, const Results& results);
std::string data_script(const Tables& tables);  // the figures of the page as JSON

// Pieces that several sections use.
std::string full_name(const Column& column);                      // "mimalloc 2.0.9"
std::string name_of(Outcome outcome, const std::string& metric);  // "faster", "leaner", "tie"
std::string clause_link(const Clause& clause);                    // its id, linked to its row
std::string workload_link(const Workload& workload, const std::string& content);

}  // namespace assay::report
