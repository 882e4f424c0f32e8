// Many datagrams in one call: UDP segmentation offload.
//
// Idea. The kernel takes up to 64 datagrams of one size as one long buffer, sends it through its layers as
// one packet, and cuts it where it leaves, or has the card do it. So routing, filters and queues cost once.
//
//   bytes │ segment │ segment │ segment │ rest │  ── one sendmsg() with UDP_SEGMENT ──>  4 datagrams
//
// Invariants: I1  every datagram but the last of a call is of segment bytes; none is sent twice
//             I2  bytes counts whole datagrams: one that the socket did not take is not begun
//
// Costs. One call for 64 datagrams, or for 65,507 bytes of them, instead of 64.
//
// What it does not do. Datagrams may be lost, as any: this is no Transfer. Nothing is kept of the source.
// Where the kernel, the card or the path refuses (EINVAL, EIO, EMSGSIZE, ENOPROTOOPT), one call a datagram,
// until open(); grouped() tells. The socket must be connected. Not thread-safe.
//
// Source: udp(7), UDP_SEGMENT, Linux 4.18; de Bruijn and Dumazet, Optimizing UDP for content
// delivery, LPC 2018.
#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "zerocopy/availability.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/kernel_calls.h"
#include "zerocopy/transfer_concept.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace assay {

class DatagramSend {
 public:
  // Of UDP over IPv4; one less fits with the longer head of IPv6, which the kernel refuses by itself.
  static constexpr std::size_t kLargest = 65'507;

  static Availability available() noexcept {
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    int size = 0;
    socklen_t length = sizeof size;
    const bool there =
        socket.is_open() && ::getsockopt(socket.get(), IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0;
    return {there ? 0 : errno, "UDP_SEGMENT"};
  }

  void open() noexcept {
    record_ = {};
    grouped_ = true;
  }

  // Sends bytes as datagrams of so many each, the last one of what is left. EINVAL unless segment is 1 to
  // kLargest.
  IoResult send(int socket, std::span<const std::byte> bytes, std::size_t segment) noexcept {
    IoResult result;
    if (segment == 0 || segment > kLargest) return {0, EINVAL};
    while (result.ok() && result.bytes < bytes.size()) {
      const auto rest = bytes.subspan(static_cast<std::size_t>(result.bytes));
      const std::size_t group = std::min(kMostSegments, kLargest / segment) * segment;
      const bool grouped = grouped_ && group > segment && rest.size() > segment;
      const auto part = rest.first(std::min(rest.size(), grouped ? group : segment));
      const ssize_t sent = zerocopy::uninterrupted(
          record_, [&] { return grouped ? send_group(socket, part, segment) : send_one(socket, part); });
      if (sent > 0) {
        result.bytes += static_cast<std::uint64_t>(sent);
      } else if (const int error = zerocopy::error_of(sent); grouped && is_no_offload(error)) {
        grouped_ = false;
      } else {
        result.error = error;
      }
    }
    record_.bytes += result.bytes;
    return result;
  }

  bool grouped() const noexcept { return grouped_; }
  const TransferRecord& record() const noexcept { return record_; }

 private:
  // UDP_MAX_SEGMENTS of the kernels that have fewest.
  static constexpr std::size_t kMostSegments = 64;

  // EIO: the card computes no checksums.
  static bool is_no_offload(int error) noexcept {
    return zerocopy::is_refusal(error) || error == EIO || error == EMSGSIZE || error == ENOPROTOOPT;
  }

  static ssize_t send_one(int socket, std::span<const std::byte> bytes) noexcept {
    return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  static ssize_t send_group(int socket, std::span<const std::byte> bytes, std::size_t segment) noexcept {
    iovec source{const_cast<std::byte*>(bytes.data()), bytes.size()};
    const auto size = static_cast<std::uint16_t>(segment);
    alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof size)] = {};
    msghdr message{};
    message.msg_iov = &source;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = IPPROTO_UDP;
    head->cmsg_type = UDP_SEGMENT;
    head->cmsg_len = CMSG_LEN(sizeof size);
    std::memcpy(CMSG_DATA(head), &size, sizeof size);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
  }

  bool grouped_ = true;
  TransferRecord record_;
};

}  // namespace assay
