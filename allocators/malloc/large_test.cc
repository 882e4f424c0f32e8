#include "allocators/malloc/large.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace assay::drop_in {
namespace {

constexpr std::size_t kSize = 2 * kUnit - 5000;

TEST(RecentRunsTest, HaveNeitherRoomNorObjectsBeforeTheyBegin) {
  RecentRuns runs;
  void* object = Large::allocate(kSize);
  EXPECT_FALSE(runs.give(object));
  EXPECT_EQ(runs.take(kSize), nullptr);
  Large::release(object);
}

TEST(RecentRunsTest, TheLastObjectOfThatLengthComesBackInUse) {
  RecentRuns runs;
  runs.begin();
  void *object = Large::allocate(kSize), *shorter = Large::allocate(kSize - kUnit);
  ASSERT_TRUE(runs.give(shorter));
  ASSERT_TRUE(runs.give(object));
  EXPECT_EQ(BlockMap::kind(object), 0u);
  EXPECT_EQ(runs.take(3 * kUnit), nullptr);
  EXPECT_EQ(runs.take(kSize + 100), object);
  EXPECT_EQ(BlockMap::kind(object), kLarge);
  EXPECT_EQ(Large::usable_size(object), 2 * kUnit);
  EXPECT_EQ(runs.take(kSize), nullptr);
  Large::release(object);
  runs.flush();
}

TEST(RecentRunsTest, TakeNoMoreThanTwoOfALengthAndNoLongOnes) {
  RecentRuns runs;
  runs.begin();
  std::vector<void*> objects;
  for (int i = 0; i < 3; ++i) objects.push_back(Large::allocate(kSize));
  EXPECT_TRUE(runs.give(objects[0]));
  EXPECT_TRUE(runs.give(objects[1]));
  EXPECT_FALSE(runs.give(objects[2]));
  void* longer = Large::allocate(3 * kUnit);
  EXPECT_FALSE(runs.give(longer));
  EXPECT_EQ(runs.take(3 * kUnit), nullptr);
  EXPECT_EQ(runs.take(0), nullptr);
  const std::size_t used = space.used_bytes();
  runs.flush();
  EXPECT_EQ(space.used_bytes(), used - 4 * kUnit);
  Large::release(objects[2]);
  Large::release(longer);
}

TEST(RecentRunsTest, TakeNothingWhereFreedMemoryGoesBackAtOnce) {
  RecentRuns runs;
  runs.begin();
  void* object = Large::allocate(kSize);
  space.set_retain(0);
  EXPECT_FALSE(runs.give(object));
  Large::release(object);
  EXPECT_EQ(space.dirty_bytes(), 0u);
  space.set_retain(std::size_t{64} << 20);
}

}  // namespace
}  // namespace assay::drop_in
