// How RingSend learns what the kernel did, and what it makes of it.
#include "zerocopy/ring_send.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "zerocopy/eventually.h"
#include "zerocopy/transfer_testing.h"

namespace assay {
namespace {

using testing::Bytes;
using testing::Connection;
using testing::numbered;

// By IORING_OP_SEND_ZC, of Linux 6.0. Before 5.19 plain sends, too, may end before all is sent.
bool kernel_can_refer() {
  IoRing ring;
  return ring.open(1) == 0 && ring.supports(47);
}

class RingSendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!RingSend::available().ok())
      GTEST_SKIP() << RingSend::available().needs << ": " << std::strerror(RingSend::available().error);
    ASSERT_EQ(transfer_.open(), 0);
  }
  RingSend transfer_;
};

TEST_F(RingSendTest, StopsTryingWhereTheKernelCopies) {
  const Bytes bytes = numbered(20 << 20);
  Connection connection = testing::tcp_connection();
  testing::Peer peer(connection.far.get());
  EXPECT_EQ(transfer_.send(connection.near.get(), std::span(bytes).first(1 << 20)).bytes, 1U << 20);
  EXPECT_EQ(transfer_.finish(connection.near.get()), IoResult());
  EXPECT_EQ(transfer_.record().kernel_copied, 1U << 20);
  const std::uint64_t calls = transfer_.record().calls;
  EXPECT_EQ(transfer_.send(connection.near.get(), std::span(bytes).subspan(1 << 20)).bytes, 19U << 20);
  if (kernel_can_refer()) {
    EXPECT_EQ(transfer_.record().calls, calls + 2);
  }
  EXPECT_EQ(transfer_.record().kernel_copied, bytes.size());
  connection.near.close();
  EXPECT_EQ(peer.received(), bytes);
}

TEST_F(RingSendTest, FirstSendsReferToTheSource) {
  Bytes bytes(200'000, std::byte{'a'});
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  const std::size_t sent = static_cast<std::size_t>(transfer_.send(connection.near.get(), bytes).bytes);
  if (transfer_.finish(connection.near.get()).ok()) GTEST_SKIP() << "the kernel has no IORING_OP_SEND_ZC";
  std::fill(bytes.begin(), bytes.end(), std::byte{'b'});
  Bytes received;
  testing::take_until(connection.far.get(), received, sent);
  EXPECT_GT(std::count(received.begin(), received.end(), std::byte{'b'}), 0);
}

TEST_F(RingSendTest, LearnsNothingFromSendsThatFailed) {
  if (!kernel_can_refer()) GTEST_SKIP() << "the kernel has no IORING_OP_SEND_ZC";
  const Bytes bytes = numbered(200'000);
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  // What the peer has answered late makes room once more.
  while (::send(connection.near.get(), bytes.data(), bytes.size(), 0) > 0) ::usleep(20'000);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(transfer_.send(connection.near.get(), bytes), (IoResult{0, EAGAIN}));
    EXPECT_TRUE(testing::eventually([&] { return transfer_.finish(connection.near.get()).ok(); }));
  }
  Bytes received;
  while (!testing::writable(connection.near.get())) testing::take(connection.far.get(), received);
  EXPECT_GT(transfer_.send(connection.near.get(), bytes).bytes, 0U);
  // It refers to the source.
  EXPECT_EQ(transfer_.finish(connection.near.get()).error, EAGAIN);
}

TEST_F(RingSendTest, DescriptorIsReadableWhenANotificationHasCome) {
  const Bytes bytes = numbered(200'000);
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  EXPECT_EQ(transfer_.send(connection.near.get(), bytes).error, EAGAIN);
  if (transfer_.finish(connection.near.get()).ok()) GTEST_SKIP() << "the kernel has no IORING_OP_SEND_ZC";
  Bytes received;
  while (!transfer_.finish(connection.near.get()).ok()) {
    bool readable = false;
    for (int tries = 0; tries < 1000 && !readable; ++tries) {
      testing::take(connection.far.get(), received);
      pollfd waited{transfer_.descriptor(), POLLIN, 0};
      readable = ::poll(&waited, 1, 10) == 1;
    }
    ASSERT_TRUE(readable);
  }
}

TEST_F(RingSendTest, NeedsToBeOpen) {
  const Bytes bytes = numbered(10);
  const Connection connection = testing::local_connection();
  transfer_.close();
  EXPECT_EQ(transfer_.send(connection.near.get(), bytes), (IoResult{0, EBADF}));
  EXPECT_EQ(transfer_.finish(connection.near.get()), IoResult());
}

}  // namespace
}  // namespace assay
