// Transfers from file to file that leave the copy to the kernel, or to the file system, or make none.
//
// Idea. CopyFileRange: copy_file_range() moves bytes from page cache to page cache, or lets a server or a
// device do it. Reflink: FICLONERANGE makes both files refer to the same blocks of the disk; who writes first
// gets an own copy of what is written.
//
//   CopyFileRange   source │▒▒▒▒│▒▒▒▒│    │▒▒▒▒│      target │▒▒▒▒│▒▒▒▒│0000│▒▒▒▒│   (holes may become zeros)
//   Reflink         source │▒▒▒▒│▒▒▒▒│    │▒▒  │  and  target ──> the same blocks, marked as shared
//                           head: copied │ whole blocks: shared │ tail: copied unless the source ends in it
//
// Invariants: I1  0 from the kernel is the end of the source only if the source says the same when read: a
//                 file of /proc has no size, and some file systems say 0 for what they cannot copy
//             I2  a refusal sends the rest, and no byte twice, through a buffer
//             I3  the last byte of the range is written, so that the target ends where it should
//             I4  no call is made for ranges that overlap: the kernel sees one call's part of them, up to 2
//                 GiB and to the end of the source, which moves when source and target are one file
//
// Costs. CPU of CopyFileRange on ext4 0.79 of read and write's (15 shuffled rounds of 128 MiB), on tmpfs
// 0.71; three calls look at the ranges first. sendfile() takes more, and moves the target's position, so that
// it is no fallback. Reflink: two calls, 15 µs on xfs for 1, 64 and 256 MiB alike; O(extents),
// independent of the bytes.
//
// What it does not do. No holes are kept on purpose. A range onto itself is EINVAL, a target that was opened
// with O_APPEND EBADF. Reflink does not copy what could not be shared at all: on a file system without shared
// blocks, or between two, it is EOPNOTSUPP or EXDEV, and CopyFileRange is for it.
//
// Source: copy_file_range(2), Linux 4.5; ioctl_ficlonerange(2).
#pragma once

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "zerocopy/availability.h"
#include "zerocopy/bounce_buffer.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/kernel_calls.h"
#include "zerocopy/transfer_concept.h"

namespace assay {

class CopyFileRange {
 public:
  static constexpr TransferTraits kTraits{.copies_files = true};

  static Availability available() noexcept {
    const ssize_t copied = ::copy_file_range(-1, nullptr, -1, nullptr, 1, 0);
    return {copied >= 0 || errno == EBADF ? 0 : errno, "copy_file_range"};
  }

  int open() noexcept {
    record_ = {};
    return 0;
  }
  void close() noexcept { buffer_.release(); }

  IoResult copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                std::uint64_t length) noexcept {
    IoResult result;
    if (from_offset > zerocopy::kLargestOffset || to_offset > zerocopy::kLargestOffset) return {0, EINVAL};
    if (length == 0) return result;
    // I4.
    result.error = zerocopy::ranges_error(from, from_offset, to, to_offset, length, record_);
    while (result.ok() && result.bytes < length) {
      loff_t source = static_cast<loff_t>(from_offset + result.bytes);
      loff_t target = static_cast<loff_t>(to_offset + result.bytes);
      const ssize_t copied = zerocopy::uninterrupted(record_, [&] {
        return ::copy_file_range(from, &source, to, &target, zerocopy::per_call(length - result.bytes), 0);
      });
      if (copied <= 0) [[unlikely]] {
        // I1: asked of the source itself, by reading it.
        if (copied == 0 || zerocopy::is_refusal(errno))
          return by_copying(from, from_offset, to, to_offset, length, result);
        result.error = errno;
        break;
      }
      result.bytes += static_cast<std::uint64_t>(copied);
      record_.bytes += static_cast<std::uint64_t>(copied);
    }
    return result;
  }

  IoResult finish(int) noexcept { return {}; }
  const TransferRecord& record() const noexcept { return record_; }

 private:
  [[gnu::cold, gnu::noinline]] IoResult by_copying(int from, std::uint64_t from_offset, int to,
                                                   std::uint64_t to_offset, std::uint64_t length,
                                                   IoResult done) noexcept {
    const int error = buffer_.reserve();
    if (error != 0) return {done.bytes, error};
    IoResult rest = buffer_.copy(from, from_offset + done.bytes, to, to_offset + done.bytes,
                                 length - done.bytes, record_);
    rest.bytes += done.bytes;
    return rest;
  }

