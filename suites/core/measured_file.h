// Files that workloads read and send: bytes by position, in the directory for temporary files, whose file
// system is the one that is measured ($TMPDIR chooses another). They have no name from the start, so that
// nothing is left behind however the process ends; path() opens one anew while the process lives.
//
// Whether a file is in the page cache is asked of the kernel, by cachestat(2) (Linux 6.5), which says nothing
// of the files of some file systems that lie upon another, or mincore(2).
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "suites/core/pattern.h"
#include "suites/core/word_sum.h"
#include "suites/core/workload.h"

namespace assay::suite {

class MeasuredFile {
 public:
  // Empty.
  MeasuredFile() {
    const int error = make();
    if (error != 0) fail("no file can be made in %s: %s", directory(), strerror(error));
  }
  // `size` bytes, of which each depends on the seed and on where it is; in the page cache, and on the device,
  // so that nothing is written back while others are measured.
  MeasuredFile(std::uint64_t size, std::uint64_t seed) : MeasuredFile() {
    alignas(std::uint64_t) std::byte piece[kPiece];
    for (; size_ < size; size_ += kPiece) {
      fill_pattern(piece, sizeof piece, seed * 0x1000003 + size_ / sizeof(std::uint64_t));
      write(std::span(piece).first(std::min<std::uint64_t>(kPiece, size - size_)));
    }
    size_ = size;
    write_back();
  }
  MeasuredFile(MeasuredFile&& other) noexcept
      : file_(std::exchange(other.file_, -1)), size_(std::exchange(other.size_, 0)) {
    memcpy(path_, other.path_, sizeof path_);
  }
  MeasuredFile& operator=(MeasuredFile&&) = delete;
  ~MeasuredFile() {
    if (file_ >= 0) close(file_);
  }

  static const char* directory() {
    const char* const named = getenv("TMPDIR");
    return named != nullptr ? named : "/tmp";
  }
  // Why there can be no such files of so many bytes together, null when there can.
  static const char* obstacle(std::uint64_t bytes) {
    static char text[512];
    MeasuredFile file{Unmade()};
    struct statvfs system;
    if (const int error = file.make(); error != 0) {
      snprintf(text, sizeof text, "no file can be made in %s: %s", directory(), strerror(error));
    } else if (fstatvfs(file.file_, &system) == 0 && system.f_blocks != 0 &&  // 0: it does not say
               system.f_bavail < bytes / system.f_frsize) {
      snprintf(text, sizeof text, "less than %lu bytes are free in %s", bytes, directory());
    } else {
      return nullptr;
    }
    return text;
  }

  int get() const { return file_; }
  const char* path() const { return path_; }
  std::uint64_t size() const { return size_; }

  // Reads it, so that it is in the page cache. What does not stay there is concluded.
  void warm() const {
    alignas(std::uint64_t) std::byte piece[kPiece];
    for (int attempt = 0; resident() != size_; ++attempt) {
      if (attempt == kAttempts) fail("of %lu bytes only %lu stay in the page cache", size_, resident());
      for (std::uint64_t at = 0; at < size_; at += kPiece)
        if (pread(file_, piece, sizeof piece, static_cast<off_t>(at)) <= 0)
          fail("a file of %lu bytes ends at %lu", size_, at);
    }
  }

  // Leaves nothing of it in the page cache; false when the kernel keeps something.
  bool drop() const {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      write_back();  // pages that differ from the device's, or that are on their way there, are kept
      posix_fadvise(file_, 0, 0, POSIX_FADV_DONTNEED);
      if (resident() == 0) return true;
    }
    return false;
  }

  // Of its bytes as 64-bit words.
  std::uint64_t sum() const {
    WordSum sum;
    std::byte piece[kPiece];
    for (std::uint64_t at = 0; at < size_;) {
      const ssize_t got = pread(file_, piece, sizeof piece, static_cast<off_t>(at));
      if (got <= 0) fail("a file of %lu bytes ends at %lu", size_, at);
      sum.add(std::span(piece).first(static_cast<std::size_t>(got)));
      at += static_cast<std::uint64_t>(got);
    }
    return sum.get();
  }
  // Its size is what somebody else made it.
  void measure() { size_ = static_cast<std::uint64_t>(lseek(file_, 0, SEEK_END)); }

  // Bytes of it in the page cache.
  std::uint64_t resident() const {
    struct {
      std::uint64_t offset, length;
    } const range{0, 0};  // to the end
    struct {
      std::uint64_t cached, dirty, under_writeback, evicted, recently_evicted;
    } pages{};
    constexpr long kCachestat = 451;  // on every architecture; the C library does not know it yet
    const bool told = size_ > 0 && syscall(kCachestat, file_, &range, &pages, 0) == 0 && pages.cached != 0;
    if (size_ > 0 && !told) pages.cached = pages_by_mincore();
    return std::min(size_, pages.cached * page_size());
  }

 private:
  struct Unmade {};
  explicit MeasuredFile(Unmade) {}

  static constexpr std::size_t kPiece = 64 << 10;
  static constexpr int kAttempts = 10;

  static std::uint64_t page_size() { return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)); }

  int make() {
    char name[4096];
    snprintf(name, sizeof name, "%s/assayXXXXXX", directory());
    file_ = mkostemp(name, O_CLOEXEC);
    if (file_ < 0) return errno;
    unlink(name);
    snprintf(path_, sizeof path_, "/proc/self/fd/%d", file_);
    return 0;
  }

  void write_back() const {
    if (fdatasync(file_) != 0) fail("fdatasync of a file in %s: %s", directory(), strerror(errno));
  }

  void write(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t done = ::write(file_, bytes.data(), bytes.size());
      if (done <= 0) fail("a file in %s cannot be written: %s", directory(), strerror(errno));
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
  }

  std::uint64_t pages_by_mincore() const {
    void* const memory = mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_, 0);
    if (memory == MAP_FAILED) fail("a file in %s cannot be mapped: %s", directory(), strerror(errno));
    constexpr std::size_t kPages = 4096;
    unsigned char states[kPages];
    std::uint64_t cached = 0;
    for (std::uint64_t at = 0; at < size_; at += kPages * page_size()) {
      const std::uint64_t length = std::min(size_ - at, kPages * page_size());
      if (mincore(static_cast<char*>(memory) + at, length, states) != 0) fail("mincore: %s", strerror(errno));
      for (std::uint64_t page = 0; page * page_size() < length; ++page) cached += states[page] & 1;
    }
    munmap(memory, size_);
    return cached;
  }

  int file_ = -1;
  std::uint64_t size_ = 0;
  char path_[32] = "";
};

}  // namespace assay::suite
