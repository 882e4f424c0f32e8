// The table of tiers, and how refusals are reported.
#include "allocators/tiered_pool.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(TieredPool, TakesTheSmallestTierThatFits) {
  constexpr Tier kTiers[] = {{16, 4}, {48, 4}, {64, 4}, {160, 4}};
  for (std::size_t size = 0; size <= 160; ++size)
    for (std::size_t alignment = 1; alignment <= 64; alignment *= 2) {
      TieredPool pool(kTiers);
      std::size_t expected = 0;
      while (expected < 4 && (kTiers[expected].block_size < size ||
                              (kTiers[expected].block_size & (0 - kTiers[expected].block_size)) < alignment))
        ++expected;
      void* block = pool.allocate(size, alignment);
      EXPECT_EQ(block != nullptr, expected < 4) << size << ", " << alignment;
      for (std::size_t tier = 0; tier < 4; ++tier)
        EXPECT_EQ(pool.tier(tier).owns(block), tier == expected) << size << ", " << alignment;
      EXPECT_EQ(pool.refused_as_too_large(), expected < 4 ? 0U : 1U);
      if (block != nullptr) pool.deallocate(block, size, alignment);
      EXPECT_EQ(pool.counts().live_blocks, 0U);
      pool.check_invariants();
    }
}

TEST(TieredPool, CountsRefusalsOfEachTierAndLeavesTheOthersAlone) {
  constexpr Tier kTiers[] = {{16, 2}, {32, 3}};
  TieredPool pool(kTiers);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.allocate(10, 8) != nullptr, i < 2);
  EXPECT_EQ(pool.refusals(0), 3U);
  EXPECT_EQ(pool.refusals(1), 0U);
  EXPECT_EQ(pool.tier(1).counts().live_blocks, 0U) << "a refused request took a larger block";
  EXPECT_EQ(pool.allocate(33, 8), nullptr);
  EXPECT_EQ(pool.allocate(SIZE_MAX, 8), nullptr);
  EXPECT_EQ(pool.allocate(16, 64), nullptr);
  EXPECT_EQ(pool.refused_as_too_large(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_NE(pool.allocate(32, 32), nullptr);
}

TEST(TieredPoolDeathTest, RefusesTiersThatAreNotInOrder) {
  constexpr Tier kBackwards[] = {{32, 2}, {16, 2}};
  constexpr Tier kOdd[] = {{24, 2}};
  EXPECT_DEATH(TieredPool{kBackwards}, "TieredPool I1");
  EXPECT_DEATH(TieredPool{kOdd}, "TieredPool I1");
}

}  // namespace
}  // namespace assay
