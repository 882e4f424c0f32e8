// What becomes of a call that took the place of the C library's: part of system_calls.h.
#pragma once

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "suites/core/system_calls.h"

struct epoll_event;

namespace assay::suite::intercepted {

using system_calls::Act;
using system_calls::Counts;
using system_calls::Fault;
using system_calls::kMostByACall;
using system_calls::Pretended;
using system_calls::set_of;
using enum SystemCall;

#define ASSAY_NEXT(X)                                                             \
  X(read, ssize_t, (int, void*, size_t))                                          \
  X(pread64, ssize_t, (int, void*, size_t, off64_t))                              \
  X(readv, ssize_t, (int, const iovec*, int))                                     \
  X(preadv64v2, ssize_t, (int, const iovec*, int, off64_t, int))                  \
  X(write, ssize_t, (int, const void*, size_t))                                   \
  X(pwrite64, ssize_t, (int, const void*, size_t, off64_t))                       \
  X(writev, ssize_t, (int, const iovec*, int))                                    \
  X(pwritev64v2, ssize_t, (int, const iovec*, int, off64_t, int))                 \
  X(send, ssize_t, (int, const void*, size_t, int))                               \
  X(sendto, ssize_t, (int, const void*, size_t, int, const sockaddr*, socklen_t)) \
  X(sendmsg, ssize_t, (int, const msghdr*, int))                                  \
  X(recv, ssize_t, (int, void*, size_t, int))                                     \
  X(recvfrom, ssize_t, (int, void*, size_t, int, sockaddr*, socklen_t*))          \
  X(recvmsg, ssize_t, (int, msghdr*, int))                                        \
  X(sendfile64, ssize_t, (int, int, off64_t*, size_t))                            \
  X(splice, ssize_t, (int, off64_t*, int, off64_t*, size_t, unsigned))            \
  X(vmsplice, ssize_t, (int, const iovec*, size_t, unsigned))                     \
  X(tee, ssize_t, (int, int, size_t, unsigned))                                   \
  X(copy_file_range, ssize_t, (int, off64_t*, int, off64_t*, size_t, unsigned))   \
  X(openat64, int, (int, const char*, int, ...))                                  \
  X(close, int, (int))                                                            \
  X(pipe2, int, (int*, int))                                                      \
  X(socket, int, (int, int, int))                                                 \
  X(socketpair, int, (int, int, int, int*))                                       \
  X(accept4, int, (int, sockaddr*, socklen_t*, int))                              \
  X(connect, int, (int, const sockaddr*, socklen_t))                              \
  X(shutdown, int, (int, int))                                                    \
  X(setsockopt, int, (int, int, int, const void*, socklen_t))                     \
  X(getsockopt, int, (int, int, int, void*, socklen_t*))                          \
  X(poll, int, (pollfd*, nfds_t, int))                                            \
  X(ppoll, int, (pollfd*, nfds_t, const timespec*, const sigset_t*))              \
  X(epoll_wait, int, (int, epoll_event*, int, int))                               \
  X(mmap64, void*, (void*, size_t, int, int, int, off64_t))                       \
  X(munmap, int, (void*, size_t))                                                 \
  X(madvise, int, (void*, size_t, int))                                           \
  X(fcntl64, int, (int, int, ...))                                                \
  X(ioctl, int, (int, unsigned long, ...))                                        \
  X(fstat64, int, (int, void*))                                                   \
  X(statx, int, (int, const char*, int, unsigned, void*))                         \
  X(lseek64, off64_t, (int, off64_t, int))                                        \
  X(ftruncate64, int, (int, off64_t))                                             \
  X(fallocate64, int, (int, int, off64_t, off64_t))                               \
  X(pthread_sigmask, int, (int, const sigset_t*, sigset_t*))                      \
  X(sigprocmask, int, (int, const sigset_t*, sigset_t*))                          \
  X(sigpending, int, (sigset_t*))                                                 \
  X(sigtimedwait, int, (const sigset_t*, siginfo_t*, const timespec*))            \
  X(syscall, long, (long, ...))

struct Next {
#define ASSAY_MEMBER(name, result, parameters) result(*name) parameters = nullptr;
  ASSAY_NEXT(ASSAY_MEMBER)
#undef ASSAY_MEMBER
  std::atomic<bool> found{false};
};
inline constinit Next the_next;

// Also called before this program's constructors, by those of preloaded libraries: finding twice is harmless.
inline void find_next() {
#define ASSAY_FIND(name, result, parameters) \
  the_next.name = reinterpret_cast<result(*) parameters>(dlsym(RTLD_NEXT, #name));
  ASSAY_NEXT(ASSAY_FIND)
#undef ASSAY_FIND
  the_next.found.store(true, std::memory_order_release);  // pairs with the acquire in next()
}

inline const Next& next() {
  if (!the_next.found.load(std::memory_order_acquire)) find_next();
  return the_next;
}

struct Ring {
  int file = -1;
  io_uring_params parameters{};
  char* queue = nullptr;    // IORING_OFF_SQ_RING
  char* entries = nullptr;  // IORING_OFF_SQES
};

struct State {
  bool watched = false;
  bool armed = false;
  Fault fault;
  std::uint64_t seen = 0, met = 0;
  SystemCall latest = kOther;
  bool owes_error = false;  // kShortAndFail: the next of `latest` fails
  Counts counts;
  Pretended pretended;
  std::uint64_t pipe_level = 0;  // bytes that pretended splices left in a pipe
  Ring rings[8];
};
inline constinit thread_local State state;

// What becomes of one call.
struct Order {
  bool fails = false, ends = false, pretends = false;
  int error = 0;
  std::uint64_t most = UINT64_MAX;

  std::size_t limit(std::size_t asked) const { return std::min<std::uint64_t>(asked, most); }
};

inline Order consult(SystemCall kind, std::uint64_t asked) {
  if (!state.watched) return {};
  ++state.counts.calls[static_cast<std::size_t>(kind)];
  if (!state.armed || kind == kSignal || (state.fault.kinds & set_of(kind)) == 0) return {};
  const Fault& fault = state.fault;
  if (state.owes_error && kind == state.latest) {
    state.owes_error = false;
    return {.fails = true, .error = fault.error};
  }
  const std::uint64_t number = state.seen++;
  if (number < fault.after || (number > fault.after && !fault.for_good)) return {};
  ++state.met;
  state.latest = kind;
  switch (fault.act) {
    case Act::kFail:
      return {.fails = true, .error = fault.error};
    case Act::kNothing:
      return {.ends = true};
    case Act::kShort:
      return {.most = std::max<std::uint64_t>(asked / 2, 1)};
    case Act::kOneByte:
      return {.most = 1};
    case Act::kShortAndFail:
      state.owes_error = true;
      return {.most = std::max<std::uint64_t>(asked / 2, 1)};
    case Act::kLimit:
      return {.most = fault.most};
    case Act::kPretend:
      return {.pretends = true};
  }
  return {};
}

inline ssize_t counted(SystemCall kind, ssize_t result) {
  if (state.watched && result > 0)
    state.counts.bytes[static_cast<std::size_t>(kind)] += static_cast<std::uint64_t>(result);
  return result;
}

template <class Result>
inline Result failed(const Order& order) {
  errno = order.error;
  return static_cast<Result>(-1);
}

inline std::uint64_t take_from_file(std::uint64_t offset, std::uint64_t count) {
  Pretended& pretended = state.pretended;
  if (pretended.begin == UINT64_MAX) pretended.begin = offset;
  if (pretended.next != UINT64_MAX && pretended.next != offset) ++pretended.gaps;
  pretended.next = offset + count;
  pretended.from_files += count;
  return count;
}

inline std::uint64_t give_to_sink(std::uint64_t count) {
  state.pretended.to_sinks += count;
  return count;
}

// A call that moves up to `asked` bytes: `move(n)` really does, `pretend(n)` says how many it would have.
template <class Move, class Pretend>
inline ssize_t moved(SystemCall kind, std::size_t asked, const Move& move, const Pretend& pretend) {
  const Order order = consult(kind, asked);
  if (order.fails) return failed<ssize_t>(order);
  if (order.ends) return 0;
  if (order.pretends)
    return counted(kind, static_cast<ssize_t>(pretend(std::min<std::uint64_t>(asked, kMostByACall))));
  return counted(kind, move(order.limit(asked)));
}

// A call that moves nothing: it fails, or not.
template <class Result, class Call>
Result passed(SystemCall kind, const Call& call) {
  const Order order = consult(kind, 0);
  return order.fails ? failed<Result>(order) : call();
}

inline constexpr auto kIntoMemory = [](std::uint64_t n) { return n; };
inline constexpr auto kToSink = [](std::uint64_t n) { return give_to_sink(n); };

// The parts of [parts, parts + count) that hold the first n bytes.
class Parts {
 public:
  Parts(const iovec* parts, std::size_t count) : parts_(parts), count_(count) {
    for (std::size_t i = 0; i < count; ++i) total_ += parts[i].iov_len;
  }
  std::size_t total() const { return total_; }
  void limit(std::size_t n) {
    if (n >= total_) return;
    std::size_t kept = 0;
    for (; kept < std::min(count_, std::size(shortened_)) && n > 0; ++kept) {
      shortened_[kept] = {parts_[kept].iov_base, std::min(parts_[kept].iov_len, n)};
      n -= shortened_[kept].iov_len;
    }
    parts_ = shortened_;
    count_ = kept;
  }
  const iovec* data() const { return parts_; }
  std::size_t count() const { return count_; }
  int int_count() const { return static_cast<int>(count_); }

 private:
  const iovec* parts_;
  std::size_t count_, total_ = 0;
  iovec shortened_[32];
};

template <class Move, class Pretend>
inline ssize_t moved_parts(SystemCall kind, const iovec* parts, std::size_t count, const Move& move,
                           const Pretend& pretend) {
  Parts limited(parts, count);
  return moved(
      kind, limited.total(),
      [&](std::size_t n) {
        limited.limit(n);
        return move(limited);
      },
      pretend);
}

inline std::uint64_t unsigned_of(off64_t offset) { return static_cast<std::uint64_t>(offset); }

inline std::uint64_t take_through(off64_t* offset, std::uint64_t n) {
  if (offset == nullptr) {
    state.pretended.from_files += n;
    return n;
  }
  take_from_file(unsigned_of(*offset), n);
  *offset += static_cast<off64_t>(n);
  return n;
}

inline std::uint64_t pretend_splice(int in, off64_t* in_offset, int out, std::uint64_t n) {
  const int room = next().fcntl64(out, F_GETPIPE_SZ);
  const int source_room = next().fcntl64(in, F_GETPIPE_SZ);
  if (source_room < 0 && room > 0) {
    n = std::min(
        n, static_cast<std::uint64_t>(room) - std::min<std::uint64_t>(state.pipe_level, unsigned_of(room)));
    state.pipe_level += n;
    return take_through(in_offset, n);
  }
  n = std::min(n, state.pipe_level);
  state.pipe_level -= n;
  return give_to_sink(n);
}

}  // namespace assay::suite::intercepted
