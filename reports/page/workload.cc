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

std::string words(const std::string& metric) {
  for (const Name& name : kNames)
    if (metric == name.metric) return name.words;
  std::string text = metric;
  std::replace(text.begin(), text.end(), '_', ' ');
  return escape(text);
}

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

std::string number_cell(const Cell& cell, const std::string& metric) {
  if (!cell.failures.empty()) return "<td class=\"number failed\">FAILED</td>";
  const auto series = cell.metrics.find(metric);
  if (series == cell.metrics.end()) return "<td class=\"number none\">–</td>";
  const Estimate estimate = centre(series->second);
  std::size_t samples = 0;
  for (const auto& [round, values] : series->second.rounds) samples += values.size();
  std::string text = join("<td class=\"number\"><b>", quantity(estimate.value, series->second.unit), "</b>");
  if (estimate.interval && estimate.interval->low != estimate.interval->high)
    text += join(" <small>", quantity(estimate.interval->low, series->second.unit), " – ",
                 quantity(estimate.interval->high, series->second.unit), "</small>");
  return join(text, " <small>", counted(samples, "sample"), "</small></td>");
}

std::string numbers(const Tables& tables, const Workload& workload) {
  std::string head, rows;
  for (const Column& column : tables.columns)
    head += join("<th scope=\"col\">", escape(column.label), "</th>");
  for (const std::string& metric : metrics_of(workload)) {
    rows += join("<tr><th scope=\"row\">", words(metric), "</th>");
    for (const Cell& cell : workload.cells) rows += number_cell(cell, metric);
    rows += "</tr>\n";
  }
  return join("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures of ",
              escape(workload.name),
              "\">\n<table class=\"numbers\">\n<thead><tr><th scope=\"col\">Metric</th>", head,
              "</tr></thead>\n<tbody>\n", rows, "</tbody>\n</table>\n</div>\n");
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

std::string hint(const Tables& tables, const Workload& workload) {
  const auto failed = std::count_if(workload.cells.begin(), workload.cells.end(),
                                    [](const Cell& cell) { return !cell.failures.empty(); });
  if (failed != 0) return counted(static_cast<std::size_t>(failed), "subject") + " FAILED";
  if (!tables.baseline) return "";
  const auto& base = workload.cells[*tables.baseline].metrics;
  const auto time = base.find(kTime);
  return time == base.end() ? ""
                            : join(escape(tables.columns[*tables.baseline].label), " ",
                                   quantity(centre(time->second).value, time->second.unit));
}

std::string detail(const Tables& tables, const Workload& workload) {
  return join("<details class=\"workload\">\n<summary><h3>", escape(workload.name), "</h3> <span>",
              escape(workload.family), "</span> <span>", hint(tables, workload),
              "</span></summary>\n<div id=\"workload-", anchor(workload.name), "\">\n<p>",
              escape(workload.sentence), "</p>\n", failures(tables, workload), "<div class=\"pair\">\n",
              bars(tables, workload, kTime, "CPU time per operation, less is better"),
              bars(tables, workload, kMemory, "Peak resident memory, less is better"), "</div>\n",
              numbers(tables, workload), "</div>\n</details>\n");
}

}  // namespace

std::string workloads_section(const Tables& tables) {
  if (tables.workloads.empty()) return "";
  std::string text =
      "<section id=\"workloads\">\n<h2>Workloads</h2>\n<p>Bars show the centre of the rounds "
      "(Hodges–Lehmann), whiskers its "
      "95 % interval, dots every sample. Tables give the same with the number of samples.</p>\n";
  for (const Workload& workload : tables.workloads) text += detail(tables, workload);
  return text + "</section>\n";
}

}  // namespace assay::report
