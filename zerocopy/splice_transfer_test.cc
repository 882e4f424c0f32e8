// What becomes of the bytes that SpliceTransfer has taken and the socket has refused.
#include "zerocopy/splice_transfer.h"

#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <span>

#include "zerocopy/file_copy.h"
#include "zerocopy/transfer_testing.h"

namespace assay {
namespace {

using testing::Bytes;
using testing::Connection;
using testing::numbered;

ino_t inode_of(const Descriptor& file) {
  struct stat status = {};
  EXPECT_EQ(::fstat(file.get(), &status), 0);
  return status.st_ino;
}

class SpliceTransferTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(transfer_.open(), 0);
    connection_.do_not_block();
    result_ = transfer_.send_file(connection_.near.get(), file_.get(), 0, bytes_.size());
    ASSERT_EQ(result_.error, EAGAIN);
    ASSERT_LT(result_.bytes, 900'000U);
  }
  void make_room(Connection& connection) {
    while (!testing::writable(connection.near.get())) testing::take(connection.far.get(), received_);
  }
  void make_room() { make_room(connection_); }

  Bytes bytes_ = numbered(1'000'000);
  Descriptor file_ = testing::temporary_file(bytes_);
  Connection connection_ = testing::tcp_connection(true);
  SpliceTransfer transfer_;
  IoResult result_;
  Bytes received_;
};

TEST_F(SpliceTransferTest, SendsOwedBytesBeforeItAsksTheFile) {
  // The file has no more bytes; the pipe has.
  ASSERT_EQ(::ftruncate(file_.get(), 0), 0);
  make_room();
  const IoResult next =
      transfer_.send_file(connection_.near.get(), file_.get(), result_.bytes, bytes_.size() - result_.bytes);
  EXPECT_GT(next.bytes, 0U);
  EXPECT_EQ(next.error, EAGAIN);
}

TEST_F(SpliceTransferTest, SendsWhatIsAskedForWhenThatIsSomethingElse) {
  const std::uint64_t first = result_.bytes;
  make_room();
  const IoResult elsewhere = transfer_.send_file(connection_.near.get(), file_.get(), 10, 100);
  EXPECT_EQ(elsewhere, (IoResult{100, 0}));
  make_room();
  // Fewer than are owed.
  EXPECT_EQ(transfer_.send_file(connection_.near.get(), file_.get(), first, 10), (IoResult{10, 0}));
  connection_.near.close();
  testing::Peer peer(connection_.far.get());
  const Bytes last = peer.received();
  received_.insert(received_.end(), last.begin(), last.end());
  Bytes expected(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(first));
  expected.insert(expected.end(), bytes_.begin() + 10, bytes_.begin() + 110);
  expected.insert(expected.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(first),
                  bytes_.begin() + static_cast<std::ptrdiff_t>(first) + 10);
  EXPECT_EQ(received_, expected);
}

TEST_F(SpliceTransferTest, NeverSendsOwedBytesOfAFileWhoseDescriptorIsAnotherFileNow) {
  const Bytes other_bytes = numbered(1'000'000, 2);
  const Descriptor other = testing::temporary_file(other_bytes);
  make_room();
  ASSERT_EQ(::dup2(other.get(), file_.get()), file_.get());
  const auto from = static_cast<std::ptrdiff_t>(result_.bytes);
  result_ =
      transfer_.send_file(connection_.near.get(), file_.get(), result_.bytes, bytes_.size() - result_.bytes);
  ASSERT_EQ(result_.error, EAGAIN);
  const auto end = from + static_cast<std::ptrdiff_t>(result_.bytes);
  testing::take_until(connection_.far.get(), received_, static_cast<std::size_t>(end));
  Bytes expected(bytes_.begin(), bytes_.begin() + from);
  expected.insert(expected.end(), other_bytes.begin() + from, other_bytes.begin() + end);
  EXPECT_EQ(received_, expected);
}

TEST_F(SpliceTransferTest, NeverSendsOwedBytesOfADeletedFileAsThoseOfItsSuccessor) {
  const Bytes other_bytes = numbered(1'000'000, 2);
  const ino_t inode = inode_of(file_);
  // Births are told in steps of the kernel's clock.
  ::usleep(50'000);
  file_.close();
  const Descriptor other = testing::temporary_file(other_bytes);
  if (inode_of(other) != inode) GTEST_SKIP() << "the file system does not use an inode again at once";
  make_room();
  const auto from = static_cast<std::ptrdiff_t>(result_.bytes);
  result_ = transfer_.send_file(connection_.near.get(), other.get(), result_.bytes,
                                other_bytes.size() - result_.bytes);
  const auto end = from + static_cast<std::ptrdiff_t>(result_.bytes);
  testing::take_until(connection_.far.get(), received_, static_cast<std::size_t>(end));
  Bytes expected(bytes_.begin(), bytes_.begin() + from);
  expected.insert(expected.end(), other_bytes.begin() + from, other_bytes.begin() + end);
  EXPECT_TRUE(received_ == expected);
}

TEST_F(SpliceTransferTest, NeverSendsOwedBytesToASocketThatGotTheDescriptorLater) {
  Connection other = testing::tcp_connection();
  testing::Peer peer(other.far.get());
  ASSERT_EQ(::dup2(other.near.get(), connection_.near.get()), connection_.near.get());
  // What the pipe has kept is not the file's any more.
  const Bytes new_bytes = numbered(1'000'000, 3);
  const Descriptor new_file = testing::temporary_file(new_bytes);
  CopyFileRange copy;
  ASSERT_EQ(copy.open(), 0);
  ASSERT_EQ(::ftruncate(file_.get(), 0), 0);
  ASSERT_TRUE(copy.copy(new_file.get(), 0, file_.get(), 0, new_bytes.size()).ok());
  const std::uint64_t rest = bytes_.size() - result_.bytes;
  EXPECT_EQ(transfer_.send_file(connection_.near.get(), file_.get(), result_.bytes, rest),
            (IoResult{rest, 0}));
  connection_.near.close();
  other.near.close();
  EXPECT_EQ(peer.received(), Bytes(new_bytes.end() - static_cast<std::ptrdiff_t>(rest), new_bytes.end()));
}

TEST_F(SpliceTransferTest, ForgetsOwedBytesWhenItIsClosed) {
  transfer_.close();
  make_room();
  EXPECT_EQ(transfer_.send_file(connection_.near.get(), file_.get(), 0, 10), (IoResult{0, EBADF}));
  ASSERT_EQ(transfer_.open(), 0);
  EXPECT_EQ(transfer_.send_file(connection_.near.get(), file_.get(), result_.bytes, 10), (IoResult{10, 0}));
  testing::take_until(connection_.far.get(), received_, static_cast<std::size_t>(result_.bytes) + 10);
  EXPECT_EQ(received_,
            Bytes(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(result_.bytes) + 10));
}

TEST(SpliceTransfer, KeepsNothingBackWhenTheFileEnds) {
  const Descriptor file = testing::temporary_file(numbered(20'000));
  const Connection connection = testing::tcp_connection();
  SpliceTransfer transfer;
  ASSERT_EQ(transfer.open(), 0);
  EXPECT_EQ(transfer.send_file(connection.near.get(), file.get(), 0, 30'000),
            (IoResult{20'000, kSourceEnded}));
  int unsent = -1;
  ASSERT_EQ(::ioctl(connection.near.get(), SIOCOUTQNSD, &unsent), 0);
  EXPECT_EQ(unsent, 0);
}

TEST(SpliceTransfer, ForgetsBytesThatAnErrorLeftOver) {
  const Bytes bytes = numbered(1'000'000);
  const Descriptor file = testing::temporary_file(bytes);
  SpliceTransfer transfer;
  ASSERT_EQ(transfer.open(), 0);
  Connection dead = testing::local_connection();
  dead.far.close();
  EXPECT_EQ(transfer.send_file(dead.near.get(), file.get(), 0, bytes.size()), (IoResult{0, EPIPE}));
  Connection connection = testing::tcp_connection();
  testing::Peer peer(connection.far.get());
  EXPECT_EQ(transfer.send_file(connection.near.get(), file.get(), 0, bytes.size()),
            (IoResult{bytes.size(), 0}));
  connection.near.close();
  EXPECT_EQ(peer.received(), bytes);
}

}  // namespace
}  // namespace assay
