#include "allocators/block_map_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <vector>

#include "suites/core/random.h"

namespace assay {
namespace {

using suite::Random;

constexpr std::size_t kBlock = 64;

// The same heap with a flag for each block and nothing else.
class NaiveMap {
 public:
  explicit NaiveMap(std::size_t blocks) : used_(blocks) {}

  // The first block of the first free run that is long and aligned enough; npos: none.
  std::size_t allocate(std::uintptr_t region, std::size_t count, std::size_t alignment) {
    for (std::size_t first = 0; first + count <= used_.size(); ++first) {
      if ((region + first * kBlock) % alignment != 0) continue;
      const auto begin = used_.begin() + static_cast<std::ptrdiff_t>(first);
      if (std::any_of(begin, begin + static_cast<std::ptrdiff_t>(count), [](bool used) { return used; }))
        continue;
      fill(first, count, true);
      return first;
    }
    return npos;
  }
  void fill(std::size_t first, std::size_t count, bool used) {
    for (std::size_t i = first; i < first + count; ++i) used_[i] = used;
  }

  double fragmentation() const {
    std::size_t free = 0, run = 0, largest = 0;
    for (const bool used : used_) {
      run = used ? 0 : run + 1;
      free += !used;
      largest = std::max(largest, run);
    }
    return free == 0 ? 0 : 1 - static_cast<double>(largest) / static_cast<double>(free);
  }

  static constexpr std::size_t npos = SIZE_MAX;

 private:
  std::vector<bool> used_;
};

// Ten blocks, all taken one by one; then those whose flag is '.' are freed.
double fragmentation_of(const char (&map)[11]) {
  BlockMapHeap heap(10, kBlock);
  void* blocks[10];
  for (void*& block : blocks) block = heap.allocate(kBlock, 1);
  EXPECT_EQ(heap.allocate(1, 1), nullptr);
  for (std::size_t i = 0; i < 10; ++i)
    if (map[i] == '.') heap.deallocate(blocks[i], kBlock, 1);
  heap.check_invariants();
  return heap.fragmentation();
}

TEST(BlockMapHeapTest, FragmentationIsOneMinusLargestFreeRunOverAllFree) {
  EXPECT_EQ(fragmentation_of("##########"), 0);  // nothing is free
  EXPECT_EQ(fragmentation_of(".........."), 0);
  EXPECT_EQ(fragmentation_of("####......"), 0);
  EXPECT_EQ(fragmentation_of("..########"), 0);
  EXPECT_EQ(fragmentation_of(".#.#.#.#.#"), 1 - 1.0 / 5);
  EXPECT_EQ(fragmentation_of("..#...#..#"), 1 - 3.0 / 7);
  EXPECT_EQ(fragmentation_of("#.##..##.."), 1 - 2.0 / 5);
  EXPECT_EQ(fragmentation_of(".#......##"), 1 - 6.0 / 7);
}

TEST(BlockMapHeapTest, RunsOfSeveralBlocksCountAsOne) {
  BlockMapHeap heap(10, kBlock);
  void* three = heap.allocate(3 * kBlock, 1);
  void* two = heap.allocate(kBlock + 1, 1);
  heap.allocate(4 * kBlock, 1);
  EXPECT_EQ(heap.counts().live_blocks, 3u);
  EXPECT_EQ(heap.counts().live_bytes, 9 * kBlock);
  heap.deallocate(three, 3 * kBlock, 1);
  EXPECT_EQ(heap.fragmentation(), 1 - 3.0 / 4);
  EXPECT_EQ(heap.largest_free_run(), 3u);
  heap.deallocate(two, kBlock + 1, 1);
  EXPECT_EQ(heap.fragmentation(), 1 - 5.0 / 6);
  heap.check_invariants();
}

TEST(BlockMapHeapTest, RefusesWhatNoRunHoldsThoughEnoughIsFree) {
  BlockMapHeap heap(10, kBlock);
  std::vector<void*> blocks;
  for (int i = 0; i < 10; ++i) blocks.push_back(heap.allocate(kBlock, 1));
  for (std::size_t i = 0; i < 10; i += 2) heap.deallocate(blocks[i], kBlock, 1);
  EXPECT_EQ(heap.allocate(2 * kBlock, 1), nullptr);
  EXPECT_EQ(heap.allocate(kBlock, 1), blocks[0]);
}

// Every address and every ratio is that of the naive map: first fit, whatever is remembered about groups.
TEST(BlockMapHeapTest, DoesWhatTheNaiveMapDoes) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Random random(seed);
    const std::size_t blocks = random.one_in(2) ? 500 : 3 * 4096 + 77;
    BlockMapHeap heap(blocks, kBlock);
    NaiveMap naive(blocks);
    struct Live {
      void* run;
      std::size_t first, size;
    };
    std::vector<Live> live;
    const auto region = reinterpret_cast<std::uintptr_t>(heap.allocate(1, 1));
    heap.reset();
    for (int i = 0; i < 1500; ++i) {
      if (live.empty() || random.below(9) < 5) {
        const std::size_t size = random.log_between(1, kBlock * blocks / 8);
        const std::size_t alignment = std::size_t{1} << (random.one_in(4) ? random.below(13) : 4);
        void* run = heap.allocate(size, alignment);
        const std::size_t first = naive.allocate(region, (size + kBlock - 1) / kBlock, alignment);
        ASSERT_EQ(run == nullptr, first == NaiveMap::npos);
        if (run == nullptr) continue;
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(run), region + first * kBlock) << "seed " << seed;
        live.push_back({run, first, size});
      } else {
        Live& victim = live[random.below(live.size())];
        const std::size_t count = (victim.size + kBlock - 1) / kBlock, less = victim.size - victim.size / 3;
        if (random.one_in(4)) {
          ASSERT_EQ(heap.resize(victim.run, victim.size, 1, less, 1), victim.run);
          naive.fill(victim.first, count, false);
          naive.fill(victim.first, (less + kBlock - 1) / kBlock, true);
          victim.size = less;
        } else {
          heap.deallocate(victim.run, victim.size, 1);
          naive.fill(victim.first, count, false);
          victim = live.back();
          live.pop_back();
        }
      }
      ASSERT_EQ(heap.fragmentation(), naive.fragmentation()) << "seed " << seed << ", operation " << i;
      if (i % 50 == 0) heap.check_invariants();
    }
  }
}

