// Pauses: how many of each length, and what is left to the program in windows of each length. Both are series
// over a logarithmic scale (reports/FORMAT.md), drawn for all subjects in one chart.
#include <algorithm>
#include <array>

#include "reports/page/course.h"
#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

constexpr const char* kLengths = "pauses_over_length";
constexpr const char* kWindows = "mutator_utilisation_over_window";
constexpr double kMillisecond = 1e6;

const Series* series_of(const Cell& cell, const char* metric) {
  const auto found = cell.courses.find(metric);
  return found == cell.courses.end() || !cell.failures.empty() ? nullptr : &found->second;
}

std::string number(double value, const std::string& text) {
  return join("<td class=\"number\" data-value=\"", fixed(value, 6), "\">", text, "</td>");
}

// Seven decades from 1 µs, of which the outermost have what lies beyond.
std::string pauses_row(const Series& series) {
  const std::vector<double> counts = sums_of(series);
  constexpr std::size_t kDecades = 7;
  std::array<double, kDecades> decades{};
  double all = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    decades[std::min(kDecades - 1, i * kDecades / counts.size())] += counts[i];
    all += counts[i];
  }
  std::string cells = number(all, grouped(all));
  for (const double count : decades) cells += number(count, grouped(count));
  return cells;
}

struct Window {
  std::size_t step;  // a tenth of a decade from 1 ms
  double length;
};
constexpr std::array<Window, 10> kShown = {{{0, 1},
                                            {3, 2},
                                            {7, 5},
                                            {10, 10},
                                            {13, 20},
                                            {17, 50},
                                            {20, 100},
                                            {23, 200},
                                            {27, 500},
                                            {30, 1000}}};  // milliseconds

std::string utilisation_row(const Series& series) {
  const std::vector<double> parts = course_of(series, SIZE_MAX);
  std::string cells;
  for (const Window& window : kShown)
    cells += window.step < parts.size() ? number(parts[window.step], quantity(parts[window.step], "ratio"))
                                        : "<td class=\"number none\">–</td>";
  return cells;
}

std::string heading(std::size_t column, const std::string& text) {
  return join("<th scope=\"col\" data-sort=\"", std::to_string(column), "\">", text, "</th>");
}

std::string figure(const Tables& tables, const Workload& workload, const char* metric, const char* chart,
                   const char* title, const std::string& head, std::string (*cells_of)(const Series&)) {
  std::string rows;
  for (std::size_t column = 0; column < tables.columns.size(); ++column)
    if (const Series* series = series_of(workload.cells[column], metric))
      rows += join("<tr><th scope=\"row\">", escape(tables.columns[column].label), "</th>", cells_of(*series),
                   "</tr>\n");
  if (rows.empty()) return "";
  const std::string label = join(title, " of ", escape(workload.name));
  return join("<div data-workload=\"", escape(workload.name), "\">\n<figure class=\"chart\" data-chart=\"",
              chart, "\" data-metric=\"", metric, "\">\n<figcaption>", label, "</figcaption>\n</figure>\n",
              framed_table(label, "figures", join("<tr>", heading(0, "Subject"), head, "</tr>\n"),
                           join("<tbody>\n", rows, "</tbody>\n")),
              "</div>\n");
}

}  // namespace

std::string pauses_section(const Tables& tables) {
  static constexpr std::array kDecades = {"&lt; 10 µs", "10–100 µs", "0.1–1 ms", "1–10 ms",
                                          "10–100 ms",  "0.1–1 s",   "≥ 1 s"};
  std::string lengths = heading(1, "pauses"), windows;
  for (std::size_t i = 0; i < kDecades.size(); ++i) lengths += heading(i + 2, kDecades[i]);
  for (std::size_t i = 0; i < kShown.size(); ++i)
    windows += heading(i + 1, quantity(kShown[i].length * kMillisecond, "ns"));
  std::string text;
  for (const Workload& workload : tables.workloads) {
    text += figure(tables, workload, kLengths, "histogram", "Pauses", lengths, pauses_row);
    text += figure(tables, workload, kWindows, "utilisation", "Minimum mutator utilisation", windows,
                   utilisation_row);
  }
  if (text.empty()) return "";
  return join(
      "<section id=\"pauses\">\n<h2>Pauses</h2>\n<p>How often and how long a program stood still for its "
      "memory: every stop by itself, of all rounds, by its length. Minimum mutator utilisation is the "
      "smallest part of any window of a length that was left to the program, the median of the rounds: 0 "
      "where one pause fills a window, and more is better.</p>\n",
      text, "</section>\n");
}

}  // namespace assay::report
