// Every call to the kernel that a reader makes fails once, or is short, at every position.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "zerocopy/buffered_reader.h"
#include "zerocopy/direct_reader.h"
#include "zerocopy/mapped_file.h"
#include "zerocopy/mapped_reader.h"
#include "zerocopy/ring_reader.h"
#include "zerocopy/test_file.h"

namespace assay::zerocopy_test {

// The call of this number fails with `error`; 0: a read of one byte instead of many.
struct Fault {
  bool armed = false;
  long countdown = 0;
  int error = 0;
  bool struck = false;
};
Fault fault;
// From this io_uring_enter() on all of them fail.
long ring_dies_at = -1;
long ring_calls = 0;
// Of madvise(): each fails with the error, if there is one.
int advice_error = 0;
long advice_calls = 0;
long huge_page_calls = 0;

// Whether this call is the one.
bool strikes() {
  if (!fault.armed || fault.countdown-- != 0) return false;
  fault.struck = true;
  if (fault.error != 0) errno = fault.error;
  return true;
}

template <class Function>
Function* original(const char* name, Function*) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace assay::zerocopy_test

using assay::zerocopy_test::advice_calls;
using assay::zerocopy_test::advice_error;
using assay::zerocopy_test::fault;
using assay::zerocopy_test::huge_page_calls;
using assay::zerocopy_test::original;
using assay::zerocopy_test::ring_calls;
using assay::zerocopy_test::ring_dies_at;
using assay::zerocopy_test::strikes;

extern "C" ssize_t pread(int file, void* into, size_t bytes, off_t offset) {
  static const auto real = original("pread", &pread);
  if (strikes()) {
    if (fault.error != 0) return -1;
    bytes = bytes > 1 ? 1 : bytes;
  }
  return real(file, into, bytes, offset);
}

extern "C" int fstat(int file, struct stat* status) noexcept {
  static const auto real = original("fstat", &fstat);
  return strikes() && fault.error != 0 ? -1 : real(file, status);
}

extern "C" int statx(int directory, const char* path, int flags, unsigned mask,
                     struct statx* status) noexcept {
  static const auto real = original("statx", &statx);
  return strikes() && fault.error != 0 ? -1 : real(directory, path, flags, mask, status);
}

extern "C" int madvise(void* memory, size_t bytes, int advice) noexcept {
  static const auto real = original("madvise", &madvise);
  ++advice_calls;
  if (advice == MADV_HUGEPAGE) ++huge_page_calls;
  if (advice_error != 0) {
    errno = advice_error;
    return -1;
  }
  return strikes() && fault.error != 0 ? -1 : real(memory, bytes, advice);
}

extern "C" int posix_fadvise(int file, off_t offset, off_t bytes, int advice) noexcept {
  static const auto real = original("posix_fadvise", &posix_fadvise);
  return strikes() && fault.error != 0 ? fault.error : real(file, offset, bytes, advice);
}

// EINTR is not among the errors of mmap().
extern "C" void* mmap(void* at, size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  static const auto real = original("mmap", &mmap);
  if (fault.error != EINTR && strikes() && fault.error != 0) return MAP_FAILED;
  return real(at, bytes, protection, flags, file, offset);
}

extern "C" long syscall(long number, ...) noexcept {
  static const auto real = original("syscall", &syscall);
  va_list arguments;
  va_start(arguments, number);
  // As many as any has: others than those of a ring are made here, too.
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  if (strikes() && fault.error != 0) return -1;
  if (number == SYS_io_uring_enter && ring_dies_at >= 0 && ring_calls++ >= ring_dies_at) {
    errno = EIO;
    return -1;
  }
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

namespace assay::zerocopy_test {
namespace {

template <class R>
class ReaderFaults : public ::testing::Test {};
using Readers = ::testing::Types<BufferedReader, MappedReader, DirectReader, RingReader>;
TYPED_TEST_SUITE(ReaderFaults, Readers);

constexpr std::uint64_t kBytes = 2500001;

struct Outcome {
  int opened = 0;
  Pass pass;
  IoResult copied;
  std::uint64_t wrong = 0;
};

template <class R>
Outcome use(const TestFile& file) {
  Outcome outcome;
  R reader;
  outcome.opened = reader.open(file.path());
  if (outcome.opened != 0) return outcome;
  outcome.pass = run_pass(reader, 77, kBytes - 77);
  std::vector<std::byte> copy(10000);
  outcome.copied = reader.read(1001, copy);
  for (std::size_t i = 0; i < outcome.copied.bytes; ++i)
    outcome.wrong += copy[i] != expected(1001 + i) ? 1 : 0;
  return outcome;
}

TYPED_TEST(ReaderFaults, AreErrorsOrNothing) {
  const TestFile file(kBytes);
  const Availability available = TypeParam::available(file.path());
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  (void)use<TypeParam>(file);
  const std::size_t open = open_descriptors();
  for (const int error : {EINTR, EIO, ENOMEM, EINVAL, 0}) {
    long reached = 0;
    for (long position = 0;; ++position) {
      fault = {true, position, error, false};
      const Outcome outcome = use<TypeParam>(file);
      const bool struck = fault.struck;
      fault = {};
      const std::string where = "call " + std::to_string(position) + ", error " + std::to_string(error);
      EXPECT_EQ(outcome.pass.wrong, 0u) << where;
      EXPECT_EQ(outcome.wrong, 0u) << where;
      if (outcome.opened == ENOMEM && error != ENOMEM) GTEST_SKIP() << "no more memory may be locked";
      if (outcome.opened == 0) {
        const bool whole = outcome.pass.bytes == kBytes - 77;
        EXPECT_TRUE(outcome.pass.error == 0 ? whole : outcome.pass.error == error)
            << where << outcome.pass.error;
        EXPECT_TRUE(outcome.copied.error == 0 ? outcome.copied.bytes == 10000 : outcome.copied.error == error)
            << where;
        if (error == EINTR || error == 0) {
          EXPECT_TRUE(whole && outcome.pass.error == 0) << where;
          EXPECT_EQ(outcome.copied, (IoResult{10000, 0})) << where;
        }
      } else {
        EXPECT_EQ(outcome.opened, error) << where;
      }
      ASSERT_EQ(open_descriptors(), open) << where;
      ASSERT_EQ(mappings_of(file.path()), 0u) << where;
      ASSERT_EQ(mappings_of("io_uring"), 0u) << where;
      if (!struck) break;
      reached = position;
    }
    EXPECT_GT(reached, 3) << "nothing was injected";
  }
}

TYPED_TEST(ReaderFaults, AStartThatFailsEndsThePassBefore) {
  const TestFile file(kBytes);
  const Availability available = TypeParam::available(file.path());
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  TypeParam reader;
  ASSERT_EQ(open_or_skip(reader, file.path()), 0);
  ASSERT_EQ(reader.start(0, kBytes), 0);
  ASSERT_FALSE(reader.next().bytes.empty());
  int error = 0;
  // A call that ends the pass before is made again, without a word; the second time there is none to end.
  for (int attempt = 0; attempt < 2 && error == 0; ++attempt) {
    fault = {true, 0, EIO, false};
    error = reader.start(0, kBytes);
  }
  fault = {};
  EXPECT_EQ(error, EIO);
  const Chunk chunk = reader.next();
  EXPECT_TRUE(chunk.bytes.empty());
  EXPECT_EQ(chunk.error, EIO);
}

TEST(MappedFileFaults, AKernelThatIsShortOfSomethingIsNotAskedForever) {
  const TestFile file(kBytes);
  MappedFile mapped;
  advice_error = EAGAIN;
  advice_calls = 0;
  const int error = mapped.open(file.path(), {.populate = true});
  advice_error = 0;
  EXPECT_EQ(error, EAGAIN);
  EXPECT_LE(advice_calls, 10);
}

TEST(RingReaderFaults, LittleMemoryIsNotLockedInHugePages) {
  const TestFile file(kBytes);
  const Availability available = RingReader::available(file.path());
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  huge_page_calls = 0;
  RingReader reader;
  ASSERT_EQ(open_or_skip(reader, file.path()), 0);
  EXPECT_EQ(huge_page_calls, 0);
}

using RingReaders = ::testing::Types<DirectReader, RingReader>;
template <class R>
class DyingRing : public ::testing::Test {};
TYPED_TEST_SUITE(DyingRing, RingReaders);

// The rest is read plainly, and reads that the kernel may still be making go to memory that nobody has.
TYPED_TEST(DyingRing, LosesNothing) {
  const TestFile file(kBytes);
  const Availability available = TypeParam::available(file.path());
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  const std::size_t open = open_descriptors();
  long calls = 1;
  for (long from = 0; from < calls; ++from) {
    ring_dies_at = from;
    ring_calls = 0;
    const Outcome outcome = use<TypeParam>(file);
    calls = ring_calls;
    ring_dies_at = -1;
    if (outcome.opened == ENOMEM) GTEST_SKIP() << "no more memory may be locked";
    EXPECT_EQ(outcome.opened, 0);
    EXPECT_EQ(outcome.pass.bytes, kBytes - 77);
    EXPECT_EQ(outcome.pass.wrong, 0u);
    EXPECT_EQ(outcome.pass.error, 0);
    EXPECT_EQ(outcome.copied, (IoResult{10000, 0}));
    EXPECT_EQ(outcome.wrong, 0u);
    ASSERT_EQ(open_descriptors(), open);
  }
}

// Whatever fails meanwhile, too: a pass either does not start or is whole.
TEST(RingReaderFaults, APassAfterTheRingHasDiedStartsOrSaysWhyNot) {
  const TestFile file(kBytes);
  const Availability available = RingReader::available(file.path());
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  bool struck = true;
  long died = 0;
  for (long position = 0; struck; ++position) {
    RingReader reader;
    ASSERT_EQ(open_or_skip(reader, file.path()), 0);
    ASSERT_EQ(reader.start(0, kBytes), 0);
    // Some are asked for and not yet submitted.
    for (int pieces = 0; pieces < 2; ++pieces) {
      ASSERT_FALSE(reader.next().bytes.empty());
    }
    ring_dies_at = ring_calls = 0;
    fault = {true, position, ENOMEM, false};
    const int error = reader.start(0, kBytes);
    struck = fault.struck;
    fault = {};
    ring_dies_at = -1;
    died += ring_calls;
    if (error != 0) {
      EXPECT_EQ(error, ENOMEM);
      continue;
    }
    std::uint64_t bytes = 0;
    Chunk chunk = reader.next();
    for (; !chunk.bytes.empty(); chunk = reader.next()) bytes += chunk.bytes.size();
    EXPECT_EQ(chunk.error, 0) << "call " << position;
    EXPECT_EQ(bytes, kBytes) << "call " << position;
  }
  if (died == 0) GTEST_SKIP() << "no piece was under way: little memory may be locked";
}

}  // namespace
}  // namespace assay::zerocopy_test
