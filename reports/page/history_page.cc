#include "reports/page/history_page.h"

#include <map>

#include "reports/page/assets.h"
#include "reports/page/history_assets.h"
#include "reports/page/history_changes.h"
#include "reports/page/history_data.h"
#include "reports/page/history_listing.h"
#include "reports/page/history_series.h"
#include "reports/page/markup.h"

namespace assay::report {
namespace {

std::string compare_section(const History& history) {
  if (history.runs.size() < 2) return "";
  return "<section id=\"compare\">\n<h2>Compare two runs</h2>\n"
         "<p>Times of different machines are never compared. The runs did not take turns: what the machine "
         "did in "
         "between is in their times, which are <em>hints</em> of where to look; what is counted is "
         "<em>evidence</em>, on any machine.</p>\n"
         "<noscript><p class=\"note\">Comparing needs JavaScript.</p></noscript>\n"
         "<form class=\"filter\" hidden>\n"
         "<label>Runs with <input type=\"search\" name=\"text\"></label>\n"
         "<label>First <select name=\"first\"></select></label>\n"
         "<label>Second <select name=\"second\"></select></label>\n"
         "<button>Compare</button>\n</form>\n<output></output>\n<div class=\"result\"></div>\n</section>\n";
}

std::string environment_section(const History& history) {
  struct Machine {
    std::size_t runs = 0, first = 0, last = 0, series = 0;
  };
  std::map<std::string, Machine> machines;
  for (std::size_t i = 0; i < history.runs.size(); ++i) {
    Machine& machine = machines[history.runs[i].machine];
    if (machine.runs++ == 0) machine.first = i;
    machine.last = i;
  }
  for (const HistorySeries& series : history.series) ++machines[series.machine].series;
  std::string rows;
  for (const auto& [name, machine] : machines) {
    const auto day = [&, runs = machine.runs](std::size_t i) {
      return runs == 0 ? "<td>–</td>" : number_cell(static_cast<double>(i), date_of(history.runs[i].time));
    };
    rows +=
        join("<tr><th scope=\"row\">", escape(name), "</th>",
             number_cell(static_cast<double>(machine.runs), grouped(static_cast<double>(machine.runs))),
             number_cell(static_cast<double>(machine.series), grouped(static_cast<double>(machine.series))),
             day(machine.first), day(machine.last), "</tr>\n");
  }
  std::string head;
  int column = 0;
  for (const char* name : {"Machine", "Runs", "Series", "First run", "Latest run"})
    head += join("<th scope=\"col\" data-sort=\"", std::to_string(column++), "\">", name, "</th>");
  return join(
      "<section id=\"environment\">\n<h2>Environment</h2>\n"
      "<p>A machine is told by its fingerprint, of what decides how fast it is. Series never cross "
      "machines.</p>\n",
      framed_table("Machines", "machines", join("<tr>", head, "</tr>\n"),
                   join("<tbody>\n", rows, "</tbody>\n")),
      "</section>\n");
}

}  // namespace

std::string history_page(const History& history) {
  const FoundChanges found = changes_of(history);
  const std::string heading = join("History of ", counted(history.runs.size(), "run"));
  std::string sections = join("<section id=\"verdict\" aria-label=\"Verdict\">\n<div>\n",
                              history_verdict(history, found), "</div>\n</section>\n");
  std::string links;
  if (!history.runs.empty()) {
    sections += join(history_changes_section(history, found), history_series_section(history, found),
                     compare_section(history), environment_section(history));
    for (const auto& [id, name] : {std::pair{"changes", "Changes"},
                                   {"series", "Series"},
                                   {"compare", "Compare two runs"},
                                   {"environment", "Environment"}})
      if (sections.find(join("<section id=\"", id, "\"")) != std::string::npos)
        links += join("<a href=\"#", id, "\">", name, "</a> ");
  }
  return join(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
      heading, " · Assay</title>\n<style>\n", kStyle, kHistoryStyle,
      "</style>\n</head>\n<body>\n<header>\n<p class=\"series\">Assay history</p>\n<h1>", heading,
      "</h1>\n<nav aria-label=\"Sections\">", links, "</nav>\n</header>\n<main>\n", sections, "</main>\n",
      history_data(history, found),
      kECharts.empty() ? "" : join("<script type=\"text/plain\" id=\"echarts\">", kECharts, "</script>\n"),
      "<script>\n", kScript, kHistoryScript, "</script>\n</body>\n</html>\n");
}

}  // namespace assay::report
