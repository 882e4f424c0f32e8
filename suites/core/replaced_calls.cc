// The calls that move nothing: descriptors, memory, signals and rings.
#undef _FORTIFY_SOURCE  // or the headers define some of them inline

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <cstdarg>
#include <cstddef>

#include "suites/core/intercepted_call.h"
#include "suites/core/intercepted_ring.h"
#include "suites/core/replaced_call.h"

namespace {

using namespace assay::suite::intercepted;

[[gnu::constructor(101)]] void find_early() { find_next(); }

// Whether open() has a third argument. O_TMPFILE has the bit of O_DIRECTORY in it.
bool has_mode(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

}  // namespace

// NOLINTBEGIN: these are the C library's names and prototypes.
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
