// The process's operator new and operator delete: counted, and failing on request. A probe is one translation
// unit, which is why a header may define them.
//
// The counters are relaxed, so that they order nothing between threads that the subject does not.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "suites/core/clause.h"

namespace assay::suite::pointer {

class Heap {
 public:
  // The allocation after `successes` further ones fails, and so do all that follow.
  static void fail_after(long successes) {
    failed_ = 0;
    successes_left_ = successes;
  }
  // Whether one was refused since fail_after().
  static bool never_fail() {
    successes_left_ = -1;
    return failed_ != 0;
  }

  static std::size_t allocations() { return allocations_.load(std::memory_order_relaxed); }
  static long live_blocks() { return live_blocks_.load(std::memory_order_relaxed); }

  // In use, also by those who call malloc themselves (0 in sanitized programs, which have another malloc).
  static std::size_t live_bytes() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }

  [[gnu::noinline]] static void* allocate(std::size_t size, std::size_t alignment) {
    if (successes_left_ >= 0 && successes_left_-- == 0) {
      successes_left_ = 0;
      failed_ = 1;
      throw std::bad_alloc();
    }
    if (size > kMost) throw std::bad_alloc();  // a sanitizer's malloc would end the program
    void* block = nullptr;
    if (posix_memalign(&block, alignment, size) != 0) throw std::bad_alloc();
    allocations_.fetch_add(1, std::memory_order_relaxed);
    live_blocks_.fetch_add(1, std::memory_order_relaxed);
    return block;
  }

  [[gnu::noinline]] static void deallocate(void* block) {
    if (block == nullptr) return;
    live_blocks_.fetch_sub(1, std::memory_order_relaxed);
    std::free(block);
  }

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 38;
  static inline std::atomic<std::size_t> allocations_{0};
  static inline std::atomic<long> live_blocks_{0};
  static inline long successes_left_ = -1, failed_ = 0;  // set while there is one thread only
};

// Repeats what must give back all its storage, so that a leak adds up: `once` leaks a block of a page or so.
template <class Once>
void require_no_growth(const char* what, const Once& once) {
  constexpr long kWarm = 100, kRounds = 1500, kTolerated = 50;
  for (long i = 0; i < kWarm; ++i) once();
  const long blocks = Heap::live_blocks();
  const std::size_t bytes = Heap::live_bytes();
  for (long i = 0; i < kRounds; ++i) once();
  require(Heap::live_blocks() <= blocks + kTolerated, "%ld times %s left %ld blocks behind", kRounds, what,
          Heap::live_blocks() - blocks);
  require(Heap::live_bytes() <= bytes + (std::size_t{1} << 20), "%ld times %s left %zu bytes behind", kRounds,
          what, Heap::live_bytes() - bytes);
}

}  // namespace assay::suite::pointer

void* operator new(std::size_t size) { return assay::suite::pointer::Heap::allocate(size, 16); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return assay::suite::pointer::Heap::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { assay::suite::pointer::Heap::deallocate(block); }
void operator delete(void* block, std::size_t) noexcept { assay::suite::pointer::Heap::deallocate(block); }
void operator delete(void* block, std::align_val_t) noexcept {
  assay::suite::pointer::Heap::deallocate(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  assay::suite::pointer::Heap::deallocate(block);
}
