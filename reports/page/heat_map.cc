// Workload × subject as a table: CPU time and peak memory as ratios to the baseline, coloured where the
// interval leaves out 1.
#include <cmath>

#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

// Shade 1 to 4 by distance from the baseline: up to 1.1, 1.33, 2 times and beyond, either way.
int shade(double value) {
  const double distance = std::fabs(std::log(value));
  return distance < std::log(1.1) ? 1 : distance < std::log(4.0 / 3) ? 2 : distance < std::log(2.0) ? 3 : 4;
}

std::string colour(const Comparison& comparison) {
  switch (comparison.outcome) {
    case Outcome::kBetter:
      return "better shade" + std::to_string(shade(comparison.ratio.value));
    case Outcome::kWorse:
      return "worse shade" + std::to_string(shade(comparison.ratio.value));
    case Outcome::kTie:
      return "tie";
    default:
      return "undecided";
  }
}

std::string hint(const Comparison& comparison) {
  std::string text = counted(comparison.ratio.rounds, "round");
  if (comparison.more_rounds != 0)
    text += join("; needs about ", std::to_string(comparison.more_rounds), " more");
  return text;
}

// The figure, its interval, and the outcome in words: seen where the colour says nothing, heard everywhere.
std::string figure(const Comparison& comparison, const std::string& metric) {
  const bool coloured = comparison.outcome == Outcome::kBetter || comparison.outcome == Outcome::kWorse;
  return join(
      "<b>", ratio(comparison.ratio.value), "</b>",
      comparison.ratio.interval ? join(" <small>", interval(*comparison.ratio.interval), "</small>") : "",
      " <small class=\"", coloured ? "heard" : "word", "\">", name_of(comparison.outcome, metric),
      "</small>");
}

std::string attributes(const std::string& kind, const std::string& subject, const std::string& metric,
                       double value) {
  return join("<td class=\"number ", kind, "\" data-subject=\"", escape(subject), "\" data-metric=\"", metric,
              "\" data-value=\"", fixed(value, 6), "\"");
}

std::string named(const Workload& workload, const Column& column, const char* metric) {
  return join(" id=\"", cell_id(workload, column, metric), "\"");
}

std::string ratio_cell(const Tables& tables, const Workload& workload, std::size_t column,
                       const char* metric) {
  const auto comparison = compare_cell(workload, column, metric);
  if (!comparison) return "<td class=\"number none\">–</td>";
  const bool own_cost = tables.columns[column].subject.role == Role::kNull;
  const std::string kind = own_cost ? "own-cost" : colour(*comparison);
  const std::string content =
      own_cost ? join("<b>", ratio(comparison->ratio.value), "</b>") : figure(*comparison, metric);
  return join(attributes(kind, tables.columns[column].label, metric, comparison->ratio.value),
              named(workload, tables.columns[column], metric), " title=\"", hint(*comparison), "\">",
              workload_link(workload, content), "</td>");
}

std::string absolute_cell(const Workload& workload, const Column& column, const Cell& cell,
                          const char* metric) {
  const auto series = cell.metrics.find(metric);
  if (series == cell.metrics.end()) return "<td class=\"number none\">–</td>";
  const double value = series->second.centre.value;
  return join(attributes("base", column.label, metric, value), named(workload, column, metric), ">",
              workload_link(workload, quantity(value, series->second.unit)), "</td>");
}

std::string cells(const Tables& tables, const Workload& workload, std::size_t at) {
  const Column& column = tables.columns[at];
  const Cell& cell = workload.cells[at];
  if (!cell.failures.empty())
    return join("<td colspan=\"2\" class=\"failed\" data-subject=\"", escape(column.label), "\" title=\"",
                escape(cell.failures.front()->reason), "\">", workload_link(workload, "<b>FAILED</b>"),
                "</td>");
  if (!cell.unavailable.empty()) return none_cell(cell, 2);
  if (tables.baseline == at)
    return absolute_cell(workload, column, cell, kTime) + absolute_cell(workload, column, cell, kMemory);
  return ratio_cell(tables, workload, at, kTime) + ratio_cell(tables, workload, at, kMemory);
}

// A long name may be broken after an underscore.
std::string breakable(const std::string& name) {
  std::string text;
  for (const char c : escape(name)) text += c == '_' ? std::string("_<wbr>") : std::string(1, c);
  return text;
}

std::string row(const Tables& tables, const Workload& workload) {
  std::string text =
      join("<tr data-workload=\"", escape(workload.name), "\" data-family=\"", escape(workload.family),
           "\"><th scope=\"row\">", workload_link(workload, breakable(workload.name)), "</th>");
  for (std::size_t column = 0; column < tables.columns.size(); ++column)
    text += cells(tables, workload, column);
  return text + "</tr>\n";
}

