// The sections of the page, in the order in which they stand on it. Each is complete HTML.
#pragma once

#include <string>

#include "reports/page/tables.h"
#include "reports/read.h"

namespace assay::report {

std::string verdict_section(const Tables& tables, const Results& results);  // the answer, in words
std::string truncation(const Results& results);     // a warning where a file was cut short
std::string trust_section(const Results& results);  // how often the method errs
std::string summary_section(const Tables& tables);  // a row for each subject, and a picture
std::string picture(const Tables& tables);          // speed against memory
std::string heat_map_section(const Tables& tables);
std::string latency_section(const Tables& tables);  // percentiles
std::string pauses_section(const Tables& tables);   // of programs whose memory is collected
std::string memory_section(const Tables& tables);   // over time
std::string workloads_section(const Tables& tables);
std::string conformance_section(const Tables& tables);
std::string environment_section(const Tables& tables, const Results& results);
std::string environment_of(const Results& results);  // of its runs
std::string raw_section(const Tables& tables);
// The figures of the page as JSON; `hints` are comparisons that decide nothing.
std::string data_script(const Tables& tables, const Results& results, const Results* hints = nullptr);

// Pieces that several sections use.
std::string full_name(const Column& column);                      // "mimalloc 2.0.9"
std::string name_of(Outcome outcome, const std::string& metric);  // "faster", "leaner", "tie"
std::string clause_link(const Clause& clause);                    // its id, linked to its row
std::string words(const std::string& metric);                     // "CPU time per operation", escaped
std::string none_cell(const Cell& cell, int columns);             // without a figure, and why
std::string cell_id(const Workload& workload, const Column& column, const std::string& metric);
std::string samples_script(const Tables& tables, const Workload& workload);  // every sample of the workload
std::string workload_link(const Workload& workload, const std::string& content);

}  // namespace assay::report
