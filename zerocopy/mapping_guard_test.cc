#include "zerocopy/mapping_guard.h"

#include <gtest/gtest.h>
#include <setjmp.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "zerocopy/test_file.h"

namespace assay::zerocopy_test {
namespace {

constexpr std::size_t kPages = 8;
const std::size_t kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

// A mapping of a file that has just been truncated to one page.
class LostMapping {
 public:
  LostMapping() : file_(kPages * kPage) {
    memory_ = static_cast<std::byte*>(
        ::mmap(nullptr, kPages * kPage, PROT_READ, MAP_SHARED, file_.descriptor(), 0));
    if (memory_ == MAP_FAILED) throw std::runtime_error("mmap");
    file_.resize(kPage);
    file_.remove_name();  // some of these processes are to be killed
  }
  ~LostMapping() { ::munmap(memory_, kPages * kPage); }
  // Volatile inside: each read is one.
  std::byte at(std::size_t offset) const { return *static_cast<const volatile std::byte*>(memory_ + offset); }
  void* address() const { return memory_; }

 private:
  TestFile file_;
  std::byte* memory_;
};

// Tests of what was there before the first guard run it in a process that has had none: installing happens
// once for a process, and the death tests of this suite start the program anew.
class MappingGuardDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST(MappingGuardTest, ALostPageReadsAsZerosAndIsMarked) {
  const LostMapping lost;
  MappingGuard guard;
  ASSERT_EQ(guard.cover(lost.address(), kPages * kPage), 0);
  EXPECT_EQ(lost.at(7), expected(7));
  EXPECT_EQ(guard.lost(), nullptr);
  EXPECT_EQ(lost.at(3 * kPage + 5), std::byte{0});
  EXPECT_EQ(guard.lost(), static_cast<std::byte*>(lost.address()) + 3 * kPage + 5);
  // The first one is kept, and the pages before it that are there are not touched.
  EXPECT_EQ(lost.at(2 * kPage), std::byte{0});
  EXPECT_EQ(guard.lost(), static_cast<std::byte*>(lost.address()) + 3 * kPage + 5);
  EXPECT_EQ(lost.at(kPage - 1), expected(kPage - 1));
  ASSERT_EQ(guard.cover(lost.address(), kPages * kPage), 0);
  EXPECT_EQ(guard.lost(), nullptr);
}

// More pages than a process may have mappings, forwards and backwards.
TEST(MappingGuardTest, AnyNumberOfLostPagesIsSurvived) {
  constexpr std::size_t kBytes = std::size_t{1} << 30;
  for (const bool backwards : {false, true}) {
    TestFile file(0);
    file.resize(kBytes);
    void* const memory = ::mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, file.descriptor(), 0);
    if (memory == MAP_FAILED) GTEST_SKIP() << "mmap of 1 GiB: " << std::strerror(errno);
    MappingGuard guard;
    ASSERT_EQ(guard.cover(memory, kBytes), 0);
    file.resize(0);
    const volatile std::byte* const bytes = static_cast<const std::byte*>(memory);
    std::size_t wrong = 0;
    for (std::size_t at = 0; at < kBytes; at += 2 * kPage) {
      if (bytes[backwards ? kBytes - 2 * kPage - at : at] != std::byte{0}) ++wrong;
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(guard.lost(), static_cast<std::byte*>(memory) + (backwards ? kBytes - 2 * kPage : 0));
    guard.uncover();
    ::munmap(memory, kBytes);
  }
}

TEST(MappingGuardTest, ErrnoIsAsItWas) {
  const LostMapping lost;
  MappingGuard guard;
  ASSERT_EQ(guard.cover(lost.address(), kPages * kPage), 0);
  errno = 12345;
  (void)lost.at(kPage);
  EXPECT_EQ(errno, 12345);
}

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

void fault_beside_the_guard() {
  ::signal(SIGBUS, SIG_DFL);  // whatever a sanitizer has set
  const LostMapping lost;
  const LostMapping other;
  MappingGuard guard;
  if (guard.cover(other.address(), kPages * kPage) != 0) ::_exit(1);
  (void)lost.at(kPage);
  ::_exit(0);
}

TEST_F(MappingGuardDeathTest, AFaultElsewhereEndsTheProcessAsBefore) {
  EXPECT_EXIT(fault_beside_the_guard(), KilledBySignal(SIGBUS), "");
}

enum class After { kCover, kUncover, kRelease };

void read_page(After after, std::size_t offset) {
  ::signal(SIGBUS, SIG_DFL);
  const LostMapping lost;
  MappingGuard guard;
  if (guard.cover(lost.address(), 3 * kPage) != 0) ::_exit(1);
  if (after == After::kUncover) guard.uncover();
  if (after == After::kRelease) guard.release();
  (void)lost.at(offset);
  ::_exit(0);
}

TEST_F(MappingGuardDeathTest, OnlyTheRangeAndOnlyWhileItIsCovered) {
  EXPECT_EXIT(read_page(After::kCover, 3 * kPage - 1), ExitedWithCode(0), "");
  EXPECT_EXIT(read_page(After::kCover, 3 * kPage), KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(read_page(After::kUncover, 3 * kPage - 1), KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(read_page(After::kRelease, 3 * kPage - 1), KilledBySignal(SIGBUS), "");
}

void send_to_itself(void (*earlier)(int)) {
  ::signal(SIGBUS, earlier);
  const std::byte byte{};
  MappingGuard guard;
  if (guard.cover(&byte, 1) != 0) ::_exit(1);
  ::raise(SIGBUS);
  ::_exit(0);
}

TEST_F(MappingGuardDeathTest, ASignalThatIsSentDoesWhatItDidBefore) {
  EXPECT_EXIT(send_to_itself(SIG_DFL), KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(send_to_itself(SIG_IGN), ExitedWithCode(0), "");
  EXPECT_EXIT(send_to_itself([](int) { ::_exit(43); }), ExitedWithCode(43), "");
}

sigjmp_buf back;
std::atomic<void*> seen_address{nullptr};

void fault_with_an_earlier_handler() {
  struct sigaction earlier = {};
  earlier.sa_flags = SA_SIGINFO;
  earlier.sa_sigaction = [](int, siginfo_t* information, void*) {
    seen_address = information->si_addr;
    siglongjmp(back, 1);
  };
  ::sigaction(SIGBUS, &earlier, nullptr);
  const LostMapping covered;
  const LostMapping lost;
  MappingGuard guard;
  if (guard.cover(covered.address(), kPages * kPage) != 0) ::_exit(1);
  (void)covered.at(kPage);
  if (seen_address != nullptr) ::_exit(2);
  if (sigsetjmp(back, 1) == 0) {
    (void)lost.at(kPage + 3);
    ::_exit(3);
  }
  ::_exit(seen_address == static_cast<std::byte*>(lost.address()) + kPage + 3 ? 42 : 4);
}

TEST_F(MappingGuardDeathTest, TheEarlierHandlerGetsWhatIsNotOurs) {
  EXPECT_EXIT(fault_with_an_earlier_handler(), ExitedWithCode(42), "");
}

TEST(MappingGuardTest, SlotsAreGivenBackAndWhenAllAreTakenItSaysSo) {
  std::vector<MappingGuard> guards;
  MappingGuard one;
  int error = 0;
  std::byte byte{};
  while (error == 0 && guards.size() <= mapping_guard::kRanges) {
    error = guards.emplace_back().cover(&byte, 1);
  }
  EXPECT_EQ(error, ENOSPC);
  EXPECT_EQ(guards.size(), mapping_guard::kRanges + 1);
  EXPECT_EQ(one.cover(&byte, 1), ENOSPC);
  guards.front().release();
  EXPECT_EQ(one.cover(&byte, 1), 0);
}

TEST(MappingGuardTest, ThreadsFaultWhileOthersRegister) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&wrong] {
      for (int round = 0; round < 50; ++round) {
        const LostMapping lost;
        MappingGuard guard;
        if (guard.cover(lost.address(), kPages * kPage) != 0) ++wrong;
        if (lost.at(5) != expected(5)) ++wrong;
        for (std::size_t page = 1; page < kPages; ++page) {
          if (lost.at(page * kPage) != std::byte{0}) ++wrong;
        }
        if (guard.lost() != static_cast<std::byte*>(lost.address()) + kPage) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace assay::zerocopy_test
