// A transfer from files to sockets by sendfile(): the pages of the page cache go to the network as they are.
//
// Idea. The kernel hangs the file's pages into the socket's queue; no byte passes through user space, and on
// a network card that gathers none is copied at all.
//
//   page cache   │ page │ page │ page │
//                    \      |      /           references
//   send queue    │ skb │ skb │ skb │  ──> network card, or over loopback: the receiver's only copy
//
// Invariants: I1  the offset handed to the kernel is offset + bytes: what was accepted, no more, no less
//             I2  nothing is owed between two calls; the descriptors' own positions do not move
//             I3  sendfile() that returned 0 has reached the end of the file: the loop ends
//             I4  a peer that has gone is an error and no signal (signal_guard.h)
//
// Costs. One call moves what the socket takes, up to 2 GiB. Sender's CPU over loopback, of nginx's with
// sendfile on, median of 21 rounds of 128 MiB that took turns: 0.83 in one call, 0.88 in 1 MiB steps, 0.91 in
// 256 KiB steps, 0.89 non-blocking. So the kernel gets the whole rest at once. Options are the caller's: with
// SO_SNDBUF, which ends the buffer's growth, it took 0.92, with TCP_NOTSENT_LOWAT 1.06. Of pread and send it
// takes 0.15 to 0.31: over loopback the sender is charged for the receiver's half of TCP, and for more of it
// where each end has a core of its own (0.13 s/GB; 0.05 where the scheduler places them on a busy machine,
// and the receiver then pays 0.24 and not 0.21). The guard against SIGPIPE costs 0.3 µs a call of
// send_file(), a hundredth of what a megabyte costs; BasicSendfileTransfer<Sigpipe::kIgnored>, for servers
// that ignore the signal, saves it.
//
// What it does not do. The bytes that the peer gets are the file's when they leave, not when send_file() was
// called; nobody is told when they have left. For a file that the kernel cannot send so, such as one of
// /proc, it reads and sends, and the record says so (user_copied).
//
// Source: sendfile(2), Linux 2.2; the pages go by splice since 2.6.23.
#pragma once

#include <sys/sendfile.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "zerocopy/availability.h"
#include "zerocopy/bounce_buffer.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/kernel_calls.h"
#include "zerocopy/signal_guard.h"
#include "zerocopy/transfer_concept.h"

namespace assay {

template <zerocopy::Sigpipe kSigpipe = zerocopy::Sigpipe::kGuarded>
class BasicSendfileTransfer {
 public:
  static constexpr TransferTraits kTraits{.sends_files = true, .aliases = true};

  static Availability available() noexcept {
    const ssize_t sent = ::sendfile(-1, -1, nullptr, 1);
    return {sent >= 0 || errno == EBADF ? 0 : errno, "sendfile"};
  }

  int open() noexcept {
    record_ = {};
    return 0;
  }
  void close() noexcept { buffer_.release(); }

  IoResult send_file(int socket, int file, std::uint64_t offset, std::uint64_t length) noexcept {
    IoResult result;
    if (offset > zerocopy::kLargestOffset) return {0, EINVAL};
    if (length == 0) return result;
    zerocopy::SigpipeGuard<kSigpipe> guard(record_);
    do {
      off_t at = static_cast<off_t>(offset + result.bytes);
      const ssize_t sent = zerocopy::uninterrupted(
          record_, [&] { return ::sendfile(socket, file, &at, zerocopy::per_call(length - result.bytes)); });
      if (sent <= 0) [[unlikely]] {
        result.error = sent < 0 ? errno : kSourceEnded;
        if (result.error != EAGAIN) guard.absorb();
        break;
      }
      result.bytes += static_cast<std::uint64_t>(sent);
    } while (result.bytes < length);
    record_.bytes += result.bytes;
    if (zerocopy::is_refusal(result.error)) return by_copying(socket, file, offset, length, result);
    return result;
  }

  IoResult finish(int) noexcept { return {}; }
  const TransferRecord& record() const noexcept { return record_; }

 private:
  // A refusal that has another reason than sendfile() meets the same error here.
  [[gnu::cold, gnu::noinline]] IoResult by_copying(int socket, int file, std::uint64_t offset,
                                                   std::uint64_t length, IoResult sent) noexcept {
    const int error = buffer_.reserve();
    if (error != 0) return {sent.bytes, error};
    IoResult rest = buffer_.send_file(socket, file, offset + sent.bytes, length - sent.bytes, record_);
    rest.bytes += sent.bytes;
    return rest;
  }

  zerocopy::BounceBuffer buffer_;
  TransferRecord record_;
};

using SendfileTransfer = BasicSendfileTransfer<>;

static_assert(Transfer<SendfileTransfer>);
static_assert(Transfer<BasicSendfileTransfer<zerocopy::Sigpipe::kIgnored>>);

}  // namespace assay
