// What is remembered of a block, the report, and cleanup with the right sizes.
#include "allocators/tracking_allocator.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "suites/core/upstream.h"

namespace assay {
namespace {

TEST(TrackingAllocator, RemembersSizeAlignmentAndPlace) {
  TrackingAllocator allocator;
  void* block = allocator.allocate(100, 32);
  constexpr unsigned kLine = __LINE__ - 1;
  int records = 0;
  allocator.for_each_live([&](const TrackingAllocator::Record& record) {
    ++records;
    EXPECT_EQ(record.block, block);
    EXPECT_EQ(record.size, 100U);
    EXPECT_EQ(record.alignment, 32U);
    EXPECT_EQ(record.line, kLine);
    EXPECT_NE(std::strstr(record.file, "tracking_allocator_test.cc"), nullptr) << record.file;
  });
  EXPECT_EQ(records, 1);
  allocator.deallocate(block, 100, 32);
}

TEST(TrackingAllocator, ReportsWhatIsLive) {
  TrackingAllocator allocator;
  allocator.deallocate(allocator.allocate(24, 8), 24, 8);
  allocator.allocate(48, 8);
  char text[1024] = "";
  std::FILE* memory = fmemopen(text, sizeof text, "w");
  allocator.report(memory);
  std::fclose(memory);
  EXPECT_NE(std::strstr(text, "48 bytes"), nullptr) << text;
  EXPECT_EQ(std::strstr(text, "24 bytes"), nullptr) << text;
  EXPECT_NE(std::strstr(text, "live: 1 blocks, 48 bytes"), nullptr) << text;
}

// The suite's upstream ends the process when a size or an alignment is not the block's own.
TEST(TrackingAllocator, CleansUpWithTheRightSizesAndGoesOn) {
  suite::Upstream upstream;
  {
    TrackingAllocator allocator(&upstream);
    for (std::size_t i = 1; i <= 300; ++i) allocator.allocate(i * 7, std::size_t{1} << (i % 8));
    const std::size_t table = allocator.counts().reserved - allocator.counts().live_bytes;
    EXPECT_EQ(allocator.cleanup(), 300U);
    EXPECT_EQ(upstream.live_bytes(), table);
    EXPECT_EQ(allocator.counts().live_blocks, 0U);
    allocator.check_invariants();
    EXPECT_NE(allocator.allocate(10, 8), nullptr);
    EXPECT_EQ(allocator.cleanup(), 1U);
    allocator.allocate(10, 8);
  }
  EXPECT_EQ(upstream.live_blocks(), 0U) << "destruction releases what is live";
}

}  // namespace
}  // namespace assay
