#include "reports/history/git.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <vector>

extern char** environ;

namespace assay::report {
namespace {

// What a program prints; nothing when it cannot be started or fails.
std::optional<std::string> output_of(std::initializer_list<std::string> command) {
  std::vector<std::string> words(command);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child;
  const bool started = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string output;
  char piece[256];
  for (ssize_t size; started && (size = read(ends[0], piece, sizeof piece)) > 0;)
    output.append(piece, static_cast<std::size_t>(size));
  close(ends[0]);
  int status = 1;
  if (started) waitpid(child, &status, 0);
  return status == 0 ? std::optional(output) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> commit_time(const std::filesystem::path& directory, const std::string& commit) {
  const std::string revision = commit.substr(0, commit.find('+'));
  // Only what git itself would print: a name from a file is never an option or another kind of revision.
  const bool is_hash = revision.size() >= 4 && std::all_of(revision.begin(), revision.end(), [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                       });
  if (!is_hash) return std::nullopt;
  const auto output =
      output_of({"git", "-C", directory.string(), "show", "-s", "--format=%ct", revision + "^{commit}"});
  std::int64_t seconds;
  if (!output || std::from_chars(output->data(), output->data() + output->size(), seconds).ec != std::errc())
    return std::nullopt;
  return seconds;
}

}  // namespace assay::report
