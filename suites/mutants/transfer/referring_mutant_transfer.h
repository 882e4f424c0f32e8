// A transfer from memory that refers to its source (MSG_ZEROCOPY), in which the defects that the clauses
// about references stand for, TR-20 to TR-22, can be switched on.
//
// Idea. The kernel answers every send on the socket's error queue when it needs the memory no more, and says
// whether it copied. As many answers as sends: then it is the caller's again.
//
// Invariants: I1  sizes has the bytes of each send that has no answer yet, and only of sends to one socket
#pragma once

// <linux/errqueue.h> uses timespec and does not say where it is from.
#include <time.h>
//
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <span>
#include <utility>

#include "suites/mutants/transfer/transfer_defects.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/transfer_concept.h"

namespace assay::mutant {

class ReferringMutantTransfer {
 public:
  static constexpr TransferTraits kTraits{.sends_memory = true, .aliases = true};
  static Availability available() noexcept {
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return {socket.is_open() && allow(socket.get()) ? 0 : errno, "SO_ZEROCOPY"};
  }

  ReferringMutantTransfer() noexcept = default;
  ReferringMutantTransfer(ReferringMutantTransfer&& other) noexcept { *this = std::move(other); }
  ReferringMutantTransfer& operator=(ReferringMutantTransfer&& other) noexcept {
    state_ = std::exchange(other.state_, State());
    return *this;
  }

  int open() noexcept {
    state_ = State();
    return 0;
  }
  void close() noexcept { state_.sizes.clear(); }

  IoResult send(int socket, std::span<const std::byte> bytes) noexcept {
    const bool mine = attach(socket) && !copies_in_silence;
    bool refused = false;
    std::size_t done = 0;
    while (done < bytes.size()) {
      const std::size_t rest = bytes.size() - done;
      const bool refers = mine && !refused && rest >= kSmallest;
      ++state_.record.calls;
      const ssize_t n = ::send(socket, bytes.data() + done, rest, MSG_NOSIGNAL | (refers ? MSG_ZEROCOPY : 0));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == ENOBUFS && refers) {  // no memory for one more answer
        refused = true;
        continue;
      }
      if (n < 0) return {done, errno};
      const auto sent = static_cast<std::uint64_t>(n);
      if (refers && n > 0) state_.sizes.push_back(sent);
      if (!refers && !copies_in_silence) state_.record.kernel_copied += sent;
      state_.record.bytes += sent;
      done += static_cast<std::size_t>(n);
    }
    return {done, 0};
  }

  IoResult finish(int socket) noexcept {
    if (state_.sizes.empty()) return {};
    ino_t asked = 0;
    if (!identify(socket, asked)) return {0, errno};
    if (asked != state_.socket) return {};
    ++state_.record.calls;
    const int flags = fcntl(socket, F_GETFL);
    if (flags < 0) return {0, errno};
    const bool blocks = (flags & O_NONBLOCK) == 0;
    if (blocks ? finish_does_not_wait : finish_does_not_look) state_.sizes.clear();
    for (;;) {
      const int error = take_answers(socket);
      if (state_.sizes.empty()) return {};
      if (error != EAGAIN || !blocks) return {0, error};
      // A connection that has ended is ready for ever: not longer than this, and not at once.
      pollfd answer{socket, 0, 0};
      const timespec moment{0, 200'000};
      ++state_.record.calls;
      poll(&answer, 1, 10);
      nanosleep(&moment, nullptr);
    }
  }

  const TransferRecord& record() const noexcept { return state_.record; }

 private:
  // Pinning pages is dearer than a copy below, says the kernel's documentation (10 KB or so).
  static constexpr std::size_t kSmallest = 16'384;

  struct State {
    ino_t socket = 0;  // what the sizes are about; a number of a descriptor comes again
    std::deque<std::uint64_t> sizes;
    TransferRecord record;
  };

  static bool allow(int socket) {
    const int on = 1;
    return setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) == 0;
  }

  bool identify(int socket, ino_t& identity) {
    struct stat status;
    ++state_.record.calls;
    if (fstat(socket, &status) != 0) return false;
    identity = status.st_ino;
    return true;
  }

  // Whether sends to this socket may refer to memory: not to a second one as long as the first owes answers.
  bool attach(int socket) {
    ino_t asked = 0;
    if (!identify(socket, asked)) return false;
    if (asked != state_.socket && !state_.sizes.empty()) return false;
    ++state_.record.calls;
    state_.socket = asked;
    return allow(socket);
  }

  // Returns why there are no more.
  int take_answers(int socket) {
    while (!state_.sizes.empty()) {
      alignas(cmsghdr) std::byte control[256];
      msghdr message{};
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      ++state_.record.calls;
      if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
        if (errno != EINTR) return errno;
        continue;
      }
      for (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
           part = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(part))) {
        sock_extended_err answer;
        if (part->cmsg_len < CMSG_LEN(sizeof answer)) continue;
        std::memcpy(&answer, CMSG_DATA(part), sizeof answer);
        if (answer.ee_errno == 0 && answer.ee_origin == SO_EE_ORIGIN_ZEROCOPY) take(answer);
      }
    }
    return 0;
  }

  // About the sends from ee_info to ee_data, oldest first but for rare exceptions: these may change which
  // bytes are counted as copied, never whether all have been answered.
  void take(const sock_extended_err& answer) {
    for (std::uint32_t n = answer.ee_data - answer.ee_info + 1; n > 0 && !state_.sizes.empty(); --n) {
      if ((answer.ee_code & SO_EE_CODE_ZEROCOPY_COPIED) != 0)
        state_.record.kernel_copied += state_.sizes.front();
      state_.sizes.pop_front();
    }
  }

  State state_;
};

static_assert(Transfer<ReferringMutantTransfer>);

}  // namespace assay::mutant
