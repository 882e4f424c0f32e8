// The calls that move bytes: they do less than was asked for, or pretend, besides failing.
#undef _FORTIFY_SOURCE  // or the headers define some of them inline

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "suites/core/intercepted_call.h"
#include "suites/core/replaced_call.h"

using namespace assay::suite::intercepted;

// NOLINTBEGIN: these are the C library's names and prototypes.
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
// NOLINTEND
