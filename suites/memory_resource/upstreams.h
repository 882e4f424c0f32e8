// Two upstreams of this family beside suites/core/upstream.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>

#include "suites/core/mapped_memory.h"
#include "suites/core/upstream.h"

namespace assay::suite::memory_resource {

// The guarded upstream, which takes a block back whatever its size and alignment are said to be, and counts
// what was said wrongly: that is one clause, and must not decide the others. Thread-safe.
class RecordedUpstream : public std::pmr::memory_resource {
 public:
  Upstream& pages() { return pages_; }
  const Upstream& pages() const { return pages_; }

  struct Return {
    std::size_t given_size, given_alignment, size, alignment;
  };
  std::size_t wrong_returns() const { return wrong_returns_; }  // other size or alignment than was given
  const Return& first_wrong_return() const { return first_wrong_; }
  std::size_t foreign_returns() const { return foreign_returns_; }  // no live block of this upstream
  std::size_t last_size() const { return last_size_; }              // of the newest block

 private:
  struct Block {
    std::size_t size, alignment;
  };

  void* do_allocate(std::size_t size, std::size_t alignment) override {
    void* block = pages_.allocate(size, alignment);
    const std::lock_guard lock(busy_);
    blocks_.emplace(reinterpret_cast<std::uintptr_t>(block), Block{size, alignment});
    last_size_ = size;
    return block;
  }

  void do_deallocate(void* address, std::size_t size, std::size_t alignment) override {
    Block given;
    {
      const std::lock_guard lock(busy_);
      const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(address));
      if (found == blocks_.end()) {
        ++foreign_returns_;
        return;
      }
      given = found->second;
      blocks_.erase(found);
      if ((given.size != size || given.alignment != alignment) && wrong_returns_++ == 0)
        first_wrong_ = {given.size, given.alignment, size, alignment};
    }
    pages_.deallocate(address, given.size, given.alignment);
  }

  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  Upstream pages_;
  std::mutex busy_;
  std::map<std::uintptr_t, Block, std::less<>, MappedAllocator<std::pair<const std::uintptr_t, Block>>>
      blocks_;
  std::size_t wrong_returns_ = 0, foreign_returns_ = 0, last_size_ = 0;
  Return first_wrong_{};
};

// Address space in order, for sweeps that write little: a block is aligned as asked and never better, so that
// no alignment is there by luck. Takes nothing back before reset(). Not thread-safe.
class SparseUpstream : public std::pmr::memory_resource {
 public:
  SparseUpstream() : begin_(reinterpret_cast<std::uintptr_t>(map_memory(kSize))), next_(begin_) {}
  ~SparseUpstream() override { munmap(reinterpret_cast<void*>(begin_), kSize); }
  void reset() { next_ = begin_; }

 private:
  static constexpr std::size_t kSize = std::size_t{4} << 30;

  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (size > kSize || alignment > kSize / 4) throw std::bad_alloc();
    std::uintptr_t block = (next_ + alignment - 1) & ~(alignment - 1);
    if ((block & alignment) == 0) block += alignment;
    if (block + size > begin_ + kSize) throw std::bad_alloc();
    next_ = block + size;
    return reinterpret_cast<void*>(block);
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  std::uintptr_t begin_, next_;
};

}  // namespace assay::suite::memory_resource
