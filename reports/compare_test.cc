#include "reports/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace assay::report {
namespace {

LogRatios logs(const std::vector<double>& ratios) {
  LogRatios logs;
  for (std::size_t i = 0; i < ratios.size(); ++i) logs[{0, i}] = std::log(ratios[i]);
  return logs;
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoInTheMiddle) {
  EXPECT_EQ(median({3}), 3);
  EXPECT_EQ(median({9, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 9, 2}), 3);
}

// Sums of the subsets of {1, 2, 3}: 0 1 2 3 3 4 5 6.
TEST(SignedRank, HasTheDistributionOfSubsetSums) {
  const std::vector<double> expected = {1 / 8., 2 / 8., 3 / 8., 5 / 8., 6 / 8., 7 / 8., 1};
  EXPECT_EQ(signed_rank_distribution(3), expected);
}

// The published two-sided 5 % critical values: the largest t with P(T ≤ t) ≤ 0.025.
TEST(SignedRank, HasTheTabulatedCriticalValues) {
  const std::vector<std::pair<std::size_t, std::size_t>> table = {
      {6, 0}, {7, 2}, {8, 3}, {9, 5}, {10, 8}, {12, 13}, {15, 25}, {20, 52}, {25, 89}};
  for (const auto& [n, critical] : table) {
    const std::vector<double> distribution = signed_rank_distribution(n);
    EXPECT_LE(distribution[critical], 0.025) << n;
    EXPECT_GT(distribution[critical + 1], 0.025) << n;
  }
}

TEST(SignedRank, ReachesOneForManyRounds) { EXPECT_NEAR(signed_rank_distribution(200).back(), 1, 1e-12); }

// Pairwise means of 1, 2, 4: 1 1.5 2 2.5 3 4.
TEST(Locate, TakesTheMedianOfAllPairwiseMeans) {
  const Estimate estimate = locate({4, 1, 2});
  EXPECT_EQ(estimate.value, 2.25);
  EXPECT_EQ(estimate.rounds, 3u);
  EXPECT_FALSE(estimate.interval);
}

TEST(Locate, HasNoIntervalBelowSixValues) {
  EXPECT_FALSE(locate({1, 2, 3, 4, 5}).interval);
  ASSERT_TRUE(locate({1, 2, 3, 4, 5, 6}).interval);
}

// With six values the interval is their range; with seven, two means drop out at each end:
// of 1 … 7 the means 1, 1.5 and 6.5, 7.
TEST(Locate, HasTheExactInterval) {
  const Estimate six = locate({6, 1, 5, 2, 4, 3});
  EXPECT_EQ(six.interval->low, 1);
  EXPECT_EQ(six.interval->high, 6);
  const Estimate seven = locate({1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(seven.interval->low, 2);
  EXPECT_EQ(seven.interval->high, 6);
  EXPECT_EQ(seven.value, 4);
}

TEST(Locate, IsUnmovedByOneWildValue) {
  EXPECT_LT(locate({1, 1.01, 1.02, 0.99, 0.98, 1, 1.01, 0.99, 1, 1e9}).value, 1.02);
}

TEST(PairRounds, DividesMediansOfTheSameRound) {
  const Rounds subject = {{{0, 0}, {2, 100, 4}}, {{0, 1}, {10}}, {{1, 0}, {7}}};
  const Rounds baseline = {{{0, 0}, {8}}, {{0, 1}, {5}}, {{0, 2}, {3}}};
  const LogRatios ratios = pair_rounds(subject, baseline);
  ASSERT_EQ(ratios.size(), 2u);
  EXPECT_DOUBLE_EQ(ratios.at({0, 0}), std::log(0.5));
  EXPECT_DOUBLE_EQ(ratios.at({0, 1}), std::log(2));
}

TEST(PairRounds, HasNoneWhereARoundHasNoRatio) {
  EXPECT_TRUE(pair_rounds({{{0, 0}, {0}}}, {{{0, 0}, {5}}}).empty());
  EXPECT_TRUE(pair_rounds({{{0, 0}, {5}}}, {{{0, 0}, {0}}}).empty());
  EXPECT_TRUE(pair_rounds({{{0, 0}, {5}}, {{0, 1}, {0}}}, {{{0, 0}, {5}}, {{0, 1}, {5}}}).empty());
  EXPECT_EQ(pair_rounds({{{0, 0}, {5}}, {{0, 1}, {0}}}, {{{0, 0}, {5}}}).size(), 1u);  // only paired ones
}

TEST(Compare, SaysBetterWhenTheIntervalLeavesOutOne) {
  const auto less = compare(logs({0.5, 0.52, 0.51, 0.49, 0.5, 0.48}), true);
  EXPECT_EQ(less->outcome, Outcome::kBetter);
  EXPECT_NEAR(less->ratio.value, 0.5, 0.01);
  EXPECT_NEAR(less->ratio.interval->low, 0.48, 1e-9);
  EXPECT_NEAR(less->ratio.interval->high, 0.52, 1e-9);
  EXPECT_EQ(less->more_rounds, 0u);
  EXPECT_EQ(compare(logs({2, 2, 2, 2, 2, 2}), true)->outcome, Outcome::kWorse);
}

TEST(Compare, TurnsAroundWhereMoreIsBetter) {
  EXPECT_EQ(compare(logs({2, 2, 2, 2, 2, 2}), false)->outcome, Outcome::kBetter);
  EXPECT_EQ(compare(logs({0.5, 0.5, 0.5, 0.5, 0.5, 0.5}), false)->outcome, Outcome::kWorse);
}

TEST(Compare, CallsANarrowIntervalAroundOneATie) {
  EXPECT_EQ(compare(logs({0.99, 1.01, 1, 0.98, 1.02, 1}), true)->outcome, Outcome::kTie);
  EXPECT_EQ(compare(logs({1, 1, 1, 1, 1, 1}), true)->outcome, Outcome::kTie);
}

TEST(Compare, CallsAWideIntervalAroundOneUndecided) {
  const auto wide = compare(logs({0.5, 2, 0.8, 1.25, 0.9, 1.1}), true);
  EXPECT_EQ(wide->outcome, Outcome::kUndecided);
  // From a half width of log 2 to one of log 1.1 takes (0.693 / 0.0953)² = 52.9 times the six rounds: 318.
  EXPECT_EQ(wide->more_rounds, 312u);
}

// Rounds whose logs lie symmetrically about `centre`, with an interval of half width 0.41.
std::size_t more_rounds_about(double centre) {
  std::vector<double> ratios;
  for (const double off : {-0.41, -0.2, -0.1, 0.1, 0.2, 0.41}) ratios.push_back(std::exp(centre + off));
  return compare(logs(ratios), true)->more_rounds;
}

// An interval far off one settles as a difference, at a half width of its centre; one near it as a tie, at
// what is left of the margin.
TEST(Compare, AsksForTheRoundsThatAnIntervalOffOneNeeds) {
  EXPECT_EQ(more_rounds_about(0.2), 20u);  // 6 · (0.41 / 0.2)² = 25.2
  EXPECT_EQ(more_rounds_about(-0.2), 20u);
  EXPECT_EQ(more_rounds_about(0.04), 324u);  // 6 · (0.41 / (0.0953 − 0.04))² = 329.7
}

TEST(Compare, AsksForTheMissingRounds) {
  const auto few = compare(logs({0.5, 0.5}), true);
  EXPECT_EQ(few->outcome, Outcome::kUndecided);
  EXPECT_EQ(few->more_rounds, 4u);
  EXPECT_FALSE(few->ratio.interval);
  EXPECT_FALSE(compare({}, true));
}

TEST(MeanOf, AveragesRoundsThatEveryWorkloadHas) {
  const LogRatios mean = mean_of({{{{0, 0}, 1.0}, {{0, 1}, 5.0}}, {{{0, 0}, 3.0}}});
  EXPECT_EQ(mean, (LogRatios{{{0, 0}, 2.0}}));
  EXPECT_TRUE(mean_of({}).empty());
}

// All 64 sign patterns of six rounds of no true difference: exactly two of them may look like one.
TEST(Compare, RaisesFalseAlarmsAsRarelyAsPromised) {
  int alarms = 0;
  for (unsigned signs = 0; signs < 64; ++signs) {
    std::vector<double> ratios;
    for (unsigned i = 0; i < 6; ++i) ratios.push_back(std::exp((signs >> i & 1 ? 0.01 : -0.01) * (i + 1)));
    const Outcome outcome = compare(logs(ratios), true)->outcome;
    alarms += outcome == Outcome::kBetter || outcome == Outcome::kWorse;
  }
  EXPECT_EQ(alarms, 2);
}

}  // namespace
}  // namespace assay::report
