#include "suites/runner/runner.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <system_error>

#include "suites/core/machine.h"
#include "suites/core/recorder.h"
#include "suites/runner/board.h"
#include "suites/runner/field.h"
#include "suites/runner/plan.h"
#include "suites/runner/process.h"
#include "suites/runner/progress_line.h"
#include "suites/runner/table.h"
#include "suites/runner/tools.h"
#include "suites/runner/workload.h"

namespace assay::suite {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What a subject that can be measured has, and this machine cannot run: a line each.
std::vector<std::string> absent_cells(const Field& field) {
  std::vector<std::string> lines;
  for (std::size_t subject = 0; subject < field.subjects.size(); ++subject)
    if (field.subjects[subject].unavailable.empty())
      for (const auto& [workload, reason] : field.obstacles[subject])
        lines.push_back(field.subjects[subject].name + ", " + workload.name + ": not available: " + reason);
  return lines;
}

Recorder::Reasons reasons_of(const std::vector<Obstacle>& obstacles) {
  Recorder::Reasons reasons;
  for (const auto& [workload, reason] : obstacles) reasons.emplace_back(workload.name, reason);
  return reasons;
}

int print_list(const Field& field) {
  std::puts("Subjects:");
  for (const Subject& subject : field.subjects)
    std::printf("  %-24s %-10s %s\n", subject.name.c_str(), subject.version.c_str(),
                subject.unavailable.empty() ? subject.library.c_str()
                                            : ("not available: " + subject.unavailable).c_str());
  std::puts("Workloads:");
  for (const Workload& workload : field.workloads)
    std::printf("  %-24s %-10s %s%s\n", workload.name.c_str(), workload.family.c_str(),
                workload.sentence.c_str(), workload.thorough_only ? " (only with --thorough)" : "");
  for (const std::string& line : absent_cells(field)) std::puts(line.c_str());
  return kExitDone;
}

std::string in_user_directory(const std::string& path) {
  return (fs::path(user_directory()) / path).lexically_normal();
}

// The directory for this run; a new one becomes what assay-results/latest leads to.
std::string make_directory(const Options& options, const std::string& run) {
  const fs::path directory = in_user_directory(options.out.empty() ? "assay-results/" + run : options.out);
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw RecordError(directory.string() + ": " + error.message() + "; name another with --out");
  if (options.out.empty()) {
    const fs::path latest = directory.parent_path() / "latest", fresh = directory.parent_path() / ("." + run);
    fs::create_directory_symlink(run, fresh, error);
    if (!error) fs::rename(fresh, latest, error);
    if (error) std::fprintf(stderr, "%s: cannot be renewed: %s\n", latest.c_str(), error.message().c_str());
  }
  return directory;
}

class Runner {
 public:
  Runner(const Options& options, const Field& field, Recorder& recorder, SignalWatch& signals,
         ProgressLine& progress)
      : options_(options),
        limits_{options.quiet_seconds, options.cpu_seconds},
        field_(field),
        subjects_(field.subjects),
        workloads_(field.workloads),
        recorder_(recorder),
        signals_(signals),
        progress_(progress),
        board_(subjects_.size(), workloads_.size(), baseline()),
        estimate_(workloads_.size()),
        left_(workloads_.size()) {
    for (const auto& runs : field.runs)
      for (std::size_t workload = 0; workload < runs.size(); ++workload)
        if (runs[workload]) left_[workload] += static_cast<std::size_t>(options.effort.rounds);
    total_ = std::accumulate(left_.begin(), left_.end(), std::size_t{0});
  }

  const Board& run() {
    for (const Pairing& pairing :
         make_plan(options_.effort.rounds, workloads_.size(), subjects_.size(), options_.seed)) {
      for (const std::size_t subject : pairing.subjects) {
        if (!field_.runs[subject][pairing.workload]) continue;
        if (!board_.failed(subject, pairing.workload)) measure(subject, pairing.workload, pairing.round);
        if (signals_.interrupted()) break;
        --left_[pairing.workload];
        ++done_;
      }
      if (signals_.interrupted()) break;
      for (const auto& [subject, checksum, expected] : board_.disagreements(pairing.workload, pairing.round))
        fail(subject, pairing.workload, pairing.round,
             "checksum " + checksum + " differs from " + reference(pairing.workload) + " " + expected, "");
    }
    return board_;
  }

 private:
  std::size_t baseline() const {
    for (std::size_t i = 0; i < subjects_.size(); ++i)
      if (subjects_[i].role == Role::kBaseline) return i;
    return Board::kNone;
  }

  // Whose checksum the others are compared with.
  std::string reference(std::size_t workload) const {
    const std::size_t subject = baseline();
    return subject == Board::kNone || !field_.runs[subject][workload] || board_.failed(subject, workload)
               ? "most others'"
               : subjects_[subject].name + "'s";
  }

  // What of the subject stands on the stack of its processes: the program's path does so twice.
  std::size_t bytes_on_stack(std::size_t subject) const {
    return subjects_[subject].library.size() + 2 * field_.programs[subject].size();
  }

