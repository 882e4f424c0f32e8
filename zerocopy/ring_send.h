// A transfer from memory to sockets through io_uring: send and send_zc.
//
// Idea. A request lies in a ring that kernel and process share; one call submits it and waits for its result,
// and the kernel goes on by itself until all of it is sent (MSG_WAITALL). send_zc refers to the source
// instead of copying it, and says in a second completion that it does so no more.
//
//   send_zc n ──> │ ring │ ──> kernel ──> result: bytes, "more follows"     bytes_[n] is set
//                                    └──> notification: copied or not       n is free again
//
// Invariants: I1  finish() says 0 only when every send_zc has had its notification
//             I2  one request is under way at a time, so that bytes go in order; send() waits for its result
//             I3  a place n belongs to one send_zc until its notification
//             I4  no wait without a request outstanding
//
// Where the kernel copies after all, it is no longer asked: copy_watch.h, as in ZeroCopySend, with the same
// chunks of 256 KiB while it is asked and all that is left at once when it is not.
//
// Costs. One system call a request, and one a call of send() to learn whether the socket blocks. CPU over
// loopback, both ends, is that of plain sends: 1.02, in 64 KiB steps 0.96 (41 and 15 shuffled rounds of
// 128 MiB). send_zc alone takes 1.13 of it there, and 1.9 from registered buffers, so there are none.
//
// What it does not do. It does not copy for the caller: until finish() says 0 a change of the source changes
// what is sent. Plain sends count as kernel_copied. A wait for the ring counts as one of calls, even where a
// signal makes it two. Notifications do not wake who polls the socket: ask
// again, or poll descriptor(). Not across fork().
//
// Source: io_uring_prep_send_zc(3); Begunkov, Zero-copy network transmission with io_uring, LPC 2022.
// Linux 6.2 (which tells what it copied) for send_zc, else plain sends.
#pragma once

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "zerocopy/availability.h"
#include "zerocopy/copy_watch.h"
#include "zerocopy/io_result.h"
#include "zerocopy/io_ring.h"
#include "zerocopy/kernel_calls.h"
#include "zerocopy/transfer_concept.h"

#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

namespace assay {

class RingSend {
 public:
  static constexpr TransferTraits kTraits{.sends_memory = true, .aliases = true};

  static Availability available() noexcept {
    IoRing ring;
    const int error = ring.open(1);
    if (error != 0) return {error, "io_uring_setup"};
    return {ring.supports(IORING_OP_SEND) ? 0 : EOPNOTSUPP, "IORING_OP_SEND"};
  }

  // 0, or why there is no ring: ENOSYS, EPERM, EMFILE, ENOMEM.
  int open() noexcept {
    close();
    record_ = {};
    ++record_.calls;
    const int error = ring_.open(kPlaces);
    if (error != 0) return error;
    ++record_.calls;
    zero_copy_ = ring_.supports(kSendReferring);
    return 0;
  }

  // The kernel may still read what was sent; nobody learns when that ends.
  void close() noexcept {
    ring_.close();
    free_ = kAllFree;
    watch_ = {};
    lost_ = 0;
  }

  // EBADF before open(). After an error of the ring itself, which is none of the socket's, only close() and
  // open() help, and finish() says the same error.
  IoResult send(int socket, std::span<const std::byte> bytes) noexcept {
    IoResult result;
    if (!bytes.empty()) result.error = look_at(socket);
    while (result.ok() && result.bytes < bytes.size()) {
      if (!ring_.is_open()) return {result.bytes, lost_ != 0 ? lost_ : EBADF};
      const auto rest = bytes.subspan(static_cast<std::size_t>(result.bytes));
      if (ring_.outstanding() != 0) take_notifications();
      const bool refers = zero_copy_ && rest.size() >= kSmallest && watch_.tries() && free_ != 0;
      const IoResult part = refers ? send_referring(socket, rest.first(std::min(rest.size(), kChunk)))
                                   : send_plainly(socket, rest.first(plain_size(rest.size())));
      result.bytes += part.bytes;
      result.error = part.error;
    }
    return result;
  }

  // Of a socket that blocks: waits. What the peer does not take may keep it waiting.
  IoResult finish(int socket) noexcept {
    for (;;) {
      take_notifications();
      if (lost_ != 0) return {0, lost_};
      if (ring_.outstanding() == 0) return {};
      int error = look_at(socket);
      if (error == 0 && wait_flag_ == MSG_DONTWAIT) error = EAGAIN;
      if (error != 0) return {0, error};
      ++record_.calls;
      error = ring_.wait(1);
      if (error != 0) return {0, error};
    }
  }

  const TransferRecord& record() const noexcept { return record_; }
  // Readable when a notification can be taken.
  int descriptor() const noexcept { return ring_.descriptor(); }

 private:
  static constexpr unsigned kPlaces = 64;
  static constexpr std::uint64_t kAllFree = ~std::uint64_t{0};
  static constexpr std::uint64_t kNoPlace = kPlaces;
  static constexpr std::size_t kSmallest = 16 << 10;
  static constexpr std::size_t kChunk = 256 << 10;
  static constexpr std::size_t kPlainChunk = 1 << 20;
  static constexpr int kTries = 16;
  // IORING_OP_SEND_ZC, which headers before Linux 6.0 lack.
  static constexpr std::uint8_t kSendReferring = 47;
  // What a worker thread of the kernel may return for an interrupted call; never seen by those who make it.
  static constexpr int kRestart = 512;

