#include "trials/revision.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "suites/core/command.h"
#include "suites/core/fnv1a.h"
#include "suites/runner/spawn.h"

namespace assay::trials {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLinesOfTrouble = 25;

std::string git(const std::string& repository, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"git", "-C", repository});
  const suite::CommandResult answer = suite::run_command(arguments);
  if (!answer.succeeded())
    throw BuildError("git " + arguments[3] + " in " + repository +
                     " fails: " + (answer.errors.empty() ? "is git installed?" : answer.errors));
  std::string text = answer.output;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string end_of(const std::string& file) {
  std::ifstream input(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  std::string text;
  for (std::size_t i = lines.size() - std::min(lines.size(), kLinesOfTrouble); i < lines.size(); ++i)
    text += "  " + lines[i] + "\n";
  return text;
}

std::string contents(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

int run_logged(const std::vector<std::string>& arguments, const std::string& directory,
               const std::string& log, suite::SignalWatch& signals) {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    // What the outer `bazel run` set is not for the inner one.
    bool kept = true;
    for (const char* own : {"BUILD_", "RUNFILES_", "LD_PRELOAD="})
      kept &= strncmp(*variable, own, strlen(own)) != 0;
    if (kept) environment.emplace_back(*variable);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (log + ".errors").c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  std::vector<std::string> command = {"/usr/bin/env"};  // looks the program up in PATH, from that folder
  command.insert(command.end(), arguments.begin(), arguments.end());
  pid_t child = -1;
  const int error = suite::spawn_group(command, environment, actions, &child);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -1;
  for (int status = 0;;) {
    const bool interrupted = signals.interrupted();  // asked first: a child that ends then wakes the poll
    if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (interrupted) {
      kill(-child, SIGINT);
      waitpid(child, &status, 0);
      return -1;
    }
    pollfd signal{signals.descriptor(), POLLIN, 0};
    poll(&signal, 1, 1000);
  }
}

Revision::Revision(std::string name, const std::string& repository, const std::string& revision)
    : name_(std::move(name)), repository_(repository) {
  prefix_ = git(repository, {"rev-parse", "--show-prefix"});
  try {
    commit_ =
        git(repository, {"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  } catch (const BuildError&) {
    throw BuildError("--" + name_ + "=" + revision + ": git knows no such revision in " + repository +
                     " (in a shallow clone: git fetch --unshallow)");
  }
}

void Revision::check_out(const std::string& cache, suite::SignalWatch& signals) {
  const std::string place = cache + "/" + name_;
  directory_ = place + "/" + prefix_;
  log_ = cache + "/" + name_ + ".log";
  const std::vector<std::vector<std::string>> again = {
      {"git", "-C", place, "checkout", "--quiet", "--detach", "--force", commit_},
      {"git", "-C", place, "clean", "--quiet", "-ffdx"}};
  const auto all = [&](const std::vector<std::vector<std::string>>& commands) {
    for (const auto& command : commands)
      if (run_logged(command, cache, log_, signals) != 0) return false;
    return true;
  };
  if (fs::exists(place + "/.git") && all(again)) return;
  if (signals.interrupted()) throw BuildError("interrupted");
  fs::remove_all(place);
  if (!all({{"git", "-C", repository_, "worktree", "add", "--quiet", "--force", "--force", "--detach", place,
             commit_}}))
    throw BuildError("the worktree " + place + " cannot be made:\n" + end_of(log_ + ".errors"));
}

std::vector<std::string> Revision::bazel(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {fs::exists(directory_ + "/bazelw") ? "./bazelw" : "bazel",
                                      "--max_idle_secs=120"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<std::string> Revision::programs(const std::string& targets, suite::SignalWatch& signals) const {
  const std::string query = "attr(tags, '\\bassay_benchmark\\b', " + targets + ")";
  if (run_logged(bazel({"query", query}), directory_, log_, signals) != 0)
    throw BuildError(name_ + " " + short_commit() + ": bazel query fails:\n" + end_of(log_ + ".errors"));
  std::istringstream lines(contents(log_));
  std::vector<std::string> labels;
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("//", 0) == 0) labels.push_back(line);
  return labels;
}

void Revision::build(const std::vector<std::string>& labels, const std::vector<std::string>& flags,
                     suite::SignalWatch& signals) const {
  std::vector<std::string> arguments = {"build"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  arguments.push_back("--");
  arguments.insert(arguments.end(), labels.begin(), labels.end());
  if (run_logged(bazel(arguments), directory_, log_, signals) != 0)
    throw BuildError(signals.interrupted()
                         ? "interrupted"
                         : name_ + " " + short_commit() + " does not build:\n" + end_of(log_ + ".errors"));
}

std::string Revision::file(const std::string& label) const {
  std::string path = label.substr(2);
  const std::size_t colon = path.find(':');
  if (colon != std::string::npos) path[colon] = '/';
  return directory_ + "bazel-bin/" + path;
}

std::string locked_cache(const std::string& repository) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path top = cache != nullptr && *cache != '\0'
                           ? fs::path(cache)
                           : fs::path(home == nullptr ? "/tmp" : home) / ".cache";
  const fs::path place =
      top / "assay" / ("builds-" + suite::hexadecimal(suite::fnv1a64(fs::canonical(repository).string())));
  std::error_code problem;
  fs::create_directories(place, problem);
  const int lock = open((place / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0)
    throw BuildError(place.string() + " cannot be written: " + strerror(errno) + "; set XDG_CACHE_HOME");
  if (flock(lock, LOCK_EX | LOCK_NB) != 0)
    throw BuildError("another comparison of this repository is running (it holds " +
                     (place / "lock").string() + ")");
  return place.string();
}

}  // namespace assay::trials
