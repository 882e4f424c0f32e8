// The program that runs one workload in this process, on whatever allocator it was started with.
//
//   benchmarks --list                                    one line of JSON for each workload; "unavailable"
//                                                        says why one cannot be run here
//   benchmarks --case=NAME [--repetitions=R] [--scale=S] [--seed=N] [--output-fd=D]
//
//   benchmarks --case=NAME --turns [--length=L]          takes turns, see suites/core/turns.h
//
// writes one line of JSON for each metric (reports/FORMAT.md) and exits 0, or the line of a failure and
// exits 1. Google Benchmark keeps the clock; the sizes, faults and instructions around it are read here. They
// cover the warm-up as well: what the pattern does to memory includes how it came there.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "suites/core/clocks.h"
#include "suites/core/footprint.h"
#include "suites/core/instruction_counter.h"
#include "suites/core/measured_pass.h"
#include "suites/core/turns.h"
#include "suites/core/version.h"
#include "suites/core/workload.h"

// What is timed, and what a tool counts that finds it by its name: every measured pass goes through here.
extern "C" [[gnu::noinline]] std::uint64_t assay_measured_pass(assay::suite::Workload& workload) {
  assay::suite::mark_pass(true);
  const std::uint64_t checksum = workload.pass();
  assay::suite::mark_pass(false);
  return checksum;
}

namespace assay::suite {
namespace {

constexpr int kExactBits = 53;  // of an integer in a JSON number
constexpr double kExact = std::uint64_t{1} << kExactBits;

struct Metric {
  std::string unit;
  std::vector<double> samples;
};

class Metrics : public Figures {
 public:
  void add(const char* metric, const char* unit, double sample) override {
    Metric& entry = metrics_[metric];
    entry.unit = unit;
    entry.samples.push_back(sample);
  }

  void add_unless_present(const char* metric, const char* unit, const std::vector<double>& samples) {
    metrics_.try_emplace(metric, Metric{unit, samples});
  }

  void write() const {
    std::string text;
    for (const auto& [name, metric] : metrics_) {
      nlohmann::json samples = nlohmann::json::array();
      for (const double sample : metric.samples) {
        if (sample == std::trunc(sample) && std::abs(sample) < kExact) {
          samples.push_back(static_cast<std::int64_t>(sample));  // 7 and not 7.0, a checksum digit by digit
        } else {
          samples.push_back(sample);
        }
      }
      const nlohmann::json line = {
          {"metric", name}, {"unit", metric.unit}, {"better", "less"}, {"samples", samples}};
      text += line.dump() + "\n";
    }
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t length = ::write(output(), text.data() + sent, text.size() - sent);
      if (length <= 0) _exit(2);
      sent += static_cast<std::size_t>(length);
    }
  }

 private:
  std::map<std::string, Metric> metrics_;
};

class Passes {
 public:
  Passes(const Description& description, Workload& workload, Metrics& metrics)
      : workload_(workload), metrics_(metrics) {
    reset_peak();
    resident_.before = own(resident_bytes());
    for (int pass = 0; pass < description.warm_ups; ++pass) {
      workload_.begin();
      checksum_ = workload_.pass();
      workload_.end();
      passed_ = true;
    }
  }

  void measure(benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) {
      state.PauseTiming();
      workload_.begin();
      state.ResumeTiming();
      const std::uint64_t checksum = assay_measured_pass(workload_);
      state.PauseTiming();
      if (passed_ && checksum != checksum_)
        fail("the checksum of a pass is %016lx, of the one before it %016lx", checksum, checksum_);
      checksum_ = checksum;
      passed_ = true;
      resident_.steady = own(resident_bytes());
      workload_.end();
      state.ResumeTiming();
    }
    resident_.peak = std::max(own(peak_resident_bytes()), resident_.steady);
    workload_.report(resident_, metrics_);
  }

  void summarize() {
    const auto whole = [](std::size_t value) { return std::vector<double>{static_cast<double>(value)}; };
    metrics_.add_unless_present("peak_resident", "bytes", whole(resident_.peak));
    metrics_.add_unless_present("steady_resident", "bytes", whole(resident_.steady));
    if (workload_.peak_live > 0)  // of a workload whose blocks live elsewhere nothing is known
      metrics_.add_unless_present("peak_live", "bytes", whole(workload_.peak_live));
    metrics_.add_unless_present("checksum", "hash", whole(checksum_ >> (64 - kExactBits)));
  }

 private:
  Workload& workload_;
  Metrics& metrics_;
  Resident resident_{};
  std::uint64_t checksum_ = 0;
  bool passed_ = false;
};

// Keeps one sample of each repetition instead of printing a table.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      cpu.push_back(run.GetAdjustedCPUTime());
      wall.push_back(run.GetAdjustedRealTime());
    }
  }

  std::vector<double> cpu, wall;  // nanoseconds a pass
};

// Of this process and of the children it waited for.
std::uint64_t page_faults() {
  long faults = 0;
  for (const auto whose : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage;
    getrusage(whose, &usage);
    faults += usage.ru_minflt + usage.ru_majflt;
  }
  return static_cast<std::uint64_t>(faults);
}