  // Identical for all but the library, and padded: no subject's stack starts elsewhere.
  std::vector<std::string> environment_for(std::size_t subject) const {
    std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "LC_ALL=C",
                                            "LD_PRELOAD=" + subjects_[subject].library};
    std::size_t most = 0;
    for (std::size_t other = 0; other < subjects_.size(); ++other)
      most = std::max(most, bytes_on_stack(other));
    environment.push_back("PADDING=" + std::string(most - bytes_on_stack(subject), '.'));
    for (const char* name : {"LD_LIBRARY_PATH", "TMPDIR"})  // TMPDIR: the file system that is measured
      if (const char* path = std::getenv(name)) environment.push_back(std::string(name) + "=" + path);
    return environment;
  }

  void measure(std::size_t subject, std::size_t workload, int round) {
    progress_.show(done_, total_, subjects_[subject].name + ", " + workloads_[workload].name,
                   estimate_.remaining(left_));
    // What is for thorough runs only has its size and its length from itself.
    const bool own = workloads_[workload].thorough_only;
    char scale[32];
    std::snprintf(scale, sizeof scale, "--scale=%g", own ? 1 : options_.effort.scale);
    const ProcessResult result = run_process(
        {field_.programs[subject], "--case=" + workloads_[workload].name,
         "--repetitions=" + std::to_string(own ? 0 : options_.effort.repetitions), scale,
         "--seed=" + std::to_string(options_.seed), "--output-fd=" + std::to_string(kReportDescriptor)},
        environment_for(subject), limits_, signals_);
    if (result.end == ProcessResult::End::kInterrupted) return;
    estimate_.add(workload, result.seconds);

    const Readings readings = parse_readings(result.report);
    std::string reason = describe_end(result, limits_);
    // A process that gave up has said why; of one that was ended from outside, the end is the reason.
    const bool gave_up = result.end == ProcessResult::End::kExited && !readings.failure.empty();
    if (reason.empty() || (gave_up && !result.report.empty())) reason = readings.failure;
    if (!reason.empty()) return fail(subject, workload, round, reason, result.errors);
    board_.add(subject, workload, round, readings.metrics);
    for (const Json& metric : readings.metrics) record("measurement", subject, workload, round, metric);
  }

  void fail(std::size_t subject, std::size_t workload, int round, const std::string& reason,
            const std::string& output) {
    board_.fail(subject, workload);
    progress_.say(subjects_[subject].name + ", " + workloads_[workload].name + ": FAILED: " + reason);
    record(
        "failure", subject, workload, round,
        {{"metric", "failure"}, {"unit", "reason"}, {"samples", Json::array({reason})}, {"output", output}});
  }

  void record(const char* kind, std::size_t subject, std::size_t workload, int round, const Json& fields) {
    Json line = {{"subject", subjects_[subject].name},
                 {"version", subjects_[subject].version},
                 {"suite", options_.suite},
                 {"case", workloads_[workload].name},
                 {"family", workloads_[workload].family},
                 {"sentence", workloads_[workload].sentence},
                 {"round", round}};
    line.update(fields);
    recorder_.append(kind, line);
  }

  const Options& options_;
  const ProcessLimits limits_;
  const Field& field_;
  const std::vector<Subject>& subjects_;
  const std::vector<Workload>& workloads_;
  Recorder& recorder_;
  SignalWatch& signals_;
  ProgressLine& progress_;
  Board board_;
  Estimate estimate_;
  std::vector<std::size_t> left_;  // processes that were not run yet, by workload
  std::size_t done_ = 0, total_ = 0;
};

}  // namespace

int run_benchmarks(const Options& options, SignalWatch& signals) {
  const Field field = find_field(options);
  const std::vector<Subject>& subjects = field.subjects;
  if (options.list) return print_list(field);

  const std::string run = new_run_id();
  const std::string directory = make_directory(options, run);
  const std::string results =
      options.json.empty() ? directory + "/results.jsonl" : in_user_directory(options.json);
  Recorder recorder(results, {run, commit_of_tree(), machine_fingerprint()});
  auto environment = describe_environment();
  const bool off =
      !options.huge_pages && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0;  // inherited from here on
  for (auto& [name, value] : environment)
    if (name == "transparent huge pages" && !options.huge_pages)
      value = (off ? "off for every workload (system: " : "could not be turned off (system: ") + value + ")";
  recorder.run(options.command, environment);
  for (std::size_t subject = 0; subject < subjects.size(); ++subject)
    recorder.subject(subjects[subject], reasons_of(field.obstacles[subject]));

  ProgressLine progress;
  if (options.conformance && !options.conformance_tool.empty())
    check_conformance(options, subjects, recorder, signals, progress);

  for (const std::string& line : absent_cells(field)) progress.say(line);
  Runner runner(options, field, recorder, signals, progress);
  const Board& board = runner.run();

  progress.say("\n" + summary_table(board, subjects, field.workloads));
  const bool interrupted = signals.interrupted();
  if (interrupted) progress.say("Interrupted: the results hold what was done until then.");
  if (!options.report_tool.empty()) {
    const std::string page = directory + "/report.html";
    if (!write_report(options.report_tool, page, results)) {
      progress.say("The report could not be written; the results are in " + results);
      return interrupted ? kExitInterrupted : kExitNotWritten;
    }
    std::printf("%s\n", page.c_str());
  } else {
    std::printf("%s\n", results.c_str());
  }
  return interrupted ? kExitInterrupted : kExitDone;  // a cell that failed is a result
}

}  // namespace assay::suite
