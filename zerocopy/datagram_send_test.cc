// That datagrams keep their sizes and their order, whether the kernel cuts them or not.
#include "zerocopy/datagram_send.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "zerocopy/transfer_testing.h"

namespace assay {
namespace {

using testing::Bytes;
using testing::numbered;

struct Pair {
  Descriptor near{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  Descriptor far{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};

  Pair() {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(far.get(), name, size), 0);
    EXPECT_EQ(::getsockname(far.get(), name, &size), 0);
    EXPECT_EQ(::connect(near.get(), name, size), 0);
  }

  // Sizes of what comes, at least `count` of them unless they take too long; the bytes one behind the other.
  std::vector<std::size_t> take(Bytes& received, std::size_t count) const {
    std::vector<std::size_t> sizes;
    Bytes datagram(65536);
    for (;;) {
      pollfd waited{far.get(), POLLIN, 0};
      if (::poll(&waited, 1, sizes.size() < count ? 10'000 : 0) != 1) return sizes;
      const ssize_t got = ::recv(far.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
      if (got < 0) continue;
      sizes.push_back(static_cast<std::size_t>(got));
      received.insert(received.end(), datagram.begin(), datagram.begin() + got);
    }
  }
};

void expect_segments(DatagramSend& send, const Pair& pair, std::size_t size, std::size_t segment) {
  const Bytes bytes = numbered(size);
  EXPECT_EQ(send.send(pair.near.get(), bytes, segment), (IoResult{size, 0}));
  std::vector<std::size_t> sizes(size / segment, segment);
  if (size % segment != 0) sizes.push_back(size % segment);
  Bytes received;
  EXPECT_EQ(pair.take(received, sizes.size()), sizes);
  EXPECT_EQ(received, bytes);
}

TEST(DatagramSend, SendsManyInOneCall) {
  const Availability available = DatagramSend::available();
  if (!available.ok()) GTEST_SKIP() << available.needs << ": " << std::strerror(available.error);
  const Pair pair;
  DatagramSend send;
  send.open();
  expect_segments(send, pair, 64'000, 1000);
  EXPECT_EQ(send.record().calls, 1U);
  expect_segments(send, pair, 70'001, 1400);
  expect_segments(send, pair, 100, 1400);
  expect_segments(send, pair, 65'000, 65'000);
  expect_segments(send, pair, 90, 1);
  EXPECT_TRUE(send.grouped());
  EXPECT_EQ(send.record().bytes, 64'000U + 70'001 + 100 + 65'000 + 90);
}

TEST(DatagramSend, SendsOneByOneWhereTheKernelDoesNotCut) {
  Pair pair;
  DatagramSend send;
  send.open();
  const int none = 1;
  ASSERT_EQ(::setsockopt(pair.near.get(), SOL_SOCKET, SO_NO_CHECK, &none, sizeof none), 0);
  expect_segments(send, pair, 10'001, 1000);
  EXPECT_FALSE(send.grouped());
  expect_segments(send, pair, 3000, 1000);
  send.open();
  EXPECT_TRUE(send.grouped());
}

TEST(DatagramSend, SaysHowMuchTheSocketTook) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  const Descriptor near(ends[0]);
  Descriptor far(ends[1]);
  const Bytes bytes = numbered(10'000'000);
  DatagramSend send;
  send.open();
  const IoResult result = send.send(near.get(), bytes, 1000);
  EXPECT_EQ(result.error, EAGAIN);
  EXPECT_GT(result.bytes, 0U);
  EXPECT_EQ(result.bytes % 1000, 0U);
  EXPECT_EQ(send.record().bytes, result.bytes);
  far.close();
  const testing::BrokenPipes broken;
  EXPECT_EQ(send.send(near.get(), bytes, 1000).error, ECONNREFUSED);
  EXPECT_EQ(testing::BrokenPipes::count(), 0);
}

TEST(DatagramSend, RefusesSizesThatNoDatagramHas) {
  const Pair pair;
  DatagramSend send;
  send.open();
  const Bytes bytes = numbered(100);
  EXPECT_EQ(send.send(pair.near.get(), bytes, 0), (IoResult{0, EINVAL}));
  EXPECT_EQ(send.send(pair.near.get(), bytes, 65'508), (IoResult{0, EINVAL}));
  EXPECT_EQ(send.send(pair.near.get(), {}, 10), IoResult());
}

}  // namespace
}  // namespace assay
