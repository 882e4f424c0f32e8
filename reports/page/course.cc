#include "reports/page/course.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

constexpr const char* kLive = "live_over_time";
constexpr std::size_t kShown = 9;  // columns of time in the table: every eighth

std::string row(const std::string& heading, const Series& series) {
  const std::vector<double> all = course_of(series, SIZE_MAX);
  std::string text = join("<tr><th scope=\"row\">", heading, "</th>");
  std::vector<double> values = {*std::max_element(all.begin(), all.end())};
  for (const double value : course_of(series, kShown)) values.push_back(value);
  for (const double value : values)
    text += join("<td class=\"number\" data-value=\"", fixed(value, 6), "\">", quantity(value, series.unit),
                 "</td>");
  return text + "</tr>\n";
}

const Series* course(const Cell& cell, const std::string& metric) {
  const auto found = cell.courses.find(metric);
  return found == cell.courses.end() || !cell.failures.empty() ? nullptr : &found->second;
}

// "Resident memory", "Fragmentation".
std::string title(const std::string& metric) {
  std::string name = metric.substr(0, metric.size() - std::string_view(kOverTime).size());
  std::replace(name.begin(), name.end(), '_', ' ');
  if (name == "resident" || name == "held") name += " memory";
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return escape(name);
}

std::string figure(const Tables& tables, const Workload& workload, const std::string& metric) {
  std::string rows;
  std::size_t steps = 0;
  bool bytes = false;
  for (std::size_t column = 0; column < tables.columns.size(); ++column)
    if (const Series* own = course(workload.cells[column], metric)) {
      rows += row(escape(tables.columns[column].label), *own);
      steps = std::max(steps, course_of(*own, kShown).size());
      bytes = own->unit == "bytes";
    }
  if (rows.empty()) return "";
  for (const Cell& cell : workload.cells)  // the same for every subject
    if (const Series* live = course(cell, kLive); live != nullptr && bytes) {
      rows += row("live, as requested", *live);
      break;
    }
  std::string head =
      "<tr><th scope=\"col\" data-sort=\"0\">Subject</th><th scope=\"col\" data-sort=\"1\">peak</th>";
  for (std::size_t step = 0; step < steps; ++step)
    head += join("<th scope=\"col\" data-sort=\"", std::to_string(step + 2), "\">",
                 step + 1 == steps
                     ? "end"
                     : fixed(100.0 * static_cast<double>(step) / static_cast<double>(steps - 1), 0) + " %",
                 "</th>");
  const std::string label = join(title(metric), " of ", escape(workload.name), " over time");
  return join("<div data-workload=\"", escape(workload.name),
              "\">\n<figure class=\"chart\" data-chart=\"course\" data-metric=\"", escape(metric),
              "\">\n<figcaption>", label, "</figcaption>\n</figure>\n",
              framed_table(label, "figures", head + "</tr>\n", join("<tbody>\n", rows, "</tbody>\n")),
              "</div>\n");
}

}  // namespace

std::vector<double> course_of(const Series& series, std::size_t most) {
  std::size_t length = SIZE_MAX;  // rounds are as long as each other, but for one that was cut short
  for (const auto& [round, samples] : series.rounds) length = std::min(length, samples.size());
  const std::size_t count = std::min(most, length);
  std::vector<double> values;
  for (std::size_t step = 0; step < count; ++step) {
    const std::size_t at = count == 1 ? 0 : step * (length - 1) / (count - 1);
    std::vector<double> rounds;
    for (const auto& [round, samples] : series.rounds) rounds.push_back(samples[at]);
    values.push_back(median(rounds));
  }
  return values;
}

std::vector<double> sums_of(const Series& series) {
  std::vector<double> sums;
  for (const auto& [round, samples] : series.rounds) {
    sums.resize(std::max(sums.size(), samples.size()));
    for (std::size_t step = 0; step < samples.size(); ++step) sums[step] += samples[step];
  }
  return sums;
}

std::string memory_section(const Tables& tables) {
  std::string text;
  for (const Workload& workload : tables.workloads) {
    std::set<std::string> metrics;
    for (const Cell& cell : workload.cells)
      for (const auto& [metric, series] : cell.courses)
        if (metric.ends_with(kOverTime) && metric != kLive) metrics.insert(metric);
    for (const std::string& metric : metrics) text += figure(tables, workload, metric);
  }
  if (text.empty()) return "";
  return join(
      "<section id=\"memory\">\n<h2>Memory over time</h2>\n<p>At equal steps of the workload, the median of "
      "the rounds. Sizes stand beside what the program had requested and not freed: the gap is the "
      "allocator’s. What stays at the end, after everything that is freed was freed, has not been drained. "
      "Fragmentation is the share of what is held and not live.</p>\n",
      text, "</section>\n");
}

}  // namespace assay::report
