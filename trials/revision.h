// A revision of a repository, checked out and built in a worktree of its own.
//
// The worktrees lie in the user's cache folder and stay there: the next comparison builds only what changed.
// A lock keeps two comparisons of one repository apart. What is not committed takes no part.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "suites/runner/signal_watch.h"

namespace assay::trials {

struct BuildError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Runs a command in `directory` with its output in `log`; returns its exit status, or -1 when it was
// interrupted or could not be started. What it started is ended with it.
int run_logged(const std::vector<std::string>& arguments, const std::string& directory,
               const std::string& log, suite::SignalWatch& signals);

class Revision {
 public:
  // `name` is base or head. Throws BuildError when git does not know `revision`.
  Revision(std::string name, const std::string& repository, const std::string& revision);

  // Checks it out into `cache`/name. Throws BuildError.
  void check_out(const std::string& cache, suite::SignalWatch& signals);

  // Programs that measure (tag assay_benchmark) among `targets`, a query such as //...
  std::vector<std::string> programs(const std::string& targets, suite::SignalWatch& signals) const;

  // Builds the labels; `flags` go to bazel build. Throws BuildError with the end of its output.
  void build(const std::vector<std::string>& labels, const std::vector<std::string>& flags,
             suite::SignalWatch& signals) const;

  const std::string& name() const { return name_; }
  const std::string& commit() const { return commit_; }
  std::string short_commit() const { return commit_.substr(0, 12); }
  std::string file(const std::string& label) const;  // what was built

 private:
  std::vector<std::string> bazel(const std::vector<std::string>& arguments) const;

  std::string name_, repository_, commit_, prefix_, directory_, log_;
};

// The folder for the worktrees of `repository`, made and locked until the process ends. Throws BuildError.
std::string locked_cache(const std::string& repository);

}  // namespace assay::trials
