#include "allocators/best_fit_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "suites/core/random.h"

namespace assay {
namespace {

using suite::Random;

std::uintptr_t address_of(const void* block) { return reinterpret_cast<std::uintptr_t>(block); }

// Free blocks of the given sizes, in the order of their addresses, with a live block after each.
template <class Heap>
std::vector<void*> make_holes(Heap& heap, const std::vector<std::size_t>& sizes,
                              std::vector<void*>* separators = nullptr) {
  std::vector<void*> holes;
  for (const std::size_t size : sizes) {
    holes.push_back(heap.allocate(size, 16));
    void* separator = heap.allocate(1, 16);
    if (separators != nullptr) separators->push_back(separator);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) heap.deallocate(holes[i], sizes[i], 16);
  return holes;
}

TEST(BestFitHeapTest, TakesTheSmallestBlockThatFits) {
  BestFitHeap heap;
  const std::vector<void*> holes = make_holes(heap, {5000, 200, 1000, 120, 6000});
  EXPECT_EQ(heap.allocate(150, 16), holes[1]);
  EXPECT_EQ(heap.allocate(100, 16), holes[3]);
  EXPECT_EQ(heap.allocate(5500, 16), holes[4]);
  EXPECT_EQ(heap.allocate(4000, 16), holes[0]);
  heap.check_invariants();
}

TEST(BestFitHeapTest, TakesTheLowestOfEqualBlocks) {
  for (const std::size_t size : {24u, 100u, 5000u}) {
    BestFitHeap heap;
    std::vector<void*> holes = make_holes(heap, std::vector<std::size_t>(9, size));
    for (void* hole : holes) EXPECT_EQ(heap.allocate(size, 16), hole);
  }
}

TEST(BestFitHeapTest, SplitsOffWhatIsNotNeeded) {
  BestFitHeap heap;
  const std::vector<void*> holes = make_holes(heap, {1000});
  void* first = heap.allocate(200, 16);
  void* second = heap.allocate(200, 16);
  EXPECT_EQ(first, holes[0]);
  EXPECT_EQ(address_of(second), address_of(first) + 208);  // 200 and a tag
  heap.check_invariants();
}

TEST(BestFitHeapTest, MergesFreeNeighboursWhateverTheOrder) {
  std::array<int, 5> order{0, 1, 2, 3, 4};
  do {
    BestFitHeap heap(std::size_t{1} << 16);
    std::array<void*, 5> blocks;
    for (void*& block : blocks) block = heap.allocate(500, 16);
    for (const int i : order) {
      heap.deallocate(blocks[static_cast<std::size_t>(i)], 500, 16);
      heap.check_invariants();
    }
    ASSERT_EQ(heap.extent(), 0u);
    ASSERT_EQ(heap.fragmentation(), 0);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(BestFitHeapTest, CostsEightBytesABlock) {
  BestFitHeap heap;
  void* blocks[3] = {heap.allocate(24, 16), heap.allocate(40, 16), heap.allocate(1, 16)};
  EXPECT_EQ(address_of(blocks[1]) - address_of(blocks[0]), 32u);
  EXPECT_EQ(address_of(blocks[2]) - address_of(blocks[1]), 48u);
  EXPECT_EQ(heap.counts().live_bytes, 24u + 40 + 24);
}

TEST(BestFitHeapTest, UsesTheHoleOfAnAlignedBlockAgain) {
  BestFitHeap heap;
  void* first = heap.allocate(4096, 4096);
  heap.allocate(100, 16);
  for (int i = 0; i < 100; ++i) {
    heap.deallocate(first, 4096, 4096);
    ASSERT_EQ(heap.allocate(4096, 4096), first);
  }
  heap.check_invariants();
}

// More blocks of the same size that are not aligned than the heap tries before it looks for a roomy one.
TEST(BestFitHeapTest, RefusesNoAlignedRequestThatFits) {
  constexpr std::size_t kPage = 4096, kSize = kPage - 8;
  BestFitHeap heap(std::size_t{1} << 20);
  std::vector<void*> holes;
  while (holes.size() < 12) {
    void* const block = heap.allocate(kSize, 16);
    ASSERT_NE(block, nullptr);
    if (address_of(block) % kPage != 0) holes.push_back(block);
    heap.allocate(24, 16);
  }
  void* const aligned = heap.allocate(kSize, kPage);
  ASSERT_NE(aligned, nullptr);
  heap.allocate(24, 16);
  for (const std::size_t size : {65'536u, 4088u, 512u, 24u})
    while (heap.allocate(size, 16) != nullptr) {
    }
  for (void* hole : holes) heap.deallocate(hole, kSize, 16);
  heap.deallocate(aligned, kSize, kPage);
  EXPECT_EQ(heap.allocate(kSize, kPage), aligned);
  EXPECT_EQ(heap.allocate(kSize, kPage), nullptr);
  heap.check_invariants();
}

TEST(BestFitHeapTest, OverwritesTheTailOfAShrunkBlockInTheCheckedBuild) {
  if (!kChecked) GTEST_SKIP() << "only there";
  BestFitHeap heap;
  auto* const block = static_cast<unsigned char*>(std::memset(heap.allocate(1000, 16), 1, 1000));
  ASSERT_EQ(heap.resize(block, 1000, 16, 100, 16), block);
  EXPECT_EQ(std::count(block, block + 1000, 1), 104);  // what a block of 100 bytes has
  heap.check_invariants();
}

TEST(BestFitHeapTest, ResizesWhereTheBlockIsWhenItCan) {
  BestFitHeap heap;
  void* block = heap.allocate(100, 16);
  EXPECT_EQ(heap.resize(block, 100, 16, 5000, 16), block);
  EXPECT_EQ(heap.resize(block, 5000, 16, 50, 16), block);
  heap.check_invariants();
  EXPECT_EQ(address_of(heap.allocate(100, 16)), address_of(block) + 64);
  EXPECT_NE(heap.resize(block, 50, 16, 200, 16), block);
  heap.check_invariants();
}

TEST(BestFitHeapTest, LivesInTheCallersMemory) {
  for (std::size_t size = 0; size < 400; ++size) {
    alignas(16) std::byte memory[400];
    for (const std::size_t skipped : {0u, 1u, 8u}) {
      if (skipped > size) continue;
      BestFitHeap heap(std::span(memory + skipped, size - skipped));
      while (void* block = heap.allocate(24, 16)) {
        ASSERT_GE(static_cast<std::byte*>(block), memory + skipped);
        ASSERT_LE(static_cast<std::byte*>(block) + 24, memory + size);
      }
      heap.check_invariants();
      EXPECT_EQ(heap.allocate(400, 16), nullptr);
    }
  }
}

TEST(BestFitHeapTest, GivesTheWholeRegionToOneBlock) {
  BestFitHeap heap(4096);
  std::size_t largest = 4096;
  void* block = nullptr;
  while ((block = heap.allocate(largest, 16)) == nullptr) --largest;
  EXPECT_GE(largest, 4096u - (kChecked ? 96 : 64));
  heap.check_invariants();
  EXPECT_EQ(heap.allocate(0, 1), nullptr);
  heap.deallocate(block, largest, 16);
  EXPECT_EQ(heap.allocate(largest, 16), block);
}

TEST(BestFitHeapTest, AsksAgainAnUpstreamThatRefused) {
  struct Reluctant : std::pmr::memory_resource {
    bool refuses = true;
    void* do_allocate(std::size_t size, std::size_t alignment) override {
      if (refuses) throw std::bad_alloc();
      return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
      std::pmr::new_delete_resource()->deallocate(block, size, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  } upstream;
  BestFitHeap heap(&upstream);
  EXPECT_EQ(heap.allocate(0, 16), nullptr);
  upstream.refuses = false;
  EXPECT_NE(heap.allocate(0, 16), nullptr);
}

TEST(BestFitHeapDeathTest, FindsATagThatWasOverwritten) {
  BestFitHeap heap;
  auto* block = static_cast<char*>(heap.allocate(24, 16));
  heap.allocate(24, 16);
  EXPECT_DEATH(
      {
        std::memset(block, 0xff, 32);
        heap.check_invariants();
      },
      "BestFitHeap I1");
}

TEST(BestFitHeapDeathTest, FindsAWrongFlagInTheFirstTag) {
  BestFitHeap heap;
  auto* const first = static_cast<std::byte*>(heap.allocate(24, 16));
  EXPECT_DEATH(
      {
        first[-8] &= ~std::byte{2};
        heap.check_invariants();
      },
      "BestFitHeap I3");
}

TEST(BestFitHeapDeathTest, FindsAFreeBlockThatWasOverwritten) {
  BestFitHeap heap;
  std::vector<void*> holes = make_holes(heap, {100, 100, 100});
  EXPECT_DEATH(
      {
        std::memset(holes[1], 0, 16);
        heap.check_invariants();
      },
      "BestFitHeap I4");
}

// The oracle of all contents is in suites/allocator; this one adds what only this heap promises.
TEST(BestFitHeapTest, KeepsItsInvariantsThroughRandomPrograms) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    BasicBestFitHeap<SizeThenAddress, true> heap(std::size_t{1} << 20);
    struct Live {
      void* block;
      std::size_t size, alignment;
    };
    std::vector<Live> live;
    for (int i = 0; i < 2000; ++i) {
      if (live.empty() || random.below(5) < 3) {
        const std::size_t size = random.log_between(1, 1 << 14),
                          alignment = std::size_t{1} << random.below(13);
        if (void* block = heap.allocate(size, alignment)) live.push_back({block, size, alignment});
      } else {
        Live& victim = live[random.below(live.size())];
        ASSERT_TRUE(heap.owns(victim.block));
        heap.deallocate(victim.block, victim.size, victim.alignment);
        ASSERT_FALSE(heap.owns(victim.block));
        victim = live.back();
        live.pop_back();
      }
      if (i % 8 == 0) heap.check_invariants();
    }
    for (const Live& block : live) heap.deallocate(block.block, block.size, block.alignment);
    heap.check_invariants();
    ASSERT_EQ(heap.extent(), 0u) << "seed " << seed;
  }
}

// Sizes of random lives, most replacements among a tenth of the blocks: a steady state of free space.
TEST(BestFitHeapTest, HoldsLittleMoreThanIsLive) {
  Random random(1);
  BestFitHeap heap;
  struct Live {
    void* block;
    std::size_t size;
  };
  std::vector<Live> live(3000);
  for (int i = 0; i < 100'000; ++i) {
    Live& slot = live[random.one_in(10) ? random.below(3000) : random.below(300)];
    if (slot.block != nullptr) heap.deallocate(slot.block, slot.size, 16);
    slot.size = random.log_between(16, 8192);
    slot.block = heap.allocate(slot.size, 16);
  }
  const AllocatorCounts counts = heap.counts();
  const double over = static_cast<double>(heap.extent()) / static_cast<double>(counts.live_bytes);
  RecordProperty("held_over_live", std::to_string(over));
  EXPECT_LT(over, 1.10);
}

struct Counting {
  static inline std::size_t comparisons = 0;
  bool operator()(const FreeKey& a, const FreeKey& b) const {
    ++comparisons;
    return SizeThenAddress()(a, b);
  }
};

// The most and the mean number of comparisons of one operation, among many with about `free` free blocks.
struct Counted {
  std::size_t most = 0, sum = 0, operations = 0;

  template <class Operation>
  void count(Operation operation) {
    Counting::comparisons = 0;
    operation();
    most = std::max(most, Counting::comparisons);
    sum += Counting::comparisons;
    ++operations;
  }
  double mean() const { return static_cast<double>(sum) / static_cast<double>(operations); }
};

// Blocks of one size are all in one tree: the worst case for a heap that has one for each size.
std::pair<Counted, Counted> count_comparisons(std::size_t free, std::size_t least, std::size_t most) {
  Random random(free);
  std::vector<std::size_t> sizes(free);
  std::size_t region = 4096;
  for (std::size_t& size : sizes) {
    size = random.between(least, most);
    region += (size + 8 + 15) / 16 * 16 + 32;
  }
  BasicBestFitHeap<Counting> heap(region + region / 64);
  std::vector<void*> separators;
  make_holes(heap, sizes, &separators);
  Counted frees, allocations;
  for (int i = 0; i < 200; ++i) {  // at most 200 of the free blocks merge
    const std::size_t victim = random.below(separators.size());
    void* separator = std::exchange(separators[victim], separators.back());
    separators.pop_back();
    frees.count([&] { heap.deallocate(separator, 1, 16); });
  }
  for (int i = 0; i < 200; ++i) allocations.count([&] { heap.allocate(random.between(least, most), 16); });
  heap.check_invariants();
  return {frees, allocations};
}

TEST(BestFitHeapTest, AllocatesAndFreesInLogarithmicTime) {
  constexpr double kHeight = 1.4405;  // of an AVL tree, over log2 of its nodes
  double mean_before = 0;
  for (const std::size_t free : {1000u, 10'000u, 100'000u, 1'000'000u}) {
    const auto [frees, allocations] = count_comparisons(free, 24, 24);
    const double levels = kHeight * std::log2(static_cast<double>(free) + 2);
    std::printf("%8zu free blocks of one size: free %.1f comparisons (most %zu), allocate %.1f (most %zu)\n",
                free, frees.mean(), frees.most, allocations.mean(), allocations.most);
    EXPECT_LE(static_cast<double>(frees.most), 3 * levels + 3);  // two neighbours leave, one block comes
    EXPECT_LE(static_cast<double>(allocations.most), 2 * levels + 2);  // one leaves, the rest comes back
    EXPECT_GT(frees.mean(), mean_before);
    mean_before = frees.mean();
  }
}

TEST(BestFitHeapTest, AllocatesInLogarithmicTimeAmongManySizes) {
  for (const std::size_t free : {1000u, 4000u}) {
    const auto [frees, allocations] = count_comparisons(free, 65'536, 73'000);  // sizes of one bin
    const double levels = 1.4405 * std::log2(static_cast<double>(free) + 2);
    std::printf("%8zu free blocks of 64-71 KiB: free %.1f comparisons (most %zu), allocate %.1f (most %zu)\n",
                free, frees.mean(), frees.most, allocations.mean(), allocations.most);
    EXPECT_LE(static_cast<double>(frees.most), 3 * levels + 3);
    EXPECT_LE(static_cast<double>(allocations.most), 2 * levels + 2);
    EXPECT_GT(allocations.mean(), 2);
  }
}

}  // namespace
}  // namespace assay
