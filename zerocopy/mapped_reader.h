// Reads a file where the kernel has it: chunks are windows on the page cache.
//
// Idea. One window of the file is mapped at a time. Nothing is copied; the price is page tables, so the
// window is large enough to make a system call rare and small enough to keep few pages mapped. Each window is
// guarded: truncation is an error value from confirm(), see mapped_file.h.
//
//   file     │        window        │        window        │        window        │
//   range         [ offset                                               end )           windows: multiples
//   chunks        │ 1st             │ 2nd                  │ 3rd          │              of kWindowBytes
//
// Invariants:
//   I1  windows begin at multiples of kWindowBytes, so that large pages of the cache can be mapped as such
//   I2  a chunk ends where the file did when it was made: bytes behind it in the last page are never shown
//
// Costs. mmap, munmap and fstat a window, and page faults, which are what decides: one for 16 pages where the
// cache has small ones, one for 512 where it has huge ones and the window is aligned as they are (I1). A file
// that was read has large ones, as the kernel reads ahead; one that was written has them as large as the
// writes. Time of a sum over 256 MiB of cached ext4, as a ratio to one over memory in small pages (medians of
// interleaved rounds on a loaded machine): read 0.98 to 1.01; written in pieces of 2 MiB 0.95, 1 MiB 1.04,
// 128 KiB 1.10, 64 KiB 1.26 to 1.37, 4 KiB 1.62. A bare loop of mmap() and the sum takes the same, whatever
// the window. MAP_POPULATE takes more: it visits pages one by one.
//
// What it does not do. Chunks are no snapshot: who writes to the file changes them. read() copies, by
// pread(). Not thread-safe.
//
// Source: mmap(2).
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "zerocopy/availability.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/file_pass.h"
#include "zerocopy/io_result.h"
#include "zerocopy/mapped_file.h"
#include "zerocopy/reader_concept.h"

namespace assay {

class MappedReader {
 public:
  static constexpr ReaderTraits kTraits{.copies = false};
  static constexpr std::uint64_t kWindowBytes = std::uint64_t{8} << 20;

  static Availability available(const char* path) noexcept {
    MappedReader reader;
    const int error = reader.open(path);
    if (error != 0) return {error, "open"};
    if (reader.size() == 0) return {};
    return {reader.window_.map(reader.file_.get(), 0, 1), "mmap of this file"};
  }

  int open(const char* path) noexcept {
    close();
    std::uint64_t size = 0;
    const int error = zerocopy::open_to_read(path, 0, file_, size);
    if (error != 0) return error;
    // Also to the faults of mappings.
    zerocopy::expect_in_order(file_.get(), size);
    pass_.open(size);
    return 0;
  }

  void close() noexcept {
    window_.unmap();
    pass_.close();
    file_.close();
  }

  std::uint64_t size() const noexcept { return pass_.size(); }

  int start(std::uint64_t offset, std::uint64_t length) noexcept {
    window_.unmap();
    return pass_.start(file_.get(), offset, length);
  }

  Chunk next() noexcept {
    if (!pass_.goes_on()) return pass_.ended();
    const int error = advance();
    return error == 0 ? Chunk{window_.bytes(), 0} : pass_.stop(error);
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
    const std::uint64_t begin = pass_.position();
    if (begin >= size) return kSourceEnded;
    const std::uint64_t end = std::min({begin - begin % kWindowBytes + kWindowBytes, pass_.end(), size});
    error = window_.map(file_.get(), begin, static_cast<std::size_t>(end - begin));
    if (error == 0) pass_.go_on_at(end);
    return error;
  }

  Descriptor file_;
  FileMapping window_;
  FilePass pass_;
};

static_assert(Reader<MappedReader>);

}  // namespace assay
