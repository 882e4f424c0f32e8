// How ZeroCopySend learns what the kernel did, and what it makes of it.
#include "zerocopy/zero_copy_send.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "zerocopy/completion_ledger.h"
#include "zerocopy/copy_watch.h"
#include "zerocopy/transfer_testing.h"

namespace assay {
namespace {

using testing::Bytes;
using testing::Connection;
using testing::numbered;
using zerocopy::CompletionLedger;
using zerocopy::CopyWatch;

constexpr int kNotAllowed = 77;

TEST(CompletionLedger, WaitsForAllOfRangesInAnyOrder) {
  CompletionLedger ledger;
  std::uint32_t sends = 0;
  for (const std::uint32_t bytes : {10U, 20U, 30U, 40U, 50U}) ledger.issue(bytes);
  EXPECT_EQ(ledger.complete(2, 3, sends), 70U);
  EXPECT_EQ(sends, 2U);
  EXPECT_EQ(ledger.outstanding(), 3U);
  EXPECT_EQ(ledger.complete(2, 3, sends), 0U);
  EXPECT_EQ(sends, 0U);
  EXPECT_EQ(ledger.complete(4, 4, sends), 50U);
  EXPECT_EQ(ledger.complete(5, 1000, sends), 0U);
  EXPECT_EQ(ledger.complete(0, 1, sends), 30U);
  EXPECT_EQ(ledger.outstanding(), 0U);
}

TEST(CompletionLedger, CountsOnWhenTheNumbersWrap) {
  CompletionLedger ledger(0xfffffffe);
  std::uint32_t sends = 0;
  for (std::uint32_t i = 0; i < 4; ++i) ledger.issue(1);
  EXPECT_EQ(ledger.complete(0, 0, sends), 1U);
  EXPECT_EQ(ledger.complete(0xfffffffe, 0xfffffffe, sends), 1U);
  EXPECT_EQ(ledger.outstanding(), 2U);
  EXPECT_EQ(ledger.complete(0xffffffff, 1, sends), 2U);
  EXPECT_EQ(sends, 2U);
  EXPECT_EQ(ledger.outstanding(), 0U);
}

TEST(CompletionLedger, HasRoomWhileThePlaceOfTheNextNumberIsFree) {
  CompletionLedger ledger;
  std::uint32_t sends = 0;
  for (std::uint32_t i = 0; i < CompletionLedger::kPlaces; ++i) {
    ASSERT_TRUE(ledger.has_room());
    ledger.issue(1);
  }
  EXPECT_FALSE(ledger.has_room());
  EXPECT_EQ(ledger.complete(1, 40, sends), 40U);
  EXPECT_FALSE(ledger.has_room());
  EXPECT_EQ(ledger.complete(0, 0, sends), 1U);
  EXPECT_TRUE(ledger.has_room());
}

TEST(CopyWatch, TriesTwiceThenPausesThenTriesOnceAndPausesLonger) {
  CopyWatch watch;
  for (unsigned i = 0; i < CopyWatch::kEnough; ++i) {
    ASSERT_TRUE(watch.tries());
    watch.tried();
  }
  EXPECT_FALSE(watch.tries());
  EXPECT_TRUE(watch.waits());
  watch.answered(CopyWatch::kEnough, true);
  EXPECT_FALSE(watch.tries());
  EXPECT_EQ(watch.plain_left(), CopyWatch::kFirstPause);
  for (std::uint64_t pause = CopyWatch::kFirstPause; pause < CopyWatch::kLongestPause; pause *= 2) {
    EXPECT_EQ(watch.plain_left(), pause);
    watch.sent_plainly(pause - 1);
    EXPECT_FALSE(watch.tries());
    watch.sent_plainly(5);
    ASSERT_TRUE(watch.tries());
    watch.tried();
    watch.answered(1, true);
  }
  EXPECT_EQ(watch.plain_left(), CopyWatch::kLongestPause);
}

TEST(CopyWatch, GoesOnWithoutLimitOnceAnUncopiedAnswerCame) {
  CopyWatch watch;
  watch.tried();
  watch.answered(1, true);
  watch.tried();
  watch.answered(1, false);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(watch.tries());
    watch.tried();
  }
  EXPECT_FALSE(watch.waits());
  // One that had to be copied among many is no reason to stop.
  watch.answered(1, true);
  EXPECT_TRUE(watch.tries());
  watch.answered(1, true);
  EXPECT_FALSE(watch.tries());
}

class ZeroCopySendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Availability available = ZeroCopySend::available();
    if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  }
};

TEST_F(ZeroCopySendTest, StopsTryingWhereTheKernelCopies) {
  const Bytes bytes = numbered(20 << 20);
  Connection connection = testing::tcp_connection();
  testing::Peer peer(connection.far.get());
  ZeroCopySend transfer;
  ASSERT_EQ(transfer.open(), 0);
  EXPECT_EQ(transfer.send(connection.near.get(), std::span(bytes).first(1 << 20)).bytes, 1U << 20);
  EXPECT_EQ(transfer.finish(connection.near.get()), IoResult());
  EXPECT_EQ(transfer.record().kernel_copied, 1U << 20);
  const std::uint64_t calls = transfer.record().calls;
  EXPECT_EQ(transfer.send(connection.near.get(), std::span(bytes).subspan(1 << 20)).bytes, 19U << 20);
  EXPECT_EQ(transfer.record().calls, calls + 1);
  EXPECT_EQ(transfer.finish(connection.near.get()), IoResult());
  EXPECT_EQ(transfer.record().kernel_copied, bytes.size());
  connection.near.close();
  EXPECT_EQ(peer.received(), bytes);
}

