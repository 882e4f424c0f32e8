#include "trials/program.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "suites/core/fnv1a.h"
#include "suites/runner/process.h"

namespace assay::trials {
namespace {

namespace fs = std::filesystem;

// The share of a pass that fits into a turn, of workloads whose passes have any length; and for counting,
// where every instruction is simulated.
constexpr const char* kTurnLength = "--length=0.05";
constexpr const char* kCountedLength = "--length=0.02";

std::string contents(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  std::ostringstream text;
  text << input.rdbuf();
  if (!input) throw std::runtime_error(file + ": cannot be read");
  return text.str();
}

// "# program: a/b" of the script's head; "" when it says nothing.
std::string said(const std::string& script, const std::string& key) {
  const std::string start = "\n# " + key + ": ";
  const std::size_t at = script.find(start);
  if (at == std::string::npos) return "";
  const std::size_t from = at + start.size();
  return script.substr(from, script.find('\n', from) - from);
}

// Files among the script's runfiles; the workspace's own folder there has one name or another.
std::string runfile(const std::string& script, const std::string& path) {
  for (const auto& entry : fs::directory_iterator(script + ".runfiles"))
    if (fs::exists(entry.path() / path)) return fs::canonical(entry.path() / path).string();
  throw std::runtime_error(script + ": " + path + " is not among its runfiles");
}

}  // namespace

Program::Program(const std::string& file) : path_(fs::canonical(file).string()) {
  std::string bytes = contents(path_);
  if (bytes.rfind("#!", 0) == 0) {
    const std::string program = said(bytes, "program"), library = said(bytes, "preload");
    if (program.empty()) throw std::runtime_error(file + " is a script, but none of bazel/command.bzl");
    path_ = runfile(file, program);
    if (!library.empty()) library_ = runfile(file, library);
    bytes = contents(path_);
  }
  digest_ = measured_digest_ = suite::fnv1a64(bytes);
  if (!library_.empty()) {
    measured_digest_ = suite::fnv1a64(contents(library_));
    digest_ = suite::fnv1a64(suite::hexadecimal(measured_digest_), digest_);
  }
  cases_ = suite::list_workloads(path_).workloads;
}

std::vector<std::string> Program::environment() const {
  return {"PATH=/usr/bin:/bin", "LC_ALL=C", "LD_PRELOAD=" + library_};
}

Side Program::side(const std::string& name, const suite::Workload& workload) const {
  std::vector<std::string> arguments = {path_, "--case=" + workload.name, "--turns",
                                        "--output-fd=" + std::to_string(suite::kReportDescriptor)};
  if (workload.any_length) arguments.push_back(kTurnLength);
  return {name, arguments, environment()};
}

std::vector<std::string> Program::counted_arguments(const suite::Workload& workload) const {
  std::vector<std::string> arguments = {path_, "--case=" + workload.name, "--repetitions=1",
                                        "--output-fd=" + std::to_string(suite::kReportDescriptor)};
  arguments.push_back(workload.any_length ? kCountedLength : "--scale=0.01");
  return arguments;
}

}  // namespace assay::trials
