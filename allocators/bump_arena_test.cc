// What BumpArena offers beyond the concept; the rest is checked by suites/allocator/.
#include "allocators/bump_arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory_resource>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
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

TEST(BumpArena, ARequestThatTheLimitRefusesCostsNothing) {
  BumpArena arena;
  const BumpArena::Mark mark = arena.mark();
  arena.allocate(100'000, 8);
  arena.rewind(mark);
  const std::size_t held = arena.counts().reserved;
  arena.set_limit(held);
  EXPECT_EQ(arena.allocate(1'000'000, 8), nullptr);
  EXPECT_EQ(arena.counts().reserved, held) << "the spare chunk was given back in vain";
  arena.set_limit(held / 2);
  EXPECT_EQ(arena.allocate(1'000'000, 8), nullptr);
  EXPECT_EQ(arena.counts().reserved, held);
  EXPECT_NE(arena.allocate(90'000, 8), nullptr) << "what is held already can be used";
  arena.check_invariants();
}

TEST(BumpArena, ABlockMayShrinkBelowAMark) {
  BumpArena arena;
  void* const block = arena.allocate(64, 8);
  const BumpArena::Mark mark = arena.mark();
  EXPECT_EQ(arena.resize(block, 64, 8, 16, 8), block);
  arena.rewind(mark);
  arena.check_invariants();
  arena.resize(arena.allocate(64, 8), 64, 8, 16, 8);
  arena.allocate(8, 8);
  arena.rewind(mark);
  arena.check_invariants();
}

// Gives out storage in the first `room` bytes after a boundary of 4 MiB, and sees that all comes back as it
// went.
class Strip : public std::pmr::memory_resource {
 public:
  explicit Strip(std::size_t room, std::size_t skipped) : used_(skipped), end_(skipped + room) {
    begin_ = static_cast<std::byte*>(std::pmr::new_delete_resource()->allocate(2 * kBoundary, kBoundary));
  }
  ~Strip() override {
    EXPECT_TRUE(taken_.empty());
    std::pmr::new_delete_resource()->deallocate(begin_, 2 * kBoundary, kBoundary);
  }

 private:
  static constexpr std::size_t kBoundary = std::size_t{4} << 20;
  using Taken = std::tuple<void*, std::size_t, std::size_t>;

  void* do_allocate(std::size_t size, std::size_t alignment) override {
    const std::size_t at = (used_ + alignment - 1) / alignment * alignment;
    if (at > end_ || size > end_ - at) throw std::bad_alloc();
    used_ = at + size;
    taken_.insert({begin_ + at, size, alignment});
    return begin_ + at;
  }
  void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
    EXPECT_EQ(taken_.erase({block, size, alignment}), 1U);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::byte* begin_;
  std::size_t used_, end_;
  std::set<Taken> taken_;
};

TEST(BumpArena, RefusesNothingForTheSakeOfHugePages) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  for (const std::size_t skipped : {std::size_t{0}, std::size_t{4096}, kMiB, 3 * kMiB}) {
    Strip upstream(2 * kMiB + 4096, skipped);
    BumpArena arena(&upstream);
    void* const block = arena.allocate(2 * kMiB, 16);
    ASSERT_NE(block, nullptr) << skipped;
    std::memset(block, 1, 2 * kMiB);
    arena.check_invariants();
  }
}

TEST(BumpArena, CreatesAggregates) {
  struct Point {
    int x, y;
  };
  BumpArena arena;
  const Point* const point = arena.create<Point>(1, 2);
  EXPECT_EQ(point->x, 1);
  EXPECT_EQ(point->y, 2);
}

TEST(BumpArena, OverwritesWhatBlocksGiveUpInTheCheckedBuild) {
  if (!kChecked) GTEST_SKIP() << "only there";
  const auto overwritten = [](const unsigned char* from, const unsigned char* to) {
    return std::all_of(from, to, [](unsigned char byte) { return byte == 0xdb; });
  };
  BumpArena arena;
  const auto take = [&arena] {
    return static_cast<unsigned char*>(std::memset(arena.allocate(64, 8), 1, 64));
  };
  unsigned char* const older = take();
  unsigned char* const newer = take();
  arena.resize(older, 64, 8, 20, 8);
  EXPECT_TRUE(overwritten(older + 20, older + 64)) << "shrunk in the midst";
  arena.resize(newer, 64, 8, 20, 8);
  EXPECT_TRUE(overwritten(newer + 20, newer + 64)) << "shrunk at the end";
  arena.resize(older, 20, 8, 100, 8);
  EXPECT_TRUE(overwritten(older, older + 20)) << "moved";
  unsigned char* const next = take();
  arena.rewind(arena.mark());
  const BumpArena::Mark mark = arena.mark();
  unsigned char* const last = take();
  arena.rewind(mark);
  EXPECT_TRUE(overwritten(last, last + 64)) << "rewound";
  EXPECT_EQ(next[0], 1);
  EXPECT_THROW(arena.create<Picky>(-1), std::invalid_argument);
  EXPECT_TRUE(overwritten(last, last + 64)) << "taken back";
}

TEST(BumpArena, ALoopOfMarksNeedsMemoryForOne) {
  KeptLiveMarks marks;
  const int cursors[2] = {};
  const auto outer = marks.take(&cursors[0]);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(marks.return_to(marks.take(&cursors[0])));
  for (int i = 0; i < 1000; ++i) {
    const auto inner = marks.take(&cursors[1]);
    EXPECT_TRUE(marks.return_to(inner));
    EXPECT_TRUE(marks.return_to(outer));
    EXPECT_FALSE(marks.return_to(inner)) << "the rewind to the outer one makes it void";
  }
  EXPECT_EQ(marks.kept(), 1U);
  marks.take(&cursors[1]);
  EXPECT_EQ(marks.kept(), 2U);
  marks.clear();
  EXPECT_FALSE(marks.return_to(outer));
}

static_assert(kChecked || sizeof(BumpArena) == 56);

}  // namespace
}  // namespace assay
