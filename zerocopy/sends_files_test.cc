// What every transfer from a file to a socket owes, beyond what suites/transfer/ checks: interruption, slow
// and vanished peers, big offsets, files that end early.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "zerocopy/copying_transfer.h"
#include "zerocopy/sendfile_transfer.h"
#include "zerocopy/splice_transfer.h"
#include "zerocopy/transfer_testing.h"

namespace assay {
namespace {

using testing::BrokenPipes;
using testing::Bytes;
using testing::Connection;
using testing::numbered;

template <class T>
class SendsFilesTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(transfer.open(), 0); }
  T transfer;
};
using Transfers = ::testing::Types<CopyingTransfer, SendfileTransfer, SpliceTransfer>;
TYPED_TEST_SUITE(SendsFilesTest, Transfers);

TYPED_TEST(SendsFilesTest, IsAvailable) { EXPECT_EQ(TypeParam::available().error, 0); }

TYPED_TEST(SendsFilesTest, SendsTheRangeAndLeavesThePositionAlone) {
  const Bytes bytes = numbered(3'000'000);
  const Descriptor file = testing::temporary_file(bytes);
  for (const bool tcp : {true, false}) {
    Connection connection = tcp ? testing::tcp_connection() : testing::local_connection();
    testing::Peer peer(connection.far.get());
    EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), 12'345, 2'900'000),
              (IoResult{2'900'000, 0}));
    EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), 7, 0), IoResult());
    EXPECT_TRUE(this->transfer.finish(connection.near.get()).ok());
    connection.near.close();
    EXPECT_EQ(peer.received(), Bytes(bytes.begin() + 12'345, bytes.begin() + 2'912'345));
  }
  EXPECT_EQ(this->transfer.record().bytes, 5'800'000U);
  EXPECT_EQ(this->transfer.record().user_copied, TypeParam::kTraits.aliases ? 0 : 5'800'000U);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 0);
}

TYPED_TEST(SendsFilesTest, ResumesBehindWhatASlowPeerLetThrough) {
  const Bytes bytes = numbered(1'500'000);
  const Descriptor file = testing::temporary_file(bytes);
  for (const bool tcp : {true, false}) {
    Connection connection = tcp ? testing::tcp_connection(true) : testing::local_connection();
    connection.do_not_block();
    Bytes received;
    std::uint64_t sent = 0;
    int refusals = 0;
    while (sent < bytes.size()) {
      const IoResult result =
          this->transfer.send_file(connection.near.get(), file.get(), sent, bytes.size() - sent);
      sent += result.bytes;
      if (result.ok()) break;
      ASSERT_EQ(result.error, EAGAIN);
      ++refusals;
      ASSERT_LE(received.size(), sent);
      while (!testing::writable(connection.near.get()))
        testing::take(connection.far.get(), received, static_cast<std::size_t>(refusals % 7 * 3000 + 1));
    }
    EXPECT_EQ(sent, bytes.size());
    EXPECT_GT(refusals, 2);
    connection.near.close();
    testing::Peer rest(connection.far.get());
    const Bytes last = rest.received();
    received.insert(received.end(), last.begin(), last.end());
    EXPECT_EQ(received, bytes);
  }
  EXPECT_EQ(this->transfer.record().bytes, 2 * bytes.size());
}

TYPED_TEST(SendsFilesTest, GoesOnAfterInterruptions) {
  const Bytes bytes = numbered(4'000'000);
  const Descriptor file = testing::temporary_file(bytes);
  Connection connection = testing::tcp_connection(true);
  testing::Peer peer(connection.far.get(), 500);
  {
    const testing::Interruptions interruptions;
    EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), 0, bytes.size()),
              (IoResult{bytes.size(), 0}));
    EXPECT_GT(testing::Interruptions::count(), 0);
  }
  connection.near.close();
  EXPECT_EQ(peer.received(), bytes);
}

