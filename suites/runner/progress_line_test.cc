#include "suites/runner/progress_line.h"

#include <gtest/gtest.h>

namespace assay::suite {
namespace {

TEST(ProgressText, ShowsShareTimeLeftAndWhatRuns) {
  EXPECT_EQ(progress_text(5, 10, "mimalloc, churn", 100, 80),
            "[==========          ]  50%  1 min 40 s left  mimalloc, churn");
}

TEST(ProgressText, LeavesOutTheTimeWhileItIsUnknown) {
  EXPECT_EQ(progress_text(0, 10, "churn", std::nullopt, 80), "[                    ]   0%  churn");
}

TEST(ProgressText, FitsTheWidth) { EXPECT_EQ(progress_text(1, 1, "churn", 1, 30).size(), 30u); }

TEST(Estimate, KnowsNothingBeforeTheFirstProcess) { EXPECT_EQ(Estimate(1).remaining({5}), std::nullopt); }

TEST(Estimate, UsesEachWorkloadsOwnMean) {
  Estimate estimate(2);
  estimate.add(0, 1);
  estimate.add(0, 3);
  estimate.add(1, 10);
  EXPECT_EQ(estimate.remaining({3, 1}), 16);
}

TEST(Estimate, TakesTheMeanOfAllForAWorkloadNotSeenYet) {
  Estimate estimate(2);
  estimate.add(0, 2);
  EXPECT_EQ(estimate.remaining({0, 5}), 10);
}

}  // namespace
}  // namespace assay::suite
