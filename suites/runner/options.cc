#include "suites/runner/options.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace assay::suite {
namespace {

constexpr const char* kBuildGroup = "Set by the build target";
constexpr const char* kHidden = "";

// The person's options as given, in the order in which --help lists them.
std::string command_of(const CLI::App& app) {
  std::string command;
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->get_group() == kBuildGroup || option->get_group() == kHidden)
      continue;
    command += (command.empty() ? "" : " ") + option->get_name();
    for (const std::string& value : option->results())
      if (option->get_expected_max() > 0) command += " " + value;
  }
  return command;
}

}  // namespace

std::optional<Options> parse_options(int count, const char* const* arguments) {
  Options options;
  CLI::App app{
      "Compares memory allocators: each workload runs in a fresh process for every allocator and round, and "
      "the\n"
      "run ends with the path of a report. Ctrl-C ends it early and keeps what is done."};

  bool quick = false, thorough = false;
  auto* quick_flag = app.add_flag("--quick", quick, "6 rounds, about two minutes");
  app.add_flag("--thorough", thorough, "20 rounds of larger workloads, about an hour")->excludes(quick_flag);
  int rounds = 0;
  app.add_option("--rounds", rounds, "rounds, instead of the usual 10")->check(CLI::Range(1, 10000));
  app.add_option("--filter", options.filter, "only workloads whose name this regular expression finds");
  std::vector<std::string> chosen;
  auto* chosen_option =
      app.add_option("--subjects", chosen, "only these allocators, a,b,c; the baseline always takes part")
          ->delimiter(',');
  app.add_option("--preload", options.preloads, "name=/path/lib.so: one allocator more (repeatable)")
      ->allow_extra_args(false);
  app.add_option("--json", options.json, "file to append the results to (default: in the --out directory)");
  app.add_option("--out", options.out, "directory for results and report (default: assay-results/<run>)");
  app.add_option("--seed", options.seed, "of the workloads and of the order of processes");
  std::string huge_pages = "never";
  app.add_option("--thp", huge_pages,
                 "transparent huge pages for the measured processes: never (default) or "
                 "as the system has them")
      ->check(CLI::IsMember({"never", "system"}))
      ->take_last();
  app.add_flag("--list", options.list, "list allocators and workloads, measure nothing");
  bool no_conformance = false;
  app.add_flag("--no-conformance", no_conformance, "do not check the contract first");

  app.add_option("--benchmarks", options.benchmarks, "the workload program of allocators that are libraries")
      ->group(kBuildGroup);
  app.add_option("--suite", options.suite, "family of the subjects")->group(kBuildGroup);
  app.add_option("--program", options.programs, "name=path: a subject with a workload program of its own")
      ->allow_extra_args(false)
      ->group(kBuildGroup);
  app.add_option("--probe", options.probes, "name=path: the program that runs one clause on that subject")
      ->allow_extra_args(false)
      ->group(kBuildGroup);
  app.add_option("--only", options.only, "regular expression: the workloads that this target is about")
      ->group(kBuildGroup);
  app.add_option("--conformance-tool", options.conformance_tool, "checks one allocator")->group(kBuildGroup);
  app.add_option("--report-tool", options.report_tool, "turns results into a page")->group(kBuildGroup);
  app.add_option("--subject", options.subjects, "name=path (repeatable); no path: the C library's own")
      ->allow_extra_args(false)
      ->group(kBuildGroup);
  app.add_option("--null", options.null_allocator, "library that measures the harness itself")
      ->group(kBuildGroup);
  std::string baselines = "glibc";
  auto* baseline_option =
      app.add_option("--baseline", baselines, "a,b,c: ratios are to the first of them that is available")
          ->take_last();
  app.add_option("--deviations", options.deviations, "name=path: documented deviations (repeatable)")
      ->allow_extra_args(false)
      ->group(kBuildGroup);
  app.add_option("--hang-after", options.quiet_seconds, "seconds without progress")->group(kHidden);
  app.add_option("--cpu-limit", options.cpu_seconds, "seconds of CPU time of one process")->group(kHidden);

  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + "; --help lists the options");
  }
  options.effort = quick ? kQuick : thorough ? kThorough : kUsual;
  options.baselines = CLI::detail::split(baselines, ',');
  options.baseline_named = baseline_option->count() > 0;
  options.conformance = !no_conformance;
  options.huge_pages = huge_pages == "system";
  if (rounds != 0) options.effort.rounds = rounds;
  if (chosen_option->count() != 0) options.chosen = chosen;
  options.command = command_of(app);
  return options;
}

}  // namespace assay::suite