  zerocopy::BounceBuffer buffer_;
  TransferRecord record_;
};

static_assert(Transfer<CopyFileRange>);

class Reflink {
 public:
  static constexpr TransferTraits kTraits{.copies_files = true};

  // In the directory for temporary files. Other file systems have other answers.
  static Availability available() noexcept {
    const char* const directory = std::getenv("TMPDIR");
    return available(directory != nullptr ? directory : "/tmp");
  }
  static Availability available(const char* directory) noexcept {
    constexpr const char* kNeeds = "FICLONERANGE on this file system";
    Descriptor source, target;
    int error = source.open(directory, O_TMPFILE | O_RDWR, S_IRUSR | S_IWUSR);
    if (error == 0) error = target.open(directory, O_TMPFILE | O_RDWR, S_IRUSR | S_IWUSR);
    if (error != 0) return {error, kNeeds};
    Reflink reflink;
    if (::pwrite(source.get(), "", 1, 0) != 1) return {errno, kNeeds};
    return {reflink.share(source.get(), 0, target.get(), 0, 1), kNeeds};
  }

  int open() noexcept {
    record_ = {};
    return 0;
  }
  void close() noexcept { buffer_.release(); }

  IoResult copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                std::uint64_t length) noexcept {
    if (from_offset > zerocopy::kLargestOffset || to_offset > zerocopy::kLargestOffset) return {0, EINVAL};
    if (length == 0) return {};
    std::uint64_t size = 0;
    ++record_.calls;
    int error = zerocopy::file_size(from, size);
    if (error != 0) return {0, error};
    const std::uint64_t there = from_offset < size ? std::min(length, size - from_offset) : 0;
    const IoResult ended{there, there < length ? kSourceEnded : 0};
    if (there == 0) return ended;
    // I4, where the kernel is not asked for all of it.
    if (there < length) error = zerocopy::ranges_error(from, from_offset, to, to_offset, length, record_);
    if (error != 0) return {0, error};
    error = share(from, from_offset, to, to_offset, there);
    if (error == EINVAL) {
      const IoResult result = by_parts(from, from_offset, to, to_offset, there);
      return result.ok() ? ended : result;
    }
    return error == 0 ? ended : IoResult{0, error};
  }

  IoResult finish(int) noexcept { return {}; }
  const TransferRecord& record() const noexcept { return record_; }

 private:
  int share(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
            std::uint64_t length) noexcept {
    file_clone_range range{};
    range.src_fd = from;
    range.src_offset = from_offset;
    range.src_length = length;
    range.dest_offset = to_offset;
    if (zerocopy::uninterrupted(record_, [&] { return ::ioctl(to, FICLONERANGE, &range); }) < 0) return errno;
    record_.bytes += length;
    return 0;
  }

  // Blocks can be shared where both ranges lie alike on them. All within the source.
  [[gnu::cold, gnu::noinline]] IoResult by_parts(int from, std::uint64_t from_offset, int to,
                                                 std::uint64_t to_offset, std::uint64_t length) noexcept {
    struct statfs system;
    record_.calls += 1;
    if (::fstatfs(to, &system) != 0) return {0, errno};
    int error = zerocopy::ranges_error(from, from_offset, to, to_offset, length, record_);
    if (error == 0) error = buffer_.reserve();
    if (error != 0) return {0, error};
    const auto block = static_cast<std::uint64_t>(system.f_bsize);
    const auto copy_up_to = [&](std::uint64_t end, IoResult done) {
      const IoResult part =
          buffer_.copy(from, from_offset + done.bytes, to, to_offset + done.bytes, end - done.bytes, record_);
      return IoResult{done.bytes + part.bytes, part.error};
    };
    const std::uint64_t head = std::min(length, (block - from_offset % block) % block);
    const std::uint64_t whole = (length - head) / block * block;
    IoResult result;
    if (from_offset % block == to_offset % block && whole != 0) {
      result = copy_up_to(head, result);
      if (result.ok() && share(from, from_offset + head, to, to_offset + head, whole) == 0)
        result.bytes += whole;
    }
    return result.ok() ? copy_up_to(length, result) : result;
  }

  zerocopy::BounceBuffer buffer_;
  TransferRecord record_;
};

static_assert(Transfer<Reflink>);

}  // namespace assay
