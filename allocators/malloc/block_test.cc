#include "allocators/malloc/block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "allocators/malloc/mixed_block.h"
#include "allocators/malloc/space.h"

namespace assay::drop_in {
namespace {

BlockInfo& block_of(unsigned size_class) {
  BlockInfo* run = space.take(kFacts[size_class].units);
  UniformBlock::make(*run, size_class);
  return *run;
}

std::vector<char*> objects_of(const Batch& batch, unsigned size_class) {
  std::vector<char*> objects;
  for (std::uint64_t mask = batch.mask; mask != 0; mask &= mask - 1)
    objects.push_back(batch.base + static_cast<std::size_t>(std::countr_zero(mask)) * class_size(size_class));
  return objects;
}

void give(UniformBlock block, void* object) { EXPECT_EQ(block.give(&object, 1), 1u); }

TEST(UniformBlockTest, GivesEachObjectOnceInAscendingOrder) {
  for (const unsigned c : {1u, 3u, 64u, 70u, kClasses - 1}) {
    BlockInfo& info = block_of(c);
    UniformBlock block(info);
    std::vector<char*> all;
    while (info.free > 0)
      for (char* object : objects_of(block.take(10), c)) {
        if (!all.empty()) {
          ASSERT_EQ(object, all.back() + class_size(c));
        }
        all.push_back(object);
      }
    ASSERT_EQ(all.size(), kFacts[c].capacity);
    EXPECT_EQ(block.live(), kFacts[c].capacity);
    for (char* object : all) give(block, object);
    EXPECT_EQ(block.live(), 0u);
  }
}

TEST(UniformBlockTest, TakesBackManyInAnyOrderUpToTheFirstOfAnotherBlock) {
  std::mt19937 random(1);
  for (const unsigned c : {1u, 5u, 64u, kClasses - 1}) {
    BlockInfo &info = block_of(c), &other = block_of(c);
    UniformBlock block(info);
    std::vector<void*> objects;
    while (info.free > 0)
      for (char* object : objects_of(block.take(64), c)) objects.push_back(object);
    std::shuffle(objects.begin(), objects.end(), random);
    const std::size_t half = objects.size() / 2;
    objects.insert(objects.begin() + static_cast<std::ptrdiff_t>(half), other.start);
    ASSERT_EQ(block.give(objects.data(), objects.size()), half);
    for (std::size_t i = 0; i < objects.size(); ++i)
      if (i != half) {
        const auto offset = static_cast<std::uint64_t>(static_cast<char*>(objects[i]) - info.start);
        ASSERT_EQ(block.is_free(UniformBlock::index(kFacts[c], offset)), i < half);
      }
    ASSERT_EQ(block.give(objects.data() + half + 1, objects.size() - half - 1), objects.size() - half - 1);
    EXPECT_EQ(info.free, kFacts[c].capacity);
    EXPECT_EQ(objects_of(block.take(1), c).front(), info.start);
  }
}

TEST(UniformBlockTest, KnowsWhereObjectsStart) {
  for (unsigned c = 1; c < kClasses; ++c) {
    const ClassFacts& facts = kFacts[c];
    for (std::uint32_t offset = 0; offset < facts.units * kUnit; ++offset) {
      const std::uint32_t at = offset / facts.size;
      const bool starts = at * facts.size == offset && at < facts.capacity;
      ASSERT_EQ(UniformBlock::index(facts, offset), starts ? at : facts.capacity);
    }
  }
}

TEST(UniformBlockDeathTest, ADoubleFreeIsNamed) {
  BlockInfo& info = block_of(5);
  UniformBlock block(info);
  EXPECT_DEATH(give(block, info.start),
               "double free: the block at 0x[0-9a-f]+ is free already .size class 80.");
}

// Behind the last object; in a wide block also where another one's objects would start.
TEST(UniformBlockDeathTest, AnObjectThatStartsWhereNoneDoesIsNamed) {
  const unsigned narrow = class_of(5 * 1024), wide = class_of(9 * 1024);
  BlockInfo &info = block_of(narrow), &wide_info = block_of(wide);
  EXPECT_DEATH(give(UniformBlock(info), info.start + kFacts[narrow].capacity * class_size(narrow)),
               "invalid free");
  EXPECT_DEATH(give(UniformBlock(wide_info), wide_info.start + kUnit), "invalid free");
}

TEST(UniformBlockTest, PagesOfFreeObjectsAreDiscardedAndOthersKept) {
  BlockInfo& info = block_of(kExactClasses);  // 1 KiB
  UniformBlock block(info);
  while (info.free > 0) block.take(64);
  for (std::size_t i = 0; i < kUnit; ++i) info.start[i] = 1;
  for (std::size_t i = 0; i < 64; ++i)
    if (i != 9) give(block, info.start + i * 1024);
  block.discard_free_pages();
  for (std::size_t i = 0; i < kUnit; i += 64) ASSERT_EQ(info.start[i], i / kPage == 2 ? 1 : 0) << i;
}

class MixedBlockTest : public testing::Test {
 protected:
  // Of a block of 64-byte objects, every 16th stays.
  MixedBlockTest() : info_(block_of(4)) {
    UniformBlock uniform(info_);
    while (info_.free > 0) uniform.take(64);
    for (std::size_t i = 0; i < kFacts[4].capacity; ++i) {
      if (i % 16 == 0) {
        live_.insert(info_.start + i * 64);
      } else {
        give(uniform, info_.start + i * 64);
      }
    }
    MixedBlock::make(info_, classes_);
  }

