#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

std::string mean_cells(const Tables& tables, std::size_t column, const std::string& metric) {
  if (tables.baseline == column) return "<td class=\"number\">1</td>";
  const auto overall = compare_overall(tables, column, metric);
  if (!overall) return "<td class=\"number\">–</td>";
  const Estimate& mean = overall->mean.ratio;
  std::string text = join("<td class=\"number\"><b>", ratio(mean.value), "</b>");
  if (mean.interval) text += join(" <small>", interval(*mean.interval), "</small>");
  if (overall->workloads != tables.workloads.size())
    text += join(" <small>", std::to_string(overall->workloads), " of ",
                 std::to_string(tables.workloads.size()), "</small>");
  return text + "</td>";
}

std::string count_cell(std::size_t count, const char* alarm) {
  return join("<td class=\"number", count == 0 ? "" : alarm, "\">", std::to_string(count), "</td>");
}

std::string row(const Tables& tables, std::size_t at) {
  const Column& column = tables.columns[at];
  std::string text =
      join("<tr data-subject=\"", escape(column.label), "\"><th scope=\"row\">", escape(column.label),
           column.subject.role == Role::kNull ? "<small>harness’s own cost</small>"
           : tables.baseline == at            ? "<small>baseline</small>"
                                              : "",
           "</th><td>", escape(column.subject.version.empty() ? "–" : column.subject.version), "</td>");
  if (!column.subject.unavailable.empty())
    return join(text, "<td colspan=\"8\" class=\"none\">not available: ", escape(column.subject.unavailable),
                "</td></tr>\n");
  if (column.checked()) {
    text += count_cell(column.count(Finding::kPass), "");
    text += count_cell(column.count(Finding::kViolation) + column.count(Finding::kStale), " alarm");
    text += count_cell(column.count(Finding::kDeviation), " caution");
    text += count_cell(column.count(Finding::kWeak) + column.count(Finding::kUnmet), "");
    text += count_cell(
        column.count(Finding::kChoice) + column.count(Finding::kAbsent) + column.count(Finding::kSkipped),
        "");
  } else {
    text += "<td colspan=\"5\" class=\"none\">not checked</td>";
  }
  return join(text, mean_cells(tables, at, kTime), mean_cells(tables, at, kMemory),
              count_cell(column.failed_cells, " alarm"), "</tr>\n");
}

}  // namespace

std::string summary_section(const Tables& tables) {
  if (tables.workloads.empty() && tables.clauses.empty()) return "";
  std::string rows;
  for (std::size_t column = 0; column < tables.columns.size(); ++column) rows += row(tables, column);
  return join(
      "<section id=\"summary\">\n<h2>Summary</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Summary table\">\n<table class=\"summary\">\n<thead>\n<tr><th scope=\"col\" "
      "rowspan=\"2\">Subject</th>"
      "<th scope=\"col\" rowspan=\"2\">Version</th><th scope=\"colgroup\" colspan=\"5\">Clauses of the "
      "contract</th>"
      "<th scope=\"colgroup\" colspan=\"2\">Geometric mean ÷ baseline, 95 % interval</th>"
      "<th scope=\"col\" rowspan=\"2\">Failed workloads</th></tr>\n"
      "<tr><th scope=\"col\">pass</th><th scope=\"col\">break the gate</th><th scope=\"col\">deviate, "
      "listed</th>"
      "<th scope=\"col\">weak or unmet</th><th scope=\"col\">other</th><th scope=\"col\">CPU time</th>"
      "<th scope=\"col\">peak memory</th></tr>\n</thead>\n<tbody>\n",
      rows,
      "</tbody>\n</table>\n</div>\n<p class=\"note\">Below 1 is faster, or leaner, than the baseline. "
      "“Other” counts choices "
      "that the text leaves open, entry points that are absent and clauses that could not be checked "
      "here.</p>\n",
      picture(tables), "</section>\n");
}

}  // namespace assay::report
