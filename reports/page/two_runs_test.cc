#include "reports/page/two_runs.h"

#include <gtest/gtest.h>

#include "reports/page/page.h"

namespace assay::report {
namespace {

// Six rounds of one subject; each value is the base plus a little that differs by round.
Results run(const std::string& id, const std::string& machine, double faults, double time,
            double jitter = 0.001) {
  Results results;
  results.runs.push_back({id, "", machine, "", "", "", {}});
  results.subjects.push_back({0, "mine", "", "", "d", Role::kPeer});
  for (std::uint64_t round = 0; round < 6; ++round) {
    const double factor = 1 + jitter * static_cast<double>(round * 7 % 6);
    results.measurements.push_back(
        {0, "malloc", "lifo", "f", "s", "page_faults", "count", round, true, {faults * factor}});
    results.measurements.push_back(
        {0, "malloc", "lifo", "f", "s", "cpu_time", "ns/op", round, true, {time * factor}});
  }
  return results;
}

TEST(TwoRuns, DecideCountedQuantitiesAndTakeTimesAsHints) {
  const TwoRuns two = compare_runs(run("a", "m", 1000, 10), run("b", "m", 1200, 20));
  ASSERT_EQ(two.counted.comparisons.size(), 1u);
  const ComparisonRow& faults = two.counted.comparisons[0];
  EXPECT_EQ(faults.metric, "page_faults");
  EXPECT_EQ(faults.decision, Decision::kWorse);
  EXPECT_NEAR(faults.ratio, 1.2, 0.001);
  ASSERT_EQ(two.times.comparisons.size(), 1u);
  EXPECT_EQ(two.times.comparisons[0].decision, Decision::kUndecided)
      << "though it is twice as slow in every round";
  EXPECT_TRUE(two.notes.empty());
}

TEST(TwoRuns, FindTheSameWhereNothingChanged) {
  EXPECT_EQ(compare_runs(run("a", "m", 1000, 10), run("b", "m", 1000, 10)).counted.comparisons[0].decision,
            Decision::kSame);
  const TwoRuns exact = compare_runs(run("a", "m", 1000, 10, 0), run("b", "m", 1001, 10, 0));
  EXPECT_EQ(exact.counted.comparisons[0].decision, Decision::kWorse)
      << "counted alike in every round: one more is one more";
}

TEST(TwoRuns, NeverCompareTimesAcrossMachines) {
  const TwoRuns two = compare_runs(run("a", "m", 1000, 10), run("b", "n", 900, 20));
  EXPECT_EQ(two.counted.comparisons[0].decision, Decision::kBetter);
  EXPECT_TRUE(two.times.comparisons.empty());
  ASSERT_EQ(two.notes.size(), 1u);
  EXPECT_NE(page_of_two(run("a", "m", 1000, 10), run("b", "n", 900, 20)).find("come from different machines"),
            std::string::npos);
}

TEST(TwoRuns, LeaveOutWhatFailedOrHasNoRatioAndSaySo) {
  Results head = run("b", "m", 0, 10);
  EXPECT_EQ(compare_runs(run("a", "m", 1000, 10), head).notes,
            std::vector<std::string>{"Left out: 1 figure with a value of zero, which has no ratio."});
  head = run("b", "m", 1000, 10);
  head.failures.push_back({0, "malloc", "lifo", "killed", "", 2});
  const TwoRuns two = compare_runs(run("a", "m", 1000, 10), head);
  EXPECT_TRUE(two.counted.comparisons.empty());
  EXPECT_EQ(two.notes, std::vector<std::string>{"Left out: 2 figures of one run only."});
}

TEST(TwoRuns, WithFewerRoundsSayHowManyAreMissing) {
  Results base = run("a", "m", 1000, 10), head = run("b", "m", 1500, 10);
  for (Results* results : {&base, &head})
    std::erase_if(results->measurements,
                  [](const Measurement& measurement) { return measurement.round > 3; });
  const ComparisonRow row = compare_runs(base, head).counted.comparisons[0];
  EXPECT_EQ(row.decision, Decision::kUndecided);
  EXPECT_EQ(row.more, 2u);
}

}  // namespace
}  // namespace assay::report
