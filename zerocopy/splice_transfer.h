// A transfer from files to sockets by splice(), through a pipe of its own.
//
// Idea. A pipe holds references to pages. splice() from a file puts the file's pages into it, splice() to a
// socket hands them on; no byte passes through user space.
//
//   file  at taken_  ──splice──>  │ page │ page │ owed_ bytes │ page │  ──splice──>  socket
//                                        1 MiB, F_SETPIPE_SZ
//
// Invariants: I1  what the pipe holds are the owed_ bytes of file_ before offset taken_, for socket_
//             I2  the pipe is filled only when it is empty, so that it never blocks; owed bytes go first
//             I3  bytes count when the socket has taken them, not when the pipe has
//             I4  owed bytes go to the socket, from the file, at the offset they were taken for, or nowhere
//             I5  a peer that has gone is an error and no signal (signal_guard.h)
//
// I4 is why a refusal remembers who was served, not by descriptor numbers alone, which are soon used again: a
// socket by its cookie, a file by device, inode and birth. A call for anything else empties the pipe first.
//
// Costs. Two calls for each filling of the pipe, where sendfile() has one for all. Sender's CPU over loopback
// is sendfile()'s within 5 percent, 0.15 of read and send's; with the usual pipe of 64 KiB 1.3 of it. The
// pipe counts against the user's share (pipe-user-pages-soft); a smaller one does as well, more slowly. After
// EAGAIN it takes two calls to remember, and two more to recognise.
//
// What it does not do. The bytes that the peer gets are the file's when they leave, or, of what was in the
// pipe, of the pages that the file had when they were taken; nobody is told when they have left. Files that
// cannot be spliced are read and sent (user_copied).
//
// Source: splice(2), Linux 2.6.17; McVoy, The splice I/O model, 1998.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "zerocopy/availability.h"
#include "zerocopy/bounce_buffer.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/identity.h"
#include "zerocopy/io_result.h"
#include "zerocopy/kernel_calls.h"
#include "zerocopy/pipe.h"
#include "zerocopy/signal_guard.h"
#include "zerocopy/transfer_concept.h"

namespace assay {

template <zerocopy::Sigpipe kSigpipe = zerocopy::Sigpipe::kGuarded>
class BasicSpliceTransfer {
 public:
  static constexpr TransferTraits kTraits{.sends_files = true, .aliases = true};

  static Availability available() noexcept {
    const ssize_t moved = ::splice(-1, nullptr, -1, nullptr, 1, 0);
    return {moved >= 0 || errno == EBADF ? 0 : errno, "splice"};
  }

  // 0, or why there is no pipe: EMFILE, ENFILE.
  int open() noexcept {
    record_ = {};
    owed_ = 0;
    return pipe_.open(kPipeSize, record_);
  }
  void close() noexcept {
    pipe_.close();
    buffer_.release();
    owed_ = 0;
  }

  IoResult send_file(int socket, int file, std::uint64_t offset, std::uint64_t length) noexcept {
    IoResult result;
    if (!pipe_.is_open()) return {0, EBADF};
    if (offset > zerocopy::kLargestOffset) return {0, EINVAL};
    if (length == 0) return result;
    if (owed_ != 0) [[unlikely]]
      result.error = recall(socket, file, offset, length);
    if (result.ok()) result = pass(socket, file, offset, length);
    record_.bytes += result.bytes;
    if (owed_ != 0) [[unlikely]]
      remember(socket, file, result.error);
    if (zerocopy::is_refusal(result.error)) return by_copying(socket, file, offset, length, result);
    return result;
  }

  IoResult finish(int) noexcept { return {}; }
  const TransferRecord& record() const noexcept { return record_; }

 private:
  static constexpr std::size_t kPipeSize = 1 << 20;

