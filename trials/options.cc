#include "trials/options.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "suites/core/subject.h"

namespace assay::trials {
namespace {

constexpr const char* kBuildGroup = "Set by the build target";

// "20s", "20", "1.5m" in seconds.
double seconds_of(const std::string& text) {
  char* rest = nullptr;
  const double value = std::strtod(text.c_str(), &rest);
  const std::string unit = rest;
  if (rest == text.c_str() || !(value > 0) || (unit != "" && unit != "s" && unit != "m"))
    throw std::runtime_error("--budget=" + text + ": expected a time such as 20s or 2m");
  return unit == "m" ? 60 * value : value;
}

std::string in_user_directory(const std::string& file) {
  return file.empty() ? "" : (std::filesystem::path(suite::user_directory()) / file).string();
}

// Now, and not after ten minutes of measuring.
void expect_writable(const std::string& file) {
  std::error_code problem;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), problem);
  errno = 0;
  if (!std::ofstream(file, std::ios::app))
    throw std::runtime_error(file + " cannot be written: " + std::strerror(errno));
}

}  // namespace

std::optional<Options> parse_options(int count, const char* const* arguments) {
  Options options;
  CLI::App app(
      "Compares the benchmarks of two revisions: builds both in worktrees of their own, takes short turns "
      "between\n"
      "them until each verdict stands, counts instructions, system calls, faults and memory, and confirms "
      "every alarm\n"
      "with a differently padded build. Ctrl-C ends it early and keeps what is done.\n\n"
      "Exit status: 0 no confirmed regression, 1 confirmed regression, 2 usage or I/O error, 3 measurement "
      "invalid\n"
      "(a control failed, or the machine changed).",
      "compare_builds");
  std::string budget = "20s";
  app.add_option("--base", options.base, "revision to compare with: main, HEAD~1, a commit")->required();
  app.add_option("--head", options.head,
                 "revision that is judged (HEAD); what is not committed takes no part");
  app.add_option("--budget", budget,
                 "time for each comparison (20s); what one leaves over goes to the undecided");
  app.add_option("--filter", options.filter, "only cases whose name this regular expression finds");
  app.add_option("--targets", options.targets, "which programs, as a Bazel query (//...)");
  app.add_option("--bazel_flag", options.bazel_flags, "flag for the builds (repeatable)")
      ->allow_extra_args(false);
  app.add_flag("--strict", options.strict, "undecided comparisons and unconfirmed slowdowns fail too");
  bool no_counted = false, no_confirm = false;
  app.add_flag("--no-counted", no_counted, "times only");
  app.add_flag("--no-confirm", no_confirm,
               "no padded builds: slowdowns stay unconfirmed and fail only with --strict");
  app.add_option("--html", options.html, "write a page");
  app.add_option("--markdown", options.markdown, "write a table for a pull request's comment");
  app.add_option("--json", options.json, "write the results (reports/FORMAT.md)");
  app.add_option("--junit", options.junit, "write JUnit XML");
  app.add_flag("--list", options.list, "list programs and cases, measure nothing");
  app.add_option("--report-tool", options.report_tool, "turns results into a page")->group(kBuildGroup);
  app.add_option("--repository", options.repository, "instead of the one that bazel run was called in")
      ->group("");
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw std::runtime_error(std::string(error.what()) + "; --help lists the options");
  }
  options.budget = seconds_of(budget);
  options.counted = !no_counted;
  options.confirm = !no_confirm;
  if (options.repository.empty()) {
    const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
    options.repository = workspace == nullptr ? suite::user_directory() : workspace;
  }
  for (std::string* file : {&options.html, &options.markdown, &options.json, &options.junit}) {
    *file = in_user_directory(*file);
    if (!file->empty()) expect_writable(*file);
  }
  if (!options.report_tool.empty()) options.report_tool = std::filesystem::absolute(options.report_tool);
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->get_group() == kBuildGroup || option->get_group().empty()) continue;
    options.command += (options.command.empty() ? "" : " ") + option->get_name();
    for (const std::string& value : option->results())
      if (option->get_expected_max() > 0) options.command += "=" + value;
  }
  return options;
}

}  // namespace assay::trials
