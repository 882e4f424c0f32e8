// The interface of a workload program: what it can run, and what a process of it reports.
#pragma once

#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

struct Workload {
  std::string name, family, sentence;
  bool thorough_only = false;
  bool any_length = false;  // takes --length
  bool threaded = false;    // of several threads
};

// A workload that a program has and this machine cannot run, and why.
struct Obstacle {
  Workload workload;
  std::string reason;
};

// What a program says of itself.
struct Listing {
  std::vector<Workload> workloads;  // that can be run here
  std::vector<Obstacle> obstacles;  // those that cannot
  std::string version;              // of the subject that is built into it, "" when it says nothing
  std::string unavailable;          // why nothing of it can be measured here, "" when it can
};

// Asks `program --list`. Throws std::runtime_error when it does not answer as it should.
Listing list_workloads(const std::string& program);

// Which workloads a run is about: those whose name both regular expressions, `only` and `filter`, find,
// without those that are only for thorough runs unless `thorough` is set.
class Selection {
 public:
  // Throws UsageError when `filter` is no regular expression.
  Selection(const std::string& only, const std::string& filter, bool thorough);

  bool has(const Workload& workload) const;
  // Throws UsageError when none is left.
  std::vector<Workload> of(std::vector<Workload> workloads) const;
  std::vector<Obstacle> of(std::vector<Obstacle> obstacles) const;

 private:
  std::string filter_text_;
  std::regex only_, filter_;
  bool thorough_;
};

// What one process wrote, a JSON object a line.
struct Readings {
  std::vector<nlohmann::ordered_json> metrics;  // each with metric, unit, better and samples
  std::string failure;                          // why there is no figure; "" when all is well
};

Readings parse_readings(std::string_view text);

}  // namespace assay::suite
