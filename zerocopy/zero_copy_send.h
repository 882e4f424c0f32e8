// A transfer from memory to sockets by MSG_ZEROCOPY, as long as the kernel really does not copy.
//
// Idea. The kernel pins the pages of the source and hands them to the network; when nobody reads them any
// more it says so on the socket's error queue, and also whether it had to copy after all, as it does over
// loopback. Then this transfer stops asking: pinned pages and notifications are dearer than the copy alone.
//
//   source │ page │ page │ page │ … <── pinned by send n, n+1, …       completion_ledger.h
//              └──> socket ──> network card
//   error queue: "n to n+3 are done with, copied or not" ──> finish(), and copy_watch.h: try again or not?
//
// Invariants: I1  finish() says 0 only when every send has been answered
//             I2  zero-copy sends go to one socket only, whose numbers this transfer knows from 0 on
//             I3  bytes go in the order of calls, whichever way each of them goes
//             I4  no wait without a send outstanding
//
// I2: sends are numbered by the socket, not by who sends. A socket that is used with SO_ZEROCOPY on already
// may have sends of somebody else outstanding, whose answers look like ours; it gets plain sends. So does a
// second socket while the first one owes answers.
//
// Costs. Where the kernel copies: two trials of 256 KiB, then one for 32 MiB of plain sends, later for 1 GiB;
// the plain send() is one call for all that is left. MSG_ZEROCOPY alone costs 1.2 of a plain send's CPU over
// loopback, both ends counted; with trials 1.00 to 1.03 (256 MiB, 31 shuffled rounds). Below 16 KiB sends are
// plain: the kernel's documentation finds pinning worth while from about 10 KB. A source of n bytes takes
// n / 256 KiB calls, and one for each 32 of them or fewer to read answers. 64 sends are outstanding at most:
// the next ones are plain, as they are when the kernel has no memory for notifications (ENOBUFS).
//
// What it does not do. It does not copy for the caller: until finish() says 0 a change of the source changes
// what is sent. Plain sends count as kernel_copied. SO_ZEROCOPY stays on, and other messages on the socket's
// error queue are thrown away.
//
// Source: Documentation/networking/msg_zerocopy.rst; de Bruijn and Dumazet, sendmsg copy avoidance with
// MSG_ZEROCOPY, netdev 2.1, 2017. Linux 4.14.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "zerocopy/availability.h"
#include "zerocopy/completion_ledger.h"
#include "zerocopy/copy_watch.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/error_queue.h"
#include "zerocopy/identity.h"
#include "zerocopy/io_result.h"
#include "zerocopy/kernel_calls.h"
#include "zerocopy/plain_send.h"
#include "zerocopy/transfer_concept.h"

namespace assay {

class ZeroCopySend {
 public:
  static constexpr TransferTraits kTraits{.sends_memory = true, .aliases = true};

  static Availability available() noexcept {
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    const bool there =
        socket.is_open() && ::setsockopt(socket.get(), SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) == 0;
    return {there ? 0 : errno, "SO_ZEROCOPY"};
  }

  ZeroCopySend() noexcept = default;
  ZeroCopySend(ZeroCopySend&& other) noexcept : state_(std::exchange(other.state_, State())) {}
  ZeroCopySend& operator=(ZeroCopySend&& other) noexcept {
    state_ = std::exchange(other.state_, State());
    return *this;
  }
  ~ZeroCopySend() = default;

  int open() noexcept {
    close();
    state_.record = {};
    return 0;
  }

  // The kernel may still read what was sent; nobody learns when that ends.
  void close() noexcept {
    state_.watch = {};
    if (state_.ledger.outstanding() == 0) return;
    // Answers that are still to come would be taken for those to later sends: I2.
    state_.enabled = false;
    state_.ledger = zerocopy::CompletionLedger();
  }

  IoResult send(int socket, std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < kSmallest || bytes.size() <= state_.watch.plain_left())
      return send_plainly(socket, bytes);
    const bool mine = attach(socket);
    IoResult result;
    do {
      const auto rest = bytes.subspan(static_cast<std::size_t>(result.bytes));
      if (mine && (state_.watch.waits() || state_.ledger.outstanding() >= kHarvest)) take_answers(socket);
      const bool refers = mine && state_.enabled && rest.size() >= kSmallest && state_.watch.tries() &&
                          state_.ledger.has_room();
      const IoResult part = refers ? send_referring(socket, rest.first(std::min(rest.size(), kChunk)))
                                   : send_plainly(socket, rest.first(plain_size(rest.size(), mine)));
      result.bytes += part.bytes;
      result.error = part.error;
    } while (result.ok() && result.bytes < bytes.size());
    return result;
  }

