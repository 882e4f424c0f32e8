#include <nlohmann/json.hpp>

#include "reports/page/sections.h"

namespace assay::report {
namespace {

using Json = nlohmann::ordered_json;

Json cell(const Tables& tables, const Workload& workload, std::size_t column) {
  Json json = Json::object();
  for (const auto& [metric, series] : workload.cells[column].metrics) {
    Json& entry = json[metric];
    entry["unit"] = series.unit;
    for (const auto& [round, samples] : series.rounds) entry["samples"].push_back(samples);
    const auto comparison =
        tables.baseline == column ? std::nullopt : compare_cell(tables, workload, column, metric);
    if (!comparison) continue;
    entry["ratio"] = comparison->ratio.value;
    if (const auto& interval = comparison->ratio.interval)
      entry["interval"] = {interval->low, interval->high};
    entry["outcome"] = name_of(comparison->outcome, metric);
  }
  for (const Failure* failure : workload.cells[column].failures) json["failures"].push_back(failure->reason);
  return json;
}

}  // namespace

std::string data_script(const Tables& tables) {
  Json json = {{"workloads", Json::object()}, {"clauses", Json::object()}};
  for (const Workload& workload : tables.workloads)
    for (std::size_t column = 0; column < tables.columns.size(); ++column)
      json["workloads"][workload.name][tables.columns[column].label] = cell(tables, workload, column);
  for (const Clause& clause : tables.clauses)
    for (std::size_t column = 0; column < tables.columns.size(); ++column)
      if (const Verdict* verdict = clause.verdicts[column])
        json["clauses"][clause.id][tables.columns[column].label] = name_of(verdict->finding);
  std::string text = "<script type=\"application/json\" id=\"data\">";
  for (const char c : json.dump()) {
    if (c == '<')
      text += "\\u003c";  // or "</script>" within a name would end the element
    else
      text += c;
  }
  return text + "</script>\n";
}

}  // namespace assay::report
