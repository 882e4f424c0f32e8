// A file descriptor with one owner, and what every reader asks of a file: its size, and bytes at an offset.
//
// Calls go through libc's functions, so that tests can interpose them. Errors are errno values, never errno
// itself. EINTR is never seen. The functions are thread-safe; an object of Descriptor is not.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "zerocopy/io_result.h"

namespace assay {

class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = other.release();
    }
    return *this;
  }
  ~Descriptor() { close(); }

  // 0, or an errno value; closes what was open. The descriptor does not outlive an exec.
  int open(const char* path, int flags, mode_t mode = 0) noexcept {
    close();
    do {
      descriptor_ = ::open(path, flags | O_CLOEXEC, mode);
    } while (descriptor_ < 0 && errno == EINTR);
    return descriptor_ < 0 ? errno : 0;
  }

  // Idempotent; leaves errno. Linux has closed the descriptor even if it says EINTR: a second try could close
  // what another thread has just opened.
  void close() noexcept {
    if (descriptor_ < 0) return;
    const int saved = errno;
    ::close(descriptor_);
    descriptor_ = -1;
    errno = saved;
  }

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_ = -1;
};

namespace zerocopy {

inline constexpr std::uint64_t kLargestOffset = std::numeric_limits<std::int64_t>::max();

// 0 and the size of a regular file; EISDIR, EINVAL for what is none, or the kernel's error.
inline int file_size(int file, std::uint64_t& size) noexcept {
  struct stat status;
  while (::fstat(file, &status) != 0) {
    if (errno != EINTR) return errno;
  }
  if (!S_ISREG(status.st_mode)) return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  size = static_cast<std::uint64_t>(status.st_size);
  return 0;
}

// Opens a regular file to read it. 0, or an errno value and nothing open. `flags`: 0 or O_DIRECT.
inline int open_to_read(const char* path, int flags, Descriptor& file, std::uint64_t& size) noexcept {
  // A pipe with a name would be waited for until somebody writes to it.
  int error = file.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags);
  // Somebody has a lease on it, which only a regular file can have: wait until it is given up.
  if (error == EWOULDBLOCK) error = file.open(path, O_RDONLY | O_NOCTTY | flags);
  if (error == 0) error = file_size(file.get(), size);
  // Reads are to wait for the device, and a ring's fail with EAGAIN otherwise.
  while (error == 0 && ::fcntl(file.get(), F_SETFL, flags) != 0) {
    if (errno != EINTR) error = errno;
  }
  if (error != 0) file.close();
  return error;
}

// Has the kernel read ahead further. Advice: a file system that has no use for it still reads. A file that
// the kernel's usual reading ahead holds needs none.
inline void expect_in_order(int file, std::uint64_t size) noexcept {
  constexpr std::uint64_t kUsuallyAhead = std::uint64_t{128} << 10;
  if (size > kUsuallyAhead) (void)::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
}

// The end of a range, and the most that an integer holds for one that would wrap.
inline std::uint64_t end_of(std::uint64_t offset, std::uint64_t length) noexcept {
  return length > std::numeric_limits<std::uint64_t>::max() - offset
             ? std::numeric_limits<std::uint64_t>::max()
             : offset + length;
}

// All of `into` from `offset` on, whatever the kernel splits it into; kSourceEnded where the file ends.
inline IoResult read_at(int file, std::uint64_t offset, std::span<std::byte> into) noexcept {
  IoResult done;
  while (done.bytes < into.size()) {
    const std::uint64_t position = end_of(offset, done.bytes);
    if (position > kLargestOffset) {
      done.error = kSourceEnded;
      break;
    }
    const ssize_t got =
        ::pread(file, into.data() + done.bytes, into.size() - done.bytes, static_cast<off_t>(position));
    if (got > 0) {
      done.bytes += static_cast<std::uint64_t>(got);
    } else if (got == 0) {
      done.error = kSourceEnded;
      break;
    } else if (errno != EINTR) {
      done.error = errno;
      break;
    }
  }
  return done;
}

}  // namespace zerocopy
}  // namespace assay
