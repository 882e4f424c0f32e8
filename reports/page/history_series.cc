#include "reports/page/history_series.h"

#include <algorithm>
#include <cmath>

#include "reports/page/history_data.h"
#include "reports/page/history_listing.h"
#include "reports/page/markup.h"

namespace assay::report {
namespace {

constexpr std::size_t kShown = 100;  // rows in the document
constexpr std::size_t kPoints = 60;  // of a small drawing, each the middle of a stretch
constexpr int kWidth = 120, kHeight = 24;

struct Row {
  std::size_t series;
  std::vector<const FoundChange*> changes;  // open ones first, then the worst
};

// Where among `n` places, in the drawing's pixels.
std::string across(double at, std::size_t n) {
  return fixed(n < 2 ? kWidth / 2.0 : 1 + (kWidth - 2) * at / static_cast<double>(n - 1), 0);
}

std::string course(const HistorySeries& series, const std::vector<const FoundChange*>& changes) {
  const std::size_t n = series.values.size(), points = std::min(n, kPoints);
  std::vector<double> middles;
  for (std::size_t i = 0; i < points; ++i) {
    const auto begin = series.values.begin();
    std::vector<double> stretch(begin + static_cast<std::ptrdiff_t>(i * n / points),
                                begin + static_cast<std::ptrdiff_t>((i + 1) * n / points));
    const auto middle = stretch.begin() + static_cast<std::ptrdiff_t>(stretch.size() / 2);
    std::nth_element(stretch.begin(), middle, stretch.end());
    middles.push_back(*middle);
  }
  if (middles.empty()) return "";
  const auto [low, high] = std::minmax_element(middles.begin(), middles.end());
  std::string line, marks;
  for (std::size_t i = 0; i < points; ++i) {
    const double up = *high > *low ? (middles[i] - *low) / (*high - *low) : 0.5;
    line += join(i == 0 ? "" : " ", across(static_cast<double>(i), points), ",",
                 fixed(kHeight - 3 - (kHeight - 6) * up, 0));
  }
  for (const FoundChange* one : changes) {
    const std::string x = across(static_cast<double>(one->change.index) - 0.5, n);
    marks += join("<line class=\"", one->worse() ? "worse" : "better", "\" x1=\"", x, "\" x2=\"", x,
                  "\" y1=\"0\" y2=\"", std::to_string(kHeight), "\"/>");
  }
  return join("<svg class=\"course\" width=\"", std::to_string(kWidth), "\" height=\"",
              std::to_string(kHeight), "\" viewBox=\"0 0 ", std::to_string(kWidth), " ",
              std::to_string(kHeight), "\" role=\"img\" aria-label=\"", counted(n, "value"), " from ",
              quantity(series.values.front(), series.unit), " to ",
              quantity(series.values.back(), series.unit), ", ", counted(changes.size(), "change"), "\">",
              marks,
              points == 1 ? join("<circle cx=\"", across(0, 1), "\" cy=\"12\" r=\"2\"/>")
                          : join("<polyline points=\"", line, "\"/>"),
              "</svg>");
}

std::string row_of(const History& history, const Row& row) {
  const HistorySeries& series = history.series[row.series];
  const auto open = static_cast<std::size_t>(std::count_if(row.changes.begin(), row.changes.end(),
                                                           [](const FoundChange* one) { return one->open; }));
  const double latest = series.values.empty() ? 0 : series.values.back();
  return join(
      "<tr id=\"", series_id(series), "\" data-at=\"", std::to_string(row.series), "\">",
      series_cells(series),
      number_cell(static_cast<double>(series.values.size()),
                  grouped(static_cast<double>(series.values.size()))),
      number_cell(latest, series.values.empty() ? "–" : quantity(latest, series.unit)),
      number_cell(
          static_cast<double>(open * 1000000 + row.changes.size()),
          join(std::to_string(row.changes.size()),
               open == 0 ? "" : join("<small class=\"alarm\">", std::to_string(open), " open</small>"))),
      "<td>", course(series, row.changes), "</td></tr>\n");
}

}  // namespace

std::string history_series_section(const History& history, const FoundChanges& changes) {
  if (history.series.empty()) return "";
  std::vector<Row> rows(history.series.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].series = i;
  for (const FoundChange& one : changes.all) rows[one.series].changes.push_back(&one);
  const auto badness = [](const Row& row) {  // at least 1 with an open change
    if (row.changes.empty()) return -1.0;
    const double size = 1 - std::exp(-std::fabs(row.changes.front()->badness));
    return row.changes.front()->open ? 1 + size : size;
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Row& a, const Row& b) { return badness(a) > badness(b); });
  std::vector<std::string> texts;
  for (const Row& row : rows) texts.push_back(row_of(history, row));
  std::vector<Heading> headings = kSeriesHeadings;
  headings.insert(headings.end(), {{"Values"}, {"Latest"}, {"Changes"}, {"Course"}});
  const bool thinned = std::any_of(history.series.begin(), history.series.end(),
                                   [](const HistorySeries& series) { return series.values.size() > kWhole; });
  return join(
      "<section id=\"series\">\n<h2>Series</h2>\n<p>A case leads to its chart over the commits, with a table "
      "of "
      "the values. Series with open changes come first.",
      thinned
          ? join(" Series of more than ", grouped(kWhole),
                 " values are thinned: the charts show the lowest, the middle and the highest of each "
                 "stretch of runs, as four digits, and exactly the values beside a change, of the latest ",
                 std::to_string(kLatest), " runs of a machine, and of some earlier ones.")
          : "",
      "</p>\n<noscript><p class=\"note\">Charts need JavaScript; the small courses beside the names do "
      "not.</p></noscript>\n<div id=\"opened\"></div>\n",
      listing("courses", "Series", headings, texts, kShown, history, ""), "</section>\n");
}

}  // namespace assay::report
