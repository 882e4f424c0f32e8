// Starts the runner's children: each leads a process group, so that it can be ended with all it started, and
// has no signal blocked or ignored.
#pragma once

#include <spawn.h>

#include <string>
#include <vector>

namespace assay::suite {

// Returns 0 or an errno. The program is arguments[0], a path; `environment` is all of its environment.
int spawn_group(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                const posix_spawn_file_actions_t& actions, pid_t* child);

// Starts a program that is not measured: with this process's environment but LD_PRELOAD; what it prints goes
// to this process's standard error. Returns its id, or -1 with errno set.
pid_t spawn_tool(const std::vector<std::string>& arguments);

}  // namespace assay::suite
