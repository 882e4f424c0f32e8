// What the page carries for its script, for downloads and for other programs: the figures in one element, the
// samples of each workload in one of their own.
#include <nlohmann/json.hpp>

#include "reports/page/changes.h"
#include "reports/page/compressed.h"
#include "reports/page/course.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCoursePoints = 240;

Json estimate(const Estimate& estimate) {
  Json json = {{"value", estimate.value}};
  if (estimate.interval) json["range"] = {estimate.interval->low, estimate.interval->high};
  return json;
}

Json cell(const Workload& workload, std::size_t column) {
  Json json = Json::object();
  for (const auto& [metric, series] : workload.cells[column].metrics) {
    Json& entry = json[metric] = estimate(series.centre);
    entry["unit"] = series.unit;
    entry["better"] = series.less_is_better ? "less" : "more";
    if (!series.comparison) continue;
    entry["ratio"] = series.comparison->ratio.value;
    if (const auto& interval = series.comparison->ratio.interval)
      entry["interval"] = {interval->low, interval->high};
    entry["outcome"] = name_of(series.comparison->outcome, metric);
  }
  for (const auto& [metric, series] : workload.cells[column].courses)
    json[metric] = {
        {"unit", series.unit},
        {"course", metric.ends_with(kOverLength) ? sums_of(series) : course_of(series, kCoursePoints)}};
  for (const Failure* failure : workload.cells[column].failures) json["failures"].push_back(failure->reason);
  return json;
}

const char* name_of(Role role) {
  return role == Role::kBaseline ? "baseline" : role == Role::kPeer ? "peer" : "null";
}

Json overall(const Tables& tables) {
  Json json = Json::array();
  for (std::size_t at = 0; at < tables.columns.size(); ++at) {
    const auto time = compare_overall(tables, at, kTime), memory = compare_overall(tables, at, kMemory);
    if (tables.columns[at].subject.role == Role::kNull || !time || !memory) continue;
    json.push_back({{"subject", tables.columns[at].label},
                    {"workloads", time->workloads},
                    {"time", estimate(time->mean.ratio)},
                    {"memory", estimate(memory->mean.ratio)}});
  }
  return json;
}

Json changes(const Results& results) {
  Json json = Json::array();
  for (const ComparisonRow* row : worst_first(results)) {
    const Subject& subject = results.subjects[row->subject];
    json.push_back({{"id", change_id(results, *row)},
                    {"run", results.runs[subject.run].id},
                    {"subject", subject.name},
                    {"base", row->base},
                    {"case", row->workload},
                    {"metric", row->metric},
                    {"unit", row->unit},
                    {"ratio", row->ratio},
                    {"interval", {row->low, row->high}},
                    {"outcome", name_of(row->decision)},
                    {"confirmation", name_of(row->confirmation)},
                    {"p", row->p},
                    {"base_value", row->base_value},
                    {"subject_value", row->subject_value},
                    {"samples", row->samples}});
  }
  return json;
}

}  // namespace

std::string data_script(const Tables& tables, const Results& results, const Results* hints) {
  Json json = {{"runs", Json::array()},       {"subjects", Json::array()}, {"families", Json::object()},
               {"workloads", Json::object()}, {"clauses", Json::object()}, {"overall", overall(tables)},
               {"changes", changes(results)}};
  if (hints) json["hints"] = changes(*hints);
  for (const Run& run : results.runs)
    json["runs"].push_back({{"id", run.id}, {"commit", run.commit}, {"machine", run.machine}});
  for (const Column& column : tables.columns)
    json["subjects"].push_back(
        {{"label", column.label}, {"name", column.subject.name}, {"role", name_of(column.subject.role)}});
  for (const Workload& workload : tables.workloads) {
    json["families"][workload.name] = workload.family;
    for (std::size_t column = 0; column < tables.columns.size(); ++column)
      json["workloads"][workload.name][tables.columns[column].label] = cell(workload, column);
  }
  for (const Clause& clause : tables.clauses)
    for (std::size_t column = 0; column < tables.columns.size(); ++column)
      if (const Verdict* verdict = clause.verdicts[column])
        json["clauses"][clause.id][tables.columns[column].label] = name_of(verdict->finding);
  return json_script("id=\"data\"", json.dump());
}

// {subject: {metric: [[run, round, [sample, …]], …]}}
std::string samples_script(const Tables& tables, const Workload& workload) {
  Json json = Json::object();
  for (std::size_t column = 0; column < tables.columns.size(); ++column) {
    Json& subject = json[tables.columns[column].label] = Json::object();
    const Cell& cell = workload.cells[column];
    for (const auto* group : {&cell.metrics, &cell.courses})
      for (const auto& [metric, series] : *group)
        for (const auto& [round, samples] : series.rounds)
          subject[metric].push_back({round.first, round.second, samples});
  }
  return json_script("class=\"samples\"", json.dump());
}

}  // namespace assay::report
