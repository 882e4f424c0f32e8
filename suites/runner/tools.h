// The two programs that the runner starts beside the workloads: one checks a subject's conformance, one draws
// the report.
#pragma once

#include <string>
#include <vector>

#include "suites/core/recorder.h"
#include "suites/runner/options.h"
#include "suites/runner/progress_line.h"
#include "suites/runner/signal_watch.h"

namespace assay::suite {

// Checks every subject but the null one and those without a probe, as many at a time as there are cores:
// nothing is being measured yet. The tool appends its verdicts to the results file itself. A violation is a
// result; only a tool that could not do its work is reported.
void check_conformance(const Options& options, const std::vector<Subject>& subjects, const Recorder& recorder,
                       SignalWatch& signals, ProgressLine& progress);

// Whether the tool wrote `page`.
bool write_report(const std::string& tool, const std::string& page, const std::string& results);

}  // namespace assay::suite
