// The detail view: every figure of one workload.
#include <algorithm>
#include <array>

#include "reports/page/bars.h"
#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

struct Name {
  const char* metric;
  const char* words;
};

// In the order of the page; a workload's own metrics follow under their own names.
constexpr std::array<Name, 7> kNames = {{{kTime, "CPU time per operation"},
                                         {"wall_time", "elapsed time per operation"},
                                         {kMemory, "peak resident memory"},
                                         {"steady_resident", "steady resident memory"},
                                         {"peak_live", "most memory requested at one time"},
                                         {"page_faults", "page faults"},
                                         {"instructions", "instructions"}}};

std::vector<std::string> metrics_of(const Workload& workload) {
  std::vector<std::string> known, own;
  for (const Name& name : kNames) known.push_back(name.metric);
  for (const Cell& cell : workload.cells)
    for (const auto& [metric, series] : cell.metrics)
      if (series.unit != "hash" && std::find(known.begin(), known.end(), metric) == known.end())
        own.push_back(metric);
  std::sort(own.begin(), own.end());
  own.erase(std::unique(own.begin(), own.end()), own.end());
  std::erase_if(known, [&](const std::string& metric) {
    return std::none_of(workload.cells.begin(), workload.cells.end(),
                        [&](const Cell& cell) { return cell.metrics.contains(metric); });
  });
  known.insert(known.end(), own.begin(), own.end());
  return known;
}

bool in_heat_map(const Tables& tables, std::size_t column, const std::string& metric, const Series& series) {
  return (metric == kTime || metric == kMemory) && (tables.baseline == column || series.comparison);
}

// Each leads to its samples; the heat map's cells have their names there.
std::string number_cell(const Tables& tables, const Workload& workload, std::size_t column,
                        const std::string& metric) {
  const Cell& cell = workload.cells[column];
  if (!cell.failures.empty()) return "<td class=\"number failed\">FAILED</td>";
  const auto series = cell.metrics.find(metric);
  if (series == cell.metrics.end()) return none_cell(cell, 1);
  const Estimate& estimate = series->second.centre;
  const std::string id = cell_id(workload, tables.columns[column], metric);
  std::string text = join("<td class=\"number\" data-subject=\"", escape(tables.columns[column].label),
                          "\" data-metric=\"", escape(metric), "\"",
                          in_heat_map(tables, column, metric, series->second) ? "" : join(" id=\"", id, "\""),
                          "><b>", quantity(estimate.value, series->second.unit), "</b>");
  if (estimate.interval && estimate.interval->low != estimate.interval->high)
    text += join(" <small>", quantity(estimate.interval->low, series->second.unit), " – ",
                 quantity(estimate.interval->high, series->second.unit), "</small>");
  return join(text, " <small><a href=\"#", id, "\">", counted(series->second.samples(), "sample"),
              "</a></small></td>");
}

std::string numbers(const Tables& tables, const Workload& workload) {
  std::string head, rows;
  for (const Column& column : tables.columns)
    head += join("<th scope=\"col\">", escape(column.label), "</th>");
  for (const std::string& metric : metrics_of(workload)) {
    rows += join("<tr><th scope=\"row\">", words(metric), "</th>");
    for (std::size_t column = 0; column < tables.columns.size(); ++column)
      rows += number_cell(tables, workload, column, metric);
    rows += "</tr>\n";
  }
  return framed_table(join("Figures of ", escape(workload.name)), "numbers",
                      join("<tr><th scope=\"col\">Metric</th>", head, "</tr>\n"),
                      join("<tbody>\n", rows, "</tbody>\n"));
}

std::string failures(const Tables& tables, const Workload& workload) {
  std::string text;
  for (std::size_t column = 0; column < tables.columns.size(); ++column)
    for (const Failure* failure : workload.cells[column].failures) {
      text += join("<p class=\"warning\"><strong>", escape(tables.columns[column].label),
                   " FAILED</strong> in round ", std::to_string(failure->round), ": ",
                   escape(failure->reason), "</p>\n");
      if (!failure->output.empty()) text += join("<pre>", escape(failure->output), "</pre>\n");
    }
  return text;
}

std::string reasons(const Tables& tables, const Workload& workload) {
  std::string text;
  for (std::size_t column = 0; column < tables.columns.size(); ++column)
    if (const std::string& reason = workload.cells[column].unavailable; !reason.empty())
      text +=
          join("<p>", escape(tables.columns[column].label), " is not available: ", escape(reason), "</p>\n");
  return text;
}

std::string hint(const Tables& tables, const Workload& workload) {
  const auto failed = std::count_if(workload.cells.begin(), workload.cells.end(),
                                    [](const Cell& cell) { return !cell.failures.empty(); });
  if (failed != 0) return counted(static_cast<std::size_t>(failed), "subject") + " FAILED";
  if (!tables.baseline) return "";
  const auto& base = workload.cells[*tables.baseline].metrics;
  const auto time = base.find(kTime);
  return time == base.end() ? ""
                            : join(escape(tables.columns[*tables.baseline].label), " ",
                                   quantity(time->second.centre.value, time->second.unit));
}

std::string detail(const Tables& tables, const Workload& workload) {
  return join("<details class=\"workload\" data-workload=\"", escape(workload.name), "\">\n<summary><h3>",
              escape(workload.name), "</h3> <span>", escape(workload.family), "</span> <span>",
              hint(tables, workload), "</span></summary>\n<div id=\"workload-", anchor(workload.name),
              "\">\n<p>", escape(workload.sentence), "</p>\n", failures(tables, workload),
              reasons(tables, workload), "<div class=\"pair\">\n",
              bars(tables, workload, kTime, "CPU time per operation, less is better"),
              bars(tables, workload, kMemory, "Peak resident memory, less is better"), "</div>\n",
              numbers(tables, workload), samples_script(tables, workload), "</div>\n</details>\n");
}

}  // namespace

std::string words(const std::string& metric) {
  for (const Name& name : kNames)
    if (metric == name.metric) return name.words;
  std::string text = metric;
  std::replace(text.begin(), text.end(), '_', ' ');
  return escape(text);
}

std::string none_cell(const Cell& cell, int columns) {
  return join(
      "<td", columns == 1 ? "" : join(" colspan=\"", std::to_string(columns), "\""), " class=\"number none\"",
      cell.unavailable.empty() ? "" : join(" title=\"not available: ", escape(cell.unavailable), "\""),
      ">–</td>");
}

std::string cell_id(const Workload& workload, const Column& column, const std::string& metric) {
  return join("cell-", anchor(workload.name), "-", anchor(column.label), "-", anchor(metric));
}

std::string workloads_section(const Tables& tables) {
  if (tables.workloads.empty()) return "";
  std::string text =
      "<section id=\"workloads\">\n<h2>Workloads</h2>\n<p>Bars show the centre of the rounds "
      "(Hodges–Lehmann), whiskers its 95 % interval, dots the samples (at most 60 of a bar, evenly taken). "
      "Tables give the "
      "same with the number of samples, which leads to all of them.</p>\n";
  for (const Workload& workload : tables.workloads) text += detail(tables, workload);
  return text + "</section>\n";
}

}  // namespace assay::report
