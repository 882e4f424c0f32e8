// Many trials with one purse: all are taken to their first look, then the restarts go where the answer is
// still undecided, the nearest to one first.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "suites/runner/progress_line.h"
#include "suites/runner/workload.h"
#include "trials/trial.h"

namespace assay::trials {

struct Entry {
  std::string target;
  suite::Workload workload;
  std::unique_ptr<Trial> trial;
  std::optional<report::Judgement> judgement = std::nullopt;  // none where a side failed
  std::string problem = "";                                   // then why
};

// Spends `seconds` for each entry, together. False discoveries are controlled over all of them. Ends early
// when the run is interrupted: what is judged by then stands.
void settle(std::vector<Entry>& entries, const report::Rule& rule, double seconds,
            suite::SignalWatch& signals, suite::ProgressLine& progress);

}  // namespace assay::trials
