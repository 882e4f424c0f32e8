#include "zerocopy/mapped_file.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "zerocopy/mapped_reader.h"
#include "zerocopy/reader_cases.h"

namespace assay::zerocopy_test {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Mapped, ReaderCases, MappedReader);

std::uint64_t wrong_bytes(std::span<const std::byte> bytes, std::uint64_t offset) {
  std::uint64_t wrong = 0;
  for (const std::byte byte : bytes) wrong += byte != expected(offset++) ? 1 : 0;
  return wrong;
}

TEST(MappedFileTest, TheWholeOrAnyPart) {
  const TestFile file(100001);
  for (const bool more : {false, true}) {
    const MapOptions whole{.populate = more, .huge_pages = more, .sequential = more};
    MappedFile mapped;
    ASSERT_EQ(mapped.open(file.path(), whole), 0);
    EXPECT_EQ(mapped.size(), 100001u);
    EXPECT_EQ(wrong_bytes(mapped, 0), 0u);
    EXPECT_EQ(mapped.confirm(), 0);
    for (const std::uint64_t offset : {0u, 1u, 4095u, 4096u, 5000u, 100000u}) {
      for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, MapOptions::kToTheEnd}) {
        MapOptions part = whole;
        part.offset = offset;
        part.length = length;
        ASSERT_EQ(mapped.open(file.path(), part), 0);
        EXPECT_EQ(mapped.size(), std::min(length, 100001 - offset));
        EXPECT_EQ(wrong_bytes(mapped.bytes(), offset), 0u);
        EXPECT_EQ(mapped.confirm(), 0);
      }
    }
  }
}

TEST(MappedFileTest, ARangeBeyondTheEndIsNotMapped) {
  const TestFile file(5000);
  MappedFile mapped;
  EXPECT_EQ(mapped.open(file.path(), {.offset = 5001}), kSourceEnded);
  EXPECT_EQ(mapped.open(file.path(), {.offset = 1, .length = 5000}), kSourceEnded);
  EXPECT_EQ(mapped.open(file.path(), {.offset = 5000}), 0);
  EXPECT_EQ(mapped.size(), 0u);
  EXPECT_EQ(mapped.confirm(), 0);
  EXPECT_EQ(mapped.open("/nonexistent/file"), ENOENT);
  EXPECT_EQ(mapped.confirm(), EBADF);
  EXPECT_EQ(mapped.open("/"), EISDIR);
}

TEST(MappedFileTest, AnEmptyFileIsEmpty) {
  const TestFile file(0);
  MappedFile mapped;
  ASSERT_EQ(mapped.open(file.path(), {.populate = true}), 0);
  EXPECT_TRUE(mapped.bytes().empty());
  EXPECT_EQ(mapped.confirm(), 0);
}

TEST(MappedFileTest, TruncationIsAnErrorValue) {
  for (const std::string& where : {disk_directory(), memory_directory()}) {
    if (where.empty()) continue;
    TestFile file(50000, where);
    MappedFile mapped;
    ASSERT_EQ(mapped.open(file.path()), 0);
    file.resize(20001);
    std::uint64_t ones = 0;
    for (const std::byte byte : mapped.bytes()) ones += byte != std::byte{0} ? 1 : 0;
    EXPECT_GT(ones, 0u);
    EXPECT_LE(ones, 20001u);
    EXPECT_EQ(wrong_bytes(mapped.view(0, 20001), 0), 0u);
    EXPECT_EQ(mapped.confirm(), kSourceEnded);
    // Grown again, it has bytes that nobody has read: those that were read were not the file's.
    file.write(0, 50000);
    EXPECT_EQ(mapped.confirm(), kSourceEnded);
    ASSERT_EQ(mapped.open(file.path()), 0);
    EXPECT_EQ(wrong_bytes(mapped.bytes(), 0), 0u);
    EXPECT_EQ(mapped.confirm(), 0);
  }
}

TEST(MappedFileTest, TheZeroTailOfTheLastPageIsNoData) {
  TestFile file(4096);
  MappedFile mapped;
  ASSERT_EQ(mapped.open(file.path()), 0);
  file.resize(100);  // no read faults: the page is still there
  EXPECT_EQ(mapped.bytes()[4095], std::byte{0});
  EXPECT_EQ(mapped.confirm(), kSourceEnded);
}

TEST(MappedFileTest, LivesOnWithoutTheName) {
  std::uint64_t wrong = 1;
  MappedFile mapped;
  {
    const TestFile file(10000);
    ASSERT_EQ(mapped.open(file.path()), 0);
  }
  MappedFile moved = std::move(mapped);
  EXPECT_TRUE(mapped.bytes().empty());
  std::thread([&] { wrong = wrong_bytes(moved.bytes(), 0); }).join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(moved.confirm(), 0);
}

TEST(MappedFileTest, AViewOutsideEndsTheProgram) {
  const TestFile file(10);
  MappedFile mapped;
  ASSERT_EQ(mapped.open(file.path()), 0);
  EXPECT_EQ(mapped.view(3, 3).size(), 0u);
  EXPECT_EQ(mapped.view(0, 10).data(), mapped.bytes().data());
  EXPECT_DEATH(mapped.view(0, 11), "I2");
  EXPECT_DEATH(mapped.view(5, 4), "I2");
}

TEST(MappedFileTest, NothingStaysOpenOrMapped) {
  const TestFile file(100000);
  const std::size_t open = open_descriptors();
  for (int i = 0; i < 600; ++i) {
    MappedFile mapped;
    ASSERT_EQ(mapped.open(file.path(), {.offset = 5, .populate = true}), 0);
    ASSERT_EQ(mapped.open(file.path()), 0);
    MappedFile other;
    other = std::move(mapped);
  }
  EXPECT_EQ(open_descriptors(), open);
  EXPECT_EQ(mappings_of(file.path()), 0u);
}

TEST(MappedReaderTest, ChunksAreThePagesOfTheFile) {
  const TestFile file(3 * MappedReader::kWindowBytes);
  MappedReader reader;
  ASSERT_EQ(reader.open(file.path()), 0);
  ASSERT_EQ(reader.start(5, reader.size()), 0);
  Chunk chunk = reader.next();
  EXPECT_EQ(chunk.bytes.size(), MappedReader::kWindowBytes - 5);
  const std::byte other[1] = {~expected(5 + 7)};
  ASSERT_EQ(::pwrite(file.descriptor(), other, 1, 5 + 7), 1);
  EXPECT_EQ(chunk.bytes[7], other[0]);
  chunk = reader.next();
  EXPECT_EQ(chunk.bytes.size(), MappedReader::kWindowBytes);
  EXPECT_EQ(mappings_of(file.path()), 1u);
}

TEST(MappedReaderTest, ABreakInTheLastPageIsSeenAtTheEndOfThePass) {
  TestFile file(5000);
  MappedReader reader;
  ASSERT_EQ(reader.open(file.path()), 0);
  ASSERT_EQ(reader.start(0, 5000), 0);
  ASSERT_EQ(reader.next().bytes.size(), 5000u);
  file.resize(4999);
  EXPECT_TRUE(reader.next().bytes.empty());
  EXPECT_EQ(reader.confirm(), kSourceEnded);
}

}  // namespace
}  // namespace assay::zerocopy_test
