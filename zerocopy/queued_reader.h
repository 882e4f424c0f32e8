// What DirectReader and RingReader have in common: a file and a queue of reads of it.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "zerocopy/aligned_file.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/read_queue.h"
#include "zerocopy/reader_concept.h"

namespace assay {

template <bool kDirect, std::size_t kPieceBytes, unsigned kBatch>
class QueuedReader {
 public:
  QueuedReader() noexcept = default;
  QueuedReader(QueuedReader&&) noexcept = default;
  QueuedReader& operator=(QueuedReader&& other) noexcept {
    if (this == &other) return *this;
    queue_ = std::move(other.queue_);  // first: it may have reads of file_ under way
    file_ = std::move(other.file_);
    return *this;
  }

  int open(const char* path) noexcept {
    close();
    std::uint64_t size = 0;
    int error = file_.open(path, kDirect, size);
    if (error == 0) error = queue_.open(size);
    if (error != 0) {
      close();
      return error;
    }
    if (!kDirect) zerocopy::expect_in_order(file_.get(), size);
    return 0;
  }

  void close() noexcept {
    queue_.close();
    file_.close();
  }

  std::uint64_t size() const noexcept { return queue_.size(); }

  int start(std::uint64_t offset, std::uint64_t length) noexcept {
    return queue_.start(file_, offset, length);
  }

  Chunk next() noexcept { return queue_.next(file_); }
  int confirm() noexcept { return 0; }

  IoResult read(std::uint64_t offset, std::span<std::byte> into) noexcept {
    if (!file_.is_open()) return {0, EBADF};
    const std::span<std::byte> scratch = queue_.scratch();
    return scratch.empty() ? IoResult{0, ENOMEM} : file_.read(offset, into, scratch);
  }

  // Whether reads of long ranges go through a ring, once there was one; else each is made when it is its
  // turn.
  bool has_ring() const noexcept { return queue_.has_ring(); }

 protected:
  // 0, or why they cannot. Not during a pass.
  int open_ring() noexcept { return queue_.open_ring(); }

 private:
  AlignedFile file_;
  ReadQueue<kPieceBytes, kBatch, !kDirect> queue_;  // behind the file: it ends first
};

}  // namespace assay
