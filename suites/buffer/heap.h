// The process's operator new and operator delete: counted, failing on request, and writing over what is
// freed, so that a handle whose storage is gone reads other bytes than it should. A probe is one translation
// unit, which is why a header may define them.
//
// The counters are relaxed, so that they order nothing between threads that the subject does not.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "suites/core/clause.h"

namespace assay::suite::buffer {

class Heap {
 public:
  // The allocation after `successes` further ones fails, and so do all that follow.
  static void fail_after(long successes) {
    failed_ = false;
    successes_left_ = successes;
  }
  // Whether one was refused since fail_after().
  static bool never_fail() {
    successes_left_ = -1;
    return failed_;
  }

  static std::size_t allocations() { return allocations_.load(std::memory_order_relaxed); }
  static std::size_t allocated_bytes() { return allocated_bytes_.load(std::memory_order_relaxed); }
  static long live_blocks() { return live_blocks_.load(std::memory_order_relaxed); }

  // In use, also by those who call malloc themselves (0 in sanitized programs, which have another malloc).
  static std::size_t live_bytes() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }

  [[gnu::noinline]] static void* allocate(std::size_t size, std::size_t alignment) {
    void* block = try_allocate(size, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }

  [[gnu::noinline]] static void* try_allocate(std::size_t size, std::size_t alignment) noexcept {
    if (successes_left_ >= 0 && successes_left_-- == 0) {
      successes_left_ = 0;
      failed_ = true;
      return nullptr;
    }
    if (size > kMost) return nullptr;  // a sanitizer's malloc would end the program
    void* block = nullptr;
    if (posix_memalign(&block, std::max(alignment, sizeof(void*)), size) != 0) return nullptr;
    allocations_.fetch_add(1, std::memory_order_relaxed);
    allocated_bytes_.fetch_add(size, std::memory_order_relaxed);
    live_blocks_.fetch_add(1, std::memory_order_relaxed);
    return block;
  }

  [[gnu::noinline]] static void deallocate(void* block) {
    if (block == nullptr) return;
    live_blocks_.fetch_sub(1, std::memory_order_relaxed);
    std::memset(block, kFreed, std::min(malloc_usable_size(block), kOverwritten));
    asm volatile("" : : "r"(block) : "memory");  // or the stores are dead
    std::free(block);
  }

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 38;
  static constexpr std::size_t kOverwritten = 8192;
  static constexpr int kFreed = 0xdd;
  static inline std::atomic<std::size_t> allocations_{0}, allocated_bytes_{0};
  static inline std::atomic<long> live_blocks_{0};
  static inline long successes_left_ = -1;  // set while there is one thread only
  static inline bool failed_ = false;
};

// Repeats what must give back all its storage, so that a leak adds up.
template <class Once>
void require_no_growth(const char* what, const Once& once) {
  constexpr long kWarm = 20, kRounds = 400, kTolerated = 20;
  for (long i = 0; i < kWarm; ++i) once();
  const long blocks = Heap::live_blocks();
  const std::size_t bytes = Heap::live_bytes();
  for (long i = 0; i < kRounds; ++i) once();
  require(Heap::live_blocks() <= blocks + kTolerated, "%ld times %s left %ld blocks behind", kRounds, what,
          Heap::live_blocks() - blocks);
  require(Heap::live_bytes() <= bytes + (std::size_t{1} << 17), "%ld times %s left %zu bytes behind", kRounds,
          what, Heap::live_bytes() - bytes);
}

}  // namespace assay::suite::buffer

// For subjects that ask malloc for sizes that cannot be, in programs with AddressSanitizer.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

// Those of arrays too: a sanitizer's do not call the ones above.
void* operator new(std::size_t size) { return assay::suite::buffer::Heap::allocate(size, 16); }
void* operator new[](std::size_t size) { return assay::suite::buffer::Heap::allocate(size, 16); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return assay::suite::buffer::Heap::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return assay::suite::buffer::Heap::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return assay::suite::buffer::Heap::try_allocate(size, 16);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return assay::suite::buffer::Heap::try_allocate(size, 16);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return assay::suite::buffer::Heap::try_allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return assay::suite::buffer::Heap::try_allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { assay::suite::buffer::Heap::deallocate(block); }
void operator delete[](void* block) noexcept { assay::suite::buffer::Heap::deallocate(block); }
void operator delete(void* block, std::size_t) noexcept { assay::suite::buffer::Heap::deallocate(block); }
void operator delete[](void* block, std::size_t) noexcept { assay::suite::buffer::Heap::deallocate(block); }
void operator delete(void* block, std::align_val_t) noexcept {
  assay::suite::buffer::Heap::deallocate(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  assay::suite::buffer::Heap::deallocate(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  assay::suite::buffer::Heap::deallocate(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  assay::suite::buffer::Heap::deallocate(block);
}
