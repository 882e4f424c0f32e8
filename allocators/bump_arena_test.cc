// What BumpArena offers beyond the concept; the rest is checked by suites/allocator/.
#include "allocators/bump_arena.h"

#include <gtest/gtest.h>

#include <memory_resource>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace assay {
namespace {

struct Picky {
  explicit Picky(int number) : value(number) {
    if (number < 0) throw std::invalid_argument("negative");
  }
  int value;
};

TEST(BumpArena, CreatesObjectsOfAnyAlignment) {
  struct alignas(256) Wide {
    explicit Wide(int number) : value(number) {}
    int value;
  };
  BumpArena arena;
  for (int i = 0; i < 100; ++i) {
    const Wide* wide = arena.create<Wide>(i);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wide) % 256, 0U);
    EXPECT_EQ(wide->value, i);
    EXPECT_EQ(*arena.create<char>('x'), 'x');
  }
  arena.check_invariants();
}

TEST(BumpArena, CopiesSlicesAndStrings) {
  BumpArena arena;
  std::vector<int> numbers(3000);
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::span<int> copy = arena.copy_slice(std::span(numbers));
  const std::string_view text = arena.copy_string("text");
  numbers.assign(numbers.size(), -1);
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(copy[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(text, "text");
  EXPECT_TRUE(arena.copy_string("").empty());
  EXPECT_TRUE(arena.copy_slice(std::span<const int>()).empty());
}

TEST(BumpArena, FillsSlices) {
  BumpArena arena;
  const auto squares = arena.fill_slice(100, [](std::size_t i) { return i * i; });
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(squares[i], i * i);
  arena.allocate(8, 8);
  arena.reset();
  for (const long number : arena.default_slice<long>(1000)) EXPECT_EQ(number, 0);
}

TEST(BumpArena, AnInitialiserMayAllocate) {
  BumpArena arena;
  const auto texts =
      arena.fill_slice(2000, [&](std::size_t i) { return arena.copy_string("number " + std::to_string(i)); });
  for (std::size_t i = 0; i < 2000; ++i) EXPECT_EQ(texts[i], "number " + std::to_string(i));
  arena.check_invariants();
}

TEST(BumpArena, AThrowingInitialiserGivesItsStorageBack) {
  BumpArena arena;
  arena.create<char>('x');
  const std::size_t before = arena.counts().live_bytes;
  EXPECT_THROW(arena.create<Picky>(-1), std::invalid_argument);
  EXPECT_EQ(arena.counts().live_bytes, before);
  for (const std::size_t count :
       {1U, 10U, 10'000U, 1'000'000U}) {  // the larger ones need a chunk of their own
    const auto fail_at_last = [&](std::size_t i) { return Picky(i + 1 == count ? -1 : 1); };
    EXPECT_THROW(arena.fill_slice(count, fail_at_last), std::invalid_argument);
    EXPECT_EQ(arena.counts().live_bytes, before);
  }
  arena.check_invariants();
}

TEST(BumpArena, WhatAThrowingInitialiserAllocatedStays) {
  BumpArena arena;
  std::string_view kept;
  EXPECT_THROW(arena.fill_slice(3,
                                [&](std::size_t i) {
                                  kept = arena.copy_string("kept");
                                  return Picky(i == 1 ? -1 : 1);
                                }),
               std::invalid_argument);
  arena.copy_string("more text than that");
  EXPECT_EQ(kept, "kept");
  arena.check_invariants();
}

TEST(BumpArena, ReportsThatNoStorageCanBeHad) {
  BumpArena arena(std::pmr::null_memory_resource());
  EXPECT_EQ(arena.create<int>(1), nullptr);
  EXPECT_EQ(arena.copy_string("text").data(), nullptr);
  EXPECT_EQ(arena.default_slice<int>(5).data(), nullptr);
  BumpArena roomy;
  EXPECT_EQ(roomy.default_slice<long>(SIZE_MAX / 4).data(), nullptr);
}

TEST(BumpArena, TakesLessWhenUpstreamHasNoMore) {
  alignas(64) static std::byte buffer[20'000];
  std::pmr::monotonic_buffer_resource upstream(buffer, sizeof buffer, std::pmr::null_memory_resource());
  BumpArena arena(&upstream);
  std::size_t blocks = 0;
  while (arena.allocate(16, 8) != nullptr) ++blocks;
  EXPECT_GE(blocks * 16, sizeof buffer * 9 / 10);
  arena.check_invariants();
}

TEST(BumpArena, GivesUpItsSpareChunkRatherThanExceedTheLimit) {
  BumpArena arena;
  arena.set_limit(100'000);
  const BumpArena::Mark mark = arena.mark();
  EXPECT_NE(arena.allocate(60'000, 8), nullptr);
  arena.rewind(mark);
  EXPECT_NE(arena.allocate(90'000, 8), nullptr);
  EXPECT_LE(arena.counts().reserved, 100'000U);
  arena.check_invariants();
}

static_assert(kChecked || sizeof(BumpArena) == 56);

}  // namespace
}  // namespace assay
