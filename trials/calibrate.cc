// calibrate: measures how often the verdicts err on this machine, as it is now.
//
// Trials of a program against itself must raise no alarm; trials in which one side does a known share of
// operations more must. All kinds are mixed at random, so that a quiet hour favours none. Two controls stand
// beside the procedure: what people do instead.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>

#include "reports/judge.h"
#include "suites/core/machine.h"
#include "suites/core/recorder.h"
#include "suites/core/subject.h"
#include "suites/runner/progress_line.h"
#include "trials/controls.h"
#include "trials/trial.h"

namespace assay::trials {
namespace {

using suite::SignalWatch;

struct Options {
  std::string program, out = "assay-results/calibration.jsonl", preload;
  std::vector<std::string> cases = {"fast_path", "fast_chain"};
  int same = 40, slow = 20, controls = 10;
  std::vector<double> slowdowns = {1, 2, 5};
  double budget = 25, control_seconds = 10;
  std::uint64_t seed = 1;
  report::Rule rule;
};

struct Kind {
  std::string procedure;
  double slowdown;
  auto operator<=>(const Kind&) const = default;
};

struct Tally {
  int trials = 0, alarms = 0, undecided = 0;
  double seconds = 0, load = 0;
  std::vector<double> estimates;  // percent

  double error(double slowdown) const {
    double sum = 0;
    for (const double estimate : estimates) sum += (estimate - slowdown) * (estimate - slowdown);
    return std::sqrt(sum / static_cast<double>(estimates.size()));
  }
};

double load_now() {
  double load = 0;
  getloadavg(&load, 1);
  return load;
}

class Calibration {
 public:
  Calibration(const Options& options, SignalWatch& signals) : options_(options), signals_(signals) {}

