#include "suites/core/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "suites/core/finding.h"
#include "suites/core/length.h"
#include "suites/core/progress.h"

namespace assay::suite {
namespace {

constexpr std::size_t kOutputKept = 8192;
constexpr int kLooksBeforeWatching = 20;
constexpr int kQuietLooks = 250;  // 5 s: twice what checks use that watch children of their own and know more
std::atomic<bool> interrupt{false};
static_assert(std::atomic<bool>::is_always_lock_free);

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct Pipe {
  Descriptor read, write;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
};

void drain(int descriptor, std::string* text) {
  char buffer[4096];
  ssize_t length;
  for (int reads = 0; reads < 64 && (length = read(descriptor, buffer, sizeof buffer)) > 0; ++reads)
    text->append(buffer, static_cast<std::size_t>(length));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  return lines;
}

}  // namespace

void interrupt_children() { interrupt.store(true, std::memory_order_relaxed); }
bool interrupted() { return interrupt.load(std::memory_order_relaxed); }

unsigned long cpu_limit_seconds() { return 60 * length_factor(); }

ChildOutcome run_child(const ChildCommand& command) {
  Pipe findings, output;
  std::vector<char*> arguments, environment;
  std::vector<std::string> added;
  for (const auto& [name, value] : command.environment) added.push_back(name + "=" + value);
  for (const std::string& argument : command.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  for (std::string& entry : added) environment.push_back(entry.data());
  for (char** entry = environ; *entry != nullptr; ++entry)  // the driver's own subject, if any, stays out
    if (std::strncmp(*entry, "LD_PRELOAD=", 11) != 0) environment.push_back(*entry);
  arguments.push_back(nullptr);
  environment.push_back(nullptr);

  const unsigned long cpu_limit = cpu_limit_seconds();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {  // only async-signal-safe calls from here to execve
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);                           // nothing outlives a driver that is killed
    const rlimit no_core{0, 0}, cpu{cpu_limit, cpu_limit + 5};  // first SIGXCPU, which tells
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_CPU, &cpu);
    if (dup2(output.write.get(), STDOUT_FILENO) < 0 || dup2(output.write.get(), STDERR_FILENO) < 0 ||
        dup2(findings.write.get(), kFindingDescriptor) < 0)
      _exit(kLostFinding);
    execve(arguments[0], arguments.data(), environment.data());
    const char* reason = strerror(errno);
    if (write(STDERR_FILENO, reason, strlen(reason)) < 0) _exit(kLostFinding);
    _exit(127);
  }
  setpgid(child, child);  // whichever of the two is first
  findings.write = Descriptor();
  output.write = Descriptor();
  const Descriptor ended(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (ended.get() < 0) {
    kill(-child, SIGKILL);
    waitpid(child, nullptr, 0);
    fail("pidfd_open");
  }

  ChildOutcome outcome;
  std::string found;
  StallWatch watch(kQuietLooks);
  bool hung = false;
  for (int looks = 0;; ++looks) {
    pollfd ends[] = {{ended.get(), POLLIN, 0}};
    poll(ends, 1, static_cast<int>(StallWatch::kLookInterval.tv_nsec / 1'000'000));
    drain(findings.read.get(), &found);
    drain(output.read.get(), &outcome.output);
    if (outcome.output.size() > 2 * kOutputKept) outcome.output.erase(0, outcome.output.size() - kOutputKept);
    if (ends[0].revents != 0 || interrupted()) break;
    // Most checks end within the first looks, and a look reads all of /proc.
    if (looks >= kLooksBeforeWatching && (hung = watch.stalled(activity_of_group(child)))) break;
  }

  // The group is ended before the child is waited for: until then its number cannot be anybody else's.
  siginfo_t information = {};
  waitid(P_PID, static_cast<id_t>(child), &information, WEXITED | WNOHANG | WNOWAIT);
  const bool ended_itself = information.si_pid == child;
  kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  drain(findings.read.get(), &found);
  drain(output.read.get(), &outcome.output);
  outcome.findings = lines_of(found);
  using End = ChildOutcome::End;
  outcome.end = interrupted() && !ended_itself ? End::kInterrupted
                : hung && !ended_itself        ? End::kHung
                : WIFSIGNALED(status)          ? End::kKilled
                                               : End::kExited;
  outcome.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return outcome;
}

}  // namespace assay::suite
