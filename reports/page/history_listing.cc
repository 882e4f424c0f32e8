#include "reports/page/history_listing.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/page/compressed.h"
#include "reports/page/markup.h"

namespace assay::report {
namespace {

std::string choice(const char* label, const char* name, const std::set<std::string>& values) {
  std::string options = "<option value=\"\">all</option>";
  for (const std::string& value : values) options += join("<option>", escape(value), "</option>");
  return join("<label>", label, " <select name=\"", name, "\">", options, "</select></label>\n");
}

}  // namespace

std::string listing(std::string_view id, std::string_view label, const std::vector<Heading>& headings,
                    const std::vector<std::string>& rows, std::size_t shown, const History& history,
                    std::string_view extra) {
  std::set<std::string> metrics, machines;
  for (const HistorySeries& series : history.series) {
    metrics.insert(series.metric);
    machines.insert(series.machine);
  }
  std::string head = "<tr>", body = "<tbody>\n", more;
  for (const Heading& heading : headings)
    head += join("<th scope=\"col\" data-field=\"", heading.field, "\">", heading.name, "</th>");
  for (std::size_t i = 0; i < rows.size(); ++i) (i < shown ? body : more) += rows[i];
  const std::string rest =
      rows.size() <= shown
          ? ""
          : join("<p class=\"note\">The first ", counted(shown, "row"), " of ",
                 grouped(static_cast<double>(rows.size())),
                 ". Searching, sorting and the button show the others; they need JavaScript.</p>\n",
                 json_script("class=\"more\"", json_text(more)));
  return join("<div class=\"listing\" id=\"", id, "-list\">\n<form class=\"filter\" hidden>\n",
              "<label>Search <input type=\"search\" name=\"text\"></label>\n",
              choice("Metric", "metric", metrics), choice("Machine", "machine", machines), extra,
              "<output></output>\n</form>\n", framed_table(label, id, head + "</tr>\n", body + "</tbody>\n"),
              rest, "</div>\n");
}

std::string series_cells(const HistorySeries& series) {
  return join("<th scope=\"row\"><a href=\"#", series_id(series), "\">", escape(series.workload),
              "</a><small>", escape(series.suite), "</small></th><td>", escape(series.subject), "</td><td>",
              escape(series.metric), "</td><td>", escape(series.machine), "</td>");
}

std::string number_cell(double value, std::string_view content) {
  char key[40];
  std::snprintf(key, sizeof key, "%.9g", std::clamp(value, -1e300, 1e300));
  return join("<td class=\"number\" data-value=\"", key, "\">", content, "</td>");
}

// No part has a tilde, so no two series have one name.
std::string series_id(const HistorySeries& series) {
  return join("series-", anchor(series.suite), "~", anchor(series.workload), "~", anchor(series.subject), "~",
              anchor(series.metric), "~", anchor(series.unit), "~", anchor(series.machine));
}

std::string date_of(std::int64_t time) {
  using namespace std::chrono;
  const year_month_day day(floor<days>(sys_seconds(seconds(time))));
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", int(day.year()), unsigned(day.month()),
                unsigned(day.day()));
  return text;
}

std::string commit_of(const HistoryRun& run) {
  const std::string hash = run.commit.substr(0, run.commit.find('+'));
  if (hash.empty()) return "unknown";
  if (hash.size() <= 12 || hash.find_first_not_of("0123456789abcdef") != std::string::npos)
    return escape(run.commit);
  return escape(hash.substr(0, 12) + run.commit.substr(hash.size()));
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace assay::report
