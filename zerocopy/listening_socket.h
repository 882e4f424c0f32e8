// A TCP socket that listens and does not block.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "zerocopy/descriptor.h"

namespace assay::zerocopy {

class ListeningSocket {
 public:
  // 0, or an errno value. `address` is one of IPv4 or of IPv6, no name; port 0: one that is free.
  int open(const char* address, std::uint16_t port) noexcept {
    sockaddr_storage storage{};
    auto& four = reinterpret_cast<sockaddr_in&>(storage);
    auto& six = reinterpret_cast<sockaddr_in6&>(storage);
    auto* const name = reinterpret_cast<sockaddr*>(&storage);
    socklen_t size;
    if (::inet_pton(AF_INET, address, &four.sin_addr) == 1) {
      four.sin_family = AF_INET;
      four.sin_port = htons(port);
      size = sizeof four;
    } else if (::inet_pton(AF_INET6, address, &six.sin6_addr) == 1) {
      six.sin6_family = AF_INET6;
      six.sin6_port = htons(port);
      size = sizeof six;
    } else {
      return EINVAL;
    }
    Descriptor made(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!made.is_open()) return errno;
    const int on = 1;
    // Connections that a former server has ended keep no port from this one.
    ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Connections inherit it: the end of an answer does not wait for the acknowledgement of its beginning.
    ::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::bind(made.get(), name, size) != 0 || ::listen(made.get(), kBacklog) != 0 ||
        ::getsockname(made.get(), name, &size) != 0)
      return errno;
    port_ = ntohs(storage.ss_family == AF_INET ? four.sin_port : six.sin6_port);
    socket_ = std::move(made);
    return 0;
  }
  void close() noexcept { socket_.close(); }

  int get() const noexcept { return socket_.get(); }
  std::uint16_t port() const noexcept { return port_; }

 private:
  static constexpr int kBacklog = 511;

  Descriptor socket_;
  std::uint16_t port_ = 0;
};

}  // namespace assay::zerocopy
