#include "zerocopy/io_ring.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdarg>
#include <cstring>
#include <functional>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "zerocopy/test_file.h"

namespace assay::zerocopy_test {

// What the next calls of one system call do instead; empty: what they always do.
struct Injected {
  long number = 0;
  std::function<std::optional<long>(int nth, long a, long b, long c)> instead;
  int calls = 0;
};
Injected injected;

}  // namespace assay::zerocopy_test

// In place of libc's.
extern "C" long syscall(long number, ...) noexcept {
  static const auto original = reinterpret_cast<long (*)(long, ...)>(::dlsym(RTLD_NEXT, "syscall"));
  va_list arguments;
  va_start(arguments, number);
  // As many as any has: others than those of a ring are made here, too.
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  auto& injected = assay::zerocopy_test::injected;
  if (injected.instead && number == injected.number) {
    // With int and unsigned arguments only the lower half of a word is theirs.
    const std::optional<long> result =
        injected.instead(injected.calls++, a[0], static_cast<int>(a[1]), static_cast<int>(a[2]));
    if (result.has_value()) {
      if (*result >= 0) return *result;
      errno = static_cast<int>(-*result);
      return -1;
    }
  }
  return original(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

namespace assay::zerocopy_test {
namespace {

class IoRingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Availability available = IoRing::available();
    if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  }
  void TearDown() override { injected = {}; }

  static void inject(long number, std::function<std::optional<long>(int, long, long, long)> instead) {
    injected = {number, std::move(instead), 0};
  }

  static int open_or_skip(IoRing& ring, unsigned entries,
                          IoRing::Issuer issuer = IoRing::Issuer::kAnyThread) {
    const int error = ring.open(entries, issuer);
    if (error == ENOMEM) skip_test("io_uring_setup: no more memory may be locked");
    return error;
  }

  static bool nothing(IoRing& ring, std::uint64_t tag) {
    io_uring_sqe* const entry = ring.get();
    if (entry == nullptr) return false;
    entry->opcode = IORING_OP_NOP;
    entry->user_data = tag;
    return true;
  }
};

TEST_F(IoRingTest, EveryRequestComesBackOnce) {
  for (const IoRing::Issuer issuer : {IoRing::Issuer::kAnyThread, IoRing::Issuer::kOneThread}) {
    IoRing ring;
    ASSERT_EQ(open_or_skip(ring, 8, issuer), 0);
    std::multiset<std::uint64_t> back;
    std::uint64_t tag = 0;
    IoRing::Completion completion;
    for (int round = 0; round < 100; ++round) {
      for (int i = 0; i < 1 + round % 8; ++i) ASSERT_TRUE(nothing(ring, tag++));
      ASSERT_EQ(ring.wait(1), 0);
      while (ring.complete(completion)) back.insert(completion.user_data);
    }
    ASSERT_EQ(ring.wait(ring.outstanding()), 0);
    while (ring.complete(completion)) back.insert(completion.user_data);
    EXPECT_EQ(ring.outstanding(), 0u);
    EXPECT_EQ(back.size(), tag);
    EXPECT_EQ(std::set(back.begin(), back.end()).size(), tag);
  }
}

TEST_F(IoRingTest, AFullRingSaysSo) {
  IoRing ring;
  EXPECT_EQ(ring.get(), nullptr);
  EXPECT_EQ(ring.submit(), EBADF);
  ASSERT_EQ(open_or_skip(ring, 4), 0);
  for (std::uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(nothing(ring, i));
  EXPECT_EQ(ring.get(), nullptr);
  EXPECT_EQ(ring.unsubmitted(), 4u);
  ASSERT_EQ(ring.submit(), 0);
  EXPECT_EQ(ring.unsubmitted(), 0u);
  EXPECT_TRUE(nothing(ring, 4));
  EXPECT_EQ(ring.outstanding(), 5u);
}

TEST_F(IoRingTest, MoreCompletionsThanTheRingHoldsAreKept) {
  for (const IoRing::Issuer issuer : {IoRing::Issuer::kAnyThread, IoRing::Issuer::kOneThread}) {
    IoRing ring;
    ASSERT_EQ(open_or_skip(ring, 4, issuer), 0);
    std::uint64_t sent = 0;
    while (sent < 40) {
      if (nothing(ring, sent)) {
        ++sent;
        continue;
      }
      ASSERT_EQ(ring.submit(), 0);
    }
    std::set<std::uint64_t> back;
    IoRing::Completion completion;
    ASSERT_EQ(ring.submit(), 0);
    while (ring.complete(completion)) back.insert(completion.user_data);
    EXPECT_EQ(back.size(), 40u);
    EXPECT_EQ(ring.outstanding(), 0u);
  }
}

TEST_F(IoRingTest, NoMoreIsWaitedForThanTheRingHolds) {
  IoRing ring;
  ASSERT_EQ(open_or_skip(ring, 4), 0);
  for (std::uint64_t i = 0; i < 40;) {
    if (nothing(ring, i)) {
      ++i;
    } else {
      ASSERT_EQ(ring.submit(), 0);
    }
  }
  std::set<std::uint64_t> back;
  IoRing::Completion completion;
  while (ring.outstanding() != 0) {
    ASSERT_EQ(ring.wait(ring.outstanding()), 0);
    while (ring.complete(completion)) back.insert(completion.user_data);
  }
  EXPECT_EQ(back.size(), 40u);
}

TEST_F(IoRingTest, InterruptedAndShortSubmissionsAreRepeatedForTheRest) {
  IoRing ring;
  ASSERT_EQ(open_or_skip(ring, 8), 0);
  for (std::uint64_t i = 0; i < 8; ++i) ASSERT_TRUE(nothing(ring, i));
  inject(SYS_io_uring_enter, [&](int nth, long, long count, long) -> std::optional<long> {
    if (nth % 2 == 0) return -EINTR;
    injected.instead = {};  // one request, by a call that is not injected
    const long taken = ::syscall(SYS_io_uring_enter, ring.descriptor(), 1u, 0u, 0u, nullptr, std::size_t{0});
    EXPECT_EQ(taken, 1);
    EXPECT_EQ(count, 8);
    return taken;
  });
  ASSERT_EQ(ring.wait(8), 0);
  std::set<std::uint64_t> back;
  for (IoRing::Completion completion; ring.complete(completion);) back.insert(completion.user_data);
  EXPECT_EQ(back.size(), 8u);
}

TEST_F(IoRingTest, ErrorsLeaveTheRestToBeSubmitted) {
  IoRing ring;
  ASSERT_EQ(open_or_skip(ring, 8), 0);
  for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(nothing(ring, i));
  inject(SYS_io_uring_enter, [](int nth, long, long, long) -> std::optional<long> {
    if (nth == 0) return -EBUSY;
    if (nth == 1) return 0;
    return std::nullopt;
  });
  EXPECT_EQ(ring.submit(), EBUSY);
  EXPECT_EQ(ring.submit(), EAGAIN);
  EXPECT_EQ(ring.unsubmitted(), 3u);
  EXPECT_EQ(ring.outstanding(), 3u);
  EXPECT_EQ(ring.wait(3), 0);
  EXPECT_EQ(injected.calls, 3);
}

TEST_F(IoRingTest, OldKernelsGetARingWithoutTheNewFlags) {
  int asked = 0;
  inject(SYS_io_uring_setup, [&](int nth, long, long, long) -> std::optional<long> {
    ++asked;
    return nth < 2 ? std::optional<long>(-EINVAL) : std::nullopt;
  });
  IoRing ring;
  ASSERT_EQ(open_or_skip(ring, 8, IoRing::Issuer::kOneThread), 0);
  EXPECT_EQ(asked, 3);
  ASSERT_TRUE(nothing(ring, 1));
  EXPECT_EQ(ring.wait(), 0);
}

TEST_F(IoRingTest, WhatTheKernelRefusesIsReportedAndNothingStays) {
  const std::size_t open = open_descriptors();
  for (const int error : {EPERM, ENOSYS, ENOMEM, EMFILE}) {
    inject(SYS_io_uring_setup, [&](int, long, long, long) { return std::optional<long>(-error); });
    IoRing ring;
    EXPECT_EQ(ring.open(8), error);
    EXPECT_FALSE(ring.is_open());
    EXPECT_EQ(IoRing::available().error, error);
    EXPECT_STREQ(IoRing::available().needs, "io_uring_setup");
  }
  inject(SYS_io_uring_register, [](int, long, long, long) { return std::optional<long>(-ENOMEM); });
  IoRing ring;
  ASSERT_EQ(open_or_skip(ring, 8), 0);
  EXPECT_EQ(ring.register_buffers({}), ENOMEM);
  EXPECT_FALSE(ring.supports(IORING_OP_NOP));
  ring.close();
  EXPECT_EQ(open_descriptors(), open);
  EXPECT_EQ(mappings_of("io_uring"), 0u);
}

TEST_F(IoRingTest, KnowsWhatTheKernelKnows) {
  IoRing ring;
  EXPECT_FALSE(ring.supports(IORING_OP_NOP));
  ASSERT_EQ(open_or_skip(ring, 1), 0);
  EXPECT_TRUE(ring.supports(IORING_OP_NOP));
  EXPECT_TRUE(ring.supports(IORING_OP_READ_FIXED));
  EXPECT_FALSE(ring.supports(254));
  EXPECT_FALSE(ring.supports(1000));
}

TEST_F(IoRingTest, RegisteredMemoryIsReadTo) {
  const TestFile file(100000);
  std::vector<std::byte> memory(50000);
  IoRing ring;
  ASSERT_EQ(open_or_skip(ring, 2), 0);
  const iovec whole{memory.data(), memory.size()};
  const int error = ring.register_buffers({&whole, 1});
  if (error != 0) GTEST_SKIP() << "io_uring_register: " << std::strerror(error);
  io_uring_sqe* const entry = ring.get();
  ASSERT_NE(entry, nullptr);
  entry->opcode = IORING_OP_READ_FIXED;
  entry->fd = file.descriptor();
  entry->off = 123;
  entry->addr = reinterpret_cast<std::uintptr_t>(memory.data() + 7);
  entry->len = 40000;
  ASSERT_EQ(ring.wait(), 0);
  IoRing::Completion completion;
  ASSERT_TRUE(ring.complete(completion));
  ASSERT_EQ(completion.result, 40000);
  for (std::size_t i = 0; i < 40000; ++i) ASSERT_EQ(memory[7 + i], expected(123 + i));
  EXPECT_EQ(ring.unregister_buffers(), 0);
}

TEST_F(IoRingTest, AZeroCopySendIsOutstandingUntilItsMemoryIsFree) {
  IoRing ring;
  ASSERT_EQ(open_or_skip(ring, 4), 0);
  if (!ring.supports(IORING_OP_SEND_ZC)) GTEST_SKIP() << "IORING_OP_SEND_ZC: this kernel has none";
  const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  const Descriptor sender(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(sender.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  const Descriptor receiver(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(receiver.is_open());

  std::vector<std::byte> memory(20000, std::byte{5});
  io_uring_sqe* const entry = ring.get();
  ASSERT_NE(entry, nullptr);
  entry->opcode = IORING_OP_SEND_ZC;
  entry->fd = sender.get();
  entry->addr = reinterpret_cast<std::uintptr_t>(memory.data());
  entry->len = static_cast<unsigned>(memory.size());
  entry->msg_flags = MSG_WAITALL;
  ASSERT_EQ(ring.wait(), 0);
  IoRing::Completion completion;
  ASSERT_TRUE(ring.complete(completion));
  ASSERT_EQ(completion.result, 20000);
  ASSERT_TRUE(completion.more());
  EXPECT_FALSE(completion.notification());
  EXPECT_EQ(ring.outstanding(), 1u);
  std::vector<std::byte> received(20000);
  ASSERT_EQ(::recv(receiver.get(), received.data(), received.size(), MSG_WAITALL), 20000);
  EXPECT_EQ(received, memory);
  ASSERT_EQ(ring.wait(), 0);
  ASSERT_TRUE(ring.complete(completion));
  EXPECT_TRUE(completion.notification());
  EXPECT_FALSE(completion.more());
  EXPECT_EQ(ring.outstanding(), 0u);
}

TEST_F(IoRingTest, MovesWithWhatIsOutstandingAlsoToAnotherThread) {
  IoRing first;
  ASSERT_EQ(open_or_skip(first, 4), 0);
  ASSERT_TRUE(nothing(first, 11));
  ASSERT_EQ(first.submit(), 0);
  ASSERT_TRUE(nothing(first, 12));
  IoRing second = std::move(first);
  EXPECT_FALSE(first.is_open());
  EXPECT_EQ(first.outstanding(), 0u);
  std::set<std::uint64_t> back;
  std::thread([&] {
    IoRing third;
    third = std::move(second);
    if (third.wait(2) != 0) return;
    for (IoRing::Completion completion; third.complete(completion);) back.insert(completion.user_data);
  }).join();
  EXPECT_EQ(back, (std::set<std::uint64_t>{11, 12}));
}

TEST_F(IoRingTest, ARingOfOneThreadRefusesOthers) {
  IoRing ring;
  inject(SYS_io_uring_setup, [](int, long, long, long) { return std::optional<long>(std::nullopt); });
  ASSERT_EQ(open_or_skip(ring, 4, IoRing::Issuer::kOneThread), 0);
  if (injected.calls != 1) GTEST_SKIP() << "IORING_SETUP_DEFER_TASKRUN: this kernel has none";
  ASSERT_TRUE(nothing(ring, 1));
  int error = 0;
  std::thread([&] { error = ring.submit(); }).join();
  EXPECT_EQ(error, EEXIST);
  EXPECT_EQ(ring.wait(), 0);
}

TEST_F(IoRingTest, NothingStaysOpenOrMapped) {
  const std::size_t open = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    IoRing ring;
    ASSERT_EQ(open_or_skip(ring, 8), 0);
    ASSERT_TRUE(nothing(ring, 1));
    ASSERT_EQ(open_or_skip(ring, 16), 0);
    ASSERT_TRUE(nothing(ring, 2));
    ASSERT_EQ(ring.submit(), 0);
    IoRing other;
    other = std::move(ring);
  }
  EXPECT_EQ(open_descriptors(), open);
  EXPECT_EQ(mappings_of("io_uring"), 0u);
}

}  // namespace
}  // namespace assay::zerocopy_test
