#include "suites/runner/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace assay::suite {
namespace {

TEST(Plan, EachRoundPairsEveryWorkloadWithEverySubjectOnce) {
  std::set<std::pair<int, std::size_t>> pairings;
  for (Pairing& pairing : make_plan(4, 5, 3, 1)) {
    EXPECT_TRUE(pairings.emplace(pairing.round, pairing.workload).second);
    std::sort(pairing.subjects.begin(), pairing.subjects.end());
    EXPECT_EQ(pairing.subjects, (std::vector<std::size_t>{0, 1, 2}));
  }
  EXPECT_EQ(pairings.size(), 20u);
}

TEST(Plan, RoundsFollowOneAnother) {
  const std::vector<Pairing> plan = make_plan(4, 5, 3, 1);
  EXPECT_TRUE(std::is_sorted(plan.begin(), plan.end(),
                             [](const Pairing& a, const Pairing& b) { return a.round < b.round; }));
}

TEST(Plan, EverySubjectComesFirstAboutEquallyOften) {
  std::vector<int> first(4);
  for (const Pairing& pairing : make_plan(100, 10, 4, 1)) ++first[pairing.subjects.front()];
  for (const int count : first) EXPECT_NEAR(count, 250, 70);  // five standard deviations
}

TEST(Plan, TheSeedDecidesTheOrder) {
  const auto orders = [](std::uint64_t seed) {
    std::vector<std::vector<std::size_t>> all;
    for (const Pairing& pairing : make_plan(3, 5, 4, seed)) all.push_back(pairing.subjects);
    return all;
  };
  EXPECT_EQ(orders(7), orders(7));
  EXPECT_NE(orders(7), orders(8));
}

}  // namespace
}  // namespace assay::suite
