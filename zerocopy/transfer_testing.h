// What the tests of transfers need: files and sockets with known bytes, and peers that read as slowly as
// wanted.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "zerocopy/descriptor.h"
#include "zerocopy/eventually.h"
#include "zerocopy/io_result.h"

namespace assay::testing {

using Bytes = std::vector<std::byte>;

// Bytes that are different at every place a mistake could take them from.
inline Bytes numbered(std::size_t size, std::uint64_t seed = 1) {
  Bytes bytes(size);
  std::uint64_t state = seed * 0x9e3779b97f4a7c15;
  for (std::byte& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<std::byte>(state >> 56);
  }
  return bytes;
}

// Without a name, so that it goes with its descriptor.
inline Descriptor temporary_file(std::span<const std::byte> bytes, std::uint64_t offset = 0) {
  const char* const directory = std::getenv("TEST_TMPDIR");
  std::string path = std::string(directory != nullptr ? directory : "/tmp") + "/transferXXXXXX";
  Descriptor file(::mkstemp(path.data()));
  EXPECT_TRUE(file.is_open());
  ::unlink(path.c_str());
  EXPECT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
            static_cast<ssize_t>(bytes.size()));
  return file;
}

inline Bytes contents(int file, std::uint64_t offset, std::size_t size) {
  Bytes bytes(size);
  const IoResult read = zerocopy::read_at(file, offset, bytes);
  bytes.resize(static_cast<std::size_t>(read.bytes));
  return bytes;
}

struct Connection {
  Descriptor near;  // of the transfer
  Descriptor far;

  void do_not_block() { ASSERT_EQ(::fcntl(near.get(), F_SETFL, O_NONBLOCK), 0); }
  // The peer goes without taking what was sent.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(far.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    far.close();
  }
};

inline Connection local_connection() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Over TCP; small buffers are full soon.
inline Connection tcp_connection(bool small_buffers = false) {
  const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  const int buffer = 32 << 10;
  if (small_buffers) ::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  EXPECT_EQ(::bind(listener.get(), name, size), 0);
  EXPECT_EQ(::getsockname(listener.get(), name, &size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  Descriptor near(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (small_buffers) ::setsockopt(near.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  EXPECT_EQ(::connect(near.get(), name, size), 0);
  Descriptor far(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(far.is_open());
  return {std::move(near), std::move(far)};
}

// Takes what can be taken now, at most `most`.
inline void take(int socket, Bytes& received, std::size_t most = SIZE_MAX) {
  std::array<std::byte, 16384> some;
  while (most != 0) {
    const ssize_t got = ::recv(socket, some.data(), std::min(most, some.size()), MSG_DONTWAIT);
    if (got <= 0) return;
    received.insert(received.end(), some.begin(), some.begin() + got);
    most -= static_cast<std::size_t>(got);
  }
}

// Waits until so many bytes have come in all.
inline void take_until(int socket, Bytes& received, std::size_t size) {
  EXPECT_TRUE(eventually([&] {
    take(socket, received);
    return received.size() >= size;
  })) << received.size()
      << " of " << size << " bytes have come";
}

// A thread that takes everything until the other end is closed, a step at a time.
class Peer {
 public:
  explicit Peer(int socket, std::size_t step = 65536)
      : thread_([this, socket, step] {
          sigset_t all;
          sigfillset(&all);
          pthread_sigmask(SIG_BLOCK, &all, nullptr);
          Bytes some(step);
          for (ssize_t got; (got = ::recv(socket, some.data(), step, 0)) > 0;)
            received_.insert(received_.end(), some.begin(), some.begin() + got);
        }) {}
  Bytes received() {
    thread_.join();
    return std::move(received_);
  }

 private:
  Bytes received_;
  std::thread thread_;
};

inline bool writable(int socket) {
  pollfd waited{socket, POLLOUT, 0};
  return ::poll(&waited, 1, 0) == 1 && (waited.revents & POLLOUT) != 0;
}

// Returns when the connection has ended, or after a millisecond.
inline void await_end(int socket) {
  pollfd waited{socket, 0, 0};
  const int ready = ::poll(&waited, 1, 1);
  // Something else may be wrong with it, or on its error queue.
  if (ready != 0 && (waited.revents & POLLHUP) == 0) ::usleep(1000);
}

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

// A signal for this thread every 300 µs, which ends what blocks with EINTR.
class Interruptions {
 public:
  Interruptions() {
    count() = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++count(); };
    ::sigaction(SIGALRM, &action, &before_);
    const itimerval often{{0, 300}, {0, 300}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
  }
  ~Interruptions() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  static std::atomic<int>& count() {
    static std::atomic<int> interruptions;
    return interruptions;
  }

 private:
  struct sigaction before_;
};

// How often SIGPIPE came while it lived.
class BrokenPipes {
 public:
  BrokenPipes() {
    count() = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++count(); };
    ::sigaction(SIGPIPE, &action, &before_);
  }
  ~BrokenPipes() { ::sigaction(SIGPIPE, &before_, nullptr); }
  static std::atomic<int>& count() {
    static std::atomic<int> signals;
    return signals;
  }

 private:
  struct sigaction before_;
};

}  // namespace assay::testing
