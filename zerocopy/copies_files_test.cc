// What every transfer from file to file owes, beyond what suites/transfer/ checks.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "zerocopy/copying_transfer.h"
#include "zerocopy/file_copy.h"
#include "zerocopy/transfer_testing.h"

namespace assay {
namespace {

using testing::Bytes;
using testing::contents;
using testing::numbered;

template <class T>
Availability here() {
  return T::available();
}
template <>
Availability here<Reflink>() {
  const char* const directory = std::getenv("TEST_TMPDIR");
  return directory != nullptr ? Reflink::available(directory) : Reflink::available();
}

template <class T>
class CopiesFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!here<T>().ok()) GTEST_SKIP() << here<T>().needs << ": " << std::strerror(here<T>().error);
    ASSERT_EQ(transfer.open(), 0);
  }
  T transfer;
};
using Transfers = ::testing::Types<CopyingTransfer, CopyFileRange, Reflink>;
TYPED_TEST_SUITE(CopiesFilesTest, Transfers);

TYPED_TEST(CopiesFilesTest, CopiesTheRangeAndNothingElse) {
  const Bytes bytes = numbered(1'000'000);
  const Descriptor from = testing::temporary_file(bytes);
  for (const std::uint64_t shift : {std::uint64_t{0}, std::uint64_t{4096}, std::uint64_t{777}}) {
    const Bytes old(bytes.size() + 5000, std::byte{'o'});
    const Descriptor to = testing::temporary_file(old);
    EXPECT_EQ(this->transfer.copy(from.get(), 5000, to.get(), 5000 + shift, 900'001), (IoResult{900'001, 0}));
    EXPECT_EQ(this->transfer.finish(to.get()), IoResult());
    Bytes expected = old;
    std::copy_n(bytes.begin() + 5000, 900'001, expected.begin() + static_cast<std::ptrdiff_t>(5000 + shift));
    EXPECT_TRUE(contents(to.get(), 0, old.size() + 1) == expected) << shift;
    EXPECT_EQ(::lseek(from.get(), 0, SEEK_CUR), 0);
    EXPECT_EQ(::lseek(to.get(), 0, SEEK_CUR), 0);
  }
  EXPECT_EQ(this->transfer.record().bytes, 3 * 900'001U);
  if constexpr (std::same_as<TypeParam, CopyFileRange>) {
    EXPECT_EQ(this->transfer.record().user_copied, 0U);
  }
}

TYPED_TEST(CopiesFilesTest, CopiesNothingOfNothing) {
  const Descriptor from = testing::temporary_file(numbered(10));
  const Descriptor to = testing::temporary_file({});
  EXPECT_EQ(this->transfer.copy(from.get(), 0, to.get(), 100, 0), IoResult());
  EXPECT_EQ(contents(to.get(), 0, 10).size(), 0U);
}

TYPED_TEST(CopiesFilesTest, SaysThatTheSourceEndedEarly) {
  const Bytes bytes = numbered(100'001);
  const Descriptor from = testing::temporary_file(bytes);
  const Descriptor to = testing::temporary_file({});
  EXPECT_EQ(this->transfer.copy(from.get(), 0, to.get(), 0, UINT64_MAX), (IoResult{100'001, kSourceEnded}));
  EXPECT_EQ(contents(to.get(), 0, 200'000), bytes);
  EXPECT_EQ(this->transfer.copy(from.get(), 100'001, to.get(), 0, 1), (IoResult{0, kSourceEnded}));
  EXPECT_EQ(this->transfer.copy(from.get(), 200'000, to.get(), 0, 1), (IoResult{0, kSourceEnded}));
}

TYPED_TEST(CopiesFilesTest, WritesTheEndOfARangeThatIsAHole) {
  const Descriptor from = testing::temporary_file(numbered(5000));
  ASSERT_EQ(::ftruncate(from.get(), 1'000'000), 0);
  const Descriptor to = testing::temporary_file({});
  EXPECT_EQ(this->transfer.copy(from.get(), 0, to.get(), 0, 1'000'000), (IoResult{1'000'000, 0}));
  EXPECT_TRUE(contents(to.get(), 0, 2'000'000) == contents(from.get(), 0, 2'000'000));
  EXPECT_EQ(contents(to.get(), 0, 2'000'000).size(), 1'000'000U);
}

TYPED_TEST(CopiesFilesTest, HandlesOffsetsAndLengthsBeyondFourGigabytes) {
  constexpr std::uint64_t kFar = std::uint64_t{5} << 30;
  const Bytes bytes = numbered(70'000);
  const Descriptor from = testing::temporary_file(bytes, kFar);
  const Descriptor to = testing::temporary_file({});
  EXPECT_EQ(this->transfer.copy(from.get(), kFar, to.get(), kFar + 4096, std::uint64_t{1} << 33),
            (IoResult{bytes.size(), kSourceEnded}));
  EXPECT_EQ(contents(to.get(), kFar + 4096, 100'000), bytes);
  EXPECT_EQ(this->transfer.copy(from.get(), UINT64_MAX, to.get(), 0, 5), (IoResult{0, EINVAL}));
  EXPECT_EQ(this->transfer.copy(from.get(), 0, to.get(), UINT64_MAX, 5), (IoResult{0, EINVAL}));
}

TYPED_TEST(CopiesFilesTest, RefusesToCopyARangeOntoItself) {
  const Bytes bytes = numbered(100'000);
  const Descriptor file = testing::temporary_file(bytes);
  EXPECT_EQ(this->transfer.copy(file.get(), 0, file.get(), 10'000, 50'000), (IoResult{0, EINVAL}));
  EXPECT_EQ(contents(file.get(), 0, 200'000), bytes);
  EXPECT_EQ(this->transfer.copy(file.get(), 0, file.get(), 53'248, 40'000), (IoResult{40'000, 0}));
}

// The kernel sees no overlap: it cuts each call at the end of the source, which grows.
TYPED_TEST(CopiesFilesTest, RefusesARangeThatMeetsItsOwnCopyBehindTheEnd) {
  const Descriptor file = testing::temporary_file(numbered(100'000));
  EXPECT_EQ(this->transfer.copy(file.get(), 0, file.get(), 100'000, 300'000), (IoResult{0, EINVAL}));
  EXPECT_EQ(this->transfer.copy(file.get(), 4096, file.get(), 0, UINT64_MAX), (IoResult{0, EINVAL}));
  EXPECT_EQ(contents(file.get(), 0, 500'000).size(), 100'000U);
}

TYPED_TEST(CopiesFilesTest, LeavesTheTargetsRestWhereTheRangeEndsWithinABlock) {
  const Bytes bytes = numbered(20'000);
  const Descriptor from = testing::temporary_file(bytes);
  const Bytes old(30'000, std::byte{'o'});
  for (const std::uint64_t length : {std::uint64_t{10'000}, std::uint64_t{20'000}, std::uint64_t{25'000}}) {
    const Descriptor to = testing::temporary_file(old);
    const std::uint64_t there = std::min<std::uint64_t>(length, bytes.size());
    EXPECT_EQ(this->transfer.copy(from.get(), 0, to.get(), 0, length),
              (IoResult{there, there < length ? kSourceEnded : 0}));
    Bytes expected = old;
    std::copy_n(bytes.begin(), there, expected.begin());
    EXPECT_EQ(contents(to.get(), 0, 40'000), expected) << length;
  }
}

TYPED_TEST(CopiesFilesTest, RefusesATargetThatAppends) {
  const Descriptor from = testing::temporary_file(numbered(10'000));
  const Descriptor to = testing::temporary_file(numbered(10'000));
  ASSERT_EQ(::fcntl(to.get(), F_SETFL, O_APPEND), 0);
  EXPECT_EQ(this->transfer.copy(from.get(), 0, to.get(), 0, 8192), (IoResult{0, EBADF}));
  EXPECT_EQ(contents(to.get(), 0, 30'000).size(), 10'000U);
}

TYPED_TEST(CopiesFilesTest, SaysWhatIsWrongWithDescriptors) {
  const Descriptor file = testing::temporary_file(numbered(10));
  EXPECT_EQ(this->transfer.copy(-1, 0, file.get(), 0, 10), (IoResult{0, EBADF}));
  EXPECT_EQ(this->transfer.copy(file.get(), 0, -1, 0, 10), (IoResult{0, EBADF}));
}

TYPED_TEST(CopiesFilesTest, LeavesNoDescriptor) {
  const Descriptor from = testing::temporary_file(numbered(100'000));
  const Descriptor to = testing::temporary_file({});
  const std::size_t before = testing::open_descriptors();
  {
    TypeParam first;
    ASSERT_EQ(first.open(), 0);
    EXPECT_TRUE(first.copy(from.get(), 0, to.get(), 0, 100'000).ok());
    TypeParam second(std::move(first));
    EXPECT_EQ(second.record().bytes, 100'000U);
    EXPECT_FALSE(second.copy(from.get(), 0, -1, 0, 100'000).ok());
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

// Of these the kernel knows no size, copies nothing to another file system, or says EINVAL.
TEST(CopyFileRange, FallsBackForFilesThatTheKernelDoesNotCopy) {
  CopyFileRange transfer;
  ASSERT_EQ(transfer.open(), 0);
  const Descriptor to = testing::temporary_file({});
  for (const char* const path : {"/proc/version", "/proc/self/maps", "/dev/zero"}) {
    Descriptor from;
    ASSERT_EQ(from.open(path, O_RDONLY), 0);
    EXPECT_EQ(transfer.copy(from.get(), 0, to.get(), 3, 20), (IoResult{20, 0})) << path;
    EXPECT_EQ(contents(to.get(), 3, 20), contents(from.get(), 0, 20)) << path;
  }
  EXPECT_EQ(transfer.record().user_copied, 60U);
  Descriptor version;
  ASSERT_EQ(version.open("/proc/version", O_RDONLY), 0);
  const IoResult whole = transfer.copy(version.get(), 0, to.get(), 0, 1 << 20);
  EXPECT_GT(whole.bytes, 20U);
  EXPECT_EQ(whole.error, kSourceEnded);
}

// Nor here: each of its calls is shorter than the distance.
TEST(CopyFileRange, RefusesToCopyARangeOntoItselfBeyondTwoGigabytes) {
  constexpr std::uint64_t kDistance = std::uint64_t{1} << 31;
  const Descriptor file(::memfd_create("holes", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(file.get(), static_cast<off_t>(2 * kDistance)), 0);
  CopyFileRange transfer;
  ASSERT_EQ(transfer.open(), 0);
  EXPECT_EQ(transfer.copy(file.get(), 0, file.get(), kDistance, kDistance + 1), (IoResult{0, EINVAL}));
}

TEST(CopyFileRange, CopiesToAnotherFileSystem) {
  const Bytes bytes = numbered(300'000);
  const Descriptor from = testing::temporary_file(bytes);
  const Descriptor to(::memfd_create("target", MFD_CLOEXEC));
  CopyFileRange transfer;
  ASSERT_EQ(transfer.open(), 0);
  EXPECT_EQ(transfer.copy(from.get(), 0, to.get(), 0, bytes.size()), (IoResult{bytes.size(), 0}));
  EXPECT_EQ(contents(to.get(), 0, bytes.size() + 1), bytes);
}

TEST(Reflink, SaysWhatTheFileSystemLacks) {
  const Descriptor from(::memfd_create("source", MFD_CLOEXEC));
  const Descriptor to(::memfd_create("target", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(from.get(), 8192), 0);
  Reflink transfer;
  ASSERT_EQ(transfer.open(), 0);
  EXPECT_EQ(transfer.copy(from.get(), 0, to.get(), 0, 8192), (IoResult{0, EOPNOTSUPP}));
  EXPECT_EQ(Reflink::available("/proc").ok(), false);
}

}  // namespace
}  // namespace assay
