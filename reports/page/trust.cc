// How far to trust it: how often the procedures erred where the answer was known.
#include <algorithm>
#include <cmath>

#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

// Wilson's 95 % interval of a proportion: right also for few trials and for none or all.
Interval proportion(double successes, double trials) {
  constexpr double kZ = 1.959964;
  const double share = successes / trials, weight = kZ * kZ / trials;
  const double centre = share + weight / 2;
  const double half = kZ * std::sqrt(share * (1 - share) / trials + weight / (4 * trials));
  return {std::max(0.0, centre - half) / (1 + weight), std::min(1 + weight, centre + half) / (1 + weight)};
}

std::string hundredths(double share) { return fixed(100 * share, share > 0 && share < 0.0995 ? 1 : 0); }

std::string number(double value, const std::string& text) {
  return join("<td class=\"number\" data-value=\"", fixed(value, 6), "\">", text, "</td>");
}

std::string row(const Calibration& calibration) {
  const double trials = static_cast<double>(calibration.trials),
               alarms = static_cast<double>(calibration.alarms);
  const double share = trials > 0 ? alarms / trials : 0;
  const Interval likely = trials > 0 ? proportion(alarms, trials) : Interval{0, 1};
  return join("<tr><th scope=\"row\">", escape(calibration.procedure), "</th><td>",
              escape(calibration.workload), "</td>",
              number(calibration.slowdown,
                     calibration.slowdown == 0 ? "none" : fixed(calibration.slowdown, 1) + " %"),
              number(trials, grouped(trials)),
              number(share, join(grouped(alarms), ", <b>", hundredths(share), " %</b> <small>",
                                 hundredths(likely.low), "–", hundredths(likely.high), " %</small>")),
              "<td>", calibration.slowdown == 0 ? "false alarms" : "found", "</td>",
              number(calibration.error, fixed(calibration.error, 2) + " %"),
              number(calibration.seconds, fixed(calibration.seconds, 1) + " s"),
              number(calibration.load, fixed(calibration.load, 1)), "</tr>\n");
}

std::string head() {
  std::string text = "<tr>";
  for (std::size_t at = 0;
       const char* name : {"Procedure", "Case", "Slowdown injected", "Trials", "Alarms, 95 % interval",
                           "These are", "Error", "A trial took", "Load"})
    text += join("<th scope=\"col\" data-sort=\"", std::to_string(at++), "\">", name, "</th>");
  return text + "</tr>\n";
}

// "AMD EPYC, 2 cores", and whether that is where the report's results come from.
std::string where(const Results& results) {
  const Run& run = results.runs[results.calibrations.front().run];
  std::vector<std::string> parts;
  for (const auto& [name, value] : run.environment) {
    if (name == "cpu") parts.push_back(escape(value));
    if (name == "cores") parts.push_back(join(escape(value), " cores"));
  }
  const bool here =
      results.subjects.empty() || results.runs[results.subjects.front().run].machine == run.machine;
  return join(parts.empty() ? "" : join(" on ", list(parts)),
              here ? "" : ", another machine than this report’s: measure on yours for figures of your own");
}

}  // namespace

std::string trust_section(const Results& results) {
  if (results.comparisons.empty() && results.calibrations.empty()) return "";
  const std::string start = "<section id=\"trust\">\n<h2>How far to trust it</h2>\n";
  if (results.calibrations.empty())
    return join(
        start,
        "<p>How often the procedure errs on this machine has not been measured. "
        "<code>./bazelw run //reports:calibrate</code> does so: it compares builds with themselves and with "
        "builds that were made slower on purpose.</p>\n</section>\n");
  std::string rows;
  for (const Calibration& calibration : results.calibrations) rows += row(calibration);
  return join(
      start, "<p>Measured by <code>./bazelw run //reports:calibrate</code>", where(results),
      ": builds were compared with themselves, "
      "where every alarm is false, and with builds into which a slowdown was injected, which should be "
      "found. "
      "The error is the root mean square of the estimates’ distance from the truth. Controls show what the "
      "usual procedures would have said at the same time.</p>\n",
      framed_table("Calibration", "changes", head(), join("<tbody>\n", rows, "</tbody>\n")), "</section>\n");
}

}  // namespace assay::report
