#include "trials/trial.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "reports/statistics.h"

namespace assay::trials {
namespace {

// Short, so that a processor's speed has no time to change between two turns; long against the switch between
// them.
constexpr double kTurn = 1.5e6;  // nanoseconds of CPU time
// Of turns; as long again as starting and warming up takes, for a small program.
constexpr double kRestart = 0.3e9;
constexpr std::size_t kFewestPairs = 2, kMostPairs = 100;

std::vector<int> processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> found;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor)
    if (CPU_ISSET(static_cast<std::size_t>(processor), &set)) found.push_back(processor);
  return found;
}

// The median over all turns of the two that were taken next to each other or nearly so: pair i against pairs
// i - 1, i and i + 1. Three times as many as the pairs alone, for the same time.
double value_of(const std::vector<double>& base, const std::vector<double>& head) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < base.size(); ++i)
    for (std::size_t j = i == 0 ? 0 : i - 1; j < std::min(i + 2, head.size()); ++j)
      logs.push_back(std::log(std::max(head[j], 1.0) / std::max(base[i], 1.0)));
  return report::median(logs);
}

}  // namespace

Trial::Trial(Side base, Side head, bool threaded, bool compare_checksums, suite::SignalWatch& signals)
    : base_(std::move(base)),
      head_(std::move(head)),
      threaded_(threaded),
      compare_checksums_(compare_checksums),
      signals_(signals) {}

// Both ready, and at the first restart: how long turns and restarts are.
bool Trial::warm(Contestant& base, Contestant& head) {
  for (Contestant* contestant : {&base, &head}) {
    if (contestant->ready()) continue;
    problem_ = contestant->problem();
    return false;
  }
  if (passes_ != 0) return true;
  const auto first = base.take_turn(1), second = head.take_turn(1);
  if (!first || !second) {
    problem_ = first ? head.problem() : base.problem();
    return false;
  }
  if (compare_checksums_ && first->checksum != second->checksum) {
    problem_ = "the two builds do not do the same work: their checksums differ";
    return false;
  }
  const double pass = std::max(first->cpu, 1.0);
  passes_ = std::max(1L, std::lround(kTurn / pass));
  const double pair = 2 * pass * static_cast<double>(passes_);
  pairs_ = std::clamp(static_cast<std::size_t>(kRestart / pair), kFewestPairs, kMostPairs) / 2 * 2;
  return true;
}

bool Trial::restart() {
  const auto start = std::chrono::steady_clock::now();
  static const std::vector<int> all = processors();
  const bool head_first = restarts() % 2 == 1;
  const int processor = threaded_ ? -1 : all[restarts() / 2 % all.size()];
  // Whichever starts first may get the better pages: they take turns in that as well.
  Contestant earlier(head_first ? head_ : base_, processor, signals_);
  Contestant later(head_first ? base_ : head_, processor, signals_);
  Contestant &base = head_first ? later : earlier, &head = head_first ? earlier : later;
  if (!warm(base, head)) return false;

  std::vector<double> base_cpu, head_cpu, base_wall, head_wall;
  for (std::size_t pair = 0; pair < pairs_; ++pair) {
    const bool turned = pair % 2 == 1;
    Contestant &one = turned ? head : base, &two = turned ? base : head;
    const auto first = one.take_turn(passes_);
    const auto second = first ? two.take_turn(passes_) : std::nullopt;
    if (!second) {
      problem_ = first ? two.problem() : one.problem();
      return false;
    }
    const suite::Turn &of_base = turned ? *second : *first, &of_head = turned ? *first : *second;
    base_cpu.push_back(of_base.cpu), base_wall.push_back(of_base.wall);
    head_cpu.push_back(of_head.cpu), head_wall.push_back(of_head.wall);
  }
  cpu_.push_back(value_of(base_cpu, head_cpu));
  wall_.push_back(value_of(base_wall, head_wall));
  base_times_.push_back(report::median(base_cpu) / static_cast<double>(passes_));
  base_walls_.push_back(report::median(base_wall) / static_cast<double>(passes_));
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return true;
}

double Trial::base_cpu() const { return report::median(base_times_); }
double Trial::base_wall() const { return report::median(base_walls_); }

std::optional<report::Judgement> run(Trial& trial, const report::Rule& rule, double budget) {
  for (;;) {
    const std::size_t look = report::next_look(trial.restarts());
    const bool first = trial.restarts() == 0;
    while (trial.restarts() < look && (first || trial.seconds() < budget))
      if (!trial.restart()) return std::nullopt;
    const report::Judgement judgement = report::judge(trial.cpu(), true, rule);
    if (judgement.decision != report::Decision::kUndecided || look == 0 || trial.seconds() >= budget)
      return judgement;
  }
}

}  // namespace assay::trials