  // Of a socket that blocks: waits. What the peer does not take may keep it waiting.
  IoResult finish(int socket) noexcept {
    if (state_.ledger.outstanding() == 0) return {};
    const zerocopy::Identity asked = zerocopy::socket_identity(socket, state_.record);
    if (!asked.known()) return {0, errno};
    if (asked != state_.socket) return {};
    for (bool waited = false;; waited = true) {
      const std::uint32_t before = state_.ledger.outstanding();
      const int error = take_answers(socket);
      if (state_.ledger.outstanding() == 0) return {};
      if (error != EAGAIN) return {0, error};
      ++state_.record.calls;
      const int flags = ::fcntl(socket, F_GETFL);
      if (flags < 0) return {0, errno};
      if ((flags & O_NONBLOCK) != 0) return {0, EAGAIN};
      const bool in_vain = waited && state_.ledger.outstanding() == before;
      zerocopy::await_message(socket, in_vain, state_.record);
    }
  }

  const TransferRecord& record() const noexcept { return state_.record; }

 private:
  static constexpr std::size_t kSmallest = 16 << 10;
  static constexpr std::size_t kChunk = 256 << 10;
  // Between two looks for an answer that would allow to go on without copies.
  static constexpr std::size_t kPlainChunk = 1 << 20;
  static constexpr std::uint32_t kHarvest = zerocopy::CompletionLedger::kPlaces / 2;

  struct State {
    zerocopy::Identity socket;
    bool enabled = false;  // sends without a copy are allowed on it
    zerocopy::CompletionLedger ledger;
    zerocopy::CopyWatch watch;
    TransferRecord record;
  };

  // Whether sends to this socket may refer to the source. A socket that is seen for the first time gets
  // trials.
  bool attach(int socket) noexcept {
    const zerocopy::Identity asked = zerocopy::socket_identity(socket, state_.record);
    if (!asked.known()) return false;
    if (asked == state_.socket) return state_.enabled;
    if (state_.ledger.outstanding() != 0) return false;
    int on = 0;
    socklen_t size = sizeof on;
    state_.record.calls += 2;
    state_.enabled = ::getsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &on, &size) == 0 && on == 0 &&
                     ::setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &(on = 1), sizeof on) == 0;
    state_.socket = asked;
    state_.ledger = zerocopy::CompletionLedger();
    state_.watch = {};
    return state_.enabled;
  }

  std::size_t plain_size(std::size_t rest, bool mine) const noexcept {
    if (!mine || !state_.enabled) return rest;
    const std::uint64_t pause = state_.watch.plain_left();
    return zerocopy::per_call(rest, pause != 0 ? pause : kPlainChunk);
  }

  IoResult send_plainly(int socket, std::span<const std::byte> bytes) noexcept {
    const IoResult result = zerocopy::plain_send(socket, bytes, state_.record);
    state_.record.kernel_copied += result.bytes;
    state_.watch.sent_plainly(result.bytes);
    return result;
  }

  IoResult send_referring(int socket, std::span<const std::byte> bytes) noexcept {
    const ssize_t sent = zerocopy::uninterrupted(state_.record, [&] {
      return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_ZEROCOPY);
    });
    if (sent > 0) {
      state_.ledger.issue(static_cast<std::uint32_t>(sent));
      state_.watch.tried();
      state_.record.bytes += static_cast<std::uint64_t>(sent);
      return {static_cast<std::uint64_t>(sent), 0};
    }
    const int error = zerocopy::error_of(sent);
    if (zerocopy::is_refusal(error)) state_.enabled = false;
    if (error == ENOBUFS || zerocopy::is_refusal(error)) return send_plainly(socket, bytes);
    return {0, error};
  }

  // Returns why there are no more: EAGAIN, or the kernel's error.
  int take_answers(int socket) noexcept {
    for (;;) {
      zerocopy::SendsDone done;
      bool found = false;
      const int error = zerocopy::take_message(socket, done, found, state_.record);
      if (error != 0) return error;
      if (!found) continue;
      std::uint32_t sends = 0;
      const std::uint64_t bytes = state_.ledger.complete(done.first, done.last, sends);
      if (sends == 0) continue;
      state_.watch.answered(sends, done.copied);
      if (done.copied) state_.record.kernel_copied += bytes;
    }
  }

  State state_;
};

static_assert(Transfer<ZeroCopySend>);

}  // namespace assay
