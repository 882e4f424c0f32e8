#include "allocators/malloc/large.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace assay::drop_in {
namespace {

constexpr std::size_t kSize = 2 * kUnit - 5000;

bool give(RecentRuns& runs, void* object) { return runs.give(object, BlockMap::kind(object)); }

TEST(LargeTest, TheKindFollowsTheLength) {
  auto* object = static_cast<char*>(Large::allocate(3 * kUnit));
  EXPECT_EQ(BlockMap::kind(object), kind_of_large(3));
  ASSERT_TRUE(Large::resize(object, kUnit));
  EXPECT_EQ(BlockMap::kind(object), kind_of_large(1));
  ASSERT_TRUE(Large::resize(object, 2 * kUnit));  // what was just cut off
  EXPECT_EQ(BlockMap::kind(object), kind_of_large(2));
  EXPECT_EQ(BlockMap::kind(object + kUnit), 0u);
  Large::release(object);
  EXPECT_EQ(BlockMap::kind(object), 0u);
}

TEST(RecentRunsTest, HaveNeitherRoomNorObjectsBeforeTheyBegin) {
  RecentRuns runs;
  void* object = Large::allocate(kSize);
  EXPECT_FALSE(give(runs, object));
  EXPECT_EQ(runs.take(kSize), nullptr);
  Large::release(object);
}

TEST(RecentRunsTest, TheLastObjectOfThatLengthComesBackInUse) {
  RecentRuns runs;
  runs.begin();
  void *object = Large::allocate(kSize), *shorter = Large::allocate(kSize - kUnit);
  ASSERT_TRUE(give(runs, shorter));
  ASSERT_TRUE(give(runs, object));
  EXPECT_EQ(BlockMap::kind(object), 0u);
  EXPECT_EQ(runs.take(3 * kUnit), nullptr);
  EXPECT_EQ(runs.take(kSize + 100), object);
  EXPECT_EQ(BlockMap::kind(object), kind_of_large(2));
  EXPECT_EQ(Large::usable_size(object), 2 * kUnit);
  EXPECT_EQ(runs.take(kSize), nullptr);
  Large::release(object);
  runs.flush();
}

TEST(RecentRunsTest, TakeFewOfALengthFewUnitsInAllAndNoLongOnes) {
  RecentRuns runs;
  runs.begin();
  std::vector<void*> rest;
  std::size_t kept[6] = {}, units = 0;
  for (std::size_t length = 1; length <= 5; ++length)
    for (int i = 0; i < 10; ++i) {
      void* object = Large::allocate(length * kUnit);
      if (give(runs, object)) {
        ++kept[length];
        units += length;
      } else {
        rest.push_back(object);
      }
    }
  EXPECT_EQ(kept[1], 4u);
  EXPECT_EQ(kept[2], 4u);
  EXPECT_EQ(kept[3], 1u);
  EXPECT_EQ(kept[5], 0u);
  EXPECT_LE(units, 16u);
  EXPECT_EQ(runs.take(5 * kUnit), nullptr);
  EXPECT_EQ(runs.take(0), nullptr);
  const std::size_t used = space.used_bytes();
  runs.flush();
  EXPECT_EQ(space.used_bytes(), used - units * kUnit);
  void* object = Large::allocate(4 * kUnit);
  EXPECT_TRUE(give(runs, object));  // there is room again
  runs.flush();
  for (void* left : rest) Large::release(left);
}

TEST(RecentRunsTest, LeaveAnAddressWithinAnObjectToWhoStopsTheProgram) {
  RecentRuns runs;
  runs.begin();
  auto* object = static_cast<char*>(Large::allocate(kSize));
  EXPECT_FALSE(give(runs, object + 16));
  EXPECT_DEATH(Large::release(object + 16), "invalid free");
  Large::release(object);
}

TEST(RecentRunsTest, TakeNothingWhereFreedMemoryGoesBackAtOnce) {
  RecentRuns runs;
  runs.begin();
  void* object = Large::allocate(kSize);
  space.set_retain(0);
  EXPECT_FALSE(give(runs, object));
  Large::release(object);
  EXPECT_EQ(space.dirty_bytes(), 0u);
  space.set_retain(std::size_t{64} << 20);
}

}  // namespace
}  // namespace assay::drop_in
