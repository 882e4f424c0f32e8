#include "suites/core/live_map.h"

#include <gtest/gtest.h>

namespace assay::suite {
namespace {

alignas(64) unsigned char memory[256];

TEST(LiveMap, AcceptsNeighboursThatTouch) {
  LiveMap live;
  EXPECT_EQ(live.add(memory, 16, 16, 16), nullptr);
  EXPECT_EQ(live.add(memory + 16, 16, 16, 16), nullptr);
  EXPECT_EQ(live.remove(memory), nullptr);
  EXPECT_EQ(live.size(), 1U);
}

TEST(LiveMap, SeesOverlapWithEitherNeighbour) {
  LiveMap live;
  EXPECT_EQ(live.add(memory + 64, 16, 32, 1), nullptr);
  EXPECT_NE(live.add(memory + 95, 1, 1, 1), nullptr) << "the usable bytes of the lower neighbour";
  EXPECT_NE(live.add(memory + 60, 5, 5, 1), nullptr) << "the first byte of the upper neighbour";
  EXPECT_NE(live.add(memory + 64, 0, 0, 1), nullptr) << "the same address, though empty";
}

TEST(LiveMap, SeesMisalignment) {
  LiveMap live;
  EXPECT_NE(live.add(memory + 8, 16, 16, 16), nullptr);
}

TEST(LiveMap, SeesEveryByteThatChanges) {
  for (std::size_t i = 0; i < 37; ++i) {
    LiveMap live;
    ASSERT_EQ(live.add(memory, 37, 37, 1), nullptr);
    memory[i] ^= 1;
    const char* problem = live.remove(memory);
    ASSERT_NE(problem, nullptr) << i;
    EXPECT_NE(std::string(problem).find("byte " + std::to_string(i) + " "), std::string::npos) << problem;
  }
}

TEST(LiveMap, KnowsWhatIsNotLive) {
  LiveMap live;
  EXPECT_NE(live.check(memory), nullptr);
}

TEST(LiveMap, HandsOutTheRecordForAReallocation) {
  LiveMap live;
  LiveMap::Block record;
  ASSERT_EQ(live.add(memory, 20, 24, 1), nullptr);
  ASSERT_TRUE(live.take(memory, &record));
  EXPECT_EQ(record.requested, 20U);
  EXPECT_EQ(LiveMap::compare(memory, 20, record.seed), nullptr);
  EXPECT_FALSE(live.take(memory, &record));
}

}  // namespace
}  // namespace assay::suite