  BlockInfo& info_;
  std::set<char*> live_;
  std::uint8_t classes_[kGranules] = {};
};

TEST_F(MixedBlockTest, KeepsTheObjectsThatWereThere) {
  for (char* object : live_) EXPECT_EQ(MixedBlock::class_at(object), 4u);
  EXPECT_EQ(MixedBlock::class_at(*live_.begin() + 64), 0u);
  EXPECT_EQ(MixedBlock::class_at(*live_.begin() + 8), 0u);
  EXPECT_EQ(info_.free, kGranules - 64 * 4);
}

TEST_F(MixedBlockTest, HolesTakeObjectsOfAnyClassAlignedAsElsewhere) {
  MixedBlock block(info_);
  std::mt19937 random(1);
  struct Live {
    char* start;
    unsigned size_class;
  };
  std::vector<Live> all;
  for (char* object : live_) all.push_back({object, 4});
  for (int i = 0; i < 3000; ++i) {
    const unsigned c = 1 + static_cast<unsigned>(random() % kMixable);
    std::uint32_t longest;
    for (char* object : objects_of(block.take(c, 1 + random() % 8, &longest), c)) {
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(object) % natural_alignment(c), 0u);
      for (const Live& other : all)
        ASSERT_TRUE(object >= other.start + class_size(other.size_class) ||
                    other.start >= object + class_size(c));
      all.push_back({object, c});
    }
    while (all.size() > 200) {
      std::swap(all[random() % all.size()], all.back());
      ASSERT_EQ(MixedBlock::class_at(all.back().start), all.back().size_class);
      block.give(all.back().start);
      all.pop_back();
    }
  }
  for (const Live& live : all) block.give(live.start);
  EXPECT_EQ(info_.free, kGranules);
}

TEST_F(MixedBlockTest, SaysHowLongTheLongestHoleIs) {
  std::uint32_t longest = 0;
  EXPECT_EQ(MixedBlock(info_).take(64, 1, &longest).mask, 0u);
  EXPECT_EQ(longest, 60u);
  EXPECT_NE(MixedBlock(info_).take(60, 1, &longest).mask, 0u);
}

using MixedBlockDeathTest = MixedBlockTest;
TEST_F(MixedBlockDeathTest, AnAddressInsideAnObjectIsNamed) {
  EXPECT_DEATH(MixedBlock(info_).give(*live_.begin() + 16),
               "invalid free: 0x[0-9a-f]+ is not the start of a block");
}

}  // namespace
}  // namespace assay::drop_in
