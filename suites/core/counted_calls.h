// How many system calls a piece of work makes, whoever makes them for it: the C library's own count too. A
// child does it again and is traced, so that what is measured is not.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "suites/core/measured_pass.h"
#include "suites/core/workload.h"

namespace assay::suite {

namespace counted {

// Whether the child, which has stopped at a system call, is entering it; its number and first two arguments.
inline std::optional<__ptrace_syscall_info> entry_of(pid_t child) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0) return {};
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return {};
  return info;
}

// The performance events of this thread and of those that inherit them stand still.
struct PausedCounters {
  PausedCounters() { prctl(PR_TASK_PERF_EVENTS_DISABLE, 0, 0, 0, 0); }
  ~PausedCounters() { prctl(PR_TASK_PERF_EVENTS_ENABLE, 0, 0, 0, 0); }
  PausedCounters(const PausedCounters&) = delete;
  PausedCounters& operator=(const PausedCounters&) = delete;
};

// What a traced child does, from one stop to the next.
class Traced {
 public:
  explicit Traced(pid_t child) : child_(child) {
    if (wait()) ptrace(PTRACE_SETOPTIONS, child_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  }
  ~Traced() {
    if (ended_) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;

  // Between the two marks; nothing when it ends before the second one. Afterwards it has ended.
  std::optional<std::uint64_t> count() {
    std::uint64_t calls = 0;
    bool within = false;
    while (!ended_) {
      const int signal = WSTOPSIG(status_);
      const bool at_call = signal == kAtCall;
      const auto info = at_call ? entry_of(child_) : std::nullopt;
      if (info && info->entry.nr == SYS_prctl && info->entry.args[0] == kPassMark) {
        if (info->entry.args[1] == 0) {
          let_end();
          return calls;
        }
        within = true;
      } else if (info) {
        calls += within;
      }
      // The first stop is its own; other signals are passed on.
      const long passed_on = at_call || signal == SIGSTOP ? 0 : signal;
      if (ptrace(PTRACE_SYSCALL, child_, nullptr, passed_on) != 0 || !wait()) return {};
    }
    return {};
  }

 private:
  static constexpr int kAtCall = SIGTRAP | 0x80;  // by PTRACE_O_TRACESYSGOOD

  void let_end() {
    do {
      const int signal = WSTOPSIG(status_);
      if (ptrace(PTRACE_CONT, child_, nullptr, signal == kAtCall ? 0 : signal) != 0) return;
    } while (wait());
  }

  bool wait() {
    if (waitpid(child_, &status_, 0) == child_ && WIFSTOPPED(status_)) return true;
    ended_ = true;
    return false;
  }

  const pid_t child_;
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace counted

// Of work() alone, which the child calls behind prepare() and before finish(), that gives back what must not
// wait for the kernel to notice that the child has ended. Nothing where processes cannot be traced, or where
// the child fails, of which nothing is reported. It has copies of all memory but of that shared with the
// kernel: prepare() opens rings anew. Neither it nor its tracing is counted by the caller's own counters.
template <class Prepare, class Work, class Finish>
std::optional<std::uint64_t> count_system_calls(const Prepare& prepare, const Work& work,
                                                const Finish& finish) {
  const counted::PausedCounters paused;
  const pid_t child = fork();
  if (child < 0) return {};
  if (child == 0) {
    set_output(-1);
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
    raise(SIGSTOP);
    prepare();
    mark_pass(true);
    work();
    mark_pass(false);
    finish();
    _exit(0);
  }
  return counted::Traced(child).count();
}

}  // namespace assay::suite