// Means over a family, or over everything when `family` is empty.
std::string mean_row(const Tables& tables, const std::string& family, const std::string& heading) {
  std::string text = join("<tr class=\"mean\"><th scope=\"row\">", heading, "</th>");
  for (std::size_t column = 0; column < tables.columns.size(); ++column)
    for (const char* metric : {kTime, kMemory}) {
      const Role role = tables.columns[column].subject.role;
      const auto overall = compare_overall(tables, column, metric, family);
      if (role != Role::kPeer || !overall)
        text += "<td></td>";
      else
        text += join(attributes(colour(overall->mean), tables.columns[column].label, metric,
                                overall->mean.ratio.value),
                     " title=\"geometric mean of ", counted(overall->workloads, "workload"), "\">",
                     figure(overall->mean, metric), "</td>");
    }
  return text + "</tr>\n";
}

std::string body(const Tables& tables) {
  std::string text;
  for (std::size_t first = 0, next; first < tables.workloads.size(); first = next) {
    const std::string& family = tables.workloads[first].family;
    text += join("<tbody>\n<tr class=\"family\"><th scope=\"rowgroup\">",
                 escape(family.empty() ? "other" : family), "</th><td colspan=\"",
                 std::to_string(2 * tables.columns.size()), "\"></td></tr>\n");
    for (next = first; next < tables.workloads.size() && tables.workloads[next].family == family; ++next)
      text += row(tables, tables.workloads[next]);
    if (next - first > 1 && !family.empty()) text += mean_row(tables, family, "family mean");
    text += "</tbody>\n";
  }
  return text;
}

// data-sort: the column of the grid that a header sorts by.
std::string head(const Tables& tables) {
  std::string names, metrics;
  std::size_t at = 0;
  for (const Column& column : tables.columns) {
    const char* note = column.subject.role == Role::kBaseline ? "baseline, absolute"
                       : column.subject.role == Role::kNull   ? "harness’s own cost"
                                                              : "÷ baseline";
    const char* kind = column.subject.role == Role::kNull ? "own-cost" : "";
    names += join("<th scope=\"colgroup\" colspan=\"2\" class=\"", kind, "\">", escape(full_name(column)),
                  "<small>", note, "</small></th>");
    for (const char* metric : {"CPU time", "memory"})
      metrics += join("<th scope=\"col\" class=\"", kind, "\" data-sort=\"", std::to_string(++at), "\">",
                      metric, "</th>");
  }
  return join("<tr><th scope=\"col\" rowspan=\"2\" data-sort=\"0\">Workload</th>", names, "</tr>\n<tr>",
              metrics, "</tr>\n");
}

constexpr const char* kLegend =
    "<p class=\"legend\" aria-label=\"Legend\"><span class=\"better shade4\">2× better</span>"
    "<span class=\"better shade3\">1.33×</span><span class=\"better shade2\">1.1×</span><span class=\"better "
    "shade1\">better</span>"
    "<span class=\"tie\">tie</span><span class=\"worse shade1\">worse</span><span class=\"worse "
    "shade2\">1.1×</span>"
    "<span class=\"worse shade3\">1.33×</span><span class=\"worse shade4\">2× worse</span>"
    "<span class=\"undecided\">undecided</span><span class=\"failed\">FAILED</span></p>\n";

}  // namespace

std::string heat_map_section(const Tables& tables) {
  if (tables.workloads.empty()) return "";
  if (!tables.baseline)
    return "<section id=\"heat-map\">\n<h2>Heat map</h2>\n<p class=\"note\">This run has no baseline, so "
           "there are no "
           "ratios: the workloads below have the absolute figures.</p>\n</section>\n";
  return join(
      "<section id=\"heat-map\">\n<h2>Heat map</h2>\n<p>CPU time and peak resident memory, divided by ",
      escape(full_name(tables.columns[*tables.baseline])),
      "’s in the same round: below 1 is better. Beside each ratio stands its 95 % interval; only a ratio "
      "whose interval "
      "leaves out 1 is coloured, false discoveries controlled over the table. Each figure leads to its "
      "workload, or, with JavaScript, to its "
      "samples.</p>\n",
      kLegend,
      "<form class=\"filter\" id=\"workload-filter\" hidden aria-label=\"Filter the "
      "workloads\"><label>Workloads or families "
      "containing <input type=\"search\" name=\"text\"></label> <output "
      "aria-live=\"polite\"></output></form>\n",
      framed_table("Heat map", "heat", head(tables),
                   join(body(tables), "<tfoot>\n", mean_row(tables, "", "geometric mean"), "</tfoot>\n")),
      "</section>\n");
}

}  // namespace assay::report
