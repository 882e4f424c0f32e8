#include "allocators/malloc/block_map.h"

#include <gtest/gtest.h>

namespace assay::drop_in {
namespace {

TEST(BlockMapTest, ForeignAddressesHaveNoKind) {
  int local = 0;
  static int fixed = 0;
  EXPECT_EQ(BlockMap::kind(&local), 0u);
  EXPECT_EQ(BlockMap::kind(&fixed), 0u);
  EXPECT_EQ(BlockMap::kind(nullptr), 0u);
  EXPECT_EQ(BlockMap::kind(reinterpret_cast<void*>(UINTPTR_MAX)), 0u);
}

TEST(BlockMapTest, KnowsTheKindOfEveryAddressOfAUnit) {
  auto* start = static_cast<char*>(OsMemory::map_units(nullptr, 2 * kUnit));
  ASSERT_NE(start, nullptr);
  ASSERT_TRUE(BlockMap::add(start, 2));
  BlockMap::set_kind(start, 7);
  EXPECT_EQ(BlockMap::kind(start), 7u);
  EXPECT_EQ(BlockMap::kind(start + kUnit - 1), 7u);
  EXPECT_EQ(BlockMap::kind(start + kUnit), 0u);
  EXPECT_NE(BlockMap::info(start), nullptr);
  EXPECT_EQ(BlockMap::info(start), BlockMap::info(start + kUnit - 1));
  EXPECT_NE(BlockMap::info(start), BlockMap::info(start + kUnit));
}

TEST(BlockMapTest, FarMemoryIsFoundThroughOtherWindows) {
  ASSERT_TRUE(BlockMap::add(OsMemory::map_units(nullptr, kUnit), 1));  // fixes the first window
  void* wanted = reinterpret_cast<void*>(std::uintptr_t{1} << 40);
  auto* far = static_cast<char*>(OsMemory::map_units(wanted, kUnit));
  if (far != wanted) GTEST_SKIP() << "the kernel has something else at that address";
  EXPECT_EQ(BlockMap::kind(far), 0u);
  ASSERT_TRUE(BlockMap::add(far, 1));
  BlockMap::set_kind(far, 9);
  std::size_t kind;
  EXPECT_FALSE(BlockMap::near_kind(far, &kind));
  EXPECT_EQ(BlockMap::kind(far + 100), 9u);
}

}  // namespace
}  // namespace assay::drop_in
