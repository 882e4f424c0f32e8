// What every transfer from memory to a socket owes, beyond what suites/transfer/ checks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "zerocopy/copying_transfer.h"
#include "zerocopy/eventually.h"
#include "zerocopy/ring_send.h"
#include "zerocopy/transfer_testing.h"
#include "zerocopy/zero_copy_send.h"

namespace assay {
namespace {

using testing::BrokenPipes;
using testing::Bytes;
using testing::Connection;
using testing::numbered;

template <class T>
class SendsMemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!T::available().ok())
      GTEST_SKIP() << T::available().needs << ": " << std::strerror(T::available().error);
    ASSERT_EQ(transfer.open(), 0);
  }
  // Until the source may be changed; the peer takes so much at a time.
  void finish_taking(const Connection& connection, Bytes& received, std::size_t most = SIZE_MAX) {
    IoResult result;
    EXPECT_TRUE(testing::eventually([&] {
      result = transfer.finish(connection.near.get());
      if (result.error == EAGAIN) testing::take(connection.far.get(), received, most);
      return result.error != EAGAIN;
    })) << "the transfer never finishes";
    EXPECT_EQ(result, IoResult());
  }
  T transfer;
};
using Transfers = ::testing::Types<CopyingTransfer, ZeroCopySend, RingSend>;
TYPED_TEST_SUITE(SendsMemoryTest, Transfers);

TYPED_TEST(SendsMemoryTest, SendsAllInOrder) {
  const Bytes bytes = numbered(5'000'000);
  const std::span<const std::byte> all = bytes;
  for (const bool tcp : {true, false}) {
    Connection connection = tcp ? testing::tcp_connection() : testing::local_connection();
    testing::Peer peer(connection.far.get());
    std::size_t sent = 0;
    for (const std::size_t size : {1U, 0U, 16'383U, 16'384U, 300'000U, 2'000'000U, 5U, 700'000U}) {
      EXPECT_EQ(this->transfer.send(connection.near.get(), all.subspan(sent, size)), (IoResult{size, 0}));
      sent += size;
    }
    EXPECT_EQ(this->transfer.finish(connection.near.get()), IoResult());
    connection.near.close();
    EXPECT_EQ(peer.received(), Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(sent)));
  }
  EXPECT_EQ(this->transfer.record().user_copied, 0U);
  // Over loopback the kernel copies all, and a transfer that claims otherwise has been told.
  if (TypeParam::kTraits.aliases) {
    EXPECT_EQ(this->transfer.record().kernel_copied, this->transfer.record().bytes);
  }
}

TYPED_TEST(SendsMemoryTest, ResumesBehindWhatASlowPeerLetThrough) {
  const Bytes bytes = numbered(1'500'000);
  const std::span<const std::byte> all = bytes;
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  Bytes received;
  std::size_t sent = 0;
  int refusals = 0;
  for (;;) {
    const IoResult result = this->transfer.send(connection.near.get(), all.subspan(sent));
    sent += static_cast<std::size_t>(result.bytes);
    if (result.ok()) break;
    ASSERT_EQ(result.error, EAGAIN);
    ++refusals;
    while (!testing::writable(connection.near.get()))
      testing::take(connection.far.get(), received, static_cast<std::size_t>(refusals % 7 * 3000 + 1));
  }
  EXPECT_EQ(sent, bytes.size());
  EXPECT_GT(refusals, 2);
  this->finish_taking(connection, received);
  connection.near.close();
  testing::Peer rest(connection.far.get());
  const Bytes last = rest.received();
  received.insert(received.end(), last.begin(), last.end());
  EXPECT_EQ(received, bytes);
  EXPECT_EQ(this->transfer.record().bytes, bytes.size());
}