  // Requests wait even for a socket that does not block, unless they are told.
  int look_at(int socket) noexcept {
    ++record_.calls;
    const int flags = ::fcntl(socket, F_GETFL);
    if (flags < 0) return errno;
    wait_flag_ = (flags & O_NONBLOCK) != 0 ? MSG_DONTWAIT : MSG_WAITALL;
    return 0;
  }

  std::size_t plain_size(std::size_t rest) const noexcept {
    if (!zero_copy_ || rest < kSmallest) return zerocopy::per_call(rest);
    return zerocopy::per_call(
        rest, std::min(zerocopy::kMostPerCall, watch_.plain_left() != 0 ? watch_.plain_left() : kPlainChunk));
  }

  IoResult send_plainly(int socket, std::span<const std::byte> bytes) noexcept {
    IoResult result = outcome(request(IORING_OP_SEND, socket, bytes, kNoPlace).result);
    const bool refused = lost_ == 0 && (result.error == EOPNOTSUPP || result.error == EINVAL);
    if (refused && wait_flag_ == MSG_WAITALL) [[unlikely]] {
      // Sockets under TLS refuse what they do not know. The rest of this send() goes without.
      wait_flag_ = 0;
      result = outcome(request(IORING_OP_SEND, socket, bytes, kNoPlace).result);
    }
    record_.bytes += result.bytes;
    record_.kernel_copied += result.bytes;
    watch_.sent_plainly(result.bytes);
    return result;
  }

  IoResult send_referring(int socket, std::span<const std::byte> bytes) noexcept {
    const auto place = static_cast<unsigned>(std::countr_zero(free_));
    const IoRing::Completion completion = request(kSendReferring, socket, bytes, place);
    const IoResult result = outcome(completion.result);
    bytes_[place] = static_cast<std::uint32_t>(result.bytes);
    if (completion.more()) {
      free_ &= ~(std::uint64_t{1} << place);
      watch_.tried();
    }
    record_.bytes += result.bytes;
    if (result.error == ENOBUFS || result.error == ENOMEM) return send_plainly(socket, bytes);
    if (lost_ != 0 || !zerocopy::is_refusal(result.error)) return result;
    zero_copy_ = false;
    return send_plainly(socket, bytes);
  }

  // Nothing sent and nothing wrong: interrupted, to be asked again.
  static IoResult outcome(int result) noexcept {
    if (result > 0) return {static_cast<std::uint64_t>(result), 0};
    if (result == -EINTR || result == -kRestart) return {};
    return {0, result == 0 ? EIO : -result};
  }

  // The result of one request, after it has been submitted and waited for.
  IoRing::Completion request(std::uint8_t operation, int socket, std::span<const std::byte> bytes,
                             std::uint64_t place) noexcept {
    io_uring_sqe* const entry = ring_.get();
    if (entry == nullptr) return lose(EBUSY);
    entry->opcode = operation;
    entry->fd = socket;
    entry->addr = reinterpret_cast<std::uintptr_t>(bytes.data());
    entry->len = static_cast<std::uint32_t>(bytes.size());
    entry->msg_flags = static_cast<std::uint32_t>(MSG_NOSIGNAL | wait_flag_);
    if (operation == kSendReferring) entry->ioprio = IORING_SEND_ZC_REPORT_USAGE;
    entry->user_data = place;
    int failures = 0;
    for (;;) {
      ++record_.calls;
      const int error = ring_.wait(1);
      for (IoRing::Completion completion; ring_.complete(completion);) {
        if (!completion.notification()) return completion;
        note(completion);
      }
      // EBUSY and EAGAIN pass when completions have been taken.
      if (error != 0 && ++failures == kTries) return lose(error);
    }
  }

  // The kernel does not say what it does with the request: whether the source is read is unknown from here
  // on.
  [[gnu::cold, gnu::noinline]] IoRing::Completion lose(int error) noexcept {
    ring_.close();
    lost_ = error;
    return {0, -error, 0};
  }

  void take_notifications() noexcept {
    for (IoRing::Completion completion; ring_.complete(completion);) note(completion);
  }
  void note(const IoRing::Completion& completion) noexcept {
    const bool copied = (static_cast<unsigned>(completion.result) & IORING_NOTIF_USAGE_ZC_COPIED) != 0;
    free_ |= std::uint64_t{1} << completion.user_data;
    // A send that failed is answered too, as copied: nobody referred to anything.
    if (bytes_[completion.user_data] == 0) return watch_.refused();
    watch_.answered(1, copied);
    if (copied) record_.kernel_copied += bytes_[completion.user_data];
  }

  IoRing ring_;
  bool zero_copy_ = false;
  int lost_ = 0;
  int wait_flag_ = MSG_WAITALL;
  std::uint64_t free_ = kAllFree;  // bit n: place n
  std::array<std::uint32_t, kPlaces> bytes_{};
  zerocopy::CopyWatch watch_;
  TransferRecord record_;
};

static_assert(Transfer<RingSend>);

}  // namespace assay