  void run() {
    std::vector<Kind> plan;
    const auto add = [&](const std::string& procedure, double slowdown, int count) {
      plan.insert(plan.end(), static_cast<std::size_t>(count), {procedure, slowdown});
    };
    add("turns", 0, options_.same);
    for (const double slowdown : options_.slowdowns) add("turns", slowdown, options_.slow);
    for (const char* control : {"sequential", "repetitions"})
      for (const double slowdown : {0.0, 5.0}) add(control, slowdown, options_.controls);
    std::shuffle(plan.begin(), plan.end(), std::mt19937_64(options_.seed));

    suite::ProgressLine progress;
    double spent = 0;
    for (std::size_t i = 0; i < plan.size() && !signals_.interrupted(); ++i) {
      char what[64];
      std::snprintf(what, sizeof what, "%s, %g %% injected", plan[i].procedure.c_str(), plan[i].slowdown);
      const auto done = static_cast<double>(i), left = static_cast<double>(plan.size() - i);
      progress.show(i, plan.size(), what, i == 0 ? std::nullopt : std::optional(spent / done * left));
      const auto start = std::chrono::steady_clock::now();
      if (!one(plan[i], options_.cases[i % options_.cases.size()])) break;
      spent += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
  }

  const std::map<Kind, Tally>& tallies() const { return tallies_; }

 private:
  Side side(const std::string& name, const std::string& workload, double slowdown) const {
    constexpr double kLength = 0.05;  // passes well below a turn
    char length[48];
    std::snprintf(length, sizeof length, "--length=%.6f", kLength * (1 + slowdown / 100));
    return {name,
            {options_.program, "--case=" + workload, "--turns", length, "--output-fd=3"},
            {"PATH=/usr/bin:/bin", "LC_ALL=C", "LD_PRELOAD=" + options_.preload}};
  }

  bool one(const Kind& kind, const std::string& workload) {
    const Side base = side("base", workload, 0), head = side("head", workload, kind.slowdown);
    Tally& tally = tallies_[kind];
    const auto start = std::chrono::steady_clock::now();
    double ratio = 1;
    bool alarm = false;
    if (kind.procedure == "turns") {
      Trial trial(base, head, false, false, signals_);
      const auto judgement = trials::run(trial, options_.rule, options_.budget);
      if (!judgement) return failed(trial.problem());
      ratio = judgement->ratio;
      const bool worse = judgement->decision == report::Decision::kWorse;
      alarm = worse || (kind.slowdown == 0 && judgement->decision == report::Decision::kBetter);
      tally.undecided += judgement->decision == report::Decision::kUndecided;
    } else {
      const auto result = (kind.procedure == "sequential" ? sequential : repetitions)(
          base, head, options_.control_seconds, signals_);
      if (!result) return failed("a side ended");
      ratio = result->ratio;
      alarm = result->alarm && (kind.slowdown == 0 || result->worse);
    }
    ++tally.trials;
    tally.alarms += alarm;
    tally.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    tally.load += load_now();
    tally.estimates.push_back(100 * (ratio - 1));
    return true;
  }

  bool failed(const std::string& problem) const {
    if (!signals_.interrupted()) throw std::runtime_error(problem);
    return false;
  }

  const Options& options_;
  SignalWatch& signals_;
  std::map<Kind, Tally> tallies_;
};

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void record(const Options& options, const std::map<Kind, Tally>& tallies, const std::string& command) {
  const std::filesystem::path path(options.out);
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  suite::Recorder recorder(options.out,
                           {suite::new_run_id(), suite::commit_of_tree(), suite::machine_fingerprint()});
  recorder.run(command, suite::describe_environment());
  for (const auto& [kind, tally] : tallies) {
    if (tally.trials == 0) continue;
    const bool turns = kind.procedure == "turns";
    recorder.append("calibration", {{"procedure", kind.procedure},
                                    {"case", joined(options.cases)},
                                    {"slowdown", kind.slowdown},
                                    {"trials", tally.trials},
                                    {"alarms", tally.alarms},
                                    {"error", tally.error(kind.slowdown)},
                                    {"seconds", tally.seconds / tally.trials},
                                    {"load", tally.load / tally.trials},
                                    {"margin", turns ? options.rule.margin : 0.05},
                                    {"level", turns ? options.rule.level : 0.05},
                                    {"samples", tally.estimates}});
  }
}

void print(const std::map<Kind, Tally>& tallies) {
  std::printf("%-12s %9s %7s %7s %10s %13s %8s %6s\n", "procedure", "injected", "trials", "alarms",
              "undecided", "error (rms)", "seconds", "load");
  for (const auto& [kind, tally] : tallies)
    if (tally.trials != 0)
      std::printf("%-12s %7g %% %7d %5.1f %% %10d %11.2f %% %8.1f %6.1f\n", kind.procedure.c_str(),
                  kind.slowdown, tally.trials, 100.0 * tally.alarms / tally.trials, tally.undecided,
                  tally.error(kind.slowdown), tally.seconds / tally.trials, tally.load / tally.trials);
}

int main(int count, char** arguments) {
  Options options;
  CLI::App app(
      "Measures how often a verdict errs on this machine: alarms between a program and itself, and "
      "slowdowns\n"
      "of known size that are found. About a quarter of an hour; Ctrl-C keeps what is done. The results file "
      "is\n"
      "given to the report like any other; it prints the table.",
      "calibrate");
  bool thorough = false;
  app.add_flag("--thorough", thorough,
               "200 trials of the same, 50 of each slowdown, 40 of each control: 1-2 hours");
  auto* same = app.add_option("--same", options.same, "trials of a program against itself (40)");
  auto* slow = app.add_option("--slow", options.slow, "trials of each slowdown (20)");
  auto* controls = app.add_option("--controls", options.controls, "trials of each control (10)");
  app.add_option("--slowdowns", options.slowdowns, "percent to inject (1,2,5)")->delimiter(',');
  app.add_option("--cases", options.cases, "workloads of any length (fast_path,fast_chain)")->delimiter(',');
  app.add_option("--budget", options.budget, "seconds that a trial may take (25)");
  app.add_option("--preload", options.preload, "the allocator's library; by default the C library's own");
  app.add_option("--out", options.out, "results file to append to (assay-results/calibration.jsonl)");
  app.add_option("--seed", options.seed, "of the order of the trials");
  app.add_option("--benchmarks", options.program, "the workload program")
      ->required()
      ->group("Set by the build target");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (thorough) {
    if (same->empty()) options.same = 200;
    if (slow->empty()) options.slow = 50;
    if (controls->empty()) options.controls = 40;
  }
  options.out = (std::filesystem::path(suite::user_directory()) / options.out).string();
  options.program = std::filesystem::absolute(options.program);

  SignalWatch signals;
  Calibration calibration(options, signals);
  try {
    std::string problem;
    try {
      calibration.run();
    } catch (const std::exception& error) {  // what was measured until then counts
      problem = error.what();
    }
    print(calibration.tallies());
    std::string command;
    for (const CLI::Option* option : app.get_options())
      if (option->count() != 0 && option->get_name() != "--benchmarks")
        command += (command.empty() ? "" : " ") + option->get_name() +
                   (option->get_expected_max() > 0 ? "=" + joined(option->results()) : "");
    record(options, calibration.tallies(), command);
    std::printf("%s\n", options.out.c_str());
    if (!problem.empty()) throw std::runtime_error(problem);
  } catch (const std::exception& error) {
    std::cerr << "calibrate: " << error.what() << '\n';
    return 2;
  }
  return signals.interrupted() ? 130 : 0;
}

}  // namespace
}  // namespace assay::trials

int main(int count, char** arguments) { return assay::trials::main(count, arguments); }
