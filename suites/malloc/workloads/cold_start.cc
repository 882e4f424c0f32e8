// Cold start and floor: `cat /proc/self/status` is started with the subject preloaded as it is here: what the
// first allocations of a small program cost and what it occupies at least. One operation is one such process.
// The CPU time is the children's, by their resource usage, and peak_resident is the peak that the child reads
// of itself (the parent's figure for a child would begin with the parent's own size).
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

class ColdStart : public Workload {
 public:
  explicit ColdStart(const Settings&) { operations = 25; }

  std::uint64_t pass() override {
    cpu_time_ = 0;
    floor_ = 0;
    for (std::size_t i = 0; i < operations; ++i) start();
    return fold(0, operations);
  }

  void report(const Resident&, Figures& figures) override {
    figures.add("cpu_time", "ns/op", cpu_time_ / static_cast<double>(operations));
    figures.add("peak_resident", "bytes", static_cast<double>(floor_));
    figures.add("steady_resident", "bytes", static_cast<double>(floor_));
  }

 private:
  void start() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2: %s", strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    char program[] = "/bin/cat", file[] = "/proc/self/status";
    char* const arguments[] = {program, file, nullptr};
    pid_t child;
    const int error = posix_spawn(&child, program, &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) fail("%s: %s", program, strerror(error));
    read_floor(ends[0]);
    close(ends[0]);
    int status;
    rusage usage;
    if (wait4(child, &status, 0, &usage) != child || status != 0)
      fail("%s ended with status %#x", program, status);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime})
      cpu_time_ += static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
  }

  void read_floor(int descriptor) {
    char text[8192];
    std::size_t length = 0;
    for (ssize_t part; (part = read(descriptor, text + length, sizeof text - 1 - length)) > 0;)
      length += static_cast<std::size_t>(part);
    text[length] = '\0';
    const char* line = strstr(text, "VmHWM:");
    if (line == nullptr) fail("cat /proc/self/status printed no VmHWM");
    floor_ = std::max<std::size_t>(floor_, strtoull(line + 6, nullptr, 10) * 1024);
  }

  double cpu_time_ = 0;
  std::size_t floor_ = 0;
};

const WorkloadEntry cold_start(
    {.name = "cold_start",
     .family = "memory",
     .sentence = "start of a small program: its CPU time and its smallest resident size",
     .make = make_workload<ColdStart>});

}  // namespace
}  // namespace assay::suite
