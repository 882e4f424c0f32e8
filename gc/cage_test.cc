#include "gc/cage.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace assay::gc {
namespace {

TEST(Cage, HandsOutTheLowestBlocksAndReadsAsZeros) {
  Cage::open();
  const std::uint32_t a = Cage::take(1, false), b = Cage::take(3, false), c = Cage::take(1, false);
  ASSERT_NE(a, Cage::kNone);
  EXPECT_EQ(b, a + 1);
  EXPECT_EQ(c, b + 3);
  Cage::block(b)[100] = 1;
  Cage::give_back(b, 3);
  EXPECT_EQ(Cage::take(4, false), c + 1);
  EXPECT_EQ(Cage::take(2, false), b);
  EXPECT_EQ(Cage::block(b)[100], 0);
  EXPECT_EQ(Cage::take(1, false), b + 2);
  Cage::give_back(a, 9);
}

TEST(Cage, KnowsItsAddresses) {
  Cage::open();
  int elsewhere = 0;
  EXPECT_FALSE(Cage::contains(&elsewhere));
  EXPECT_TRUE(Cage::contains(Cage::block(0)));
  EXPECT_FALSE(Cage::contains(Cage::block(0) - 1));
  EXPECT_FALSE(Cage::contains(Cage::block(0) + Cage::block_count() * kBlockBytes));
  EXPECT_EQ(Cage::index_of(Cage::block(7) + kBlockBytes - 1), 7u);
  EXPECT_EQ(Cage::block_of(Cage::block(7) + 123), Cage::block(7));
}

TEST(SideBits, HaveABitForEachGranule) {
  Cage::open();
  char* const block = Cage::block(Cage::take(1, false));
  EXPECT_EQ(Cage::mark.word(block + 1023), Cage::mark.word(block));
  EXPECT_EQ(Cage::mark.word(block + kBlockBytes), Cage::mark.word(block) + kWordsPerBlock);
  EXPECT_FALSE(Cage::mark.test_and_set<false>(block + 32));
  EXPECT_TRUE(Cage::mark.test_and_set<true>(block + 32));
  EXPECT_FALSE(Cage::mark.test(block + 16));
  EXPECT_FALSE(Cage::mark.test(block + 48));
  EXPECT_FALSE(Cage::live.test(block + 32));
  EXPECT_FALSE(Cage::mark.test_and_set<true>(block + 48));
  Cage::mark.clear(block + 32);
  EXPECT_EQ(*Cage::mark.word(block), std::uint64_t{1} << 3);
  Cage::mark.clear(block + 48);
  Cage::give_back(Cage::index_of(block), 1);
}

TEST(CountBits, CountsThoseOfAnyWord) {
  EXPECT_EQ(count_bits(0), 0u);
  EXPECT_EQ(count_bits(UINT64_MAX), 64u);
  std::uint64_t bits = 1;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(count_bits(bits), static_cast<std::size_t>(std::popcount(bits))) << bits;
    bits = bits * 6364136223846793005u + 1442695040888963407u;
  }
}

}  // namespace
}  // namespace assay::gc
