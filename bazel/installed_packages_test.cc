// The allocator that is linked instead of preloaded comes under the registry's name, headers and library
// together.
#include <gtest/gtest.h>
#include <mimalloc.h>

namespace {

TEST(InstalledPackages, MimallocIsThereToLink) {
  EXPECT_GE(mi_version(), 200);
  void* block = mi_malloc(100);
  EXPECT_TRUE(mi_is_in_heap_region(block));
  mi_free(block);
}

}  // namespace
