// TCP over the loopback device for workloads: sockets that block, and the end that takes what is sent.
//
// Over loopback the receiver makes the copy that the network card would: what a sender saves there the other
// end may pay. So both are counted, each by its thread's clock. The kernel takes a packet in on the core that
// has sent it, at once, in the time of the thread that runs there: the sender pays for the receiver's half of
// TCP, up to the queue from which the receiver copies, and the receiver for what its confirmations do to the
// sender's queue.
//
// Both ends share one core. On two, most of what a sender costs are the lines of the queue that the cores
// take from each other, two to three times the rest and different from run to run: no network has that.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include "suites/core/word_sum.h"
#include "suites/core/workload.h"

namespace assay::suite::transfer {

// CPU time of the calling thread, in nanoseconds.
inline double thread_nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Made before the threads that it is for: they and child processes inherit the core.
struct OneCore {
  OneCore() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(std::max(sched_getcpu(), 0)), &one);
    sched_setaffinity(0, sizeof one, &one);  // where it is refused, the scheduler places the threads
  }
};

// A socket that listens at a port of the loopback device that the kernel chose.
class Listener {
 public:
  // 0, or an errno value.
  int open() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto* const name = reinterpret_cast<sockaddr*>(&address_);
    const bool listens = socket_ >= 0 && bind(socket_, name, size) == 0 && listen(socket_, 1) == 0 &&
                         getsockname(socket_, name, &size) == 0;
    return listens ? 0 : errno;
  }
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { leave(); }

  // Who has inherited the socket listens alone.
  void leave() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

  int get() const { return socket_; }
  unsigned port() const { return ntohs(address_.sin_port); }
  // A new connection to it, or -1 with errno. Messages leave when they are sent.
  int connect_to() const {
    const int near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (near < 0 || connect(near, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0)
      return -1;
    return near;
  }

 private:
  sockaddr_in address_{};
  int socket_ = -1;
};

// Why there are no connections here, null when there are.
inline const char* loopback_obstacle() {
  static char text[128];
  Listener listener;
  const int error = listener.open();
  if (error == 0) return nullptr;
  snprintf(text, sizeof text, "no socket on the loopback device: %s", strerror(error));
  return text;
}

struct Loopback {
  Loopback() {
    Listener listener;
    if (const int error = listener.open(); error != 0) fail("loopback device: %s", strerror(error));
    sender = listener.connect_to();
    receiver = accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (sender < 0 || receiver < 0) fail("no connection over the loopback device: %s", strerror(errno));
  }
  int sender, receiver;  // until the process ends
};

// Takes bytes into a buffer that is used again and again, so that it stays in the cache.
class Receiver {
 public:
  // Exactly `count` bytes; with a sum they are looked at, too. CPU nanoseconds that it took.
  double take(int socket, std::uint64_t count, WordSum* sum = nullptr) {
    const double before = thread_nanoseconds();
    while (count > 0) {
      const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(count, kBufferBytes));
      const ssize_t taken = recv(socket, buffer_, most, 0);
      if (taken < 0 && errno == EINTR) continue;
      if (taken <= 0) fail("%lu bytes are missing: %s", count, taken == 0 ? "the end" : strerror(errno));
      if (sum != nullptr) sum->add({buffer_, static_cast<std::size_t>(taken)});
      count -= static_cast<std::uint64_t>(taken);
    }
    return thread_nanoseconds() - before;
  }

 private:
  static constexpr std::size_t kBufferBytes = 256 << 10;

  std::byte* const buffer_ = harness_array<std::byte>(kBufferBytes);
};

}  // namespace assay::suite::transfer
