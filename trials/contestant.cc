#include "trials/contestant.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>

#include "suites/core/progress.h"
#include "suites/runner/process.h"
#include "suites/runner/spawn.h"

namespace assay::trials {
namespace {

constexpr std::size_t kWords = 1024;
constexpr int kQuietLooks = 10;  // one second each, without progress: hung

std::array<int, 2> new_pipe() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return ends;
}

}  // namespace

Contestant::Contestant(const Side& side, int processor, suite::SignalWatch& signals)
    : name_(side.name), signals_(signals) {
  const auto commands = new_pipe(), answers = new_pipe(), errors = new_pipe();
  to_ = commands[1], from_ = answers[0], errors_ = errors[0];
  fcntl(errors_, F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, commands[0], STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, answers[1], suite::kReportDescriptor);
  if (const int error = suite::spawn_group(side.arguments, side.environment, actions, &process_);
      error != 0) {
    problem_ = name_ + ": " + side.arguments[0] + " could not be started: " + strerror(error);
    process_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  for (const int end : {commands[0], answers[1], errors[1]}) close(end);
  if (process_ > 0 && processor >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(processor), &set);
    sched_setaffinity(process_, sizeof set, &set);
  }
}

Contestant::~Contestant() {
  for (const int end : {to_, from_, errors_}) close(end);
  if (process_ <= 0) return;
  kill(-process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

bool Contestant::ready() {
  const auto line = answer();
  if (!line) return false;
  if (*line == "ready") return true;
  problem_ = name_ + ": does not take turns: it said \"" + *line + "\" instead of \"ready\"";
  return false;
}

std::optional<suite::Turn> Contestant::take_turn(long passes) {
  char command[32];
  const int length = snprintf(command, sizeof command, "turn %ld\n", passes);
  // A process that has ended is met by answer(); SIGPIPE is ignored as long as there is a SignalWatch.
  [[maybe_unused]] const ssize_t sent = write(to_, command, static_cast<std::size_t>(length));
  const auto line = answer();
  if (!line) return std::nullopt;
  suite::Turn turn;
  char rest;
  if (sscanf(line->c_str(), "turn %lf %lf %lx%c", &turn.cpu, &turn.wall, &turn.checksum, &rest) == 3)
    return turn;
  problem_ = name_ + ": does not take turns: it said \"" + *line + "\"";
  return std::nullopt;
}

std::optional<std::string> Contestant::answer() {
  if (process_ <= 0) return std::nullopt;
  suite::StallWatch watch(kQuietLooks);
  std::array<pollfd, 3> waiting{
      {{from_, POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}, {errors_, POLLIN, 0}}};
  for (;;) {
    if (const std::size_t end = heard_.find('\n'); end != std::string::npos) {
      const std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      return line;
    }
    if (signals_.interrupted()) return std::nullopt;
    if (poll(waiting.data(), waiting.size(), 1000) == 0 &&
        watch.stalled(suite::activity_of_group(process_))) {
      problem_ = name_ + ": no progress for " + std::to_string(kQuietLooks) + " s" + last_words();
      return std::nullopt;
    }
    if (waiting[2].revents != 0 && !hear_errors()) waiting[2].fd = -1;
    if (waiting[0].revents == 0) continue;
    char bytes[256];
    const ssize_t length = read(from_, bytes, sizeof bytes);
    if (length > 0) {
      heard_.append(bytes, static_cast<std::size_t>(length));
      continue;
    }
    // It has closed its end: give it a moment to say how it ends, and no more.
    siginfo_t information{};
    for (int looks = 0; looks < 100 && information.si_pid == 0; ++looks) {
      if (waitid(P_PID, static_cast<id_t>(process_), &information, WEXITED | WNOHANG | WNOWAIT) != 0) break;
      if (information.si_pid == 0) poll(nullptr, 0, 10);
    }
    int status = 0;
    kill(-process_, SIGKILL);
    waitpid(process_, &status, 0);
    process_ = -1;
    suite::ProcessResult result;
    result.end = WIFEXITED(status) ? suite::ProcessResult::End::kExited : suite::ProcessResult::End::kKilled;
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    const std::string end = describe_end(result, {});
    problem_ = name_ + ": " + (end.empty() ? "ended by itself" : end) + last_words();
    if (!heard_.empty()) problem_ += ": " + heard_;
    return std::nullopt;
  }
}

// What it prints must be read, or it would wait for that one day; the last of it is kept. False at the end.
bool Contestant::hear_errors() {
  char bytes[1024];
  const ssize_t length = read(errors_, bytes, sizeof bytes);
  if (length <= 0) return length < 0 && (errno == EAGAIN || errno == EINTR);
  words_.append(bytes, static_cast<std::size_t>(length));
  if (words_.size() > kWords) words_.erase(0, words_.size() - kWords);
  return true;
}

std::string Contestant::last_words() {
  pollfd waiting{errors_, POLLIN, 0};
  while (poll(&waiting, 1, 0) > 0 && hear_errors()) continue;
  return words_.empty() ? "" : ": " + words_;
}

}  // namespace assay::trials
