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

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> signed_rank_distribution(std::size_t n) {
  // Rank r is in the sum or not, each with probability 1/2, whatever the others do.
  std::vector<double> probability(n * (n + 1) / 2 + 1, 0.0);
  probability[0] = 1;
  for (std::size_t rank = 1, most = 1; rank <= n; most += ++rank)
    for (std::size_t sum = most + 1; sum-- > 0;)
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
  for (std::size_t sum = 1; sum < probability.size(); ++sum) probability[sum] += probability[sum - 1];
  return probability;
}

Estimate locate(const std::vector<double>& values) {
  std::vector<double> means;  // Walsh averages
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = i; j < values.size(); ++j) means.push_back((values[i] + values[j]) / 2);
  std::sort(means.begin(), means.end());
  Estimate estimate{median(means), std::nullopt, values.size()};
  if (values.size() >= kLeastRounds) {
    const std::vector<double> distribution = signed_rank_distribution(values.size());
    std::size_t cut = 0;  // means to leave out at each end: the tail beyond them is at most 2.5 %
    while (distribution[cut + 1] <= 0.025) ++cut;
    estimate.interval = Interval{means[cut], means[means.size() - 1 - cut]};
  }
  return estimate;
}

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
  Comparison comparison{{std::exp(logs.value), std::nullopt, logs.rounds}, Outcome::kUndecided, 0};
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
