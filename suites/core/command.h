// Runs a short command and collects what it says: for questions about the machine, never for a measurement.
#pragma once

#include <string>
#include <vector>

namespace assay::suite {

struct CommandResult {
  int status = -1;     // as from waitpid; -1 when it could not be started or did not end within a minute
  std::string output;  // standard output
  std::string errors;  // standard error
  bool succeeded() const { return status == 0; }
};

// Runs `arguments[0]` (looked up in PATH) with `settings` ("NAME=value") added to this process's environment,
// from which LD_PRELOAD is removed. Standard input is empty.
CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& settings = {});

}  // namespace assay::suite
