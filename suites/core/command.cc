#include "suites/core/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace assay::suite {
namespace {

constexpr std::chrono::seconds kPatience{60};  // a question that takes longer will not be answered

// Reads both descriptors until their ends; false when that takes longer than kPatience.
bool collect(const std::array<int, 2>& descriptors, CommandResult& result) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::array<pollfd, 2> waiting{{{descriptors[0], POLLIN, 0}, {descriptors[1], POLLIN, 0}}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)
      return false;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
      char bytes[4096];
      const ssize_t length = read(waiting[i].fd, bytes, sizeof bytes);
      if (length > 0)
        (i == 0 ? result.output : result.errors).append(bytes, static_cast<std::size_t>(length));
      else
        waiting[i].fd = -1;
    }
  }
  return true;
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& settings) {
  CommandResult result;
  int output[2], errors[2];
  if (pipe2(output, O_CLOEXEC) != 0) return result;
  if (pipe2(errors, O_CLOEXEC) != 0) {
    close(output[0]);
    close(output[1]);
    return result;
  }

  std::vector<char*> argv, environment;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (std::strncmp(*variable, "LD_PRELOAD=", 11) != 0) environment.push_back(*variable);
  for (const std::string& setting : settings) environment.push_back(const_cast<char*>(setting.c_str()));
  argv.push_back(nullptr);
  environment.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
  pid_t child = -1;
  const int problem = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(output[1]);
  close(errors[1]);
  if (problem == 0) {
    const bool ended = collect({output[0], errors[0]}, result);
    if (!ended) kill(child, SIGKILL);
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (ended) result.status = status;
  }
  close(output[0]);
  close(errors[0]);
  return result;
}

}  // namespace assay::suite
