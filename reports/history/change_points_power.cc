// change_points_power --histories=N: prints how often find_changes finds a step and how often it alarms
// without one, beside two rules that are in wide use, for several kinds of wild values.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "reports/history/change_points.h"
#include "reports/history/synthetic_history.h"

namespace {

using namespace assay::report;

constexpr std::size_t kCommits = 250;

std::vector<Change> beyond_previous(std::span<const double> values) {
  std::vector<Change> changes;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (std::abs(values[i] / values[i - 1] - 1) > 0.05) changes.push_back({i, values[i - 1], values[i], 0});
  return changes;
}

std::vector<Change> look_back(std::span<const double> values) {
  constexpr std::size_t kBack = 30;
  std::vector<Change> changes;
  for (std::size_t i = kBack; i < values.size(); ++i) {
    const std::span<const double> back = values.subspan(i - kBack, kBack);
    const double mean = std::accumulate(back.begin(), back.end(), 0.0) / kBack;
    double squares = 0;
    for (const double value : back) squares += (value - mean) * (value - mean);
    if (std::abs(values[i] - mean) > 5 * std::sqrt(squares / (kBack - 1)))
      changes.push_back({i, mean, values[i], 0});
  }
  return changes;
}

void print_row(const char* name, const Detector& detect, const HistoryNoise& noise, std::size_t histories,
               std::uint64_t seed) {
  const auto count = static_cast<double>(histories);
  SyntheticHistory history(seed, noise);
  std::size_t alarms = 0;
  for (std::size_t i = 0; i < histories; ++i) alarms += history.false_changes(detect, kCommits);
  std::printf("| %s | %.2f |", name, 1000 * static_cast<double>(alarms) / (count * kCommits));
  for (const double step : {0.02, 0.03, 0.05}) {
    const char* separator = " ";
    for (const std::size_t later : {1u, 2u, 3u, 4u, 5u, 10u, 30u}) {
      std::size_t found = 0;
      for (std::size_t i = 0; i < histories; ++i) found += history.finds(detect, step, later);
      std::printf("%s%.1f", separator, 100 * static_cast<double>(found) / count);
      separator = " / ";
    }
    std::printf(" |");
  }
  std::printf("\n");
  std::fflush(stdout);
}

void print_speed(const ChangeSettings& settings, std::size_t size, std::uint64_t seed) {
  const std::vector<double> values = SyntheticHistory(seed).values(size);
  double least = HUGE_VAL;
  for (int round = 0; round < 20; ++round) {
    const auto start = std::chrono::steady_clock::now();
    find_changes(values, settings);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    least = std::min(least, took.count());
  }
  std::printf("%zu values: %.0f µs\n", size, least);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures power and false alarms of the change points.", "change_points_power");
  std::size_t histories = 400;
  std::uint64_t seed = 1;
  ChangeSettings settings;
  app.add_option("--histories", histories, "for each cell of the tables")->check(CLI::PositiveNumber);
  app.add_option("--seed", seed, "of the histories");
  app.add_option("--level", settings.level, "p below which there is a change");
  app.add_option("--window", settings.window, "values that are looked at together");
  CLI11_PARSE(app, argc, argv);

  const struct {
    const char* name;
    HistoryNoise noise;
  } kinds[] = {{"No wild values", {0.01, 0}},
               {"5 % wild by 5–20 %, both ways", {}},
               {"5 % wild by 5–20 %, upward", {0.01, 0.05, 0.05, 0.20, true}},
               {"5 % wild by 3–50 %, both ways", {0.01, 0.05, 0.03, 0.50, false}},
               {"5 % wild by 3–50 %, upward", {0.01, 0.05, 0.03, 0.50, true}},
               {"5 % wild by 5–6 %, upward: like a step of 5 %", {0.01, 0.05, 0.05, 0.06, true}},
               {"20 % wild by 5–6 %, upward: bimodal", {0.01, 0.20, 0.05, 0.06, true}}};
  std::printf("Noise of 1 %%, %zu histories a cell, seed %llu\n", histories,
              static_cast<unsigned long long>(seed));
  for (const auto& [name, noise] : kinds) {
    std::printf("\n%s:\n\n| detector | false changes per 1,000 commits ", name);
    for (const char* step : {"2", "3", "5"})
      std::printf("| %s %% step found after 1 / 2 / 3 / 4 / 5 / 10 / 30 commits, %% ", step);
    std::printf("|\n|---|---|---|---|---|\n");
    print_row(
        "find_changes", [&](auto values) { return find_changes(values, settings); }, noise, histories, seed);
    print_row("look-back z > 5", look_back, noise, histories, seed);
    print_row("previous run beyond 5 %", beyond_previous, noise, histories, seed);
  }
  std::printf("\n");
  for (const std::size_t size : {kCommits, std::size_t{10'000}}) print_speed(settings, size, seed);
}
