// What a look at the bytes of a file costs when no kernel has to be asked for them: floors beside which
// readers stand, no readers. When opened they take the whole file into anonymous memory, in pages of the size
// that the page cache usually has.
//
//   MemoryFloor   the memory itself is looked at: the least for a reader that does not copy
//   MemcpyFloor   256 KiB at a time, as BufferedReader reads, are copied to a buffer that is used again: the
//                 least for one that does
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "zerocopy/availability.h"
#include "zerocopy/io_result.h"
#include "zerocopy/reader_concept.h"

namespace assay::peer {

template <bool kCopies>
class ReadFloor {
 public:
  static constexpr ReaderTraits kTraits{.copies = kCopies};
  static constexpr bool kPreloads = true;  // it has a file before it reads it
  static constexpr std::size_t kBufferBytes = 256 << 10;

  ReadFloor() noexcept = default;
  ReadFloor(ReadFloor&& other) noexcept { *this = std::move(other); }
  ReadFloor& operator=(ReadFloor&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(at_, other.at_);
    std::swap(end_, other.end_);
    return *this;
  }
  ~ReadFloor() { close(); }

  static Availability available(const char* path) noexcept {
    ReadFloor floor;
    return {floor.open(path), "a copy of the file in memory"};
  }

  int open(const char* path) noexcept {
    close();
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno;
    const int error = take(file);
    ::close(file);
    if (error != 0) close();
    return error;
  }

  void close() noexcept {
    if (memory_ != nullptr) ::munmap(memory_, mapped());
    memory_ = nullptr;
    size_ = at_ = end_ = 0;
  }

  std::uint64_t size() const noexcept { return size_; }

  int start(std::uint64_t offset, std::uint64_t length) noexcept {
    if (memory_ == nullptr) return EBADF;
    at_ = offset;
    end_ = offset + length;
    return 0;
  }

  Chunk next() noexcept {
    if (memory_ == nullptr) return {{}, EBADF};
    if (at_ == end_) return {};
    const std::uint64_t there = std::min(end_, size_);
    if (at_ >= there) return {{}, kSourceEnded};
    std::size_t length = static_cast<std::size_t>(there - at_);
    const std::byte* bytes = file() + at_;
    if constexpr (kCopies) {
      length = std::min(length, kBufferBytes);
      ::memcpy(memory_, bytes, length);
      bytes = memory_;
    }
    at_ += length;
    return {{bytes, length}, 0};
  }

  int confirm() noexcept { return 0; }

  IoResult read(std::uint64_t offset, std::span<std::byte> into) noexcept {
    if (memory_ == nullptr) return {0, EBADF};
    const std::uint64_t there = size_ - std::min(size_, offset);
    const std::size_t length = static_cast<std::size_t>(std::min<std::uint64_t>(there, into.size()));
    if (length != 0) ::memcpy(into.data(), file() + offset, length);
    return {length, length == into.size() ? 0 : kSourceEnded};
  }

 private:
  // The buffer, then the file.
  std::size_t mapped() const noexcept { return kBufferBytes + static_cast<std::size_t>(size_); }
  std::byte* file() const noexcept { return memory_ + kBufferBytes; }

  int take(int descriptor) noexcept {
    struct stat status;
    if (::fstat(descriptor, &status) != 0) return errno;
    size_ = static_cast<std::uint64_t>(status.st_size);
    void* const memory =
        ::mmap(nullptr, mapped(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return errno;
    memory_ = static_cast<std::byte*>(memory);
    (void)::madvise(memory, mapped(), MADV_NOHUGEPAGE);  // where there are none it changes nothing
    for (std::uint64_t done = 0; done < size_;) {
      const ssize_t got = ::pread(descriptor, file() + done, size_ - done, static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return got < 0 ? errno : kSourceEnded;
      done += static_cast<std::uint64_t>(got);
    }
    return 0;
  }

  std::byte* memory_ = nullptr;
  std::uint64_t size_ = 0, at_ = 0, end_ = 0;
};

using MemoryFloor = ReadFloor<false>;
using MemcpyFloor = ReadFloor<true>;

static_assert(Reader<MemoryFloor> && Reader<MemcpyFloor>);

}  // namespace assay::peer
