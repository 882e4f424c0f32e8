// What the suite of the family cannot know: the pool in a caller's buffer, and an upstream that recovers.
#include "allocators/block_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace assay {
namespace {

alignas(64) std::byte memory[4096];

std::size_t fill(BlockPool& pool, std::set<void*>* blocks) {
  while (void* block = pool.allocate(pool.block_size(), pool.alignment())) blocks->insert(block);
  return blocks->size();
}

TEST(BlockPool, FillsABufferAndStaysInside) {
  for (std::size_t skip = 0; skip < 40; ++skip)
    for (const std::size_t size : {1, 7, 24, 64, 200}) {
      const std::size_t room = 1000 + 13 * skip;
      std::fill_n(memory, sizeof memory, std::byte{0xee});
      {
        BlockPool pool(std::span(memory + skip, room), size, 8);
        std::set<void*> blocks;
        EXPECT_EQ(fill(pool, &blocks), pool.capacity());
        const std::size_t stride = (size + 7) / 8 * 8;
        EXPECT_GE(pool.capacity(), (room - 8 - 24) / (stride + 9)) << "of " << room << " bytes";
        for (void* block : blocks) {
          auto* bytes = static_cast<std::byte*>(block);
          EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 8, 0U);
          EXPECT_TRUE(bytes >= memory + skip && bytes + size <= memory + skip + room);
          std::fill_n(bytes, size, std::byte{0});
        }
        for (void* block : blocks) pool.deallocate(block, size, 8);
        pool.check_invariants();
      }
      const auto untouched = [](std::byte byte) { return byte == std::byte{0xee}; };
      EXPECT_TRUE(std::all_of(memory, memory + skip, untouched)) << "written before the buffer";
      EXPECT_TRUE(std::all_of(memory + skip + room, std::end(memory), untouched)) << "written after it";
    }
}

TEST(BlockPool, HasNoBlockInABufferThatIsTooSmall) {
  for (std::size_t room = 0; room < 72; ++room) {
    BlockPool pool(std::span(memory + 1, room), 64, 16);
    EXPECT_EQ(pool.allocate(64, 16), nullptr) << room;
  }
}

TEST(BlockPoolDeathTest, FindsAWrongMarkInTheCheckedBuild) {
  if (!kChecked) GTEST_SKIP() << "only there";
  BlockPool pool(std::span<std::byte>(memory), 32, 16);
  auto* const first = static_cast<std::byte*>(pool.allocate(32, 16));
  std::byte* const marks = first + pool.capacity() * (32 + sizeof(void*));
  pool.check_invariants();
  const auto corrupt = [&](std::size_t block, unsigned char mark) {
    marks[block] = std::byte{mark};
    pool.check_invariants();
  };
  EXPECT_DEATH(corrupt(0, 0), "BlockPool I4");
  EXPECT_DEATH(corrupt(1, 1), "BlockPool I4");
}

class Unwilling : public std::pmr::memory_resource {
 public:
  bool willing = false;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (!willing) throw std::bad_alloc();
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(block, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(BlockPool, GetsItsRegionWhenTheUpstreamRecovers) {
  Unwilling upstream;
  BlockPool pool({.block_size = 32, .alignment = 16, .blocks = 5}, &upstream);
  EXPECT_EQ(pool.allocate(32, 16), nullptr);
  EXPECT_EQ(pool.capacity(), 0U);
  upstream.willing = true;
  std::set<void*> blocks;
  EXPECT_EQ(fill(pool, &blocks), 5U);
}

}  // namespace
}  // namespace assay
