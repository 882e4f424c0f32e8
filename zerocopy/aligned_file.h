// A file whose reads may have to be aligned: opened with O_DIRECT, offset, length and memory of a read must
// be multiples of a block, and only the end of the file may be ragged. Opened without, the block is one byte.
//
// The block is what statx() says (STATX_DIOALIGN), the larger of the two figures for memory and for offsets;
// where it says nothing, 4096, or more if the file refuses that.
//
// Why a read can stop early: at the end of the file, or for no reason (short reads). Both leave an offset
// that is no multiple of a block; fill() goes back to the last block and reads it again. If that brings
// nothing new and the file is longer, or the kernel refuses a block after all (EINVAL), that piece is read
// through the page cache.
//
// EINTR is never seen. Not thread-safe; moves only.
//
// Source: open(2), statx(2), fcntl(2).
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/page_buffer.h"

#ifndef STATX_DIOALIGN
#define STATX_DIOALIGN 0x00002000U
#endif

namespace assay {

class AlignedFile {
 public:
  // 0, or an errno value and nothing open: EINVAL or EOPNOTSUPP when the file system has no direct I/O for
  // it. `size`: of the file.
  int open(const char* path, bool direct, std::uint64_t& size) noexcept {
    block_ = 1;
    int error = zerocopy::open_to_read(path, direct ? O_DIRECT : 0, file_, size);
    if (error == 0 && direct) error = find_block();
    struct stat status;
    // Of a directory, too, the kernel says only that it cannot be opened so.
    if (error == EINVAL && direct && ::stat(path, &status) == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
    if (error != 0) file_.close();
    return error;
  }

  void close() noexcept { file_.close(); }
  bool is_open() const noexcept { return file_.is_open(); }
  int get() const noexcept { return file_.get(); }
  // Bytes; a power of two.
  std::size_t block() const noexcept { return block_; }

  // Has the first `wanted` bytes of `buffer` be those from `offset` on, of which `have` are there already.
  // `offset`, the buffer and its size are multiples of the block. The bytes that are there then may be more
  // than were wanted; fewer come with an error, kSourceEnded at the end of the file.
  IoResult fill(std::uint64_t offset, std::span<std::byte> buffer, std::size_t have,
                std::size_t wanted) noexcept {
    while (have < wanted) {
      const std::size_t from = have - have % block_;
      const std::size_t to = std::min(buffer.size(), (wanted + block_ - 1) / block_ * block_);
      if (offset + from > zerocopy::kLargestOffset) return {have, kSourceEnded};
      const ssize_t got =
          ::pread(file_.get(), buffer.data() + from, to - from, static_cast<off_t>(offset + from));
      if (got < 0) {
        if (errno == EINTR) continue;
        if (errno == EINVAL && block_ > 1) return fill_through_cache(offset, buffer, have, wanted);
        return {have, errno};
      }
      if (from + static_cast<std::size_t>(got) <= have) return stuck(offset, buffer, have, wanted);
      have = from + static_cast<std::size_t>(got);
    }
    return {have, 0};
  }

  // Any range to any memory: pieces that are aligned go there directly, others by way of `scratch`, which is
  // aligned and a multiple of the block.
  IoResult read(std::uint64_t offset, std::span<std::byte> into, std::span<std::byte> scratch) noexcept {
    IoResult done;
    while (done.ok() && done.bytes < into.size()) {
      const std::uint64_t position = zerocopy::end_of(offset, done.bytes);
      if (position > zerocopy::kLargestOffset) return {done.bytes, kSourceEnded};
      const std::span<std::byte> rest = into.subspan(static_cast<std::size_t>(done.bytes));
      const std::size_t skip = static_cast<std::size_t>(position % block_);
      const std::size_t whole = rest.size() - rest.size() % block_;
      if (skip == 0 && whole != 0 && reinterpret_cast<std::uintptr_t>(rest.data()) % block_ == 0) {
        const IoResult piece = fill(position, rest.first(whole), 0, whole);
        done = {done.bytes + piece.bytes, piece.error};
        continue;
      }
      const std::size_t wanted = std::min(scratch.size(), skip + rest.size());
      const IoResult piece = fill(position - skip, scratch, 0, wanted);
      const std::size_t there = static_cast<std::size_t>(std::min<std::uint64_t>(piece.bytes, wanted));
      const std::size_t usable = there > skip ? there - skip : 0;
      if (usable != 0) std::memcpy(rest.data(), scratch.data() + skip, usable);
      done = {done.bytes + usable, piece.error};
    }
    return done;
  }

 private:
  static constexpr std::size_t kUsualBlock = 4096;
  static constexpr std::size_t kLargestBlock = std::size_t{64} << 10;

  int find_block() noexcept {
    struct statx status = {};
    if (::statx(file_.get(), "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
        (status.stx_mask & STATX_DIOALIGN) != 0) {
      if (status.stx_dio_offset_align == 0 || status.stx_dio_mem_align == 0) return EOPNOTSUPP;
      block_ = std::max<std::size_t>(status.stx_dio_offset_align, status.stx_dio_mem_align);
      return block_ <= kLargestBlock && (block_ & (block_ - 1)) == 0 ? 0 : EOPNOTSUPP;
    }
    PageBuffer trial;
    const int error = trial.allocate(2 * kLargestBlock);
    if (error != 0) return error;
    // Memory, too, must be a multiple of the block, and a mapping is only one of a page.
    const auto address = reinterpret_cast<std::uintptr_t>(trial.data());
    std::byte* const memory = trial.data() + (kLargestBlock - address % kLargestBlock) % kLargestBlock;
    for (block_ = kUsualBlock; block_ <= kLargestBlock; block_ *= 2) {
      ssize_t got;
      do {
        got = ::pread(file_.get(), memory, block_, 0);
      } while (got < 0 && errno == EINTR);
      if (got >= 0) return 0;
      if (errno != EINVAL) return errno;
    }
    block_ = 1;
    return EINVAL;
  }

  [[gnu::noinline, gnu::cold]] IoResult stuck(std::uint64_t offset, std::span<std::byte> buffer,
                                              std::size_t have, std::size_t wanted) noexcept {
    if (block_ == 1) return {have, kSourceEnded};
    std::uint64_t now = 0;
    const int error = zerocopy::file_size(file_.get(), now);
    if (error != 0) return {have, error};
    if (now <= offset + have) return {have, kSourceEnded};
    return fill_through_cache(offset, buffer, have, wanted);
  }

  [[gnu::noinline, gnu::cold]] IoResult fill_through_cache(std::uint64_t offset, std::span<std::byte> buffer,
                                                           std::size_t have, std::size_t wanted) noexcept {
    const int flags = ::fcntl(file_.get(), F_GETFL);
    if (flags < 0 || ::fcntl(file_.get(), F_SETFL, flags & ~O_DIRECT) < 0) return {have, errno};
    const IoResult rest = zerocopy::read_at(file_.get(), offset + have, buffer.subspan(have, wanted - have));
    const bool direct_again = ::fcntl(file_.get(), F_SETFL, flags) == 0;
    const int error = rest.error != 0 || direct_again ? rest.error : errno;
    return {have + rest.bytes, error};
  }

  Descriptor file_;
  std::size_t block_ = 1;
};

}  // namespace assay
