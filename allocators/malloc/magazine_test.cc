#include "allocators/malloc/magazine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace assay::drop_in {
namespace {

constexpr unsigned kClass = 4;

// As if it were full.
Magazine full_magazine(unsigned size_class) {
  Magazine magazine = magazine_pool.take(size_class);
  magazine.top = magazine.base + 1;
  return magazine;
}

TEST(MagazinePoolTest, WhatIsBelowTheFirstObjectIsBottomEachTime) {
  for (int turn = 0; turn < 2; ++turn) {
    const Magazine magazine = magazine_pool.take(kClass);
    EXPECT_TRUE(magazine.empty());
    for (std::size_t i = 0; i <= kAhead; ++i) EXPECT_EQ(*(magazine.base - i), bottom);
    magazine_pool.give(kClass, magazine);
  }
}

TEST(MagazinePoolTest, MagazinesDoNotOverlap) {
  for (unsigned c = 1; c < kClasses; ++c) {
    const Magazine low = magazine_pool.take(c), high = magazine_pool.take(c);
    const std::size_t places = std::max<std::size_t>(kFacts[c].batch, MagazinePool::kShort);
    for (std::size_t i = 1; i <= places; ++i) low.base[i] = nullptr;
    for (std::size_t i = 0; i <= kAhead; ++i) EXPECT_EQ(*(high.base - i), bottom) << class_size(c);
  }
}

TEST(DepotTest, ExchangesFullMagazinesForTheEmptyOnesThatWereLeft) {
  Depot depot;
  const Magazine full = full_magazine(kClass);
  Magazine empty{}, taken{};
  EXPECT_FALSE(depot.take(&taken, &empty));
  ASSERT_TRUE(depot.give(full, kClass, &empty));
  EXPECT_EQ(empty.base, nullptr);  // nobody left one yet

  Magazine left = magazine_pool.take(kClass);
  void** const base = left.base;
  ASSERT_TRUE(depot.take(&taken, &left));
  EXPECT_EQ(taken.base, full.base);
  EXPECT_EQ(taken.top, full.top);
  EXPECT_EQ(left.base, nullptr);  // it is in the depot
  ASSERT_TRUE(depot.give(full, kClass, &empty));
  EXPECT_EQ(empty.base, base);
  EXPECT_TRUE(empty.empty());
}

TEST(DepotTest, KeepsFewEmptyMagazinesAndLeavesTheOthers) {
  Depot depot;
  Magazine none{}, taken{};
  constexpr int kMagazines = 8;  // of the least objects; so many have room at first
  for (int i = 0; i < kMagazines; ++i) ASSERT_TRUE(depot.give(full_magazine(1), 1, &none));
  EXPECT_FALSE(depot.give(full_magazine(1), 1, &none));
  int left = 0;
  for (int i = 0; i < kMagazines; ++i) {
    Magazine empty = magazine_pool.take(1);
    ASSERT_TRUE(depot.take(&taken, &empty));
    left += empty.base != nullptr;
  }
  EXPECT_EQ(left, kMagazines - 3);
  EXPECT_FALSE(depot.take(&taken, &none));
}

TEST(DepotTest, HandsOutTheOldestFirst) {
  Depot depot;
  Magazine none{}, taken{}, before = full_magazine(kClass);
  ASSERT_TRUE(depot.give(before, kClass, &none));
  for (int i = 0; i < 200; ++i) {  // several times around its places
    const Magazine next = full_magazine(kClass);
    ASSERT_TRUE(depot.give(next, kClass, &none));
    ASSERT_TRUE(depot.take(&taken, &none));
    ASSERT_EQ(taken.base, before.base);
    before = next;
  }
  EXPECT_FALSE(depot.take_idle(&taken));  // it has only looked
  ASSERT_TRUE(depot.take_idle(&taken));
  EXPECT_EQ(taken.base, before.base);
}

TEST(DepotTest, HasRoomForLargeObjectsOnlyWhereOneThreadMissedWhatAnotherHas) {
  constexpr unsigned kLargest = kClasses - 1;
  Depot depot;
  Magazine none{}, taken{};
  EXPECT_FALSE(depot.give(full_magazine(kLargest), kLargest, &none));
  EXPECT_FALSE(depot.take(&taken, &none));
  EXPECT_FALSE(depot.give(full_magazine(kLargest), kLargest, &none));
  for (int room = 1; room <= 2; ++room) {
    std::thread([&] { EXPECT_FALSE(depot.take(&taken, &none)); }).join();
    for (int i = 0; i < room; ++i) EXPECT_TRUE(depot.give(full_magazine(kLargest), kLargest, &none));
    EXPECT_FALSE(depot.give(full_magazine(kLargest), kLargest, &none));
    for (int i = 0; i < room; ++i) EXPECT_TRUE(depot.take(&taken, &none));
  }
}

}  // namespace
}  // namespace assay::drop_in
