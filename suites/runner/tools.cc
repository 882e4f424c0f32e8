#include "suites/runner/tools.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

#include "suites/core/subject.h"
#include "suites/runner/spawn.h"

namespace assay::suite {
namespace {

namespace fs = std::filesystem;

constexpr int kViolationsFound = 1;  // the conformance tool's exit status when the subject fails the gate

// The absolute path in the entry "name=path" that is about the subject, "" without one.
std::string file_for(const Subject& subject, const std::vector<std::string>& entries) {
  for (const std::string& entry : entries)
    if (entry.rfind(subject.name + "=", 0) == 0)
      return fs::absolute(entry.substr(subject.name.size() + 1)).string();
  return "";
}

std::vector<std::string> conformance_command(const Options& options, const Subject& subject,
                                             const Recorder& recorder, std::size_t jobs) {
  std::vector<std::string> command = {options.conformance_tool,         "--suite=" + options.suite,
                                      "--json=" + recorder.path(),      "--run-id=" + recorder.identity().run,
                                      "--jobs=" + std::to_string(jobs), "--quiet"};
  if (subject.program.empty()) {
    command.insert(command.end(), {"--subject", subject.name + "=" + subject.library});
  } else {
    command.insert(command.end(), {"--type=" + subject.name, "--probe=" + file_for(subject, options.probes)});
    if (!subject.version.empty()) command.push_back("--version=" + subject.version);
  }
  if (const std::string list = file_for(subject, options.deviations); !list.empty())
    command.push_back("--deviations=" + list);
  return command;
}

bool completed(int status) { return WIFEXITED(status) && WEXITSTATUS(status) <= kViolationsFound; }

}  // namespace

void check_conformance(const Options& options, const std::vector<Subject>& subjects, const Recorder& recorder,
                       SignalWatch& signals, ProgressLine& progress) {
  std::vector<const Subject*> waiting;
  for (const Subject& subject : subjects)
    if (subject.role != Role::kNull && subject.unavailable.empty() &&
        (subject.program.empty() || !file_for(subject, options.probes).empty()))
      waiting.push_back(&subject);
  const std::size_t total = waiting.size(), cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t at_a_time = std::min(total, cores);

  std::map<pid_t, const Subject*> running;
  while (!waiting.empty() || !running.empty()) {
    if (signals.interrupted()) {
      waiting.clear();
      for (const auto& [child, subject] : running) kill(-child, SIGTERM);
    }
    while (!waiting.empty() && running.size() < at_a_time) {
      const Subject* subject = waiting.front();
      waiting.erase(waiting.begin());
      const pid_t child = spawn_tool(conformance_command(options, *subject, recorder, cores / at_a_time));
      if (child > 0)
        running[child] = subject;
      else
        progress.say(options.conformance_tool + ": cannot be started: " + std::strerror(errno));
    }
    progress.show(total - waiting.size() - running.size(), total, "conformance", std::nullopt);

    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (const auto found = running.find(ended); found != running.end()) {
      if (!completed(status) && !signals.interrupted())
        progress.say(found->second->name + ": the conformance check could not be completed (" +
                     (WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status))
                                        : "killed by signal " + std::to_string(WTERMSIG(status))) +
                     ")");
      running.erase(found);
    } else if (!running.empty()) {
      pollfd signal{signals.descriptor(), POLLIN, 0};
      poll(&signal, 1, -1);
    }
  }
}

bool write_report(const std::string& tool, const std::string& page, const std::string& results) {
  std::vector<std::string> command = {tool, "--out=" + page, results};
  // This machine's calibration where the user has made one, otherwise the one that comes with the tool.
  for (const fs::path& calibration :
       {fs::path(user_directory()) / "assay-results/calibration.jsonl", fs::path("reports/calibration.jsonl"),
        fs::path("../assay/reports/calibration.jsonl")}) {
    if (!fs::exists(calibration)) continue;
    command.push_back("--calibration=" + calibration.string());
    break;
  }
  const pid_t child = spawn_tool(command);
  if (child < 0) return false;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status == 0;
}

}  // namespace assay::suite
