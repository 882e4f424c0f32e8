// The error queue of a socket, on which the kernel says what it has done with sends without a copy.
#pragma once

// <linux/errqueue.h> uses timespec and does not say where it is from.
#include <time.h>
//
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "zerocopy/kernel_calls.h"
#include "zerocopy/transfer_concept.h"

namespace assay::zerocopy {

// Sends first to last, both included, are done with.
struct SendsDone {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool copied = false;  // the kernel made a copy after all
};

// Takes one message from the queue. 0, EAGAIN if there is none, or the kernel's error; done is set, and true
// returned in `found`, if the message was about sends. Others (of ICMP, time stamps) are lost to their owner.
inline int take_message(int socket, SendsDone& done, bool& found, TransferRecord& record) noexcept {
  alignas(cmsghdr) std::byte control[256];
  msghdr message{};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  found = false;
  const ssize_t got =
      uninterrupted(record, [&] { return ::recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT); });
  if (got < 0) return errno;
  for (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(part))) {
    const bool is_error = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
                          (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
    sock_extended_err error;
    if (!is_error || part->cmsg_len < CMSG_LEN(sizeof error)) continue;
    std::memcpy(&error, CMSG_DATA(part), sizeof error);
    if (error.ee_errno != 0 || error.ee_origin != SO_EE_ORIGIN_ZEROCOPY) continue;
    done = {error.ee_info, error.ee_data, (error.ee_code & SO_EE_CODE_ZEROCOPY_COPIED) != 0};
    found = true;
  }
  return 0;
}

// Returns when the queue may have a message, and after a millisecond if the last time was in vain: a
// connection that has ended looks to poll() as if it had one, for ever.
inline void await_message(int socket, bool in_vain, TransferRecord& record) noexcept {
  constexpr timespec kMillisecond{0, 1'000'000};
  pollfd waited{socket, 0, 0};
  record.calls += in_vain ? 2 : 1;
  if (in_vain) ::nanosleep(&kMillisecond, nullptr);
  ::poll(&waited, 1, -1);
}

}  // namespace assay::zerocopy
