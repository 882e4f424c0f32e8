// The wrappers' symbols are defined under other names, because the C library's headers declare them noexcept
// or not, inline or not, as its version and _FORTIFY_SOURCE have it. What was asked for goes on to the next
// definition (RTLD_NEXT), which is a sanitizer's where there is one. To be compiled without instrumentation
// (-fno-sanitize=all): a sanitizer's own start calls these before instrumented code can run.
#undef _FORTIFY_SOURCE  // or the headers define some of them inline

#include "suites/core/system_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdarg>
#include <iterator>
#include <utility>

#include "suites/core/intercepted_call.h"
#include "suites/core/intercepted_ring.h"

namespace assay::suite {

const char* name_of(SystemCall call) {
  static constexpr const char* kNames[] = {"read",
                                           "pread",
                                           "readv",
                                           "write",
                                           "pwrite",
                                           "writev",
                                           "send",
                                           "sendmsg",
                                           "recv",
                                           "recvmsg",
                                           "sendfile",
                                           "splice",
                                           "vmsplice",
                                           "tee",
                                           "copy_file_range",
                                           "a ring's operation",
                                           "io_uring_enter",
                                           "io_uring_setup",
                                           "io_uring_register",
                                           "open",
                                           "close",
                                           "pipe",
                                           "socket",
                                           "a socket option",
                                           "poll",
                                           "mmap",
                                           "munmap",
                                           "madvise",
                                           "fcntl",
                                           "ioctl",
                                           "stat",
                                           "lseek",
                                           "ftruncate",
                                           "a signal mask",
                                           "syscall"};
  static_assert(std::size(kNames) == kSystemCalls);
  return kNames[static_cast<std::size_t>(call)];
}

namespace system_calls {

using intercepted::state;

const Counts& counts() { return state.counts; }
void reset_counts() { state.counts = {}; }
const Pretended& pretended() { return state.pretended; }

Watched::Watched() : before_(std::exchange(state.watched, true)) {}
Watched::~Watched() { state.watched = before_; }

Faults::Faults(const Fault& fault) {
  state.fault = fault;
  state.seen = state.met = state.pipe_level = 0;
  state.owes_error = false;
  state.pretended = {};
  state.armed = true;
}
Faults::~Faults() { state.armed = false; }
std::uint64_t Faults::met() const { return state.met; }
SystemCall Faults::kind() const { return state.latest; }

bool ring_operations_fail() {
  static const bool can = intercepted::try_failing_operation();
  return can;
}

}  // namespace system_calls
}  // namespace assay::suite

