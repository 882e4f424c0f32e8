#include "allocators/malloc/space.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <random>
#include <vector>

namespace assay::drop_in {
namespace {

// A space of its own; the block map and the records are the process's.
class SpaceTest : public testing::Test {
 protected:
  static Space& fresh() {
    static std::deque<Space> all;  // their memory stays mapped, so they stay too
    return all.emplace_back();
  }
  Space& space_ = fresh();
};

TEST_F(SpaceTest, RunsAreAlignedZeroedAndApart) {
  bool zero = false;
  BlockInfo* first = space_.take(3, 1, &zero);
  ASSERT_NE(first, nullptr);
  EXPECT_TRUE(zero);
  BlockInfo* second = space_.take(1, 8);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(second->start) % (8 * kUnit), 0u);
  EXPECT_TRUE(second->start >= first->start + 3 * kUnit || second->start + kUnit <= first->start);
  EXPECT_EQ(space_.used_bytes(), 4 * kUnit);
}

TEST_F(SpaceTest, NeighboursCoalesceWhateverTheOrder) {
  for (const bool backwards : {false, true}) {
    Space& space = fresh();
    std::vector<BlockInfo*> runs;
    for (int i = 0; i < 16; ++i) runs.push_back(space.take(1));  // a first segment, whole
    const std::size_t grown = space.grown();
    for (int i = 0; i < 16; ++i) space.give(*runs[static_cast<std::size_t>(backwards ? 15 - i : i)]);
    BlockInfo* whole = space.take(16);
    ASSERT_NE(whole, nullptr);
    EXPECT_EQ(space.grown(), grown);
  }
}

TEST_F(SpaceTest, WhatWasUsedIsNotSaidToBeZero) {
  BlockInfo* run = space_.take(2);
  std::memset(run->start, 1, 2 * kUnit);
  space_.give(*run);
  EXPECT_EQ(space_.dirty_bytes(), 2 * kUnit);
  bool zero = true;
  run = space_.take(2, 1, &zero);
  EXPECT_FALSE(zero);
}

TEST_F(SpaceTest, BeyondTheLimitFreePagesAreDiscarded) {
  space_.set_retain(kUnit);
  BlockInfo* run = space_.take(8);
  std::memset(run->start, 1, 8 * kUnit);
  space_.give(*run);
  EXPECT_EQ(space_.dirty_bytes(), kUnit);
  bool zero = true;
  run = space_.take(8, 1, &zero);
  EXPECT_FALSE(zero);
  for (std::size_t i = 0; i < 8 * kUnit; i += 512) ASSERT_EQ(run->start[i], i < kUnit ? 1 : 0);
}

// Address space only: nothing of it is touched.
TEST_F(SpaceTest, UnlessToldOtherwiseKeepsTwiceWhatIsUsed) {
  constexpr std::size_t kRun = (std::size_t{8} << 20) / kUnit;
  BlockInfo* used[5];
  BlockInfo* freed[15];
  for (BlockInfo*& run : used) run = space_.take(kRun);
  for (BlockInfo*& run : freed) run = space_.take(kRun);
  for (BlockInfo* run : freed) space_.give(*run);
  EXPECT_LE(space_.dirty_bytes(), 2 * 5 * kRun * kUnit);
  EXPECT_GT(space_.dirty_bytes(), 9 * kRun * kUnit);
  for (BlockInfo* run : used) space_.give(*run);
  EXPECT_LE(space_.dirty_bytes(), std::size_t{64} << 20);
}

TEST_F(SpaceTest, RetainingNothingIsMeantWhateverIsInUse) {
  space_.set_retain(0);
  BlockInfo* used = space_.take(12);
  BlockInfo* run = space_.take(2);
  ASSERT_NE(used, nullptr);
  space_.give(*run);
  EXPECT_EQ(space_.dirty_bytes(), 0u);
}

TEST_F(SpaceTest, PagesAreUsedAgainBeforeFreshOnesThatFitBetter) {
  BlockInfo* run = space_.take(10);
  BlockInfo* barrier = space_.take(1);
  ASSERT_NE(barrier, nullptr);
  const char* start = run->start;
  space_.give(*run);  // longer than the clean rest of the segment
  EXPECT_EQ(space_.take(5)->start, start);
}

TEST_F(SpaceTest, GrowsAndShrinksInPlace) {
  BlockInfo* run = space_.take(2);
  BlockInfo* barrier = space_.take(1);
  ASSERT_EQ(barrier->start, run->start + 2 * kUnit);
  EXPECT_FALSE(space_.extend(*run, 3));
  space_.give(*barrier);
  EXPECT_TRUE(space_.extend(*run, 5));
  EXPECT_EQ(run->units, 5u);
  space_.shrink(*run, 1);
  EXPECT_EQ(run->units, 1u);
  EXPECT_EQ(space_.used_bytes(), kUnit);
}

TEST_F(SpaceTest, LargestRunsAreUnmappedWhenTheyAreGivenBack) {
  const std::size_t before = OsMemory::mapped();
  BlockInfo* run = space_.take(Space::kDirect + 1, 4);
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(run->start) % (4 * kUnit), 0u);
  space_.give(*run);
  EXPECT_LT(OsMemory::mapped(), before + kUnit * Space::kDirect);
  EXPECT_EQ(space_.take(Space::kMostUnits), nullptr);
}

TEST_F(SpaceTest, RandomRunsNeverOverlapAndAllComeTogetherAgain) {
  std::mt19937 random(1);
  std::vector<BlockInfo*> runs;
  for (int i = 0; i < 5000; ++i) {
    if (runs.size() < 40 && random() % 2 == 0) {
      const std::size_t units = 1 + random() % (random() % 8 == 0 ? 100 : 6);
      BlockInfo* run = space_.take(units, std::size_t{1} << random() % 4);
      ASSERT_NE(run, nullptr);
      ASSERT_EQ(run->units, units);
      for (const BlockInfo* other : runs)
        ASSERT_TRUE(run->start >= other->start + other->units * kUnit ||
                    other->start >= run->start + units * kUnit);
      runs.push_back(run);
    } else if (!runs.empty()) {
      std::swap(runs[random() % runs.size()], runs.back());
      space_.give(*runs.back());
      runs.pop_back();
    }
  }
  for (BlockInfo* run : runs) space_.give(*run);
  EXPECT_EQ(space_.used_bytes(), 0u);
}

}  // namespace
}  // namespace assay::drop_in
