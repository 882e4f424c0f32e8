// Speed against memory: one point for each subject, both axes logarithmic, nearer to the lower left is
// better.
#include <algorithm>
#include <cmath>

#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

constexpr double kWidth = 460, kHeight = 340, kLeft = 46, kRight = 14, kTop = 14, kBottom = 44;

struct Point {
  std::string label;
  Estimate time, memory;
  bool baseline;
  double x = 0, y = 0;  // on the page
};

struct Axis {
  double low, high;  // logarithms
  double from, to;   // on the page

  double place(double value) const { return from + (std::log(value) - low) / (high - low) * (to - from); }

  std::vector<double> ticks() const {
    std::vector<double> chosen;
    for (const double tick : {1.0, 0.5, 2.0, 0.25, 4.0, 0.1, 10.0, 0.7,  1.5,  0.8,  1.25, 3.0,  0.9,
                              1.1, 0.6, 0.4, 0.3,  6.0, 0.2, 0.15, 20.0, 0.05, 50.0, 0.02, 100.0}) {
      const auto crowded = [&](double other) { return std::fabs(place(tick) - place(other)) < 36; };
      if (std::log(tick) >= low && std::log(tick) <= high &&
          std::none_of(chosen.begin(), chosen.end(), crowded))
        chosen.push_back(tick);
    }
    return chosen;
  }
};

double low_end(const Estimate& estimate) {
  return estimate.interval ? estimate.interval->low : estimate.value;
}
double high_end(const Estimate& estimate) {
  return estimate.interval ? estimate.interval->high : estimate.value;
}

Axis axis(const std::vector<Point>& points, Estimate Point::*measure, double from, double to) {
  double low = 0, high = 0;
  for (const Point& point : points) {
    low = std::min(low, std::log(low_end(point.*measure)));
    high = std::max(high, std::log(high_end(point.*measure)));
  }
  const double margin = std::max(0.12 * (high - low), 0.05);
  return {low - margin, high + margin, from, to};
}

std::vector<Point> points_of(const Tables& tables) {
  std::vector<Point> points;
  for (std::size_t at = 0; at < tables.columns.size(); ++at) {
    const Column& column = tables.columns[at];
    if (column.subject.role == Role::kNull) continue;
    const auto time = compare_overall(tables, at, kTime), memory = compare_overall(tables, at, kMemory);
    if (!time || !memory) continue;
    const bool baseline = column.subject.role == Role::kBaseline;
    const std::string partial = time->workloads == tables.workloads.size() ? "" : " *";
    points.push_back({escape(column.label) + partial, time->mean.ratio, memory->mean.ratio, baseline});
  }
  return points;
}

bool dominated(const Point& point, const std::vector<Point>& points) {
  return std::any_of(points.begin(), points.end(), [&](const Point& other) {
    return other.time.value <= point.time.value && other.memory.value <= point.memory.value &&
           (other.time.value < point.time.value || other.memory.value < point.memory.value);
  });
}

std::string line(const char* kind, double x1, double y1, double x2, double y2) {
  return join("<line class=\"", kind, "\" x1=\"", fixed(x1, 1), "\" y1=\"", fixed(y1, 1), "\" x2=\"",
              fixed(x2, 1), "\" y2=\"", fixed(y2, 1), "\"/>");
}

std::string text_at(const char* kind, double x, double y, const std::string& text) {
  return join("<text class=\"", kind, "\" x=\"", fixed(x, 1), "\" y=\"", fixed(y, 1), "\">", text, "</text>");
}

std::string axes(const Axis& time, const Axis& memory, const std::string& baseline) {
  std::string svg;
  for (const double tick : time.ticks()) {
    const double x = time.place(tick);
    svg += line(tick == 1 ? "unit" : "grid", x, kTop, x, kHeight - kBottom);
    svg += text_at("tick middle", x, kHeight - kBottom + 16, ratio(tick));
  }
  for (const double tick : memory.ticks()) {
    const double y = memory.place(tick);
    svg += line(tick == 1 ? "unit" : "grid", kLeft, y, kWidth - kRight, y);
    svg += text_at("tick end", kLeft - 6, y + 4, ratio(tick));
  }
  svg += text_at("axis end", kWidth - kRight, kHeight - 8, join("CPU time ÷ ", baseline, "’s  (slower →)"));
  svg += join("<text class=\"axis end\" transform=\"translate(11 ", fixed(kTop, 0),
              ") rotate(-90)\">peak memory ÷ ", baseline, "’s  (heavier →)</text>");
  return svg;
}

// The points that no other beats in both respects, joined from left to right.
std::string frontier(std::vector<Point> points) {
  std::erase_if(points, [all = points](const Point& point) { return dominated(point, all); });
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.x < b.x; });
  std::string path;
  for (const Point& point : points) path += join(fixed(point.x, 1), ",", fixed(point.y, 1), " ");
  return join("<polyline class=\"frontier\" points=\"", path, "\"/>");
}

// Each label stands right of its point, or left of it near the edge, moved down where another stands already.
std::string labels(std::vector<Point> points) {
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.y < b.y; });
  std::string svg;
  std::vector<std::pair<double, double>> taken;
  for (const Point& point : points) {
    const bool left = point.x > kWidth - 110;
    double y = point.y - 7;
    for (const auto& [x, other] : taken)
      if (std::fabs(x - point.x) < 90 && std::fabs(other - y) < 14) y = other + 14;
    taken.emplace_back(point.x, y);
    svg += text_at(left ? "label end" : "label", point.x + (left ? -8 : 8), y, point.label);
  }
  return svg;
}

}  // namespace

std::string picture(const Tables& tables) {
  std::vector<Point> points = points_of(tables);
  if (points.size() < 2) return "";
  const Axis time = axis(points, &Point::time, kLeft, kWidth - kRight);
  const Axis memory = axis(points, &Point::memory, kHeight - kBottom, kTop);
  const std::string baseline = escape(tables.columns[*tables.baseline].label);
  std::string whiskers, dots, description;
  bool partial = false;
  for (Point& point : points) {
    point.x = time.place(point.time.value);
    point.y = memory.place(point.memory.value);
    partial = partial || point.label.ends_with('*');
    whiskers +=
        line("whisker", time.place(low_end(point.time)), point.y, time.place(high_end(point.time)), point.y);
    whiskers += line("whisker", point.x, memory.place(low_end(point.memory)), point.x,
                     memory.place(high_end(point.memory)));
    const std::string words =
        join(point.label, ": CPU time ", ratio(point.time.value), ", memory ", ratio(point.memory.value));
    dots +=
        join("<circle class=\"", dominated(point, points) ? "beaten" : "best", "\" cx=\"", fixed(point.x, 1),
             "\" cy=\"", fixed(point.y, 1), "\" r=\"5\"><title>", words, "</title></circle>");
    description += words + ". ";
  }
  return join("<figure class=\"chart picture\" data-chart=\"pareto\">\n<svg viewBox=\"0 0 ", fixed(kWidth, 0),
              " ", fixed(kHeight, 0), "\" role=\"img\" aria-label=\"Speed against memory. ", description,
              "\">", axes(time, memory, baseline), frontier(points), whiskers, dots, labels(points),
              "</svg>\n<figcaption>Speed against memory: geometric means over all workloads, with 95 % "
              "intervals. Nearer to the "
              "lower left is better; filled points, joined, are those that no other beats in both.",
              partial ? " * leaves out workloads that failed or that it does not have." : "",
              "</figcaption>\n</figure>\n");
}

}  // namespace assay::report
