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
  EXPECT_TRUE(reader.has_ring());
  ASSERT_EQ(reader.start(0, reader.size()), 0);
  const Chunk first = reader.next();
  const std::byte* const slot = first.bytes.data();
  EXPECT_EQ(first.bytes.size(), kRingPieceBytes);
  // The next piece lies in a slot of its own: the first one's bytes are not written over to get it.
  EXPECT_EQ(reader.next().bytes.data(), slot + kRingPieceBytes);
  EXPECT_EQ(slot[0], expected(0));
}

}  // namespace
}  // namespace assay::zerocopy_test
