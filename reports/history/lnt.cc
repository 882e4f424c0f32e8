#include "reports/history/lnt.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

namespace assay::report {
namespace {

using Json = nlohmann::json;

struct Mapping {
  const char *metric, *unit, *field;
  double factor;
};

// Where two name the same field, the first that a case has fills it.
constexpr Mapping kMappings[] = {
    {"cpu_time", "ns/op", "execution_time", 1e-9}, {"wall_time", "ns/op", "execution_time", 1e-9},
    {"items_per_second", "items/s", "score", 1},   {"bytes_per_second", "bytes/s", "score", 1},
    {"peak_resident", "bytes", "mem_bytes", 1},    {"max_bytes_used", "bytes", "mem_bytes", 1},
    {"code_size", "bytes", "code_size", 1}};

// What the fingerprints of machines are made of, here and in google_benchmark.h.
const std::set<std::string> kMachineFields = {"cpu", "cores", "memory", "kernel", "host_name", "caches"};

struct Test {
  bool failed = false;
  std::map<std::size_t, std::vector<double>> samples;  // by index into kMappings
};

Json render(const std::string& name, const Test& test) {
  Json json = {{"name", name}};
  if (test.failed) {
    json["execution_status"] = 1;
    return json;
  }
  for (const auto& [mapping, samples] : test.samples) json.emplace(kMappings[mapping].field, samples);
  return json;
}

Json report_of(const Run& run, const Json& tests) {
  const std::string started = run.started.substr(0, run.started.find('Z'));  // LNT's times name no zone
  Json machine = {{"name", "assay-" + run.machine}};
  Json json = {{"start_time", started},
               {"end_time", started},
               {"llvm_project_revision", run.commit.empty() ? run.id : run.commit},
               {"run_id", run.id},
               {"command", run.command},
               {"assay", run.assay}};
  std::map<std::string, std::string> rest(run.environment.begin(), run.environment.end());
  for (const auto& [name, text] : rest)
    (kMachineFields.count(name) != 0 ? machine : json).emplace(name, text);
  return {{"format_version", "2"}, {"machine", machine}, {"run", json}, {"tests", tests}};
}

}  // namespace

std::string export_lnt(const Results& results) {
  std::vector<std::map<std::string, Test>> tests(results.runs.size());
  const auto test_of = [&](const auto& record) -> Test& {
    const Subject& subject = results.subjects[record.subject];
    return tests[subject.run][record.suite + "/" + record.workload + "/" + subject.name];
  };
  for (const Measurement& measurement : results.measurements)
    for (std::size_t i = 0; i < std::size(kMappings); ++i) {
      const Mapping& mapping = kMappings[i];
      if (measurement.metric != mapping.metric || measurement.unit != mapping.unit) continue;
      std::vector<double>& samples = test_of(measurement).samples[i];
      for (const double sample : measurement.samples) samples.push_back(sample * mapping.factor);
    }
  for (const Failure& failure : results.failures) test_of(failure).failed = true;

  std::string reports;
  for (std::size_t run = 0; run < results.runs.size(); ++run) {
    Json rendered = Json::array();
    for (const auto& [name, test] : tests[run]) rendered.push_back(render(name, test));
    reports +=
        report_of(results.runs[run], rendered).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return reports;
}

}  // namespace assay::report
