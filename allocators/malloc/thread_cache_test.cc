#include "allocators/malloc/thread_cache.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <thread>
#include <vector>

#include "allocators/malloc/heap.h"

namespace assay::drop_in {
namespace {

class ThreadCacheTest : public testing::Test {
 protected:
  static constexpr unsigned kClass = kClasses - 1;
  static constexpr std::size_t kObjects = 400, kManyObjects = 40, kFewObjects = 20, kTurned = 6;

  void take(std::size_t objects) {
    for (; objects > 0; --objects) {
      objects_.push_back(Heap::allocate(class_size(kClass)));
      blocks_.insert(UniformBlock::find(objects_.back(), kClass));
    }
  }
  void give(std::size_t objects) {
    for (; objects > 0; --objects) {
      Heap::release(objects_.back());
      objects_.pop_back();
    }
  }
  // Of the objects that were given, those that their blocks do not know of.
  std::size_t cached() const {
    std::size_t taken = 0;
    for (BlockInfo* block : blocks_)
      if (block->size_class == kClass) taken += UniformBlock(*block).live();
    return taken - objects_.size();
  }

 private:
  std::vector<void*> objects_;
  std::set<BlockInfo*> blocks_;
};

// A thread takes and gives large objects in turn, sometimes many; then, after a last one, it only gives.
TEST_F(ThreadCacheTest, HasWhatSwingsAndLittleOnceAllIsGiven) {
  for (std::size_t turn = 0; turn < 100; ++turn) {
    take(kObjects);
    for (int i = 0; i < 10; ++i) {
      give(kManyObjects);
      ASSERT_GT(i == 0 ? kManyObjects : cached(), kFewObjects);  // it does not know yet
      take(kManyObjects);
    }
    for (int i = 0; i < 3; ++i) {
      give(kFewObjects);
      take(kFewObjects);
    }
    const std::size_t before = cached();
    give(kFewObjects);
    ASSERT_EQ(cached(), before + kFewObjects);
    take(kFewObjects);
    ASSERT_EQ(cached(), before);
    give(turn);
    take(kTurned);
    give(kObjects - turn + kTurned);
    ASSERT_LE(cached(), 2u * kFacts[kClass].batch);
  }
}

TEST(ThreadCacheOrderTest, AnotherThreadGetsObjectsInTheOrderInWhichTheyWereFreed) {
  constexpr std::size_t kSize = 1008, kBatch = kFacts[class_of(kSize)].batch;
  std::vector<void*> freed(2 * kBatch + 1), taken(kBatch);
  Threads::flush_all();  // what others left: nothing is in the way
  for (void*& object : freed) object = Heap::allocate(kSize);
  for (void* object : freed) Heap::release(object);  // the third magazine begins, the first goes to the depot
  std::thread([&] {
    for (void*& object : taken) object = Heap::allocate(kSize);
  }).join();
  freed.resize(kBatch);
  EXPECT_EQ(taken, freed);
  for (void* object : taken) Heap::release(object);
}

}  // namespace
}  // namespace assay::drop_in
