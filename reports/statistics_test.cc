#include "reports/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace assay::report {
namespace {

// By trying all assignments of signs to the ranks.
double p_by_enumeration(std::vector<double> values, double bound = 1e9) {
  std::vector<double> ranks;
  for (const double value : values) {
    double rank = 0.5;
    for (const double other : values)
      rank += std::abs(other) < std::abs(value) ? 1 : std::abs(other) == std::abs(value) ? 0.5 : 0;
    ranks.push_back(std::min(rank, bound));
  }
  const auto distance = [&](auto positive) {
    double sum = 0, total = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += positive(i) ? ranks[i] : 0, total += ranks[i];
    return std::abs(sum - total / 2);
  };
  const double seen = distance([&](std::size_t i) { return values[i] > 0; });
  int as_far = 0;
  const unsigned all = 1u << values.size();
  for (unsigned signs = 0; signs < all; ++signs)
    as_far += distance([&](std::size_t i) { return (signs >> i & 1) != 0; }) >= seen - 1e-9;
  return as_far / static_cast<double>(all);
}

TEST(SignedRankP, CountsTheAssignmentsThatAreAsFarOut) {
  for (const std::vector<double>& values :
       {std::vector<double>{1, 2, 3, 4, 5, 6}, {1, -2, 3, 4, -5, 6, 7}, {-0.1, -0.2, -0.3, 0.05, -4}, {2.5}})
    EXPECT_NEAR(signed_rank_p(values), p_by_enumeration(values), 1e-12);
}

TEST(SignedRankP, IsExactWithTies) {
  for (const std::vector<double>& values :
       {std::vector<double>{1, 1, 1, -1, 2, 2, 3}, {1, 1, 1, 1, 1, 1}, {-2, 2, 2, -1, 1, 5, 5, 5}})
    EXPECT_NEAR(signed_rank_p(values), p_by_enumeration(values), 1e-12);
}

TEST(SignedRankP, IsExactWithBoundedRanks) {
  for (const std::vector<double>& values :
       {std::vector<double>{1, 2, 3, 4, 5, -60}, {1, 1, 2, -2, 3, 3, 90}, {-0.1, -0.2, -0.3, 0.05, -4}})
    for (const std::size_t bound : {1u, 2u, 3u})
      EXPECT_NEAR(signed_rank_p(values, bound), p_by_enumeration(values, static_cast<double>(bound)), 1e-12);
}

TEST(LocateBounded, IsTheUsualEstimateWithoutABound) {
  const std::vector<double> values = {1, 4, 9.5, 2, 3.25, 7, 8, 11, 5.5};
  const Estimate usual = locate(values), bounded = locate_bounded(values, 0.025, kUnbounded);
  EXPECT_NEAR(bounded.value, usual.value, 1e-9);
  EXPECT_NEAR(bounded.interval->low, usual.interval->low, 1e-9);
  EXPECT_NEAR(bounded.interval->high, usual.interval->high, 1e-9);
}

TEST(LocateBounded, IsTheMedianWithRanksOfOne) {
  EXPECT_NEAR(locate_bounded({5, 1, 90, 3, 4}, 0.025, 1).value, 4, 1e-9);
  EXPECT_NEAR(locate_bounded({5, 1, 90, 3}, 0.025, 1).value, 4, 1e-9);
}

TEST(LocateBounded, HasAnIntervalOfWhatTheTestAdmits) {
  const std::vector<double> values = {1, 4, 9.5, 2, 3.25, 7, 8, 11, 5.5, 6.1, 40, 3.9};
  const Interval interval = *locate_bounded(values, 0.025, 3).interval;
  const auto p_at = [&](double centre) {
    std::vector<double> shifted;
    for (const double value : values) shifted.push_back(value - centre);
    return signed_rank_p(shifted, 3);
  };
  for (const double inside : {interval.low + 1e-6, interval.high - 1e-6}) EXPECT_GT(p_at(inside), 0.05);
  for (const double outside : {interval.low - 1e-6, interval.high + 1e-6}) EXPECT_LE(p_at(outside), 0.05);
}

TEST(LocateBounded, GivesWayLessToWildValues) {
  const std::vector<double> wild = {1, 1.1, 1.2, 0.9, 1.05, 0.95, 1.15, 0.85, 1.02, 0.98, -20, -20};
  const Interval usual = *locate(wild).interval, bounded = *locate_bounded(wild, 0.025, 3).interval;
  EXPECT_LT(usual.low, 0);
  EXPECT_GT(bounded.low, 0.5);
}

TEST(SignedRankP, LearnsNothingFromZeros) {
  EXPECT_EQ(signed_rank_p({0, 0, 0}), 1);
  EXPECT_EQ(signed_rank_p({0, 1, 2, 0, 3, 4}), signed_rank_p({1, 2, 3, 4}));
}

TEST(SignedRankP, DoesNotDependOnTheDirection) {
  EXPECT_EQ(signed_rank_p({1, 2, -3, 4, 5}), signed_rank_p({-1, -2, 3, -4, -5}));
}

TEST(Locate, LeavesOutTheTailThatIsAskedFor) {
  std::vector<double> values;
  for (int i = 1; i <= 12; ++i) values.push_back(i * i);
  const Interval wide = *locate(values, 0.005).interval, usual = *locate(values).interval;
  EXPECT_LT(wide.low, usual.low);
  EXPECT_GT(wide.high, usual.high);
  EXPECT_FALSE(locate({1, 2, 3, 4, 5, 6, 7}, 0.005).interval);  // 1/128 on each side at least
  EXPECT_TRUE(locate({1, 2, 3, 4, 5, 6, 7, 8}, 0.005).interval);
}

TEST(Discoveries,
     FollowTheWorkedExample) {  // of Benjamini and Hochberg 1995, section 3: four of fifteen at 5 %
  const std::vector<double> p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const std::vector<bool> found = discoveries(p, 0.05);
  EXPECT_EQ(std::count(found.begin(), found.end(), true), 4);
  EXPECT_TRUE(found[3]);
}

TEST(Discoveries, TakeASmallerPThatFailsItsOwnShareAlong) {
  EXPECT_EQ(discoveries({0.04, 0.045, 0.03}, 0.05), (std::vector<bool>{true, true, true}));
}

TEST(Discoveries, OfOneTestAreThoseAtTheLevel) {
  EXPECT_EQ(discoveries({0.01}, 0.01), std::vector<bool>{true});
  EXPECT_EQ(discoveries({0.0101}, 0.01), std::vector<bool>{false});
  EXPECT_TRUE(discoveries({}, 0.01).empty());
}

}  // namespace
}  // namespace assay::report