// A free run that begins in the first group of 4,096 blocks; an aligned request cuts it in the second.
TEST(BlockMapHeapTest, FindsWhatIsLeftOfARunInAnotherGroup) {
  alignas(4096) static std::byte memory[std::size_t{1} << 20];
  std::pmr::monotonic_buffer_resource upstream(memory, sizeof memory, std::pmr::null_memory_resource());
  BlockMapHeap heap(2 * 4096, kBlock, &upstream);
  auto* first = static_cast<std::byte*>(heap.allocate(4095 * kBlock, 1));
  void* run = heap.allocate(100 * kBlock, 1);
  heap.allocate(1000 * kBlock, 1);
  heap.deallocate(run, 100 * kBlock, 1);
  EXPECT_EQ(heap.allocate(10 * kBlock, 2 * kBlock), first + 4096 * kBlock);
  heap.check_invariants();
  EXPECT_EQ(heap.allocate(80 * kBlock, 1), first + 4106 * kBlock);
}

TEST(BlockMapHeapTest, GrowsInPlaceOnlyIntoFreeBlocks) {
  BlockMapHeap heap(10, kBlock);
  void* first = heap.allocate(2 * kBlock, 1);
  EXPECT_EQ(heap.resize(first, 2 * kBlock, 1, 5 * kBlock, 1), first);
  void* second = heap.allocate(kBlock, 1);
  EXPECT_EQ(heap.resize(first, 5 * kBlock, 1, 6 * kBlock, 1), nullptr);  // neither there nor elsewhere
  heap.deallocate(second, kBlock, 1);
  EXPECT_EQ(heap.resize(first, 5 * kBlock, 1, 10 * kBlock, 1), first);
  EXPECT_EQ(heap.fragmentation(), 0);
  heap.check_invariants();
}

TEST(BlockMapHeapTest, TellsRunsFromAllOtherAddresses) {
  BlockMapHeap heap(10, kBlock);
  auto* first = static_cast<std::byte*>(heap.allocate(2 * kBlock, 1));
  auto* second = static_cast<std::byte*>(heap.allocate(kBlock, 1));
  EXPECT_TRUE(heap.owns(first) && heap.owns(second));
  for (const std::byte* other : {first + 1, first + kBlock, second + kBlock, first - kBlock})
    EXPECT_FALSE(heap.owns(other));
  heap.deallocate(first, 2 * kBlock, 1);
  EXPECT_FALSE(heap.owns(first));
}

TEST(BlockMapHeapTest, OverwritesTheTailOfAShrunkRunInTheCheckedBuild) {
  if (!kChecked) GTEST_SKIP() << "only there";
  BlockMapHeap heap(10, kBlock);
  auto* const run = static_cast<unsigned char*>(std::memset(heap.allocate(5 * kBlock, 1), 1, 5 * kBlock));
  ASSERT_EQ(heap.resize(run, 5 * kBlock, 1, 2 * kBlock, 1), run);
  EXPECT_EQ(std::count(run, run + 5 * kBlock, 1), static_cast<std::ptrdiff_t>(2 * kBlock));
}

TEST(BlockMapHeapDeathTest, FindsBitsBeyondTheHighestUsedBlock) {
  constexpr std::size_t kBlocks = 1000, kWords = kBlocks / 64 + 1;
  for (const std::size_t word : {std::size_t{0}, kWords}) {  // of the used ones, and of the last ones
    BlockMapHeap heap(kBlocks, kBlock);
    auto* const maps = static_cast<std::byte*>(heap.allocate(10 * kBlock, 1)) + kBlocks * kBlock;
    heap.check_invariants();
    EXPECT_DEATH(
        {
          maps[word * sizeof(std::uint64_t) + 3] = std::byte{1};  // block 24
          heap.check_invariants();
        },
        "BlockMapHeap I3");
  }
}

TEST(BlockMapHeapDeathTest, RefusesABlockSizeThatIsNoPowerOfTwo) {
  EXPECT_DEATH(BlockMapHeap(10, 48), "BlockMapHeap I1");
}

}  // namespace
}  // namespace assay
