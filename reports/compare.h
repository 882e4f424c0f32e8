// Compares two subjects over paired rounds, with an interval that assumes no distribution.
//
// In every round both subjects ran within the same stretch of time, so what the machine did meanwhile fell on
// both: the ratio of a round is steadier than either figure. The estimate is the Hodges–Lehmann one, the
// median of all pairwise means of the log ratios; its interval is the set of ratios that the exact Wilcoxon
// signed-rank test does not reject at 5 %. Both are unmoved by a few wild rounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace assay::report {

inline constexpr std::size_t kLeastRounds = 6;  // with fewer, no outcome is rarer than 2.5 % on each side
inline constexpr double kTieMargin = 1.10;      // an interval that reaches further from 1 shows no tie

struct Interval {
  double low, high;
};

struct Estimate {
  double value;
  std::optional<Interval> interval;  // 95 %; none below kLeastRounds values
  std::size_t rounds;
};

enum class Outcome { kBetter, kWorse, kTie, kUndecided };

struct Comparison {
  Estimate ratio;  // subject ÷ baseline
  Outcome outcome;
  std::size_t more_rounds;  // likely to settle it, when undecided; otherwise 0
};

using RoundId = std::pair<std::size_t, std::uint64_t>;  // run, round
using Rounds = std::map<RoundId, std::vector<double>>;  // samples of one subject, workload and metric
using LogRatios = std::map<RoundId, double>;

double median(std::vector<double> values);  // of at least one value

// P(T ≤ t) for t = 0 … n(n+1)/2, T the signed-rank sum of n symmetric values without ties.
std::vector<double> signed_rank_distribution(std::size_t n);

// Centre of at least one value and its interval.
Estimate locate(const std::vector<double>& values);

// One log ratio of medians for each round that both have. None at all when one of these medians is not
// positive: the ratio of the rounds that are left would be that of a selection.
LogRatios pair_rounds(const Rounds& subject, const Rounds& baseline);

// Nothing when there is no common round.
std::optional<Comparison> compare(const LogRatios& ratios, bool less_is_better);

// The geometric mean over several workloads, round by round: only rounds that every workload has count.
LogRatios mean_of(const std::vector<LogRatios>& workloads);

}  // namespace assay::report
