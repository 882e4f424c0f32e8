#include "zerocopy/direct_reader.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "zerocopy/reader_cases.h"

namespace assay::zerocopy_test {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Direct, ReaderCases, DirectReader);

Availability on_disk() {
  const TestFile file(1);
  return DirectReader::available(file.path());
}

TEST(DirectReaderTest, EveryRaggedEnd) {
  const Availability available = on_disk();
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  TestFile file(0);
  DirectReader reader;
  ASSERT_EQ(open_or_skip(reader, file.path()), 0);
  for (std::uint64_t size = 1; size < 9000; size += 61) {
    file.resize(0);
    file.write(0, size);
    const Pass pass = run_pass(reader, size / 5, size);
    EXPECT_EQ(pass.bytes, size - size / 5);
    EXPECT_EQ(pass.wrong, 0u);
    EXPECT_EQ(pass.error, size / 5 == 0 ? 0 : kSourceEnded) << size;
  }
}

TEST(DirectReaderTest, NoFileSystemWithoutDirectReadsIsReadInAnotherWay) {
  EXPECT_EQ(DirectReader::available("/proc/self/status").error, EINVAL);
  EXPECT_STREQ(DirectReader::available("/proc/self/status").needs, "O_DIRECT on this file");
  DirectReader reader;
  EXPECT_EQ(reader.open("/proc/self/status"), EINVAL);
}

TEST(DirectReaderTest, TheBlockIsWhatTheKernelSays) {
  const Availability available = on_disk();
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  const TestFile file(100);
  AlignedFile direct;
  std::uint64_t size = 0;
  ASSERT_EQ(direct.open(file.path(), true, size), 0);
  EXPECT_EQ(size, 100u);
  struct statx status = {};
  ASSERT_EQ(::statx(AT_FDCWD, file.path(), 0, STATX_DIOALIGN, &status), 0);
  if ((status.stx_mask & STATX_DIOALIGN) != 0) {
    EXPECT_EQ(direct.block(), std::max(status.stx_dio_mem_align, status.stx_dio_offset_align));
  } else {
    EXPECT_GE(direct.block(), 4096u);
  }
  AlignedFile plain;
  ASSERT_EQ(plain.open(file.path(), false, size), 0);
  EXPECT_EQ(plain.block(), 1u);
}

// How many pages of the file the kernel holds.
long cached_pages([[maybe_unused]] int file) {
#ifdef SYS_cachestat
  const long number = SYS_cachestat;
#else
  const long number = 451;
#endif
  struct {
    std::uint64_t offset, length;
  } range{0, 0};
  struct {
    std::uint64_t cached, dirty, writeback, evicted, recently_evicted;
  } counts{};
  return ::syscall(number, file, &range, &counts, 0u) == 0 ? static_cast<long>(counts.cached) : -1;
}

TEST(DirectReaderTest, NothingIsLeftInThePageCache) {
  const Availability available = on_disk();
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  TestFile file(5000001);
  ASSERT_EQ(::fsync(file.descriptor()), 0);
  ASSERT_EQ(::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_DONTNEED), 0);
  const long before = cached_pages(file.descriptor());
  if (before < 0) GTEST_SKIP() << "cachestat: " << std::strerror(errno);
  if (before > 10) GTEST_SKIP() << "this file system keeps its pages";
  DirectReader reader;
  ASSERT_EQ(open_or_skip(reader, file.path()), 0);
  const Pass pass = run_pass(reader, 3, 5000001);
  EXPECT_EQ(pass.bytes, 4999998u);
  EXPECT_EQ(pass.wrong, 0u);
  EXPECT_LE(cached_pages(file.descriptor()), before);
}

}  // namespace
}  // namespace assay::zerocopy_test
