#include "zerocopy/ring_reader.h"

#include <gtest/gtest.h>

#include <cstring>

#include "zerocopy/reader_cases.h"

namespace assay::zerocopy_test {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Ring, ReaderCases, RingReader);

TEST(RingReaderTest, ReadsGoThroughTheRing) {
  const TestFile file(4 * kRingPieceBytes);
  const Availability available = RingReader::available(file.path());
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  RingReader reader;
  ASSERT_EQ(open_or_skip(reader, file.path()), 0);
  ASSERT_EQ(reader.start(0, reader.size()), 0);
  if (!reader.has_ring()) GTEST_SKIP() << "no more memory may be locked";
  const Chunk first = reader.next();
  const std::byte* const slot = first.bytes.data();
  EXPECT_EQ(first.bytes.size(), kRingPieceBytes);
  // The next piece lies in a slot of its own: the first one's bytes are not written over to get it.
  EXPECT_EQ(reader.next().bytes.data(), slot + kRingPieceBytes);
  EXPECT_EQ(slot[0], expected(0));
}

// To make one takes longer than to read a short range, and one that is there serves all files.
TEST(RingReaderTest, TheRingIsMadeForTheFirstLongRangeAndStays) {
  constexpr std::uint64_t kShort = 2 * kRingPieceBytes;
  const TestFile file(2 * kShort), other(kShort + 1);
  const Availability available = RingReader::available(file.path());
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  RingReader reader;
  ASSERT_EQ(reader.open(file.path()), 0);
  EXPECT_EQ(run_pass(reader, 1, kShort).bytes, kShort);
  EXPECT_FALSE(reader.has_ring());
  EXPECT_EQ(mappings_of("io_uring"), 0u);
  EXPECT_EQ(run_pass(reader, 1, kShort + 1).bytes, kShort + 1);
  if (!reader.has_ring()) GTEST_SKIP() << "no more memory may be locked";
  const std::size_t open = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(reader.open(other.path()), 0);
    const Pass pass = run_pass(reader, 0, kShort + 1);
    EXPECT_EQ(pass.bytes, kShort + 1);
    EXPECT_EQ(pass.wrong, 0u);
    EXPECT_TRUE(reader.has_ring());
    EXPECT_EQ(open_descriptors(), open);
  }
}

}  // namespace
}  // namespace assay::zerocopy_test
