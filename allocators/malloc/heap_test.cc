// The heap in a process whose malloc is another one: so that sanitizers, which have their own, see all that
// it does. `bazel test --config=tsan //allocators/malloc:heap_test` is the proof that its locks suffice.
#include "allocators/malloc/heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace assay::drop_in {
namespace {

struct Block {
  unsigned char* start = nullptr;
  std::size_t size = 0;
  unsigned char fill = 0;
};

// Blocks on their way from one thread to another.
class Exchange {
 public:
  void swap(std::size_t place, Block& block) {
    const std::lock_guard guard(mutex_);
    std::swap(places_[place % places_.size()], block);
  }

 private:
  std::mutex mutex_;
  std::array<Block, 64> places_;
};

void check(const Block& block) {
  if (block.size == 0) return;
  ASSERT_EQ(block.start[0], block.fill);
  ASSERT_EQ(std::memcmp(block.start, block.start + 1, block.size - 1), 0);
}

// Random programs, each block filled as long as it lives.
class Mutator {
 public:
  Mutator(Exchange& exchange, unsigned seed) : exchange_(exchange), random_(seed), blocks_(200) {}

  void run(int operations) {
    for (int i = 0; i < operations && !testing::Test::HasFatalFailure(); ++i) {
      Block& block = blocks_[random_() % blocks_.size()];
      switch (random_() % 8) {
        case 0:
          exchange_.swap(random_(), block);
          break;
        case 1:
          resize(block);
          break;
        default:
          replace(block);
      }
    }
    for (Block& block : blocks_) drop(block);
  }

 private:
  std::size_t any_size() {
    const std::size_t most = std::size_t{1} << random_() % 19;
    return random_() % most + (random_() % 16 != 0);
  }

  void fill(Block& block) {
    block.fill = static_cast<unsigned char>(random_());
    std::memset(block.start, block.fill, block.size);
  }

  void drop(Block& block) {
    if (block.start == nullptr) return;
    check(block);
    Heap::release(std::exchange(block, {}).start);
  }

  void replace(Block& block) {
    drop(block);
    block.size = any_size();
    const std::size_t alignment = std::size_t{1} << random_() % 18;
    void* start = nullptr;
    switch (random_() % 8) {
      case 0:
        start = Heap::allocate_aligned(block.size, alignment);
        break;
      case 1:
        start = Heap::allocate_zeroed(block.size);
        break;
      default:
        start = Heap::allocate(block.size);
    }
    ASSERT_NE(start, nullptr);
    ASSERT_GE(Heap::usable_size(start), block.size);
    block.start = static_cast<unsigned char*>(start);
    fill(block);
  }

  void resize(Block& block) {
    if (block.start == nullptr) return;
    check(block);
    const std::size_t size = any_size();
    void* moved = Heap::reallocate(block.start, size);
    ASSERT_NE(moved, nullptr);
    block.start = static_cast<unsigned char*>(moved);
    block.size = std::min(block.size, size);
    check(block);
    block.size = size;
    fill(block);
  }

  Exchange& exchange_;
  std::mt19937 random_;
  std::vector<Block> blocks_;
};

TEST(HeapTest, ThreadsThatComeAndGoAndExchangeBlocksFindWhatTheyWrote) {
  Exchange exchange;
  for (unsigned generation = 0; generation < 6; ++generation) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i)
      threads.emplace_back([&, i] { Mutator(exchange, generation * 4 + i).run(4000); });
    // Meanwhile another one takes back what lies idle.
    threads.emplace_back([] {
      for (int i = 0; i < 50; ++i) {
        Threads::flush_all();
        for (Central& central : centrals) central.discard_sparse();
        mixed_blocks.discard_sparse();
        space.trim(0);
        std::this_thread::yield();
      }
    });
    for (std::thread& thread : threads) thread.join();
  }
}

// Blocks of several units: the block map alone says where they start.
TEST(HeapTest, ObjectsAreKnownInEveryUnitOfAWideBlock) {
  for (const std::size_t size : {kNarrowLimit + 1, std::size_t{20'000}, kSmallLimit}) {
    const std::size_t usable = class_size(class_of(size));
    std::vector<char*> objects;
    std::set<unsigned> units;
    for (int i = 0; i < 64; ++i) {
      auto* object = static_cast<char*>(Heap::allocate(size));
      EXPECT_EQ(Heap::usable_size(object), usable);
      units.insert(unit_of_class(BlockMap::kind(object)).unit);
      objects.push_back(object);
    }
    EXPECT_EQ(units.size(), kWideUnits);
    for (char* object : objects) {
      Heap::release(object);
      Heap::release(Heap::allocate(size));
    }
  }
}

TEST(HeapDeathTest, AnAddressWithinAWideObjectIsNoneInAnyUnit) {
  std::vector<char*> objects;
  for (int i = 0; i < 16; ++i) objects.push_back(static_cast<char*>(Heap::allocate(kSmallLimit)));
  for (char* object : objects) {
    EXPECT_DEATH(Heap::release(object + kUnit / 4), "invalid free");
    EXPECT_DEATH(Heap::release(object + 16), "invalid free");
  }
  for (char* object : objects) Heap::release(object);
}

// As when the mark of a free object was overwritten: it is in two magazines then.
TEST(CentralDeathTest, AnObjectThatComesBackToABlockThatIsGoneIsNamed) {
  for (const std::size_t size : {std::size_t{1536}, kNarrowLimit, kSmallLimit}) {
    const unsigned size_class = class_of(size);
    const auto give_twice = [&](bool reused) {
      Batch batch = centrals[size_class].take_from_space(size_class);
      void* last = nullptr;
      for (; batch.mask != 0; batch.mask &= batch.mask - 1) {
        last = batch.base + static_cast<std::size_t>(std::countr_zero(batch.mask)) * size;
        void* object = last;
        centrals[size_class].give(size_class, &object, 1);
      }
      ASSERT_EQ(BlockMap::kind(last), 0u);  // the block is the space's again
      while (reused && BlockMap::kind(last) == 0) Large::allocate(kUnit);
      centrals[size_class].give(size_class, &last, 1);
    };
    EXPECT_DEATH(give_twice(false), "double free");
    EXPECT_DEATH(give_twice(true), "double free");
  }
}

}  // namespace
}  // namespace assay::drop_in
