// What the suite of the family cannot know: what is held over many frames, and upstreams with little room.
#include "allocators/typed_arena.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory_resource>
#include <set>
#include <stdexcept>
#include <tuple>

namespace assay {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// Gives out `room` bytes that begin `skipped` bytes after a boundary of 4 MiB, and no more; all must come
// back as it went.
class Strip : public std::pmr::memory_resource {
 public:
  explicit Strip(std::size_t room, std::size_t skipped = 0) : used_(skipped), end_(skipped + room) {
    begin_ = static_cast<std::byte*>(std::pmr::new_delete_resource()->allocate(bytes(), kBoundary));
  }
  ~Strip() override {
    EXPECT_TRUE(taken_.empty());
    std::pmr::new_delete_resource()->deallocate(begin_, bytes(), kBoundary);
  }
  std::size_t used() const { return used_; }

 private:
  static constexpr std::size_t kBoundary = 4 * kMiB;
  using Taken = std::tuple<void*, std::size_t, std::size_t>;

  std::size_t bytes() const { return (end_ + kBoundary - 1) / kBoundary * kBoundary; }
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

class Counting : public std::pmr::memory_resource {
 public:
  std::size_t held = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    held += size;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
    held -= size;
    std::pmr::new_delete_resource()->deallocate(block, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(TypedArena, HoldsLittleMoreThanTheLargestFrameNeeds) {
  Counting upstream;
  TypedArena<int> arena(&upstream);
  for (std::size_t frame = 1; frame <= 200; ++frame) {
    const std::size_t count = 20'000 + frame * 500;
    ASSERT_NE(arena.create_array(count, [](std::size_t) { return 1; }), nullptr);
    arena.clear();
    arena.check_invariants();
    ASSERT_LE(upstream.held, 12 * count * sizeof(int)) << "after frame " << frame;
  }
}

TEST(TypedArena, HoldsNoMoreAfterTheSameFrameAgain) {
  Counting upstream;
  TypedArena<int> arena(&upstream);
  std::size_t held = 0;
  for (int frame = 0; frame < 6; ++frame) {
    for (int i = 0; i < 60'000; ++i) arena.create(i);
    arena.clear();
    if (frame == 1) held = upstream.held;
  }
  EXPECT_EQ(upstream.held, held);
}

struct Record {
  char bytes[96];
};

TEST(TypedArena, RefusesNothingForTheSakeOfHugePages) {
  for (const std::size_t skipped : {std::size_t{0}, std::size_t{4096}, kMiB, 3 * kMiB}) {
    Strip upstream(2 * kMiB + 64 * 1024, skipped);
    TypedArena<Record> arena(&upstream);
    Record* const records =
        arena.create_array(2 * kMiB / sizeof(Record), [](std::size_t) { return Record{}; });
    EXPECT_NE(records, nullptr) << skipped;
    arena.check_invariants();
  }
}

TEST(TypedArena, CreatesAggregates) {
  struct Point {
    int x, y;
  };
  TypedArena<Point> arena;
  const Point* const point = arena.create(1, 2);
  EXPECT_EQ(point->x, 1);
  EXPECT_EQ(point->y, 2);
}

// The constructor of the outer objects throws after inner ones have come to lie in a later chunk.
struct Nested {
  Nested(TypedArena<Nested>& arena, int inner) {
    for (int i = 0; i < inner; ++i) arena.create(arena, 0);
    if (inner > 0) throw std::runtime_error("outer");
  }
};

TEST(TypedArena, AHoleMayLieInAnOlderChunk) {
  TypedArena<Nested> arena;
  for (int i = 0; i < 10; ++i) {
    EXPECT_THROW(arena.create(arena, 100'000), std::runtime_error);
    arena.check_invariants();
  }
  EXPECT_EQ(arena.size(), 1'000'000U);
  std::size_t visited = 0;
  arena.for_each([&](Nested&) { ++visited; });
  EXPECT_EQ(visited, 1'000'000U);
}

}  // namespace
}  // namespace assay
