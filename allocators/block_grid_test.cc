#include "allocators/block_grid.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay {
namespace {

TEST(BlockGrid, NumbersBlocksAndNothingElse) {
  for (const std::size_t size : {1, 3, 8, 24, 40, 64, 100, 320})
    for (const std::size_t alignment : {1, 8, 16}) {
      constexpr std::size_t kBlocks = 9;
      alignas(16) std::byte memory[4096];
      BlockGrid grid(size, alignment);
      std::byte* begin = memory + 320;
      grid.place(begin, kBlocks);
      std::vector<std::size_t> expected(sizeof memory, SIZE_MAX);
      for (std::size_t i = 0; i < kBlocks; ++i) expected[320 + i * grid.stride()] = i;
      for (std::size_t offset = 0; offset < sizeof memory; ++offset) {
        const std::size_t index = grid.index_of(memory + offset);
        if (expected[offset] == SIZE_MAX) {
          EXPECT_GE(index, kBlocks) << "offset " << offset << " of blocks of " << grid.stride();
        } else {
          EXPECT_EQ(index, expected[offset]);
        }
      }
    }
}

TEST(BlockGrid, HasNoBytesForSizesThatWrap) {
  EXPECT_EQ(BlockGrid(64, 16).bytes(SIZE_MAX / 64 + 2, 8), 0U);
  EXPECT_EQ(BlockGrid(SIZE_MAX, 8).bytes(1, 8), 0U);
  EXPECT_EQ(BlockGrid(SIZE_MAX - 7, 64).bytes(4, 8), 0U);
  EXPECT_EQ(BlockGrid(SIZE_MAX / 2 + 33, 16).bytes(2, 8), 0U);
  EXPECT_EQ(BlockGrid(24, 16).bytes(3, 8), 3U * 32 + 3 * 8);
}

TEST(BlockGridDeathTest, RefusesAnAlignmentThatIsNoPowerOfTwo) {
  EXPECT_DEATH(BlockGrid(64, 24), "BlockGrid I1");
}

}  // namespace
}  // namespace assay
