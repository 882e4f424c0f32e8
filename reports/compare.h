// Compares two subjects over paired rounds, with an interval that assumes no distribution.
//
// In every round both subjects ran within the same stretch of time, so what the machine did meanwhile fell on
// both: the ratio of a round is steadier than either figure. Estimate, interval and test are those of
// statistics.h over the log ratios.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "reports/statistics.h"

namespace assay::report {

inline constexpr double kTieMargin = 1.10;  // an interval that reaches further from 1 shows no tie

enum class Outcome { kBetter, kWorse, kTie, kUndecided };

struct Comparison {
  Estimate ratio;  // subject ÷ baseline
  double p;        // that the ratio is 1
  Outcome outcome;
  std::size_t more_rounds;  // likely to settle it, when undecided; otherwise 0
};

using RoundId = std::pair<std::size_t, std::uint64_t>;  // run, round
using Rounds = std::map<RoundId, std::vector<double>>;  // samples of one subject, workload and metric
using LogRatios = std::map<RoundId, double>;

// One log ratio of medians for each round that both have. None at all when one of these medians is not
// positive: the ratio of the rounds that are left would be that of a selection.
LogRatios pair_rounds(const Rounds& subject, const Rounds& baseline);

// Nothing when there is no common round.
std::optional<Comparison> compare(const LogRatios& ratios, bool less_is_better);

// The geometric mean over several workloads, round by round: only rounds that every workload has count.
LogRatios mean_of(const std::vector<LogRatios>& workloads);

}  // namespace assay::report
