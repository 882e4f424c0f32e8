#include "suites/runner/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>

#include "suites/core/progress.h"
#include "suites/runner/spawn.h"

namespace assay::suite {
namespace {

constexpr std::size_t kReportLimit = std::size_t{1} << 20;  // more is damage
constexpr std::size_t kErrorsLimit = 4096;
constexpr int kLeastLooks = 5;  // in a row without progress, to be sure

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Pipe {
 public:
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    read_end_ = ends[0];
    write_end_ = ends[1];
    fcntl(read_end_, F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    close(read_end_);
    close_write_end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return read_end_; }
  int write_end() const { return write_end_; }
  void close_write_end() {
    if (write_end_ >= 0) close(write_end_);
    write_end_ = -1;
  }

  // Appends all that is there; false at the end.
  bool drain(std::string& text) const {
    char bytes[4096];
    for (int reads = 0; reads < 64; ++reads) {  // then the child is looked at, however much it prints
      const ssize_t length = read(read_end_, bytes, sizeof bytes);
      if (length > 0)
        text.append(bytes, static_cast<std::size_t>(length));
      else if (length == 0 || errno != EINTR)
        return length != 0;
    }
    return true;
  }

 private:
  int read_end_, write_end_;
};

// Looks so far apart that they do not disturb what is measured. CPU time is watched from outside, because
// under RLIMIT_CPU the kernel serves the process's CPU clock from counters that move once a tick: with 4 ms
// steps, no measurement of milliseconds means anything.
class ProgressWatch {
 public:
  ProgressWatch(pid_t group, const ProcessLimits& limits)
      : group_(group),
        limits_(limits),
        interval_(std::min(1.0, limits.quiet_seconds / kLeastLooks)),
        watch_(static_cast<int>(limits.quiet_seconds / interval_)) {}

  double interval() const { return interval_; }

  // kHung or kRunaway, and kNotStarted while all is well.
  ProcessResult::End look() {
    if (seconds_since(last_look_) < interval_) return ProcessResult::End::kNotStarted;
    last_look_ = Clock::now();
    const Activity activity = activity_of_group(group_);
    static const auto ticks_a_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    if (activity.cpu_ticks > static_cast<std::uint64_t>(limits_.cpu_seconds) * ticks_a_second)
      return ProcessResult::End::kRunaway;
    return watch_.stalled(activity) ? ProcessResult::End::kHung : ProcessResult::End::kNotStarted;
  }

 private:
  pid_t group_;
  const ProcessLimits& limits_;
  double interval_;
  Clock::time_point last_look_ = Clock::now();
  StallWatch watch_;
};

// Leaves it a zombie, so that its id still means its group.
bool has_ended(pid_t child) {
  siginfo_t information{};
  return waitid(P_PID, static_cast<id_t>(child), &information, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         information.si_pid == child;
}

void keep_last_lines(std::string& text) {
  if (text.size() <= kErrorsLimit) return;
  text.erase(0, text.size() - kErrorsLimit);
  text.erase(0, text.find('\n') + 1);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment, const ProcessLimits& limits,
                          SignalWatch& signals) {
  using End = ProcessResult::End;
  ProcessResult result;
  Pipe report, errors;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, report.write_end(), kReportDescriptor);
  const auto start = Clock::now();
  pid_t child = -1;
  result.code = spawn_group(arguments, environment, actions, &child);
  posix_spawn_file_actions_destroy(&actions);
  if (result.code != 0) return result;
  report.close_write_end();
  errors.close_write_end();

  const rlimit core{0, 0};
  prlimit(child, RLIMIT_CORE, &core, nullptr);

  ProgressWatch watch(child, limits);
  std::array<pollfd, 3> waiting{
      {{signals.descriptor(), POLLIN, 0}, {report.read_end(), POLLIN, 0}, {errors.read_end(), POLLIN, 0}}};
  for (;;) {
    // Asked before has_ended: a child that ends after the question wakes the poll below.
    const bool interrupted = signals.interrupted();
    if (has_ended(child)) break;
    result.end = interrupted ? End::kInterrupted : watch.look();
    if (result.end != End::kNotStarted) break;
    poll(waiting.data(), waiting.size(), static_cast<int>(watch.interval() * 1000) + 1);
    if (waiting[1].revents != 0 && !report.drain(result.report)) waiting[1].fd = -1;
    if (waiting[2].revents != 0 && !errors.drain(result.errors)) waiting[2].fd = -1;
    if (result.report.size() > kReportLimit) result.report.resize(kReportLimit);
    keep_last_lines(result.errors);
  }
  result.seconds = seconds_since(start);
  kill(-child, SIGKILL);  // also what it left behind, which would disturb the next
  int status = 0;
  waitpid(child, &status, 0);
  report.drain(result.report);
  errors.drain(result.errors);
  keep_last_lines(result.errors);

  if (result.end != End::kNotStarted) return result;
  const bool exited = WIFEXITED(status);
  result.code = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  result.end = exited ? End::kExited : End::kKilled;
  return result;
}

std::string describe_end(const ProcessResult& result, const ProcessLimits& limits) {
  using End = ProcessResult::End;
  char text[100] = "";
  switch (result.end) {
    case End::kExited:
      if (result.code != 0) snprintf(text, sizeof text, "exited with status %d", result.code);
      break;
    case End::kKilled: {
      const char* name = sigabbrev_np(result.code);
      snprintf(text, sizeof text, "killed by %s%s", name == nullptr ? "signal " : "SIG",
               name == nullptr ? std::to_string(result.code).c_str() : name);
      break;
    }
    case End::kHung:
      snprintf(text, sizeof text, "no progress for %g s", limits.quiet_seconds);
      break;
    case End::kRunaway:
      snprintf(text, sizeof text, "more than %d s of CPU time", limits.cpu_seconds);
      break;
    case End::kInterrupted:
      snprintf(text, sizeof text, "interrupted");
      break;
    case End::kNotStarted:
      snprintf(text, sizeof text, "could not be started: %s", strerror(result.code));
      break;
  }
  return text;
}

}  // namespace assay::suite