const char* obstacle_to(const Description& description) {
  return description.obstacle == nullptr ? nullptr : description.obstacle();
}

void list_workloads() {
  std::map<std::pair<std::string, std::string>, const WorkloadEntry*> sorted;
  for (const WorkloadEntry* entry = first_workload(); entry != nullptr; entry = entry->next)
    sorted[{entry->family, entry->name}] = entry;
  for (const auto& [key, entry] : sorted) {
    nlohmann::json line = {{"case", entry->name},
                           {"family", entry->family},
                           {"sentence", entry->sentence},
                           {"thorough_only", entry->thorough_only},
                           {"any_length", entry->any_length},
                           {"threaded", entry->threaded},
                           {"version", subject_version}};
    if (const char* const obstacle = obstacle_to(*entry)) line["unavailable"] = obstacle;
    dprintf(output(), "%s\n", line.dump().c_str());
  }
}

void run_workload(const Description& description, const Settings& settings, int repetitions) {
  const InstructionCounter instructions;  // before the workload starts its threads
  Workload& workload = *description.make(settings);
  Metrics metrics;
  Collector collector;
  int count = 1;
  char name[] = "benchmarks";
  char* arguments[] = {name, nullptr};
  benchmark::Initialize(&count, arguments);

  const std::uint64_t faults = page_faults();
  instructions.start();
  Passes passes(description, workload, metrics);
  benchmark::RegisterBenchmark(description.name,
                               [&passes](benchmark::State& state) { passes.measure(state); })
      ->Iterations(description.passes)
      ->Repetitions(repetitions > 0 ? repetitions : description.repetitions)
      ->Unit(benchmark::kNanosecond)
      ->MeasureProcessCPUTime();
  benchmark::RunSpecifiedBenchmarks(&collector, ".");
  metrics.add_unless_present("page_faults", "count", {static_cast<double>(page_faults() - faults)});
  if (const auto counted = instructions.count())
    metrics.add_unless_present("instructions", "count", {static_cast<double>(*counted)});

  const auto per_operation = [&workload](std::vector<double> samples) {
    for (double& sample : samples) sample /= static_cast<double>(workload.operations);
    return samples;
  };
  metrics.add_unless_present("cpu_time", "ns/op", per_operation(collector.cpu));
  metrics.add_unless_present("wall_time", "ns/op", per_operation(collector.wall));
  passes.summarize();
  metrics.write();
}

Turn take_turn(Workload& workload, long passes) {
  Turn turn;
  for (long pass = 0; pass < passes; ++pass) {
    workload.begin();
    const double wall = wall_nanoseconds(), cpu = cpu_nanoseconds();
    turn.checksum = assay_measured_pass(workload);
    turn.cpu += cpu_nanoseconds() - cpu;
    turn.wall += wall_nanoseconds() - wall;
    workload.end();
  }
  return turn;
}

int serve(const Description& description, const Settings& settings) {
  Workload& workload = *description.make(settings);
  take_turn(workload, description.warm_ups);
  return serve_turns(STDIN_FILENO, output(), [&](long passes) { return take_turn(workload, passes); });
}

}  // namespace
}  // namespace assay::suite

int main(int count, char** arguments) {
  using namespace assay::suite;
  CLI::App program("Runs one workload on one subject in this process.");
  bool list = false, turns = false;
  std::string name;
  int repetitions = 0, descriptor = STDOUT_FILENO;
  Settings settings;
  program.add_flag("--list", list, "print the workloads");
  program.add_option("--case", name, "the workload to run");
  program.add_option("--repetitions", repetitions, "samples of each time; 0: as the workload says");
  program.add_option("--scale", settings.scale, "multiplies what is live")->check(CLI::Range(0.01, 1000.0));
  program.add_option("--seed", settings.seed, "of the operation stream");
  program.add_option("--output-fd", descriptor, "descriptor that the results are written to");
  program.add_flag("--turns", turns, "take turns: commands on standard input, answers to the descriptor");
  program
      .add_option("--length", settings.length,
                  "multiplies the operations of a pass, in workloads that can do more or fewer")
      ->check(CLI::Range(0.001, 1000.0));
  CLI11_PARSE(program, count, arguments);
  set_output(descriptor);
  if (list) {
    list_workloads();
    return 0;
  }
  const WorkloadEntry* entry = first_workload();
  while (entry != nullptr && name != entry->name) entry = entry->next;
  if (entry == nullptr) {
    fprintf(stderr, "%s: no workload is called '%s'; --list prints them\n", arguments[0], name.c_str());
    return 2;
  }
  if (settings.length != 1 && !entry->any_length) {
    fprintf(stderr, "%s: the passes of '%s' have one length; those of fast_path, for one, have any\n",
            arguments[0], name.c_str());
    return 2;
  }
  if (const char* const obstacle = obstacle_to(*entry)) fail("not available: %s", obstacle);
  if (turns) return serve(*entry, settings);
  run_workload(*entry, settings, repetitions);
}