  IoResult pass(int socket, int file, std::uint64_t offset, std::uint64_t length) noexcept {
    IoResult result;
    bool held_back = false;
    zerocopy::SigpipeGuard<kSigpipe> guard(record_);
    while (result.bytes < length) {
      if (owed_ == 0) {
        loff_t at = static_cast<loff_t>(offset + result.bytes);
        const ssize_t taken = zerocopy::uninterrupted(record_, [&] {
          return ::splice(file, &at, pipe_.in(), nullptr,
                          zerocopy::per_call(length - result.bytes, pipe_.size()), 0);
        });
        if (taken <= 0) [[unlikely]] {
          result.error = taken < 0 ? errno : kSourceEnded;
          if (held_back) push(socket);
          break;
        }
        owed_ = static_cast<std::uint64_t>(taken);
        taken_ = offset + result.bytes + owed_;
      }
      const unsigned more = owed_ < length - result.bytes ? SPLICE_F_MORE : 0;
      const ssize_t sent = zerocopy::uninterrupted(record_, [&] {
        return ::splice(pipe_.out(), nullptr, socket, nullptr, zerocopy::per_call(owed_), more);
      });
      if (sent <= 0) [[unlikely]] {
        result.error = zerocopy::error_of(sent);
        break;
      }
      held_back = more != 0;
      owed_ -= static_cast<std::uint64_t>(sent);
      result.bytes += static_cast<std::uint64_t>(sent);
    }
    if (!result.ok() && result.error != EAGAIN) guard.absorb();
    return result;
  }

  // TCP was told that more follows, and keeps the last bytes for it up to 200 ms. Who has corked the socket
  // wants them kept.
  [[gnu::cold, gnu::noinline]] void push(int socket) noexcept {
    int corked = 0;
    socklen_t size = sizeof corked;
    record_.calls += 2;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_CORK, &corked, &size) == 0 && corked == 0)
      ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
  }

  // Only who was refused for now comes back for the same bytes.
  [[gnu::cold, gnu::noinline]] void remember(int socket, int file, int error) noexcept {
    socket_ = error == EAGAIN ? zerocopy::socket_identity(socket, record_) : zerocopy::Identity{};
    file_ = error == EAGAIN ? zerocopy::file_identity(file, record_) : zerocopy::Identity{};
  }

  // 0 if what the pipe holds, if anything, is what is asked for; else why there is no pipe any more.
  [[gnu::cold, gnu::noinline]] int recall(int socket, int file, std::uint64_t offset,
                                          std::uint64_t length) noexcept {
    const bool wanted = offset == taken_ - owed_ && owed_ <= length && socket_.known() && file_.known() &&
                        socket_ == zerocopy::socket_identity(socket, record_) &&
                        file_ == zerocopy::file_identity(file, record_);
    return wanted ? 0 : drop_owed();
  }
  int drop_owed() noexcept {
    owed_ = 0;
    return pipe_.open(kPipeSize, record_);
  }

  // What the pipe holds is still in the file.
  [[gnu::cold, gnu::noinline]] IoResult by_copying(int socket, int file, std::uint64_t offset,
                                                   std::uint64_t length, IoResult sent) noexcept {
    int error = owed_ == 0 ? 0 : drop_owed();
    if (error == 0) error = buffer_.reserve();
    if (error != 0) return {sent.bytes, error};
    IoResult rest = buffer_.send_file(socket, file, offset + sent.bytes, length - sent.bytes, record_);
    rest.bytes += sent.bytes;
    return rest;
  }

  zerocopy::Pipe pipe_;
  zerocopy::BounceBuffer buffer_;
  std::uint64_t owed_ = 0;
  std::uint64_t taken_ = 0;
  zerocopy::Identity socket_;
  zerocopy::Identity file_;
  TransferRecord record_;
};

using SpliceTransfer = BasicSpliceTransfer<>;

static_assert(Transfer<SpliceTransfer>);
static_assert(Transfer<BasicSpliceTransfer<zerocopy::Sigpipe::kIgnored>>);

}  // namespace assay
