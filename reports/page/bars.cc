#include "reports/page/bars.h"

#include <algorithm>

#include "reports/page/markup.h"

namespace assay::report {
namespace {

constexpr int kRow = 38, kBarTop = 19, kBarHeight = 12;

// Widths are percentages, so that the drawing fits any column while its text keeps its size.
struct Drawing {
  double most;  // the value at the right edge
  std::string svg;

  std::string at(double value) const { return fixed(100 * value / most, 2) + "%"; }

  void bar(int top, const Series& series) {
    const Estimate& estimate = series.centre;
    const std::string y = std::to_string(top + kBarTop),
                      middle = std::to_string(top + kBarTop + kBarHeight / 2);
    svg += join("<rect x=\"0\" y=\"", y, "\" width=\"", at(estimate.value), "\" height=\"",
                std::to_string(kBarHeight), "\"/>");
    const std::size_t every = (series.samples() + kMostDots - 1) / kMostDots;
    std::size_t number = 0;
    for (const auto& [round, samples] : series.rounds)
      for (const double sample : samples)
        if (number++ % every == 0)
          svg += join("<circle cx=\"", at(sample), "\" cy=\"", middle, "\" r=\"2.5\"/>");
    if (!estimate.interval) return;
    const std::string low = at(estimate.interval->low), high = at(estimate.interval->high);
    const std::string above = std::to_string(top + kBarTop + 1),
                      below = std::to_string(top + kBarTop + kBarHeight - 1);
    svg += join("<line x1=\"", low, "\" x2=\"", high, "\" y1=\"", middle, "\" y2=\"", middle, "\"/>");
    for (const std::string& end : {low, high})
      svg += join("<line x1=\"", end, "\" x2=\"", end, "\" y1=\"", above, "\" y2=\"", below, "\"/>");
  }
};

double largest(const Workload& workload, const std::string& metric) {
  double most = 0;
  for (const Cell& cell : workload.cells) {
    const auto series = cell.metrics.find(metric);
    if (series == cell.metrics.end() || !cell.failures.empty()) continue;
    for (const auto& [round, samples] : series->second.rounds)
      most = std::max(most, *std::max_element(samples.begin(), samples.end()));
  }
  return most;
}

}  // namespace

std::string bars(const Tables& tables, const Workload& workload, const std::string& metric,
                 const std::string& heading) {
  Drawing drawing{largest(workload, metric) * 1.01, ""};
  if (drawing.most <= 0) return "";
  std::string description;
  int top = 0;
  for (std::size_t column = 0; column < tables.columns.size(); ++column) {
    const Cell& cell = workload.cells[column];
    const auto series = cell.metrics.find(metric);
    const bool failed = !cell.failures.empty();
    if (!failed && series == cell.metrics.end()) continue;
    const std::string label = escape(tables.columns[column].label);
    const std::string value = failed ? "FAILED: " + escape(cell.failures.front()->reason)
                                     : quantity(series->second.centre.value, series->second.unit);
    drawing.svg += join("<g class=\"",
                        failed                                               ? "failed"
                        : tables.columns[column].subject.role == Role::kPeer ? "peer"
                                                                             : "other",
                        "\"><text x=\"0\" y=\"", std::to_string(top + 13), "\">", label, "  <tspan>", value,
                        "</tspan></text>");
    if (!failed) drawing.bar(top, series->second);
    drawing.svg += "</g>";
    description += join(label, " ", value, ". ");
    top += failed ? kRow / 2 : kRow;
  }
  return join("<figure class=\"chart bars\" data-chart=\"bars\" data-metric=\"", metric, "\">\n<figcaption>",
              heading, "</figcaption>\n<svg width=\"100%\" height=\"", std::to_string(top),
              "\" role=\"img\" aria-label=\"", heading, ". ", description, "\">", drawing.svg,
              "</svg>\n</figure>\n");
}

}  // namespace assay::report
