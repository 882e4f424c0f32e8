#include "trials/counted.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>

#include "suites/runner/process.h"
#include "suites/runner/workload.h"
#include "trials/system_calls.h"

namespace assay::trials {
namespace {

using suite::ProcessResult;
using suite::SignalWatch;

constexpr suite::ProcessLimits kLimits{60, 900};
constexpr int kThreeDigits = 100;  // a descriptor that has them, up to the usual limit of 1,024 nearly always
constexpr std::size_t kStackStep = 4096;

// A number, or why there is none.
struct Outcome {
  std::optional<std::uint64_t> value;
  std::string why;
};

// Of all that differs between two runs, or between two directories that the program lies in, what can be made
// the same.
class Pinned {
 public:
  Pinned(std::vector<std::string> arguments, std::vector<std::string> environment)
      : arguments_(std::move(arguments)), environment_(std::move(environment)) {
    const int file = open(arguments_[0].c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) program_ = fcntl(file, F_DUPFD, kThreeDigits);  // inherited by what is started
    if (program_ < 0) failure_ = arguments_[0] + " cannot be opened: " + std::strerror(errno);
    if (file >= 0) close(file);
    if (program_ < 0) return;
    arguments_[0] = "/proc/self/fd/" + std::to_string(program_);
    // The shell script that valgrind is on Debian would add it.
    char* const directory = get_current_dir_name();
    if (!has("PWD=") && directory != nullptr) environment_.push_back(std::string("PWD=") + directory);
    std::free(directory);
    constexpr std::string_view kName = "ASSAY_PADDING=";
    std::size_t bytes = sizeof(char*) + kName.size() + 1;
    for (const auto* texts : {&arguments_, &environment_})
      for (const std::string& text : *texts) bytes += sizeof(char*) + text.size() + 1;
    environment_.push_back(std::string(kName) + std::string(kStackStep - bytes % kStackStep, 'x'));
  }
  ~Pinned() {
    if (program_ >= 0) close(program_);
  }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

  const std::string& failure() const { return failure_; }
  const std::vector<std::string>& arguments() const { return arguments_; }
  const std::vector<std::string>& environment() const { return environment_; }

 private:
  bool has(std::string_view name) const {
    for (const std::string& variable : environment_)
      if (variable.starts_with(name)) return true;
    return false;
  }

  std::vector<std::string> arguments_, environment_;
  std::string failure_;
  int program_ = -1;
};

std::string find_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string file = directory + "/" + program;
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

// Why the program's figures are worth nothing; "" when it ended well.
std::string failure_of(const ProcessResult& result) {
  const std::string end = describe_end(result, kLimits);
  if (end.empty()) return "";
  const std::string said = result.report.empty() ? "" : suite::parse_readings(result.report).failure;
  if (!said.empty()) return end + ": " + said;
  std::string last;  // that the program wrote
  std::istringstream lines(result.errors);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.starts_with("==")) last = line;
  return last.empty() ? end : end + ": " + last;
}

// The number in callgrind's last words, "==1234== Collected : 5678".
Outcome collected(const std::string& errors) {
  constexpr std::string_view kLabel = "Collected : ";
  const std::size_t label = errors.rfind(kLabel);
  std::uint64_t total = 0;
  if (label != std::string::npos)
    std::from_chars(errors.data() + label + kLabel.size(), errors.data() + errors.size(), total);
  if (total == 0)
    return {{}, "valgrind saw no call of assay_measured_pass: has the program one, and its symbols?"};
  return {total, ""};
}

Outcome count_instructions(const Pinned& program, SignalWatch& signals) {
  const std::string valgrind = find_in_path("valgrind");
  if (valgrind.empty()) return {{}, "valgrind is not installed: apt-get install valgrind"};
  std::vector<std::string> arguments = {valgrind,
                                        "--command-line-only=yes",
                                        "--tool=callgrind",
                                        "--callgrind-out-file=/dev/null",
                                        "--child-silent-after-fork=yes",
                                        "--toggle-collect=assay_measured_pass"};
  arguments.insert(arguments.end(), program.arguments().begin(), program.arguments().end());
  const ProcessResult result = run_process(arguments, program.environment(), kLimits, signals);
  const std::string failure = failure_of(result);
  return failure.empty() ? collected(result.errors) : Outcome{{}, "under valgrind: " + failure};
}

std::string list(const std::map<std::string, std::uint64_t>& calls) {
  std::string text;
  for (const auto& [name, count] : calls)
    text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
  return text;
}

Outcome reading(const suite::Readings& readings, const char* metric) {
  if (!readings.failure.empty()) return {{}, readings.failure};
  for (const auto& line : readings.metrics)
    if (line["metric"] == metric && line["samples"].back().is_number_unsigned())
      return {line["samples"].back().get<std::uint64_t>(), ""};
  return {{}, std::string("the program does not report ") + metric};
}

// Notes what the first or the second round brought.
void note(Quantity& quantity, bool second, const Outcome& outcome) {
  (second ? quantity.second : quantity.first) = outcome.value.value_or(0);
  if (quantity.absent.empty()) quantity.absent = outcome.why;
}

// What the kernel knows; counted without valgrind, whose own doings it would be.
void count_kernel(const Pinned& program, bool second, SignalWatch& signals, Counts& counts) {
  SystemCalls calls = trace_system_calls(program.arguments(), program.environment(), kLimits, signals);
  ProcessResult& result = calls.process;
  if (!calls.refused.empty())
    result = run_process(program.arguments(), program.environment(), kLimits, signals);
  const std::string failure = failure_of(result);
  suite::Readings readings;
  if (failure.empty()) readings = suite::parse_readings(result.report);
  for (Quantity* quantity : {&counts.page_faults, &counts.peak_resident, &counts.steady_resident})
    note(*quantity, second, failure.empty() ? reading(readings, quantity->metric) : Outcome{{}, failure});

  if (!calls.refused.empty()) return note(counts.system_calls, second, {{}, calls.refused});
  if (!failure.empty()) return note(counts.system_calls, second, {{}, failure});
  note(counts.system_calls, second, {calls.total, ""});
  counts.system_calls.detail = list(calls.memory_calls);
  if (!calls.marked) counts.system_calls.detail += " (of the whole process: it marks no passes)";
}

}  // namespace

Counts count(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
             SignalWatch& signals) {
  Counts counts;
  const Pinned program(arguments, environment);
  if (!program.failure().empty()) {
    for (Quantity* quantity : {&counts.instructions, &counts.system_calls, &counts.page_faults,
                               &counts.peak_resident, &counts.steady_resident})
      quantity->absent = program.failure();
    return counts;
  }
  for (const bool second : {false, true}) {
    if (counts.instructions.absent.empty())
      note(counts.instructions, second, count_instructions(program, signals));
    count_kernel(program, second, signals, counts);
  }
  return counts;
}

}  // namespace assay::trials
