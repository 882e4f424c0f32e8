// Reads a file where the kernel has it: chunks are windows on the page cache.
//
// Idea. One window of the file is mapped at a time. Nothing is copied; the price is page tables, so the
// window is large enough to make a system call rare and small enough to keep few pages mapped. Each window is
// guarded: truncation is an error value from confirm(), see mapped_file.h.
//
//   file     │        window        │        window        │        window        │     multiples of
//   kWindowBytes range         [ offset                                               end ) chunks        │
//   1st chunk       │ 2nd chunk            │ 3rd chunk      │
//
// Invariants:
//   I1  windows begin at multiples of kWindowBytes, so that large pages of the cache can be mapped as such
//   I2  a chunk ends where the file did when it was made: bytes behind it in the last page are never shown
//   I3  position_ is the file offset behind the latest chunk; error_ is what next() says for ever after
//
// Costs. mmap, munmap and fstat a window, a page fault for 16 pages. confirm() is one fstat(). CPU seconds
// per GB for summing 512 MiB of cached ext4, median of seven interleaved rounds; memory itself takes 0.117:
//   windows of 1 / 2 / 8 / 32 MiB       0.128 / 0.121 / 0.119 / 0.121       the whole file at once 0.117
//   2 MiB, MAP_POPULATE                 0.131 when memory took 0.111: it visits pages one by one
//
// What it does not do. Chunks are no snapshot: who writes to the file changes them. read() copies, by
// pread(). Not thread-safe.
//
// Source: mmap(2).
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "zerocopy/availability.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/mapped_file.h"
#include "zerocopy/reader_concept.h"

namespace assay {

class MappedReader {
 public:
  static constexpr ReaderTraits kTraits{.copies = false};
  static constexpr std::uint64_t kWindowBytes = std::uint64_t{8} << 20;

  MappedReader() noexcept = default;
  MappedReader(MappedReader&& other) noexcept { *this = std::move(other); }
  MappedReader& operator=(MappedReader&& other) noexcept {
    if (this == &other) return *this;
    window_ = std::move(other.window_);
    file_ = std::move(other.file_);
    size_ = other.size_;
    position_ = other.position_;
    end_ = other.end_;
    error_ = other.error_;
    other.close();
    return *this;
  }

  static Availability available(const char* path) noexcept {
    MappedReader reader;
    const int error = reader.open(path);
    if (error != 0) return {error, "open"};
    if (reader.size() == 0) return {};
    return {reader.window_.map(reader.file_.get(), 0, 1), "mmap of this file"};
  }

  int open(const char* path) noexcept {
    close();
    const int error = zerocopy::open_to_read(path, 0, file_, size_);
    if (error != 0) {
      close();
      return error;
    }
    // Advice, also to the faults of mappings: read ahead further.
    (void)::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    error_ = 0;
    return 0;
  }

  void close() noexcept {
    window_.unmap();
    file_.close();
    size_ = position_ = end_ = 0;
    error_ = EBADF;
  }

  std::uint64_t size() const noexcept { return size_; }

  int start(std::uint64_t offset, std::uint64_t length) noexcept {
    window_.unmap();
    position_ = end_ = 0;
    error_ = file_.is_open() ? zerocopy::file_size(file_.get(), size_) : EBADF;
    if (error_ != 0) return error_;
    position_ = offset;
    end_ = zerocopy::end_of(offset, length);
    if (length != 0 && offset > zerocopy::kLargestOffset) error_ = kSourceEnded;
    return 0;
  }

  Chunk next() noexcept {
    if (error_ == 0 && position_ < end_) {
      error_ = advance();
      if (error_ == 0) return {window_.bytes(), 0};
    }
    return {{}, error_};
  }

  // 0 when there is no chunk. The latest one stays mapped behind the end of the range, so that who asks only
  // there is answered, too.
  int confirm() noexcept { return window_.bytes().empty() ? 0 : window_.confirm(file_.get()); }

  IoResult read(std::uint64_t offset, std::span<std::byte> into) noexcept {
    if (!file_.is_open()) return {0, EBADF};
    return zerocopy::read_at(file_.get(), offset, into);
  }

 private:
  int advance() noexcept {
    std::uint64_t size = 0;
    int error = zerocopy::file_size(file_.get(), size);
    if (error != 0) return error;
    if (position_ >= size) return kSourceEnded;
    const std::uint64_t window_end = position_ - position_ % kWindowBytes + kWindowBytes;
    const std::uint64_t chunk_end = std::min({window_end, end_, size});
    error = window_.map(file_.get(), position_, static_cast<std::size_t>(chunk_end - position_));
    if (error == 0) position_ = chunk_end;
    return error;
  }

  Descriptor file_;
  FileMapping window_;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;  // I3
  std::uint64_t end_ = 0;
  int error_ = EBADF;  // I3
};

static_assert(Reader<MappedReader>);

}  // namespace assay
