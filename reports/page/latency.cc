// Latency percentiles: metrics like malloc_p50, malloc_p99.9 and malloc_max are the ladder of one operation.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

using Ladder = std::map<double, std::string>;  // percent to metric, 100 for the largest

// Ladders by operation: of one percentile there is nothing to draw.
std::map<std::string, Ladder> ladders_of(const Workload& workload) {
  std::map<std::string, Ladder> ladders;
  for (const Cell& cell : workload.cells)
    for (const auto& [metric, series] : cell.metrics) {
      const std::size_t at = metric.rfind('_');
      if (at == std::string::npos) continue;
      const std::string operation = metric.substr(0, at), step = metric.substr(at + 1);
      char* end = nullptr;
      const double percent = step == "max" ? 100 : step[0] == 'p' ? std::strtod(step.c_str() + 1, &end) : 0;
      if ((end == nullptr || *end == '\0') && percent > 0 && percent <= 100)
        ladders[operation][percent] = metric;
    }
  std::erase_if(ladders, [](const auto& ladder) { return ladder.second.size() < 2; });
  return ladders;
}

std::string step_name(const std::string& metric) { return metric.substr(metric.rfind('_') + 1); }

std::string table(const Tables& tables, const Workload& workload, const Ladder& ladder,
                  const std::string& label) {
  std::string head = "<tr><th scope=\"col\" data-sort=\"0\">Subject</th>", rows;
  for (std::size_t at = 0; const auto& [percent, metric] : ladder)
    head += join("<th scope=\"col\" data-sort=\"", std::to_string(++at), "\">", escape(step_name(metric)),
                 "</th>");
  for (std::size_t column = 0; column < tables.columns.size(); ++column) {
    const Cell& cell = workload.cells[column];
    if (!cell.failures.empty()) continue;
    std::string cells;
    for (const auto& [percent, metric] : ladder) {
      const auto series = cell.metrics.find(metric);
      if (series == cell.metrics.end()) {
        cells += "<td class=\"number none\">–</td>";
        continue;
      }
      const Estimate& centre = series->second.centre;
      cells += join("<td class=\"number\" data-value=\"", fixed(centre.value, 6), "\"><a href=\"#",
                    cell_id(workload, tables.columns[column], metric), "\">",
                    quantity(centre.value, series->second.unit), "</a>");
      if (centre.interval && centre.interval->low != centre.interval->high)
        cells += join("<small>", quantity(centre.interval->low, ""), "– ",
                      quantity(centre.interval->high, ""), "</small>");
      cells += "</td>";
    }
    if (cells.find("data-value") != std::string::npos)
      rows += join("<tr><th scope=\"row\">", escape(tables.columns[column].label), "</th>", cells, "</tr>\n");
  }
  return framed_table(label, "figures", head + "</tr>\n", join("<tbody>\n", rows, "</tbody>\n"));
}

}  // namespace

std::string latency_section(const Tables& tables) {
  std::string text;
  for (const Workload& workload : tables.workloads)
    for (const auto& [operation, ladder] : ladders_of(workload)) {
      const std::string label = join(words(operation), " on ", escape(workload.name), ", less is better");
      std::vector<std::string> metrics;
      for (const auto& [percent, metric] : ladder) metrics.push_back(metric);
      std::string names;
      for (const std::string& metric : metrics) names += (names.empty() ? "" : " ") + escape(metric);
      text += join("<div class=\"beside\" data-workload=\"", escape(workload.name),
                   "\">\n<figure class=\"chart\" data-chart=\"percentiles\" data-metrics=\"", names,
                   "\">\n<figcaption>", label, "</figcaption>\n</figure>\n",
                   table(tables, workload, ladder, label), "</div>\n");
    }
  if (text.empty()) return "";
  return join(
      "<section id=\"latency\">\n<h2>Latency</h2>\n<p>How long single calls take: p99 is what 99 of 100 "
      "calls do "
      "not exceed. Each figure is the centre of the rounds with its 95 % interval, and leads to its "
      "samples.</p>\n",
      text, "</section>\n");
}

}  // namespace assay::report
