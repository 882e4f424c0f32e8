// Memory for the allocator's own records: caches of threads, magazines, classes of mixed blocks. It is cut
// from pages of its own, apart from what users write to, and is never given back: each kind of record is kept
// in a pool by whoever uses it.
#pragma once

#include <cstddef>

#include "allocators/malloc/lock.h"
#include "allocators/malloc/os_memory.h"

namespace assay::drop_in {

class Metadata {
 public:
  // Zeroed, at a multiple of 64 bytes; null when there is no more memory.
  void* take(std::size_t bytes) noexcept {
    bytes = (bytes + 63) / 64 * 64;
    const Guard guard(lock_);
    if (bytes > left_) {
      std::size_t chunk = bytes > kChunk ? (bytes + kPage - 1) / kPage * kPage : kChunk;
      char* fresh = OsMemory::map(nullptr, chunk);
      if (fresh == nullptr) {  // near the end of memory
        chunk = (bytes + kPage - 1) / kPage * kPage;
        fresh = OsMemory::map(nullptr, chunk);
      }
      if (fresh == nullptr) return nullptr;
      next_ = fresh;
      left_ = chunk;
    }
    void* taken = next_;
    next_ += bytes;
    left_ -= bytes;
    return taken;
  }
  Lock& lock() noexcept { return lock_; }

 private:
  static constexpr std::size_t kChunk = 256 << 10;
  Lock lock_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};
inline constinit Metadata metadata;

// Records of one size that were used before. Linked through their first word; the owner locks.
class RecordPool {
 public:
  explicit constexpr RecordPool(std::size_t bytes) : bytes_(bytes) {}
  void* take() noexcept {
    if (first_ == nullptr) return metadata.take(bytes_);
    void* taken = first_;
    first_ = *static_cast<void**>(taken);
    return taken;
  }
  void give(void* record) noexcept {
    *static_cast<void**>(record) = first_;
    first_ = record;
  }

 private:
  std::size_t bytes_;
  void* first_ = nullptr;
};

}  // namespace assay::drop_in
