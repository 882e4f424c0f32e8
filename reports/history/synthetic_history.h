// Made-up histories whose changes are known, to count what a detector finds and what it reports besides.
//
// A value is its level times 1 + N(0, noise); one in 1 ÷ wild is multiplied by 1 ± U(least, most) on top.
// Detectors are judged as a gate lives with them. Found: in the series that ends k values after a step, a
// change for the worse is reported at most k places from it. False: the distinct changes that any prefix of a
// history without a step reports; a change moves as values come in, so at most five places apart are the
// same.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include "reports/history/change_points.h"

namespace assay::report {

struct HistoryNoise {
  double noise = 0.01;
  double wild = 0.05, least = 0.05, most = 0.20;
  bool upward = false;  // otherwise both ways
};

using Detector = std::function<std::vector<Change>(std::span<const double>)>;

class SyntheticHistory {
 public:
  explicit SyntheticHistory(std::uint64_t seed, const HistoryNoise& noise = {})
      : random_(seed), noise_(noise) {}

  // Both by hand, so that a seed means the same values with every standard library.
  double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) * 0x1p-53; }
  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

  double value(double level) {
    level *= 1 + noise_.noise * normal();
    if (uniform() >= noise_.wild) return level;
    const double size = noise_.least + (noise_.most - noise_.least) * uniform();
    return level * (noise_.upward || uniform() < 0.5 ? 1 + size : 1 - size);
  }

  std::vector<double> values(std::size_t before, std::size_t after = 0, double step = 0) {
    std::vector<double> values;
    for (std::size_t i = 0; i < before; ++i) values.push_back(value(100));
    for (std::size_t i = 0; i < after; ++i) values.push_back(value(100 * (1 + step)));
    return values;
  }

  bool finds(const Detector& detect, double step, std::size_t later) {
    const std::size_t before = 100 + static_cast<std::size_t>(120 * uniform());
    const std::vector<Change> changes = detect(values(before, later, step));
    return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
      return change.after > change.before && change.index + later >= before && change.index <= before + later;
    });
  }

  std::size_t false_changes(const Detector& detect, std::size_t commits) {
    const std::vector<double> history = values(commits);
    std::vector<std::size_t> known;
    for (std::size_t n = 1; n <= commits; ++n)
      for (const Change& change : detect(std::span(history).first(n)))
        if (std::none_of(known.begin(), known.end(),
                         [&](std::size_t old) { return old <= change.index + 5 && change.index <= old + 5; }))
          known.push_back(change.index);
    return known.size();
  }

 private:
  std::mt19937_64 random_;
  HistoryNoise noise_;
};

}  // namespace assay::report
