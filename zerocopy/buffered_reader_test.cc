#include "zerocopy/buffered_reader.h"

#include <gtest/gtest.h>

#include "zerocopy/reader_cases.h"

namespace assay::zerocopy_test {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Buffered, ReaderCases, BufferedReader);

TEST(BufferedReaderTest, ChunksAreOneBufferThatIsUsedAgain) {
  const TestFile file(3 * BufferedReader::kBufferBytes);
  BufferedReader reader;
  ASSERT_EQ(reader.open(file.path()), 0);
  ASSERT_EQ(reader.start(0, reader.size()), 0);
  const Chunk first = reader.next();
  const Chunk second = reader.next();
  EXPECT_EQ(first.bytes.data(), second.bytes.data());
  EXPECT_EQ(second.bytes.size(), BufferedReader::kBufferBytes);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first.bytes.data()) % 4096, 0u);
}

TEST(BufferedReaderTest, AChunkIsACopy) {
  TestFile file(1000);
  BufferedReader reader;
  ASSERT_EQ(reader.open(file.path()), 0);
  ASSERT_EQ(reader.start(0, 1000), 0);
  const Chunk chunk = reader.next();
  ASSERT_EQ(chunk.bytes.size(), 1000u);
  const std::byte other[1] = {~expected(7)};
  ASSERT_EQ(::pwrite(file.descriptor(), other, 1, 7), 1);
  EXPECT_EQ(chunk.bytes[7], expected(7));
  EXPECT_EQ(reader.confirm(), 0);
}

}  // namespace
}  // namespace assay::zerocopy_test
