// A buffer through which bytes go where the kernel has no shorter way: the fallback of the transfers that
// avoid it, and all of the one that does not.
//
// Bytes that were read and that the destination did not take are read again by the next call: the file still
// has them, at the offset behind those that were counted.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/kernel_calls.h"
#include "zerocopy/transfer_concept.h"

namespace assay::zerocopy {

// Why length bytes cannot go from one range to the other, or 0. pwrite() to a file opened with O_APPEND
// writes at its end, wherever it is told to write (pwrite(2)); a range that overlaps its copy would be read
// after it was overwritten.
inline int ranges_error(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                        std::uint64_t length, TransferRecord& record) noexcept {
  if (from_offset > kLargestOffset || to_offset > kLargestOffset) return EINVAL;
  record.calls += 3;
  const int flags = fcntl(to, F_GETFL);
  if (flags < 0) return errno;
  if ((flags & O_APPEND) != 0) return EBADF;
  struct stat source, target;
  if (fstat(from, &source) < 0 || fstat(to, &target) < 0) return errno;
  const std::uint64_t distance = from_offset < to_offset ? to_offset - from_offset : from_offset - to_offset;
  return source.st_dev == target.st_dev && source.st_ino == target.st_ino && distance < length ? EINVAL : 0;
}

class BounceBuffer {
 public:
  // What loops of read and send usually have.
  static constexpr std::size_t kSize = 64 * 1024;

  // 0 or ENOMEM.
  int reserve() noexcept {
    if (bytes_ == nullptr) bytes_.reset(new (std::nothrow) std::byte[kSize]);
    return bytes_ == nullptr ? ENOMEM : 0;
  }
  void release() noexcept { bytes_.reset(); }
  bool reserved() const noexcept { return bytes_ != nullptr; }

  // As of the concept. The buffer must be reserved.
  IoResult send_file(int socket, int file, std::uint64_t offset, std::uint64_t length,
                     TransferRecord& record) noexcept {
    return pass(file, offset, length, record, [&](const std::byte* bytes, std::size_t size, std::uint64_t) {
      return ::send(socket, bytes, size, MSG_NOSIGNAL);
    });
  }
  // As of the concept, for ranges without a ranges_error().
  IoResult copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset, std::uint64_t length,
                TransferRecord& record) noexcept {
    return pass(from, from_offset, length, record,
                [&](const std::byte* bytes, std::size_t size, std::uint64_t done) {
                  return ::pwrite(to, bytes, size, static_cast<off_t>(to_offset + done));
                });
  }

 private:
  template <class Write>
  IoResult pass(int from, std::uint64_t offset, std::uint64_t length, TransferRecord& record,
                Write write) noexcept {
    IoResult result;
    if (offset > kLargestOffset) return {0, EINVAL};
    while (result.bytes < length && result.ok()) {
      const ssize_t got = uninterrupted(record, [&] {
        return ::pread(from, bytes_.get(), per_call(length - result.bytes, kSize),
                       static_cast<off_t>(offset + result.bytes));
      });
      if (got <= 0) {
        result.error = got < 0 ? errno : kSourceEnded;
        break;
      }
      for (std::size_t written = 0; written < static_cast<std::size_t>(got);) {
        const ssize_t put = uninterrupted(record, [&] {
          return write(bytes_.get() + written, static_cast<std::size_t>(got) - written, result.bytes);
        });
        if (put <= 0) {
          result.error = error_of(put);
          break;
        }
        written += static_cast<std::size_t>(put);
        result.bytes += static_cast<std::uint64_t>(put);
      }
    }
    record.bytes += result.bytes;
    record.user_copied += result.bytes;
    return result;
  }

  std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace assay::zerocopy
