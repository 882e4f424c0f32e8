// Results as LLVM LNT reads them: its report format 2, for its default test suite `nts`, so that a project
// that has an LNT server can submit what Assay measured (`lnt submit URL FILE`).
//
//   machine.name               `assay-` and the machine's fingerprint; beside it what the fingerprint is made
//   of and
//                              no more, because LNT takes a machine with other details for another machine
//   run.start_time, end_time   when the run started: results record no end
//   run.llvm_project_revision  the commit, by which LNT orders runs; the run's id where the commit is
//   unknown. LNT sorts
//                              it as text or number: commits that are no numbers come in no useful order
//   run.*                      the rest of the environment, and `run_id`, `command`, `assay`
//   tests[].name               suite/case/subject
//   execution_time, seconds    cpu_time of unit ns/op, the samples of all rounds; wall_time where there is no
//   cpu_time score, more is better      items_per_second, or else bytes_per_second mem_bytes peak_resident,
//   or else max_bytes_used code_size                  code_size, in bytes execution_status           1 for a
//   cell with a failure, which then has no figures
//
// The suite `nts` has no field for any other metric, and LNT refuses a report with fields it does not know:
// they are left out, and so is a case that has no others.
#pragma once

#include <string>

#include "reports/read.h"

namespace assay::report {

// One report a line, a line for each run: LNT wants each in a file of its own.
std::string export_lnt(const Results& results);

}  // namespace assay::report
