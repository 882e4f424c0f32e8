#include "reports/compare.h"

#include <algorithm>
#include <cmath>

namespace assay::report {
namespace {

// The smallest number of extra rounds after which the interval would show a difference or a tie, whichever
// comes first, if its width falls with the square root of the rounds and its centre stays where it is.
std::size_t rounds_to_settle(const Estimate& logs) {
  const double half = (logs.interval->high - logs.interval->low) / 2;
  const double rounds = static_cast<double>(logs.rounds);
  const double centre = std::abs(logs.value);
  const double target = std::max(centre, std::log(kTieMargin) - centre);  // at least half the margin
  const double needed = std::ceil(rounds * std::pow(half / target, 2));
  return static_cast<std::size_t>(std::max(needed - rounds, 1.0));
}

}  // namespace

LogRatios pair_rounds(const Rounds& subject, const Rounds& baseline) {
  LogRatios ratios;
  for (const auto& [round, samples] : subject) {
    const auto other = baseline.find(round);
    if (other == baseline.end()) continue;
    const double mine = median(samples), theirs = median(other->second);
    if (!(mine > 0 && theirs > 0)) return {};
    ratios[round] = std::log(mine / theirs);
  }
  return ratios;
}

std::optional<Comparison> compare(const LogRatios& ratios, bool less_is_better) {
  if (ratios.empty()) return std::nullopt;
  std::vector<double> values;
  for (const auto& [round, ratio] : ratios) values.push_back(ratio);
  const Estimate logs = locate(values);
  Comparison comparison{
      {std::exp(logs.value), std::nullopt, logs.rounds}, signed_rank_p(values), Outcome::kUndecided, 0};
  if (!logs.interval) {
    comparison.more_rounds = kLeastRounds - logs.rounds;
    return comparison;
  }
  comparison.ratio.interval = Interval{std::exp(logs.interval->low), std::exp(logs.interval->high)};
  const double margin = std::log(kTieMargin);
  if (logs.interval->high < 0)
    comparison.outcome = less_is_better ? Outcome::kBetter : Outcome::kWorse;
  else if (logs.interval->low > 0)
    comparison.outcome = less_is_better ? Outcome::kWorse : Outcome::kBetter;
  else if (logs.interval->low >= -margin && logs.interval->high <= margin)
    comparison.outcome = Outcome::kTie;
  else
    comparison.more_rounds = rounds_to_settle(logs);
  return comparison;
}

LogRatios mean_of(const std::vector<LogRatios>& workloads) {
  LogRatios means;
  if (workloads.empty()) return means;
  for (const auto& [round, first] : workloads.front()) {
    double sum = 0;
    const bool common = std::all_of(workloads.begin(), workloads.end(), [&](const LogRatios& ratios) {
      const auto found = ratios.find(round);
      if (found != ratios.end()) sum += found->second;
      return found != ratios.end();
    });
    if (common) means[round] = sum / static_cast<double>(workloads.size());
  }
  return means;
}

}  // namespace assay::report
