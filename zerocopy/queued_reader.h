// What DirectReader and RingReader have in common: a file and a queue of reads of it.
#pragma once

#include <fcntl.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "zerocopy/aligned_file.h"
#include "zerocopy/io_result.h"
#include "zerocopy/read_queue.h"
#include "zerocopy/reader_concept.h"

namespace assay {

template <bool kDirect, std::size_t kPieceBytes, unsigned kBatch>
class QueuedReader {
 public:
  QueuedReader() noexcept = default;
  QueuedReader(QueuedReader&& other) noexcept { *this = std::move(other); }
  QueuedReader& operator=(QueuedReader&& other) noexcept {
    if (this == &other) return *this;
    queue_ = std::move(other.queue_);  // first: it may have reads of file_ under way
    file_ = std::move(other.file_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  int open(const char* path) noexcept {
    close();
    int error = file_.open(path, kDirect);
    if (error == 0) error = file_.size(size_);
    if (error == 0) error = queue_.open(!kDirect);
    if (error != 0) {
      close();
      return error;
    }
    // Advice: a file system that has no use for it still reads.
    if (!kDirect) (void)::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
  }

  void close() noexcept {
    queue_.close();
    file_.close();
    size_ = 0;
  }

  std::uint64_t size() const noexcept { return size_; }

  int start(std::uint64_t offset, std::uint64_t length) noexcept {
    const int error = file_.size(size_);
    // The pass before ends also when there is no new one.
    if (error == 0) {
      queue_.start(offset, length, size_, file_.block());
    } else {
      queue_.end(error);
    }
    return error;
  }

  Chunk next() noexcept { return queue_.next(file_); }
  int confirm() noexcept { return 0; }

  IoResult read(std::uint64_t offset, std::span<std::byte> into) noexcept {
    if (!file_.is_open()) return {0, EBADF};
    return file_.read(offset, into, queue_.scratch());
  }

  // Whether reads go through a ring; else each is made when it is its turn.
  bool has_ring() const noexcept { return queue_.has_ring(); }

 private:
  AlignedFile file_;
  ReadQueue<kPieceBytes, kBatch, !kDirect> queue_;  // behind the file: it ends first
  std::uint64_t size_ = 0;
};

}  // namespace assay
