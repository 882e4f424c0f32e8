// What the gate and the history have to say, for people and for programs.
#pragma once

#include <string>

#include "reports/history/gate.h"
#include "reports/history/history.h"

namespace assay::report {

// A table, worst first, or one line that says what was examined.
std::string gate_text(const History& history, const GateFindings& judgement, const GateSettings& settings);
std::string gate_json(const History& history, const GateFindings& judgement);

// Machines, runs, series, and every change that was found, the latest first.
std::string history_text(const History& history);

}  // namespace assay::report
