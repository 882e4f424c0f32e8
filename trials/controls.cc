#include "trials/controls.h"

#include <chrono>
#include <cmath>
#include <numeric>
#include <vector>

#include "reports/statistics.h"

namespace assay::trials {
namespace {

constexpr double kThreshold = 0.05, kLevel = 0.05;
constexpr std::size_t kRepetitions = 20;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The mean CPU time of a pass in each of `count` stretches of `seconds` / `count`.
std::optional<std::vector<double>> repeat(const Side& side, std::size_t count, double seconds,
                                          suite::SignalWatch& signals) {
  Contestant contestant(side, -1, signals);
  if (!contestant.ready()) return std::nullopt;
  std::vector<double> means;
  while (means.size() < count) {
    const auto start = std::chrono::steady_clock::now();
    double cpu = 0, passes = 0;
    do {
      const auto turn = contestant.take_turn(1);
      if (!turn) return std::nullopt;
      cpu += turn->cpu;
      ++passes;
    } while (seconds_since(start) < seconds / static_cast<double>(count));
    means.push_back(cpu / passes);
  }
  return means;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Two-sided, by the normal approximation: good for twenties.
double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b) {
  double wins = 0;
  for (const double x : a)
    for (const double y : b) wins += x < y ? 1 : x == y ? 0.5 : 0;
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const double z = (std::abs(wins - n * m / 2) - 0.5) / std::sqrt(n * m * (n + m + 1) / 12);
  return std::erfc(std::max(z, 0.0) / std::sqrt(2.0));
}

}  // namespace

std::optional<ControlResult> sequential(const Side& base, const Side& head, double seconds,
                                        suite::SignalWatch& signals) {
  const auto first = repeat(base, 1, seconds / 2, signals);
  const auto second = first ? repeat(head, 1, seconds / 2, signals) : std::nullopt;
  if (!second) return std::nullopt;
  const double ratio = mean(*second) / mean(*first);
  return ControlResult{ratio, std::abs(ratio - 1) > kThreshold, ratio > 1};
}

std::optional<ControlResult> repetitions(const Side& base, const Side& head, double seconds,
                                         suite::SignalWatch& signals) {
  const auto first = repeat(base, kRepetitions, seconds / 2, signals);
  const auto second = first ? repeat(head, kRepetitions, seconds / 2, signals) : std::nullopt;
  if (!second) return std::nullopt;
  const double ratio = report::median(*second) / report::median(*first);
  return ControlResult{ratio, mann_whitney_p(*first, *second) < kLevel, ratio > 1};
}

}  // namespace assay::trials
