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

inline constexpr std::size_t kUnbounded = static_cast<std::size_t>(-1);

double median(std::vector<double> values);  // of at least one value

// P(T ≤ t) for t = 0, 1, … up to the largest, T the sum of the ranks of the positive among n symmetric values
// without ties; ranks above `bound` count as that.
std::vector<double> signed_rank_distribution(std::size_t n, std::size_t bound = kUnbounded);

// Centre of at least one value and its interval, which leaves out `tail` on each side.
Estimate locate(const std::vector<double>& values, double tail = 0.025);

// Two-sided p of the hypothesis that the values are symmetric about 0: the share of all assignments of signs
// whose signed-rank sum is as far out. Exact with ties too; values of 0 say nothing and are left out. O(n³).
double signed_rank_p(const std::vector<double>& values, std::size_t bound = kUnbounded);

// Centre and interval of the test with bounded ranks: where its sum is in the middle, and where it is not
// rejected with `tail` on each side.
Estimate locate_bounded(const std::vector<double>& values, double tail, std::size_t bound);

// Which hypotheses to reject so that among the rejected at most a share `q` is expected to be true (Benjamini
// and Hochberg's procedure, for independent or positively dependent tests). In the order of `p_values`.
std::vector<bool> discoveries(const std::vector<double>& p_values, double q);

}  // namespace assay::report
