#include "trials/system_calls.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>

#include "suites/core/measured_pass.h"
#include "suites/core/progress.h"

namespace assay::trials {
namespace {

using End = suite::ProcessResult::End;

constexpr std::pair<long, const char*> kMemoryCalls[] = {
    {SYS_brk, "brk"},           {SYS_futex, "futex"},   {SYS_madvise, "madvise"}, {SYS_mmap, "mmap"},
    {SYS_mprotect, "mprotect"}, {SYS_mremap, "mremap"}, {SYS_munmap, "munmap"},
};

constexpr std::size_t kErrorsLimit = 4096;
constexpr std::size_t kReportLimit = std::size_t{1} << 20;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// What the program writes goes to memory: nobody has to read while it runs.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("assay", MFD_CLOEXEC)) {
    if (file_ < 0) throw_errno("memfd_create");
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return file_; }

  std::string first(std::size_t limit) const { return text(0, limit); }

  std::string last_lines(std::size_t limit) const {
    const auto size = static_cast<std::size_t>(std::max<off_t>(0, lseek(file_, 0, SEEK_END)));
    if (size <= limit) return text(0, limit);
    std::string lines = text(size - limit, limit);
    return lines.erase(0, lines.find('\n') + 1);
  }

 private:
  std::string text(std::size_t from, std::size_t limit) const {
    std::string text(limit, '\0');
    const ssize_t length = pread(file_, text.data(), limit, static_cast<off_t>(from));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, length)));
    return text;
  }

  int file_;
};

struct Start {
  enum Step { kTrace, kExecute } step;
  int error;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

// In the new process: only what is safe after fork.
[[noreturn]] void become(char* const* arguments, char* const* environment, int report, int errors,
                         int failed) {
  setpgid(0, 0);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE}) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit core{0, 0};
  setrlimit(RLIMIT_CORE, &core);
  close(STDIN_FILENO);
  open("/dev/null", O_RDWR);  // becomes the lowest that is free
  dup2(STDIN_FILENO, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  dup2(report, suite::kReportDescriptor);
  personality(ADDR_NO_RANDOMIZE);
  Start start{Start::kTrace, 0};
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) {
    start.step = Start::kExecute;
    execve(arguments[0], arguments, environment);
  }
  start.error = errno;
  if (write(failed, &start, sizeof start) < 0) _exit(126);
  _exit(127);
}

class Tracer {
 public:
  explicit Tracer(SystemCalls& calls) : calls_(calls) {}