// Where the kernel does not copy: over a device without a receiver, in a network of this child's own.
int send_without_copies() {
  if (::unshare(CLONE_NEWNET) != 0) {
    const std::string root = "0 " + std::to_string(::getuid()) + " 1";
    Descriptor users;
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 || users.open("/proc/self/uid_map", O_WRONLY) != 0 ||
        ::write(users.get(), root.data(), root.size()) < 0)
      return kNotAllowed;
  }
  if (std::system("exec 2>/dev/null; PATH=$PATH:/sbin:/usr/sbin; ip link add out type ifb && "
                  "ip link set out mtu 65500 up && ip address add 10.9.9.1/24 dev out") != 0)
    return kNotAllowed;
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(0x0a090902);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
  const Bytes bytes(60'000);
  ZeroCopySend transfer;
  if (transfer.open() != 0) return 2;
  for (int i = 0; i < 1000; ++i)
    if (transfer.send(socket.get(), bytes) != IoResult{bytes.size(), 0}) return 3;
  if (!transfer.finish(socket.get()).ok()) return 4;
  return transfer.record().kernel_copied == 0 && transfer.record().bytes == 1000 * bytes.size() ? 0 : 5;
}

TEST_F(ZeroCopySendTest, GoesOnWhereTheKernelDoesNotCopy) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(send_without_copies());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotAllowed) GTEST_SKIP() << "no network of its own with an ifb device";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ZeroCopySendTest, FirstSendsReferToTheSource) {
  Bytes bytes(200'000, std::byte{'a'});
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  ZeroCopySend transfer;
  ASSERT_EQ(transfer.open(), 0);
  const std::size_t sent = static_cast<std::size_t>(transfer.send(connection.near.get(), bytes).bytes);
  EXPECT_EQ(transfer.finish(connection.near.get()), (IoResult{0, EAGAIN}));
  std::fill(bytes.begin(), bytes.end(), std::byte{'b'});
  Bytes received;
  testing::take_until(connection.far.get(), received, sent);
  EXPECT_GT(std::count(received.begin(), received.end(), std::byte{'b'}), 0);
}

TEST_F(ZeroCopySendTest, OwesNothingToASocketThatGotTheDescriptorLater) {
  const Bytes bytes = numbered(200'000);
  Connection first = testing::tcp_connection(true);
  first.do_not_block();
  ZeroCopySend transfer;
  ASSERT_EQ(transfer.open(), 0);
  EXPECT_EQ(transfer.send(first.near.get(), bytes).error, EAGAIN);
  EXPECT_EQ(transfer.finish(first.near.get()).error, EAGAIN);
  Connection second = testing::tcp_connection();
  ASSERT_EQ(::dup2(second.near.get(), first.near.get()), first.near.get());
  testing::Peer peer(second.far.get());
  EXPECT_EQ(transfer.finish(first.near.get()), IoResult());
  EXPECT_EQ(transfer.send(first.near.get(), bytes), (IoResult{bytes.size(), 0}));
  EXPECT_EQ(transfer.finish(first.near.get()), IoResult());
  second.near.close();
  first.near.close();
  EXPECT_EQ(peer.received(), bytes);
}

// A transfer that took the answers of another one's sends for its own would finish too early.
void expect_finished_means_read(ZeroCopySend& transfer, Connection& connection, Bytes& received) {
  while (!testing::writable(connection.near.get())) testing::take(connection.far.get(), received);
  Bytes source(200'000, std::byte{'a'});
  const std::uint64_t sent = transfer.send(connection.near.get(), source).bytes;
  EXPECT_GT(sent, 0U);
  EXPECT_EQ(transfer.finish(connection.near.get()), IoResult());
  std::fill(source.begin(), source.end(), std::byte{'b'});
  EXPECT_EQ(transfer.record().kernel_copied, transfer.record().bytes);
}

TEST_F(ZeroCopySendTest, KeepsOffWhereSomebodyElseMayBeOwedAnswers) {
  const Bytes bytes(200'000, std::byte{'x'});
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  ZeroCopySend first, second;
  ASSERT_EQ(first.open(), 0);
  ASSERT_EQ(second.open(), 0);
  EXPECT_EQ(first.send(connection.near.get(), bytes).error, EAGAIN);
  Bytes received;
  expect_finished_means_read(second, connection, received);
  // The same for what it has itself forgotten.
  ASSERT_EQ(first.open(), 0);
  expect_finished_means_read(first, connection, received);
  connection.near.close();
  const Bytes last = testing::Peer(connection.far.get()).received();
  received.insert(received.end(), last.begin(), last.end());
  EXPECT_EQ(std::count(received.begin(), received.end(), std::byte{'b'}), 0);
}

TEST_F(ZeroCopySendTest, GoesOnWithTheNumbersOfASocketAfterCloseAndOpen) {
  const Bytes bytes = numbered(300'000);
  Connection connection = testing::tcp_connection();
  testing::Peer peer(connection.far.get());
  ZeroCopySend transfer;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(transfer.open(), 0);
    EXPECT_TRUE(transfer.send(connection.near.get(), bytes).ok());
    EXPECT_EQ(transfer.finish(connection.near.get()), IoResult());
    EXPECT_EQ(transfer.record().kernel_copied, bytes.size());
  }
  connection.near.close();
  EXPECT_EQ(peer.received().size(), 100 * bytes.size());
}

}  // namespace
}  // namespace assay
