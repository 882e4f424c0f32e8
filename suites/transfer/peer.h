// The other end: TCP over the loopback device, and what a peer does with its end of it.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/core/temporary_file.h"

namespace assay::suite::transfer {

// So many attempts in vain mean that all will be, each of them while the kernel had nothing left to do for
// the connection and each behind a give_way(). Attempts are counted and not time: a machine that is slow
// makes fewer.
constexpr int kPatience = 2'000;

inline void give_way() {
  const timespec moment{0, 1'000'000};
  nanosleep(&moment, nullptr);
}

inline bool wait_for_event(int socket, short events, int milliseconds = 10) {
  pollfd wanted{socket, events, 0};
  poll(&wanted, 1, milliseconds);
  if ((wanted.revents & events) != 0) return true;
  // Anything else, such as a message on the error queue, ends poll() at once, over and over.
  if (wanted.revents != 0 && milliseconds > 0) give_way();
  return false;
}
inline bool is_writable(int socket) { return wait_for_event(socket, POLLOUT, 0); }
inline void wait_until_writable(int socket) { wait_for_event(socket, POLLOUT); }
inline void wait_for_errors(int socket) {  // not longer: a ring has its own way to say that it is done
  pollfd wanted{socket, POLLIN, 0};
  poll(&wanted, 1, 1);
}

struct Buffers {
  int send = 0, receive = 0;  // bytes; 0: as the kernel has it
};

// A connection to be sent over from one end to the other.
class Connection {
 public:
  explicit Connection(bool blocks = true, Buffers buffers = {}) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sender_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (buffers.receive > 0) set(listener, SOL_SOCKET, SO_RCVBUF, buffers.receive);
    if (buffers.send > 0) set(sender_, SOL_SOCKET, SO_SNDBUF, buffers.send);
    set(sender_, IPPROTO_TCP, TCP_NODELAY, 1);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (listener < 0 || bind(listener, name, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, name, &size) != 0 || connect(sender_, name, size) != 0)
      skipped("no connection over the loopback device: %s", strerror(errno));
    receiver_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    close(listener);
    if (receiver_ < 0) skipped("accept: %s", strerror(errno));
    set_blocks(blocks);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (sender_ >= 0) close(sender_);
    if (receiver_ >= 0) close(receiver_);
  }

  int sender() const { return sender_; }
  int receiver() const { return receiver_; }
  bool blocks() const { return blocks_; }
  // Whether all that was accepted has come to the other end, where it can be taken. Until then the kernel is
  // at work, however long that takes.
  bool is_delivered() const {
    int unconfirmed = 0;
    return ioctl(sender_, SIOCOUTQ, &unconfirmed) != 0 || unconfirmed == 0;
  }
  void set_blocks(bool blocks) {
    blocks_ = blocks;
    fcntl(sender_, F_SETFL, blocks ? 0 : O_NONBLOCK);
  }
  void end() const { shutdown(sender_, SHUT_WR); }  // the peer sees the end behind what was sent

  // The peer goes; what it has not read makes that a reset as well.
  void reset_by_peer() {
    const linger at_once{1, 0};
    setsockopt(receiver_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(std::exchange(receiver_, -1));
  }
  int release_receiver() { return std::exchange(receiver_, -1); }

 private:
  static void set(int socket, int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof value);
  }

  int sender_ = -1, receiver_ = -1;
  bool blocks_ = true;
};

// What a peer on the same thread has taken from its end.
class Received {
 public:
  explicit Received(const Connection& connection) : connection_(connection), socket_(connection.receiver()) {}

  // Up to `most` bytes of those that are there; 0 when there are none, or the sender has ended or gone.
  std::size_t take(std::size_t most) {
    const std::size_t before = bytes.size();
    most = std::min<std::size_t>(most, 1 << 20);
    bytes.resize(before + most);
    const ssize_t n = recv(socket_, bytes.data() + before, most, MSG_DONTWAIT);
    bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    return bytes.size() - before;
  }
  // Until there are so many in all.
  void take_all(std::uint64_t count) {
    while (bytes.size() < count) {
      const bool is_all = connection_.is_delivered();  // asked first: what comes in between is taken below
      if (take(static_cast<std::size_t>(count) - bytes.size()) > 0) continue;
      if (is_all || ended())
        violated("%llu bytes are said to be sent, %zu arrive", static_cast<unsigned long long>(count),
                 bytes.size());
      wait_for_event(socket_, POLLIN);
    }
  }
  // So many bytes are there that were not taken.
  std::size_t extra() const {
    char some[64];
    const ssize_t n = recv(socket_, some, sizeof some, MSG_DONTWAIT | MSG_PEEK);
    return static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
  // All until the sender's end, which has been shut down.
  void take_rest() {
    do {
      while (take(1 << 18) > 0) continue;
      wait_for_event(socket_, POLLIN);
    } while (!ended());
  }

  Bytes bytes;

 private:
  bool ended() const {
    char one;
    const ssize_t n = recv(socket_, &one, 1, MSG_DONTWAIT | MSG_PEEK);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
  }

  const Connection& connection_;
  int socket_;
};

enum class Pace { kWhole, kByteByByte, kPieces, kStalls };
constexpr Pace kPaces[] = {Pace::kWhole, Pace::kByteByByte, Pace::kPieces, Pace::kStalls};

// A peer on a thread of its own, for a sender that blocks. Reads until the sender's end, or goes after so
// many bytes.
class Peer {
 public:
  enum class Leaves { kNever, kCloses, kResets };

  explicit Peer(Connection& connection, Pace pace = Pace::kWhole, Leaves leaves = Leaves::kNever,
                std::size_t after = SIZE_MAX)
      : thread_([this, socket = connection.release_receiver(), pace, leaves, after] {
          serve(socket, pace, leaves, after);
        }) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    if (thread_.joinable()) thread_.join();
  }

  // What it got; the sender has ended.
  const Bytes& bytes() {
    if (thread_.joinable()) thread_.join();
    return bytes_;
  }

 private:
  void serve(int socket, Pace pace, Leaves leaves, std::size_t after) {
    Random random(seed() + static_cast<std::uint64_t>(pace));
    while (bytes_.size() < after) {
      const std::size_t before = bytes_.size();
      std::size_t most = 1 << 18;
      if (pace == Pace::kByteByByte) most = 1;
      if (pace == Pace::kPieces) most = random.log_between(1, 1 << 16);
      if (pace == Pace::kStalls) {
        const timespec moment{0, 200'000};
        nanosleep(&moment, nullptr);
        most = 20'000;
      }
      most = std::min(most, after - before);
      bytes_.resize(before + most);
      const ssize_t n = recv(socket, bytes_.data() + before, most, 0);
      bytes_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      if (n == 0 || (n < 0 && errno != EINTR)) break;
    }
    if (leaves == Leaves::kResets) {
      const linger at_once{1, 0};
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(socket);
  }

  Bytes bytes_;
  std::thread thread_;
};

}  // namespace assay::suite::transfer