TYPED_TEST(SendsMemoryTest, FinishesOnlyWhenTheSourceMayBeChanged) {
  const Bytes bytes = numbered(800'000);
  Bytes source = bytes;
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  Bytes received;
  std::size_t sent = 0;
  for (;;) {
    const IoResult result = this->transfer.send(connection.near.get(), std::span(source).subspan(sent));
    sent += static_cast<std::size_t>(result.bytes);
    if (result.ok()) break;
    ASSERT_EQ(result.error, EAGAIN);
    this->finish_taking(connection, received, 1);
    std::fill_n(source.begin(), sent, std::byte{0});
    while (!testing::writable(connection.near.get())) testing::take(connection.far.get(), received, 5000);
  }
  this->finish_taking(connection, received);
  std::fill(source.begin(), source.end(), std::byte{0});
  connection.near.close();
  testing::Peer rest(connection.far.get());
  const Bytes last = rest.received();
  received.insert(received.end(), last.begin(), last.end());
  EXPECT_EQ(received, bytes);
}

TYPED_TEST(SendsMemoryTest, GoesOnAfterInterruptions) {
  const Bytes bytes = numbered(3'000'000);
  Connection connection = testing::tcp_connection(true);
  testing::Peer peer(connection.far.get(), 500);
  {
    const testing::Interruptions interruptions;
    EXPECT_EQ(this->transfer.send(connection.near.get(), bytes), (IoResult{bytes.size(), 0}));
    EXPECT_EQ(this->transfer.finish(connection.near.get()), IoResult());
    EXPECT_GT(testing::Interruptions::count(), 0);
  }
  connection.near.close();
  EXPECT_EQ(peer.received(), bytes);
}

TYPED_TEST(SendsMemoryTest, CallsAVanishedPeerAnErrorAndRaisesNoSignal) {
  const Bytes bytes = numbered(1'000'000);
  const BrokenPipes broken;
  for (int kind = 0; kind < 3; ++kind) {
    Connection connection = kind == 0 ? testing::local_connection() : testing::tcp_connection();
    if (kind == 2) {
      EXPECT_EQ(this->transfer.send(connection.near.get(), bytes).bytes, bytes.size());
      connection.reset();
    } else {
      connection.far.close();
    }
    IoResult result;
    for (int tries = 0; tries < 1000 && result.ok(); ++tries) {
      if (tries != 0) testing::await_end(connection.near.get());
      result = this->transfer.send(connection.near.get(), std::span(bytes).first(1000));
    }
    EXPECT_TRUE(result.error == EPIPE || result.error == ECONNRESET) << result.error;
    EXPECT_EQ(this->transfer.send(connection.near.get(), bytes), (IoResult{0, EPIPE}));
    // What the kernel let go of when the connection ended, it has said.
    EXPECT_EQ(this->transfer.finish(connection.near.get()), IoResult());
  }
  EXPECT_EQ(BrokenPipes::count(), 0);
}

TYPED_TEST(SendsMemoryTest, SaysWhatIsWrongWithDescriptors) {
  const Bytes bytes = numbered(100'000);
  EXPECT_EQ(this->transfer.send(-1, bytes), (IoResult{0, EBADF}));
  const Descriptor file = testing::temporary_file(bytes);
  EXPECT_EQ(this->transfer.send(file.get(), bytes), (IoResult{0, ENOTSOCK}));
}

TYPED_TEST(SendsMemoryTest, ServesOneSocketAfterTheOther) {
  const Bytes bytes = numbered(600'000);
  for (int i = 0; i < 20; ++i) {
    // The same descriptor number, mostly.
    Connection connection = testing::tcp_connection();
    testing::Peer peer(connection.far.get());
    EXPECT_EQ(this->transfer.send(connection.near.get(), bytes).bytes, bytes.size());
    EXPECT_EQ(this->transfer.finish(connection.near.get()), IoResult());
    connection.near.close();
    EXPECT_EQ(peer.received(), bytes);
  }
}

TYPED_TEST(SendsMemoryTest, LeavesNoDescriptorAndMovesWhatItOwns) {
  const Bytes bytes = numbered(500'000);
  Connection connection = testing::tcp_connection();
  testing::Peer peer(connection.far.get());
  this->transfer.close();
  this->transfer.close();
  const std::size_t before = testing::open_descriptors();
  {
    TypeParam first;
    ASSERT_EQ(first.open(), 0);
    ASSERT_EQ(first.open(), 0);
    EXPECT_TRUE(first.send(connection.near.get(), bytes).ok());
    TypeParam second(std::move(first));
    EXPECT_TRUE(second.send(connection.near.get(), bytes).ok());
    EXPECT_TRUE(first.finish(connection.near.get()).ok());
    first = std::move(second);
    EXPECT_TRUE(first.finish(connection.near.get()).ok());
    EXPECT_EQ(first.record().bytes, 2 * bytes.size());
  }
  EXPECT_EQ(testing::open_descriptors(), before);
  connection.near.close();
  EXPECT_EQ(peer.received().size(), 2 * bytes.size());
}

}  // namespace
}  // namespace assay