namespace {

using namespace assay::suite::intercepted;

[[gnu::constructor(101)]] void find_early() { find_next(); }

// Whether open() has a third argument. O_TMPFILE has the bit of O_DIRECTORY in it.
bool has_mode(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

}  // namespace

// NOLINTBEGIN: these are the C library's names and prototypes.
// A symbol of the same type, or with arguments behind those that matter.
#define ASSAY_ALSO(symbol, name, other) \
  extern "C"                            \
      [[gnu::visibility("default"), gnu::alias(#other)]] decltype(name) name##_as_##symbol __asm__(#symbol);
#define ASSAY_REPLACE(symbol, name, result, ...)                                       \
  extern "C" [[gnu::visibility("default")]] result name(__VA_ARGS__) __asm__(#symbol); \
  extern "C" result name(__VA_ARGS__)

ASSAY_REPLACE(read, assay_read, ssize_t, int file, void* into, size_t count) {
  return moved(
      kRead, count, [&](std::size_t n) { return next().read(file, into, n); }, kIntoMemory);
}
ASSAY_ALSO(__read_chk, assay_read, read)
ASSAY_REPLACE(pread64, assay_pread64, ssize_t, int file, void* into, size_t count, off64_t offset) {
  return moved(
      kPread, count, [&](std::size_t n) { return next().pread64(file, into, n, offset); },
      [&](std::uint64_t n) { return take_from_file(unsigned_of(offset), n); });
}
ASSAY_ALSO(pread, assay_pread64, pread64)
ASSAY_ALSO(__pread_chk, assay_pread64, pread64)
ASSAY_ALSO(__pread64_chk, assay_pread64, pread64)
ASSAY_REPLACE(readv, assay_readv, ssize_t, int file, const iovec* parts, int count) {
  return moved_parts(
      kReadv, parts, static_cast<std::size_t>(count),
      [&](const Parts& limited) { return next().readv(file, limited.data(), limited.int_count()); },
      kIntoMemory);
}
ASSAY_REPLACE(preadv64v2, assay_preadv64v2, ssize_t, int file, const iovec* parts, int count, off64_t offset,
              int flags) {
  return moved_parts(
      kPread, parts, static_cast<std::size_t>(count),
      [&](const Parts& limited) {
        return next().preadv64v2(file, limited.data(), limited.int_count(), offset, flags);
      },
      [&](std::uint64_t n) { return take_from_file(unsigned_of(offset), n); });
}
ASSAY_ALSO(preadv2, assay_preadv64v2, preadv64v2)
ASSAY_REPLACE(preadv64, assay_preadv64, ssize_t, int file, const iovec* parts, int count, off64_t offset) {
  return assay_preadv64v2(file, parts, count, offset, 0);
}
ASSAY_ALSO(preadv, assay_preadv64, preadv64)

ASSAY_REPLACE(write, assay_write, ssize_t, int file, const void* from, size_t count) {
  return moved(
      kWrite, count, [&](std::size_t n) { return next().write(file, from, n); }, kToSink);
}
ASSAY_REPLACE(pwrite64, assay_pwrite64, ssize_t, int file, const void* from, size_t count, off64_t offset) {
  return moved(
      kPwrite, count, [&](std::size_t n) { return next().pwrite64(file, from, n, offset); }, kToSink);
}
ASSAY_ALSO(pwrite, assay_pwrite64, pwrite64)
ASSAY_REPLACE(writev, assay_writev, ssize_t, int file, const iovec* parts, int count) {
  return moved_parts(
      kWritev, parts, static_cast<std::size_t>(count),
      [&](const Parts& limited) { return next().writev(file, limited.data(), limited.int_count()); },
      kToSink);
}
ASSAY_REPLACE(pwritev64v2, assay_pwritev64v2, ssize_t, int file, const iovec* parts, int count,
              off64_t offset, int flags) {
  return moved_parts(
      kPwrite, parts, static_cast<std::size_t>(count),
      [&](const Parts& limited) {
        return next().pwritev64v2(file, limited.data(), limited.int_count(), offset, flags);
      },
      kToSink);
}
ASSAY_ALSO(pwritev2, assay_pwritev64v2, pwritev64v2)
ASSAY_REPLACE(pwritev64, assay_pwritev64, ssize_t, int file, const iovec* parts, int count, off64_t offset) {
  return assay_pwritev64v2(file, parts, count, offset, 0);
}
ASSAY_ALSO(pwritev, assay_pwritev64, pwritev64)

ASSAY_REPLACE(send, assay_send, ssize_t, int socket, const void* from, size_t count, int flags) {
  return moved(
      kSend, count, [&](std::size_t n) { return next().send(socket, from, n, flags); }, kToSink);
}
ASSAY_REPLACE(sendto, assay_sendto, ssize_t, int socket, const void* from, size_t count, int flags,
              const sockaddr* to, socklen_t size) {
  return moved(
      kSend, count, [&](std::size_t n) { return next().sendto(socket, from, n, flags, to, size); }, kToSink);
}
ASSAY_REPLACE(sendmsg, assay_sendmsg, ssize_t, int socket, const msghdr* message, int flags) {
  return moved_parts(
      kSendmsg, message->msg_iov, message->msg_iovlen,
      [&](const Parts& limited) {
        msghdr shortened = *message;
        shortened.msg_iov = const_cast<iovec*>(limited.data());
        shortened.msg_iovlen = limited.count();
        return next().sendmsg(socket, &shortened, flags);
      },
      kToSink);
}
ASSAY_REPLACE(recv, assay_recv, ssize_t, int socket, void* into, size_t count, int flags) {
  return moved(
      kRecv, count, [&](std::size_t n) { return next().recv(socket, into, n, flags); }, kIntoMemory);
}
ASSAY_REPLACE(__recv_chk, assay_recv_chk, ssize_t, int socket, void* into, size_t count, size_t, int flags) {
  return assay_recv(socket, into, count, flags);
}
ASSAY_REPLACE(recvfrom, assay_recvfrom, ssize_t, int socket, void* into, size_t count, int flags,
              sockaddr* from, socklen_t* size) {
  return moved(
      kRecv, count, [&](std::size_t n) { return next().recvfrom(socket, into, n, flags, from, size); },
      kIntoMemory);
}
ASSAY_REPLACE(__recvfrom_chk, assay_recvfrom_chk, ssize_t, int socket, void* into, size_t count, size_t,
              int flags, sockaddr* from, socklen_t* size) {
  return assay_recvfrom(socket, into, count, flags, from, size);
}
// A message of the error queue cannot be taken in parts: what the fault would shorten is left alone.
ASSAY_REPLACE(recvmsg, assay_recvmsg, ssize_t, int socket, msghdr* message, int flags) {
  const Order order = consult(kRecvmsg, 0);
  if (order.fails) return failed<ssize_t>(order);
  return counted(kRecvmsg, next().recvmsg(socket, message, flags));
}

ASSAY_REPLACE(sendfile64, assay_sendfile64, ssize_t, int out, int in, off64_t* offset, size_t count) {
  return moved(
      kSendfile, count, [&](std::size_t n) { return next().sendfile64(out, in, offset, n); },
      [&](std::uint64_t n) { return give_to_sink(take_through(offset, n)); });
}
ASSAY_ALSO(sendfile, assay_sendfile64, sendfile64)
ASSAY_REPLACE(splice, assay_splice, ssize_t, int in, off64_t* in_offset, int out, off64_t* out_offset,
              size_t count, unsigned flags) {
  return moved(
      kSplice, count, [&](std::size_t n) { return next().splice(in, in_offset, out, out_offset, n, flags); },
      [&](std::uint64_t n) { return pretend_splice(in, in_offset, out, n); });
}
ASSAY_REPLACE(vmsplice, assay_vmsplice, ssize_t, int pipe, const iovec* parts, size_t count, unsigned flags) {
  return moved_parts(
      kVmsplice, parts, count,
      [&](const Parts& limited) { return next().vmsplice(pipe, limited.data(), limited.count(), flags); },
      [&](std::uint64_t n) {
        state.pipe_level += n;
        return n;
      });
}
ASSAY_REPLACE(tee, assay_tee, ssize_t, int in, int out, size_t count, unsigned flags) {
  return moved(
      kTee, count, [&](std::size_t n) { return next().tee(in, out, n, flags); }, kIntoMemory);
}
ASSAY_REPLACE(copy_file_range, assay_copy_file_range, ssize_t, int in, off64_t* in_offset, int out,
              off64_t* out_offset, size_t count, unsigned flags) {
  return moved(
      kCopyFileRange, count,
      [&](std::size_t n) { return next().copy_file_range(in, in_offset, out, out_offset, n, flags); },
      [&](std::uint64_t n) {
        if (out_offset != nullptr) *out_offset += static_cast<off64_t>(n);
        return give_to_sink(take_through(in_offset, n));
      });
}

ASSAY_REPLACE(openat64, assay_openat64, int, int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = has_mode(flags) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return passed<int>(kOpen, [&] { return next().openat64(folder, path, flags, mode); });
}
ASSAY_ALSO(openat, assay_openat64, openat64)
ASSAY_REPLACE(open64, assay_open64, int, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = has_mode(flags) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return assay_openat64(AT_FDCWD, path, flags, mode);
}
ASSAY_ALSO(open, assay_open64, open64)
ASSAY_ALSO(__open_2, assay_open64, open64)
ASSAY_ALSO(__open64_2, assay_open64, open64)
ASSAY_ALSO(__openat_2, assay_openat64, openat64)
ASSAY_ALSO(__openat64_2, assay_openat64, openat64)
// The descriptor is gone whatever is returned: whoever closes it again closes somebody else's.
ASSAY_REPLACE(close, assay_close, int, int file) {
  const Order order = consult(kClose, 0);
  forget_ring(file);
  const int result = next().close(file);
  return order.fails ? failed<int>(order) : result;
}
ASSAY_REPLACE(pipe2, assay_pipe2, int, int* ends, int flags) {
  return passed<int>(kPipe, [&] { return next().pipe2(ends, flags); });
}
ASSAY_REPLACE(pipe, assay_pipe, int, int* ends) { return assay_pipe2(ends, 0); }

ASSAY_REPLACE(socket, assay_socket, int, int family, int type, int protocol) {
  return passed<int>(kSocket, [&] { return next().socket(family, type, protocol); });
}
ASSAY_REPLACE(socketpair, assay_socketpair, int, int family, int type, int protocol, int* ends) {
  return passed<int>(kSocket, [&] { return next().socketpair(family, type, protocol, ends); });
}
ASSAY_REPLACE(accept4, assay_accept4, int, int socket, sockaddr* from, socklen_t* size, int flags) {
  return passed<int>(kSocket, [&] { return next().accept4(socket, from, size, flags); });
}
ASSAY_REPLACE(connect, assay_connect, int, int socket, const sockaddr* to, socklen_t size) {
  return passed<int>(kSocket, [&] { return next().connect(socket, to, size); });
}
ASSAY_REPLACE(shutdown, assay_shutdown, int, int socket, int how) {
  return passed<int>(kSocket, [&] { return next().shutdown(socket, how); });
}
ASSAY_REPLACE(setsockopt, assay_setsockopt, int, int socket, int level, int option, const void* value,
              socklen_t size) {
  return passed<int>(kSocketOption, [&] { return next().setsockopt(socket, level, option, value, size); });
}
ASSAY_REPLACE(getsockopt, assay_getsockopt, int, int socket, int level, int option, void* value,
              socklen_t* size) {
  return passed<int>(kSocketOption, [&] { return next().getsockopt(socket, level, option, value, size); });
}
ASSAY_REPLACE(poll, assay_poll, int, pollfd* files, nfds_t count, int milliseconds) {
  return passed<int>(kPoll, [&] { return next().poll(files, count, milliseconds); });
}
ASSAY_ALSO(__poll_chk, assay_poll, poll)
ASSAY_REPLACE(ppoll, assay_ppoll, int, pollfd* files, nfds_t count, const timespec* time,
              const sigset_t* signals) {
  return passed<int>(kPoll, [&] { return next().ppoll(files, count, time, signals); });
}
ASSAY_REPLACE(epoll_wait, assay_epoll_wait, int, int epoll, epoll_event* events, int count,
              int milliseconds) {
  return passed<int>(kPoll, [&] { return next().epoll_wait(epoll, events, count, milliseconds); });
}

ASSAY_REPLACE(mmap64, assay_mmap64, void*, void* address, size_t size, int protection, int flags, int file,
              off64_t offset) {
  const Order order = consult(kMmap, 0);
  if (order.fails) {
    errno = order.error;
    return MAP_FAILED;
  }
  void* const memory = next().mmap64(address, size, protection, flags, file, offset);
  remember_mapping(file, offset, memory);
  return memory;
}
ASSAY_ALSO(mmap, assay_mmap64, mmap64)
ASSAY_REPLACE(munmap, assay_munmap, int, void* address, size_t size) {
  return passed<int>(kMunmap, [&] { return next().munmap(address, size); });
}
ASSAY_REPLACE(madvise, assay_madvise, int, void* address, size_t size, int advice) {
  return passed<int>(kMadvise, [&] { return next().madvise(address, size, advice); });
}

ASSAY_REPLACE(fcntl64, assay_fcntl64, int, int file, int command, ...) {
  va_list more;
  va_start(more, command);
  void* const argument = va_arg(more, void*);
  va_end(more);
  return passed<int>(kFcntl, [&] { return next().fcntl64(file, command, argument); });
}
ASSAY_ALSO(fcntl, assay_fcntl64, fcntl64)
ASSAY_REPLACE(ioctl, assay_ioctl, int, int file, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  void* const argument = va_arg(more, void*);
  va_end(more);
  return passed<int>(kIoctl, [&] { return next().ioctl(file, request, argument); });
}
ASSAY_REPLACE(fstat64, assay_fstat64, int, int file, void* into) {
  return passed<int>(kStat, [&] { return next().fstat64(file, into); });
}
ASSAY_ALSO(fstat, assay_fstat64, fstat64)
ASSAY_REPLACE(statx, assay_statx, int, int folder, const char* path, int flags, unsigned wanted, void* into) {
  return passed<int>(kStat, [&] { return next().statx(folder, path, flags, wanted, into); });
}
ASSAY_REPLACE(lseek64, assay_lseek64, off64_t, int file, off64_t offset, int from) {
  return passed<off64_t>(kSeek, [&] { return next().lseek64(file, offset, from); });
}
ASSAY_ALSO(lseek, assay_lseek64, lseek64)
ASSAY_REPLACE(ftruncate64, assay_ftruncate64, int, int file, off64_t size) {
  return passed<int>(kTruncate, [&] { return next().ftruncate64(file, size); });
}
ASSAY_ALSO(ftruncate, assay_ftruncate64, ftruncate64)
ASSAY_REPLACE(fallocate64, assay_fallocate64, int, int file, int mode, off64_t offset, off64_t size) {
  return passed<int>(kTruncate, [&] { return next().fallocate64(file, mode, offset, size); });
}
ASSAY_ALSO(fallocate, assay_fallocate64, fallocate64)

ASSAY_REPLACE(pthread_sigmask, assay_pthread_sigmask, int, int how, const sigset_t* set, sigset_t* old) {
  consult(kSignal, 0);
  return next().pthread_sigmask(how, set, old);
}
ASSAY_REPLACE(sigprocmask, assay_sigprocmask, int, int how, const sigset_t* set, sigset_t* old) {
  consult(kSignal, 0);
  return next().sigprocmask(how, set, old);
}
ASSAY_REPLACE(sigpending, assay_sigpending, int, sigset_t* set) {
  consult(kSignal, 0);
  return next().sigpending(set);
}
ASSAY_REPLACE(sigtimedwait, assay_sigtimedwait, int, const sigset_t* set, siginfo_t* info,
              const timespec* time) {
  consult(kSignal, 0);
  return next().sigtimedwait(set, info, time);
}

ASSAY_REPLACE(syscall, assay_syscall, long, long number, ...) {
  va_list more;
  va_start(more, number);
  long a[6];
  for (long& argument : a) argument = va_arg(more, long);
  va_end(more);
  if (number == SYS_io_uring_setup) return ring_setup(a[0], a[1]);
  if (number == SYS_io_uring_enter) return ring_enter(a[0], a[1], a[2], a[3], a[4], a[5]);
  const assay::suite::SystemCall kind = number == SYS_io_uring_register ? kRingRegister : kOther;
  return passed<long>(kind, [&] { return next().syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]); });
}
// NOLINTEND
