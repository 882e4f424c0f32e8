// Real programs (suites/malloc/programs) with the subject preloaded as it is here: CPU time and the largest
// resident size of their processes. One operation is one run of a program's script, of a few seconds; the
// checksum is over what it prints.
//
// The figures are the children's, from their resource usage. That of a child begins with its parent's own
// size, which must therefore stay below the programs'.
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "suites/core/workload.h"
#include "suites/malloc/programs/program.h"
#include "suites/malloc/programs/stage.h"

namespace assay::suite {
namespace {

using programs::Program;

template <Program program()>
const char* obstacle() {
  static const std::string missing = programs::first_missing(program().needs);
  static const std::string reason = missing + " is not installed";
  return missing.empty() ? nullptr : reason.c_str();
}

template <Program program()>
class RealProgram : public Workload {
 public:
  explicit RealProgram(const Settings&) { operations = 1; }

  void begin() override {
    stage_.emplace();
    set_stage();
    const char* const library = getenv("LD_PRELOAD");
    command_ = stage_->command(library == nullptr ? std::vector<std::string>{}
                                                  : std::vector{std::string("LD_PRELOAD=") + library});
  }

  std::uint64_t pass() override {
    char shell[] = "/bin/sh", option[] = "-c";
    char* const arguments[] = {shell, option, command_.data(), nullptr};
    pid_t child;
    if (const int error = posix_spawn(&child, shell, nullptr, nullptr, arguments, environ); error != 0)
      give_up(strerror(error));
    int status;
    if (wait4(child, &status, 0, &usage_) != child) give_up(strerror(errno));
    const std::string output = programs::contents(stage_->directory() + "/output");
    if (status != 0) give_up(programs::contents(stage_->directory() + "/errors"));
    std::uint64_t checksum = fold(0, output.size());
    for (const char c : output) checksum = fold(checksum, static_cast<unsigned char>(c));
    return checksum;
  }

  void end() override { stage_.reset(); }

  void report(const Resident&, Figures& figures) override {
    double cpu_time = 0;
    for (const timeval& time : {usage_.ru_utime, usage_.ru_stime})
      cpu_time += static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
    const double resident = static_cast<double>(usage_.ru_maxrss) * 1024;
    figures.add("cpu_time", "ns/op", cpu_time);
    figures.add("peak_resident", "bytes", resident);
    figures.add("steady_resident", "bytes", resident);
  }

 private:
  // In a process of its own: the inputs are large, and what the programs are said to occupy is at least what
  // this process ever did.
  void set_stage() {
    const pid_t child = fork();
    if (child == 0) {
      stage_->set(program());
      _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) give_up("its input cannot be written");
  }

  [[noreturn]] void give_up(const std::string& reason) {
    stage_.reset();
    fail("%s: %.200s", program().name.c_str(), reason.c_str());
  }

  std::optional<programs::Stage> stage_;
  std::string command_;
  rusage usage_ = {};
};

template <Program program()>
Description described(const char* name, const char* sentence) {
  return {.name = name,
          .family = "programs",
          .sentence = sentence,
          .repetitions = 1,
          .warm_ups = 0,
          .thorough_only = true,
          .threaded = true,
          .obstacle = obstacle<program>,
          .make = make_workload<RealProgram<program>>};
}

const WorkloadEntry entries[] = {
    WorkloadEntry(
        described<programs::python3>("python3", "parsing, JSON, dictionaries, regular expressions, threads")),
    WorkloadEntry(described<programs::gcc>("gcc", "g++ -O2 of templates, assembler and linker")),
    WorkloadEntry(described<programs::git>("git", "import, repacking, log and blame of 2,500 commits")),
    WorkloadEntry(described<programs::sqlite3>("sqlite3", "200,000 rows, two indices, grouping")),
    WorkloadEntry(described<programs::redis>("redis", "a server under redis-benchmark")),
    WorkloadEntry(described<programs::node>("node", "buffers, compression, JSON, two worker threads")),
    WorkloadEntry(described<programs::perl>("perl", "hashes, strings, regular expressions, trees")),
};

}  // namespace
}  // namespace assay::suite
