// main() of a program of in-process benchmarks.
//
//   program [--benchmark_…]                  Google Benchmark's own command line
//   program --list                           one line of JSON for each case
//   program --case=NAME [--output-fd=D]      that case once: a line of JSON for each metric
//   (reports/FORMAT.md) program --case=NAME --turns [--length=L] takes turns with another process (turns.h)
//
// One pass is a fixed number of iterations, found before the first turn and the same in every process.
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "suites/core/benchmark_case.h"
#include "suites/core/footprint.h"
#include "suites/core/measured_pass.h"
#include "suites/core/turns.h"

// What a tool counts that finds it by its name: every measured pass goes through here.
extern "C" [[gnu::noinline]] void assay_measured_pass(benchmark::State& state,
                                                      void (*function)(benchmark::State&)) {
  assay::suite::mark_pass(true);
  function(state);
  assay::suite::mark_pass(false);
}

namespace assay::suite {
namespace {

constexpr double kIterations = 10'000;  // of a pass of length 1

const BenchmarkCase* head = nullptr;

class LastRun : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) {  // a case without a figure, never one that takes no time
        fprintf(stderr, "%s\n", run.error_message.c_str());
        _exit(1);
      }
      if (run.run_type != Run::RT_Iteration) continue;
      cpu = run.cpu_accumulated_time * 1e9;
      wall = run.real_accumulated_time * 1e9;
      iterations = static_cast<double>(run.iterations);
    }
  }
  double cpu = 0, wall = 0, iterations = 0;  // nanoseconds of all iterations
};

// Registers the one case with Google Benchmark, so that a call of pass() runs it.
class Pass {
 public:
  Pass(const BenchmarkCase& chosen, double length) {
    int count = 1;
    char name[] = "benchmark";
    char* arguments[] = {name, nullptr};
    benchmark::Initialize(&count, arguments);
    benchmark::RegisterBenchmark(
        chosen.name, [&chosen](benchmark::State& state) { assay_measured_pass(state, chosen.function); })
        ->Iterations(std::max<benchmark::IterationCount>(std::llround(kIterations * length), 1))
        ->MeasureProcessCPUTime();
  }

  const LastRun& operator()() {
    benchmark::RunSpecifiedBenchmarks(&last_, ".");
    return last_;
  }

 private:
  LastRun last_;
};

void write_metrics(int output, Pass& pass) {
  pass();
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const LastRun& last = pass();
  const auto line = [&](const char* metric, const char* unit, double sample) {
    const nlohmann::json json = {
        {"metric", metric}, {"unit", unit}, {"better", "less"}, {"samples", {sample}}};
    dprintf(output, "%s\n", json.dump().c_str());
  };
  line("cpu_time", "ns/op", last.cpu / last.iterations);
  line("wall_time", "ns/op", last.wall / last.iterations);
  line("page_faults", "count", static_cast<double>(usage.ru_minflt + usage.ru_majflt));
  line("peak_resident", "bytes", static_cast<double>(peak_resident_bytes()));
}

int run(int count, char** arguments) {
  CLI::App program(
      "Runs one of this program's benchmarks; without --list or --case it is a Google Benchmark program.");
  bool list = false, turns = false;
  std::string name;
  int repetitions = 0, output = STDOUT_FILENO;
  double length = 1;
  program.add_flag("--list", list, "print the cases");
  program.add_option("--case", name, "the case to run");
  program.add_flag("--turns", turns, "take turns: commands on standard input, answers to the descriptor");
  program.add_option("--length", length, "multiplies the iterations of a pass")
      ->check(CLI::Range(0.0001, 1000.0));
  program.add_option("--repetitions", repetitions, "accepted for the runner's sake: always one");
  program.add_option("--output-fd", output, "descriptor that the results are written to");
  CLI11_PARSE(program, count, arguments);
  for (const BenchmarkCase* entry = head; entry != nullptr; entry = entry->next) {
    if (list) {
      const nlohmann::json line = {
          {"case", entry->name}, {"family", "benchmark"}, {"sentence", entry->name}, {"any_length", true}};
      dprintf(output, "%s\n", line.dump().c_str());
    } else if (name == entry->name) {
      Pass pass(*entry, length);
      if (!turns) return write_metrics(output, pass), 0;
      pass();
      return serve_turns(STDIN_FILENO, output, [&pass](long passes) {
        Turn turn;
        for (long i = 0; i < passes; ++i) {
          const LastRun& last = pass();
          turn.cpu += last.cpu;
          turn.wall += last.wall;
        }
        return turn;
      });
    }
  }
  if (list) return 0;
  fprintf(stderr, "%s: no case is called '%s'; --list prints them\n", arguments[0], name.c_str());
  return 2;
}

}  // namespace

BenchmarkCase::BenchmarkCase(const char* case_name, void (*case_function)(benchmark::State&))
    : name(case_name), function(case_function), next(head) {
  head = this;
}

}  // namespace assay::suite

int main(int count, char** arguments) {
  using namespace assay::suite;
  for (int i = 1; i < count; ++i)
    for (const char* own : {"--list", "--case", "--help"})
      if (strncmp(arguments[i], own, strlen(own)) == 0) return run(count, arguments);
  for (const BenchmarkCase* entry = head; entry != nullptr; entry = entry->next)
    benchmark::RegisterBenchmark(entry->name, entry->function);
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
