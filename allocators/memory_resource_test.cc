// What the suite cannot ask of AllocatorResource, because a subject is made without arguments: resources that
// refer to an allocator, and containers on top of ours.
#include "allocators/memory_resource.h"

#include <gtest/gtest.h>

#include <map>
#include <memory_resource>
#include <string>
#include <vector>

#include "allocators/bump_arena.h"

namespace assay {
namespace {

TEST(AllocatorResource, ThatRefersToAnAllocatorUsesIt) {
  BumpArena arena;
  AllocatorResource resource(arena);
  static_assert(std::is_same_v<decltype(resource), AllocatorResource<BumpArena&>>);
  EXPECT_EQ(&resource.allocator(), &arena);
  ASSERT_NE(resource.allocate(100, 8), nullptr);
  EXPECT_GE(arena.counts().live_bytes, 100u);
}

TEST(AllocatorResource, EqualsThoseThatReferToTheSameAllocatorOnly) {
  BumpArena arena, other_arena;
  const AllocatorResource first(arena), second(arena), other(other_arena);
  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
  const AllocatorResource<BumpArena> owner;
  EXPECT_NE(first, owner);
}

TEST(AllocatorResource, OfAnAllocatorWithoutStateEqualsItsKind) {
  const AllocatorResource<SystemAllocator> first, second;
  EXPECT_EQ(first, second);
  EXPECT_NE(first, *std::pmr::new_delete_resource());
}

TEST(AllocatorResource, PassesArgumentsToTheAllocatorThatItOwns) {
  std::pmr::monotonic_buffer_resource upstream;
  AllocatorResource<BumpArena> resource(std::in_place, &upstream);
  EXPECT_NE(resource.allocate(1000, 64), nullptr);
}

TEST(AllocatorResource, ServesContainersUntilTheArenaIsReset) {
  AllocatorResource<BumpArena> resource;
  for (int frame = 0; frame < 3; ++frame) {
    {
      std::pmr::map<int, std::pmr::vector<std::pmr::string>> words(&resource);
      for (int i = 0; i < 100; ++i) words[i % 7].emplace_back("a string that is too long to stay inside");
      EXPECT_EQ(words.at(0).get_allocator().resource(), &resource);
      EXPECT_EQ(words.at(6).size(), 14u);
    }
    resource.allocator().reset();
  }
}

TEST(AllocatorResource, ThrowsWhereTheAllocatorReturnsNull) {
  AllocatorResource<BumpArena> resource(std::in_place, std::pmr::null_memory_resource());
  EXPECT_THROW(static_cast<void>(resource.allocate(1, 1)), std::bad_alloc);
}

}  // namespace
}  // namespace assay
