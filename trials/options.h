// The command line of compare_builds.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace assay::trials {

constexpr int kExitSame = 0, kExitRegression = 1, kExitUsage = 2, kExitInvalid = 3, kExitInterrupted = 130;

struct Options {
  std::string repository;  // the user's
  std::string base, head = "HEAD", targets = "//...", filter;
  std::vector<std::string> bazel_flags;
  double budget = 20;  // seconds a comparison
  bool strict = false, counted = true, confirm = true, list = false;
  std::string html, markdown, json, junit;  // files to write; "" for none
  std::string report_tool;
  std::string command;  // as given, for the record
};

// Nothing after --help. Throws std::runtime_error for what makes no sense.
std::optional<Options> parse_options(int count, const char* const* arguments);

}  // namespace assay::trials