  // False when there is nothing to trace: `calls_` says why.
  bool start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    const std::vector<char*> argument_list = pointers(arguments), environment_list = pointers(environment);
    int failed[2];
    if (pipe2(failed, O_CLOEXEC) != 0) throw_errno("pipe");
    // Out of the way of the descriptors that the program is given.
    const int failed_out = fcntl(failed[1], F_DUPFD_CLOEXEC, 10);
    const int report = fcntl(report_.descriptor(), F_DUPFD_CLOEXEC, 10);
    const int errors = fcntl(errors_.descriptor(), F_DUPFD_CLOEXEC, 10);
    root_ = fork();
    if (root_ == 0) become(argument_list.data(), environment_list.data(), report, errors, failed_out);
    const int error = errno;
    for (const int file : {failed[1], failed_out, report, errors}) close(file);
    Start start{Start::kExecute, error};
    const bool started = root_ > 0 && read(failed[0], &start, sizeof start) == 0;
    close(failed[0]);
    if (started) {
      int status;
      waitpid(root_, &status, 0);  // the trap after a successful exec, or its early end
      if (!WIFSTOPPED(status)) {
        ended(root_, status);
        return true;
      }
      const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                           PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
      if (ptrace(PTRACE_SETOPTIONS, root_, nullptr, options) == 0) {
        tasks_.insert(root_);
        resume(root_, 0);
        return true;
      }
      start = {Start::kTrace, errno};
      kill(root_, SIGKILL);
    }
    if (root_ > 0) waitpid(root_, nullptr, __WALL);
    if (start.step == Start::kTrace)
      calls_.refused = std::string("tracing is refused here: ptrace: ") + strerror(start.error);
    calls_.process.end = End::kNotStarted;
    calls_.process.code = start.error;
    return false;
  }

  void run(const suite::ProcessLimits& limits, suite::SignalWatch& signals) {
    suite::StallWatch stall(static_cast<int>(limits.quiet_seconds) + 1);  // looks, one a second
    static const auto ticks_a_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    auto last_look = Clock::now();
    pollfd waiting{signals.descriptor(), POLLIN, 0};
    while (!tasks_.empty()) {
      // Asked before the tasks are looked at: who stops after that wakes the poll.
      if (signals.interrupted()) finish(End::kInterrupted);
      while (look()) {
      }
      if (tasks_.empty()) break;
      poll(&waiting, 1, 1000);
      if (Clock::now() - last_look < std::chrono::seconds(1)) continue;
      last_look = Clock::now();
      const suite::Activity activity = suite::activity_of_group(root_);
      if (activity.cpu_ticks > static_cast<std::uint64_t>(limits.cpu_seconds) * ticks_a_second)
        finish(End::kRunaway);
      else if (stall.stalled(activity))
        finish(End::kHung);
    }
    while (waitpid(-root_, nullptr, __WALL | WNOHANG) > 0) {  // born while it was being ended
    }
    calls_.process.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    calls_.process.report = report_.first(kReportLimit);
    calls_.process.errors = errors_.last_lines(kErrorsLimit);
    const std::map<long, std::uint64_t>& counted = calls_.marked ? in_passes_ : in_all_;
    for (const auto& [number, count] : counted) calls_.total += count;
    for (const auto& [number, name] : kMemoryCalls) {
      const auto entry = counted.find(number);
      if (entry != counted.end()) calls_.memory_calls[name] = entry->second;
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Meets every task that has stopped or ended; whether there was any. Each is asked by its id: the caller
  // may have other children.
  bool look() {
    bool any = false;
    const std::set<pid_t> tasks = tasks_;
    for (const pid_t task : tasks) {
      int status;
      const pid_t seen = waitpid(task, &status, __WALL | WNOHANG);
      if (seen == 0) continue;
      any = true;
      if (seen < 0)
        tasks_.erase(task);  // took its leader's id in an exec
      else if (!WIFSTOPPED(status))
        ended(task, status);
      else
        stopped(task, status);
    }
    return any;
  }

  void stopped(pid_t task, int status) {
    const int event = status >> 16, signal = WSTOPSIG(status);
    if (event != 0) {
      unsigned long born = 0;
      if (event != PTRACE_EVENT_EXEC && ptrace(PTRACE_GETEVENTMSG, task, nullptr, &born) == 0) {
        tasks_.insert(static_cast<pid_t>(born));
        newborn_.insert(static_cast<pid_t>(born));
      }
      resume(task, 0);
    } else if (signal == (SIGTRAP | 0x80)) {
      called(task);
      resume(task, 0);
    } else {
      // The tracer's own doing is that a task begins with SIGSTOP; every other signal is the program's.
      resume(task, newborn_.erase(task) != 0 && signal == SIGSTOP ? 0 : signal);
    }
  }

  void called(pid_t task) {
    __ptrace_syscall_info call;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof call, &call) < 0) {
      if (errno == ESRCH) return;  // killed in the meantime
      calls_.refused = std::string("tracing needs Linux 5.3: PTRACE_GET_SYSCALL_INFO: ") + strerror(errno);
      return finish(End::kKilled);
    }
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    const auto number = static_cast<long>(call.entry.nr);
    if (number == SYS_prctl && call.entry.args[0] == suite::kPassMark) {
      calls_.marked = true;
      passes_ += call.entry.args[1] == 1 ? 1 : -1;
      return;
    }
    ++in_all_[number];
    if (passes_ > 0) ++in_passes_[number];
  }

  static void resume(pid_t task, int signal) {
    // ESRCH is an answer too: it was killed, and its end will be seen.
    ptrace(PTRACE_SYSCALL, task, nullptr, static_cast<long>(signal));
  }

  void ended(pid_t task, int status) {
    tasks_.erase(task);
    newborn_.erase(task);
    if (task != root_) return;
    const bool exited = WIFEXITED(status);
    if (calls_.process.end == End::kNotStarted) {
      calls_.process.end = exited ? End::kExited : End::kKilled;
      calls_.process.code = exited ? WEXITSTATUS(status) : WTERMSIG(status);
    }
    for (const pid_t left : tasks_) kill(left, SIGKILL);
  }

  void finish(End end) {
    if (calls_.process.end != End::kNotStarted) return;
    calls_.process.end = end;
    kill(-root_, SIGKILL);
    for (const pid_t task : tasks_) kill(task, SIGKILL);  // one may have left the group
  }

  SystemCalls& calls_;
  MemoryFile report_, errors_;
  Clock::time_point start_ = Clock::now();
  pid_t root_ = -1;
  std::set<pid_t> tasks_;    // traced and not reaped
  std::set<pid_t> newborn_;  // of these, not seen to stop
  int passes_ = 0;           // that have begun and not ended
  std::map<long, std::uint64_t> in_all_, in_passes_;
};

}  // namespace

SystemCalls trace_system_calls(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment,
                               const suite::ProcessLimits& limits, suite::SignalWatch& signals) {
  SystemCalls calls;
  Tracer tracer(calls);
  if (tracer.start(arguments, environment)) tracer.run(limits, signals);
  return calls;
}

}  // namespace assay::trials