TYPED_TEST(SendsFilesTest, SaysThatTheFileEndedEarly) {
  const Bytes bytes = numbered(100'000);
  const Descriptor file = testing::temporary_file(bytes);
  Connection connection = testing::tcp_connection();
  testing::Peer peer(connection.far.get());
  EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), 90'000, 20'000),
            (IoResult{10'000, kSourceEnded}));
  EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), 100'000, 1),
            (IoResult{0, kSourceEnded}));
  EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), 1'000'000, 1),
            (IoResult{0, kSourceEnded}));
  connection.near.close();
  EXPECT_EQ(peer.received(), Bytes(bytes.begin() + 90'000, bytes.end()));
}

TYPED_TEST(SendsFilesTest, EndsWhenTheFileIsTruncatedWhileItIsSent) {
  const Bytes bytes = numbered(2'000'000);
  const Descriptor file = testing::temporary_file(bytes);
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  IoResult result = this->transfer.send_file(connection.near.get(), file.get(), 0, bytes.size());
  ASSERT_EQ(result.error, EAGAIN);
  std::uint64_t sent = result.bytes;
  ASSERT_EQ(::ftruncate(file.get(), static_cast<off_t>(sent)), 0);
  Bytes received;
  do {
    testing::take(connection.far.get(), received);
    result = this->transfer.send_file(connection.near.get(), file.get(), sent, bytes.size() - sent);
    sent += result.bytes;
  } while (result.error == EAGAIN);
  EXPECT_EQ(result.error, kSourceEnded);
  EXPECT_LT(sent, bytes.size());
  connection.near.close();
  EXPECT_EQ(received.size() + testing::Peer(connection.far.get()).received().size(), sent);
}

TYPED_TEST(SendsFilesTest, HandlesOffsetsAndLengthsBeyondFourGigabytes) {
  constexpr std::uint64_t kFar = (std::uint64_t{6} << 30) + 123;
  const Bytes bytes = numbered(200'000);
  const Descriptor file = testing::temporary_file(bytes, kFar);
  Connection connection = testing::tcp_connection();
  testing::Peer peer(connection.far.get());
  EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), kFar, (std::uint64_t{1} << 33) + 1),
            (IoResult{bytes.size(), kSourceEnded}));
  EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), kFar + 100'000, 50).bytes, 50U);
  EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), UINT64_MAX, 5),
            (IoResult{0, EINVAL}));
  EXPECT_EQ(this->transfer.send_file(connection.near.get(), file.get(), 0, 0), IoResult());
  connection.near.close();
  Bytes expected = bytes;
  expected.insert(expected.end(), bytes.begin() + 100'000, bytes.begin() + 100'050);
  EXPECT_EQ(peer.received(), expected);
}

TYPED_TEST(SendsFilesTest, CallsAVanishedPeerAnErrorAndRaisesNoSignal) {
  const Bytes bytes = numbered(1'000'000);
  const Descriptor file = testing::temporary_file(bytes);
  const BrokenPipes broken;
  for (int kind = 0; kind < 3; ++kind) {
    Connection connection = kind == 0 ? testing::local_connection() : testing::tcp_connection();
    if (kind == 2) {
      connection.reset();
    } else {
      connection.far.close();
    }
    IoResult result;
    // TCP learns of it by the answer to the first bytes.
    for (int tries = 0; tries < 1000 && result.ok(); ++tries) {
      if (tries != 0) testing::await_end(connection.near.get());
      result = this->transfer.send_file(connection.near.get(), file.get(), 0, 1000);
    }
    EXPECT_TRUE(result.error == EPIPE || result.error == ECONNRESET) << result.error;
    result = this->transfer.send_file(connection.near.get(), file.get(), 0, bytes.size());
    EXPECT_EQ(result, (IoResult{0, EPIPE}));
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
    this->transfer.close();
    ASSERT_EQ(this->transfer.open(), 0);
  }
  EXPECT_EQ(BrokenPipes::count(), 0);
}

TYPED_TEST(SendsFilesTest, CopiesWhatTheKernelCannotSendOtherwise) {
  Descriptor file;
  ASSERT_EQ(file.open("/proc/self/maps", O_RDONLY), 0);
  Connection connection = testing::tcp_connection();
  testing::Peer peer(connection.far.get());
  const IoResult result = this->transfer.send_file(connection.near.get(), file.get(), 0, 300);
  EXPECT_EQ(result, (IoResult{300, 0}));
  connection.near.close();
  EXPECT_EQ(peer.received().size(), 300U);
}

TYPED_TEST(SendsFilesTest, SaysWhatIsWrongWithDescriptors) {
  const Descriptor file = testing::temporary_file(numbered(10));
  const Connection connection = testing::local_connection();
  EXPECT_EQ(this->transfer.send_file(-1, file.get(), 0, 10).error, EBADF);
  this->transfer.close();
  ASSERT_EQ(this->transfer.open(), 0);
  EXPECT_EQ(this->transfer.send_file(connection.near.get(), -1, 0, 10).error, EBADF);
}

TYPED_TEST(SendsFilesTest, LeavesNoDescriptorAndMovesWhatItOwns) {
  const Descriptor file = testing::temporary_file(numbered(1'000'000));
  Connection connection = testing::tcp_connection(true);
  connection.do_not_block();
  this->transfer.close();
  this->transfer.close();
  const std::size_t before = testing::open_descriptors();
  {
    TypeParam first;
    ASSERT_EQ(first.open(), 0);
    ASSERT_EQ(first.open(), 0);
    const IoResult begun = first.send_file(connection.near.get(), file.get(), 0, 1'000'000);
    EXPECT_EQ(begun.error, EAGAIN);
    TypeParam second(std::move(first));
    Bytes received;
    while (!testing::writable(connection.near.get())) testing::take(connection.far.get(), received);
    EXPECT_EQ(second.send_file(connection.near.get(), file.get(), begun.bytes, 100).bytes, 100U);
    first = std::move(second);
    EXPECT_EQ(first.record().bytes, begun.bytes + 100);
    connection.reset();
    EXPECT_FALSE(first.send_file(connection.near.get(), file.get(), begun.bytes, 500'000).ok());
    // Of the connection itself one descriptor is gone.
    EXPECT_LE(testing::open_descriptors(), before + 1);
  }
  EXPECT_EQ(testing::open_descriptors(), before - 1);
}

}  // namespace
}  // namespace assay
