// Statistics that assume no distribution, over one value a round or a restart.
//
// Centre and interval are the Hodges–Lehmann estimate, the median of all pairwise means, and the values that
// the Wilcoxon signed-rank test does not reject; the test is exact. Both are unmoved by a few wild rounds.
// Sources: Hodges and Lehmann 1963; Wilcoxon 1945; Benjamini and Hochberg 1995.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace assay::report {

inline constexpr std::size_t kLeastRounds = 6;  // with fewer, no outcome is rarer than 2.5 % on each side

struct Interval {
  double low, high;
};

struct Estimate {
  double value;
  std::optional<Interval> interval;  // none where there are too few values
  std::size_t rounds;
};

double median(std::vector<double> values);  // of at least one value

// P(T ≤ t) for t = 0 … n(n+1)/2, T the signed-rank sum of n symmetric values without ties.
std::vector<double> signed_rank_distribution(std::size_t n);

// Centre of at least one value and its interval, which leaves out `tail` on each side.
Estimate locate(const std::vector<double>& values, double tail = 0.025);

// Two-sided p of the hypothesis that the values are symmetric about 0: the share of all assignments of signs
// whose signed-rank sum is as far out. Exact with ties too; values of 0 say nothing and are left out. O(n³).
double signed_rank_p(const std::vector<double>& values);

// Which hypotheses to reject so that among the rejected at most a share `q` is expected to be true (Benjamini
// and Hochberg's procedure, for independent or positively dependent tests). In the order of `p_values`.
std::vector<bool> discoveries(const std::vector<double>& p_values, double q);

}  // namespace assay::report
