#include "suites/runner/workload.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "suites/core/command.h"
#include "suites/runner/options.h"

namespace assay::suite {
namespace {

using Json = nlohmann::ordered_json;

bool is_metric(const Json& line) {
  if (!line.is_object()) return false;
  for (const char* field : {"metric", "unit"})
    if (!line.contains(field) || !line[field].is_string()) return false;
  if (!line.contains("samples") || !line["samples"].is_array() || line["samples"].empty()) return false;
  if (line["metric"] == "failure") return line["samples"][0].is_string();
  // A hash may come as text, because a number of 64 bits does not survive every reader.
  const bool hash = line["unit"] == "hash";
  return line.contains("better") &&
         std::all_of(line["samples"].begin(), line["samples"].end(), [&](const Json& s) {
           return (s.is_number() && std::isfinite(s.get<double>())) || (hash && s.is_string());
         });
}

}  // namespace

Listing list_workloads(const std::string& program) {
  const CommandResult answer = run_command({program, "--list"});
  if (!answer.succeeded()) throw std::runtime_error(program + " --list fails: " + answer.errors);
  Listing listing;
  std::istringstream lines(answer.output);
  for (std::string text; std::getline(lines, text);) {
    try {
      const Json line = Json::parse(text);
      listing.version = line.value("version", listing.version);
      const std::string reason = line.value("unavailable", "");
      if (!reason.empty() && !line.contains("case")) {
        listing.unavailable = reason;
        return listing;
      }
      Workload workload{line.at("case"),
                        line.at("family"),
                        line.at("sentence"),
                        line.value("thorough_only", false),
                        line.value("any_length", false),
                        line.value("threaded", false)};
      if (reason.empty())
        listing.workloads.push_back(std::move(workload));
      else
        listing.obstacles.push_back({std::move(workload), reason});
    } catch (const Json::exception& error) {
      throw std::runtime_error(program + " --list prints a damaged line: " + text + " (" + error.what() +
                               ")");
    }
  }
  if (listing.workloads.empty() && !listing.obstacles.empty())
    listing.unavailable = listing.obstacles.front().reason;
  return listing;
}

Selection::Selection(const std::string& only, const std::string& filter, bool thorough)
    : filter_text_(filter), only_(only), thorough_(thorough) {
  try {
    filter_.assign(filter);
  } catch (const std::regex_error&) {
    throw UsageError("--filter: '" + filter + "' is not a regular expression");
  }
}

bool Selection::has(const Workload& workload) const {
  return (thorough_ || !workload.thorough_only) && std::regex_search(workload.name, only_) &&
         std::regex_search(workload.name, filter_);
}

std::vector<Workload> Selection::of(std::vector<Workload> workloads) const {
  std::erase_if(workloads, [this](const Workload& workload) { return !has(workload); });
  if (workloads.empty())
    throw UsageError("--filter: no workload matches '" + filter_text_ + "'; --list shows them");
  return workloads;
}

std::vector<Obstacle> Selection::of(std::vector<Obstacle> obstacles) const {
  std::erase_if(obstacles, [this](const Obstacle& obstacle) { return !has(obstacle.workload); });
  return obstacles;
}

Readings parse_readings(std::string_view text) {
  Readings readings;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    Json metric = Json::parse(line, nullptr, false);
    if (!is_metric(metric)) {
      readings.failure = "reported a damaged line: " + line.substr(0, 200);
      return readings;
    }
    if (metric["metric"] == "failure") {
      readings.failure = metric["samples"][0];
      return readings;
    }
    readings.metrics.push_back(std::move(metric));
  }
  if (readings.metrics.empty()) readings.failure = "reported nothing";
  return readings;
}

}  // namespace assay::suite
