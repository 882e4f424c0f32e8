// The heap of a check's process: every block is counted, the n-th fails on request, and what is freed is
// written over, so that who reads it reads other bytes than it should. A probe is one translation unit, which
// is why a header may define the functions below.
//
// With glibc and no sanitizer they are malloc() and its like, where operator new and the C library get theirs
// too. (valloc() and pvalloc() are not among them.) realloc() always moves, so that the old place is seen to
// be gone. Elsewhere they are operator new and delete alone, Heap::kSeesAll is false, and a check that had to
// see everything ends with require_all_was_seen() instead of passing.
//
// The counters are relaxed, so that they order nothing between threads that the subject does not, and
// constant initialised: the dynamic linker allocates before any constructor runs. Nothing here allocates.
#pragma once

#include <errno.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "suites/core/clause.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define ASSAY_SANITIZED_HEAP
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ASSAY_SANITIZED_HEAP
#endif
#endif
#if defined __GLIBC__ && !defined ASSAY_SANITIZED_HEAP
#define ASSAY_REPLACES_MALLOC
#endif

#ifdef ASSAY_REPLACES_MALLOC
extern "C" void* __libc_malloc(std::size_t) noexcept;
extern "C" void* __libc_calloc(std::size_t, std::size_t) noexcept;
extern "C" void* __libc_memalign(std::size_t, std::size_t) noexcept;
extern "C" void __libc_free(void*) noexcept;
#endif

namespace assay::suite {

class Heap {
 public:
#ifdef ASSAY_REPLACES_MALLOC
  static constexpr bool kSeesAll = true;
#else
  static constexpr bool kSeesAll = false;
#endif
  static constexpr std::size_t kAlignment = 16;  // of malloc() and operator new

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

  // What is freed stays readable as it was, until it is used again: true, for a variable's initialiser.
  static bool leave_freed() {
    overwrites_ = false;
    return true;
  }

  static std::size_t allocations() { return allocations_.load(std::memory_order_relaxed); }
  static std::size_t allocated_bytes() { return allocated_bytes_.load(std::memory_order_relaxed); }
  static long live_blocks() { return live_blocks_.load(std::memory_order_relaxed); }
  static std::size_t live_bytes() { return live_bytes_.load(std::memory_order_relaxed); }

  // What the functions that are replaced do. Null, and errno says ENOMEM, when there is no memory.
  [[gnu::noinline]] static void* allocate(std::size_t size, std::size_t alignment) noexcept {
    return counted(size, [=] { return take(size, alignment); });
  }
  [[gnu::noinline]] static void release(void* block) noexcept {
    if (block == nullptr) return;
    const int error = errno;
    const std::size_t usable = malloc_usable_size(block);
    live_blocks_.fetch_sub(1, std::memory_order_relaxed);
    live_bytes_.fetch_sub(usable, std::memory_order_relaxed);
    if (overwrites_) std::memset(block, kFreed, std::min(usable, kOverwritten));
    asm volatile("" : : "r"(block) : "memory");  // or the stores are dead
    give_back(block);
    errno = error;
  }

#ifdef ASSAY_REPLACES_MALLOC
  [[gnu::noinline]] static void* allocate_zeros(std::size_t count, std::size_t size) noexcept {
    std::size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) return refuse();
    return counted(total, [=] { return __libc_calloc(total, 1); });
  }
  [[gnu::noinline]] static void* move(void* block, std::size_t size) noexcept {
    void* const moved = allocate(size, kAlignment);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, std::min(size, malloc_usable_size(block)));
    release(block);
    return moved;
  }
#else
  static void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    void* const block = allocate(size, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
#endif

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 38;  // a sanitizer's malloc may end the program
  static constexpr std::size_t kOverwritten = 8192;
  static constexpr int kFreed = 0xdd;

  static void* refuse() noexcept {
    errno = ENOMEM;
    return nullptr;
  }

#ifdef ASSAY_REPLACES_MALLOC
  static void* take(std::size_t size, std::size_t alignment) noexcept {
    return alignment <= kAlignment ? __libc_malloc(size) : __libc_memalign(alignment, size);
  }
  static void give_back(void* block) noexcept { __libc_free(block); }
#else
  static void* take(std::size_t size, std::size_t alignment) noexcept {
    void* block = nullptr;
    return posix_memalign(&block, std::max(alignment, sizeof(void*)), size) == 0 ? block : nullptr;
  }
  static void give_back(void* block) noexcept { std::free(block); }
#endif

  template <class Take>
  static void* counted(std::size_t size, const Take& take) noexcept {
    if (successes_left_ >= 0 && successes_left_-- == 0) {
      successes_left_ = 0;
      failed_ = true;
      return refuse();
    }
    if (size > kMost) return refuse();
    void* const block = take();
    if (block == nullptr) return refuse();
    allocations_.fetch_add(1, std::memory_order_relaxed);
    allocated_bytes_.fetch_add(size, std::memory_order_relaxed);
    live_blocks_.fetch_add(1, std::memory_order_relaxed);
    live_bytes_.fetch_add(malloc_usable_size(block), std::memory_order_relaxed);
    return block;
  }

  static inline constinit std::atomic<std::size_t> allocations_{0}, allocated_bytes_{0}, live_bytes_{0};
  static inline constinit std::atomic<long> live_blocks_{0};
  static inline constinit long successes_left_ = -1;  // set while there is one thread only
  static inline constinit bool failed_ = false;
  static inline constinit bool overwrites_ = true;  // set before main()
};

// The end of a check that found nothing, and was to see every block.
inline void require_all_was_seen() {
  if (!Heap::kSeesAll) skipped("only what operator new gives is seen here: malloc() is not replaced");
}

// Repeats what must give back all its storage, so that a leak adds up.
template <class Once>
void require_no_growth(const char* what, const Once& once) {
  constexpr long kWarm = 100, kRounds = 1000, kTolerated = 50;
  for (long i = 0; i < kWarm; ++i) once();
  const long blocks = Heap::live_blocks();
  const std::size_t bytes = Heap::live_bytes();
  for (long i = 0; i < kRounds; ++i) once();
  require(Heap::live_blocks() <= blocks + kTolerated, "%ld times %s left %ld blocks behind", kRounds, what,
          Heap::live_blocks() - blocks);
  require(Heap::live_bytes() <= bytes + (std::size_t{1} << 17), "%ld times %s left %zu bytes behind", kRounds,
          what, Heap::live_bytes() - bytes);
}

}  // namespace assay::suite

#ifdef ASSAY_REPLACES_MALLOC

// Out of line: the compiler knows malloc() and free() by what they promise, not by what they do here.
extern "C" {

[[gnu::noinline]] void* malloc(std::size_t size) noexcept {
  return assay::suite::Heap::allocate(size, assay::suite::Heap::kAlignment);
}
[[gnu::noinline]] void* calloc(std::size_t count, std::size_t size) noexcept {
  return assay::suite::Heap::allocate_zeros(count, size);
}
[[gnu::noinline]] void* realloc(void* block, std::size_t size) noexcept {
  using assay::suite::Heap;
  if (block == nullptr) return Heap::allocate(size, Heap::kAlignment);
  if (size != 0) return Heap::move(block, size);
  Heap::release(block);  // as glibc does
  return nullptr;
}
[[gnu::noinline]] void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return assay::suite::Heap::allocate(size, alignment);
}
[[gnu::noinline]] void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return assay::suite::Heap::allocate(size, alignment);
}
[[gnu::noinline]] int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  const int error = errno;
  void* const made = assay::suite::Heap::allocate(size, alignment);
  errno = error;
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}
[[gnu::noinline]] void free(void* block) noexcept { assay::suite::Heap::release(block); }

}  // extern "C"

#else

// For subjects that ask malloc for sizes that cannot be, in programs with a sanitizer.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

// Those of arrays too: a sanitizer's do not call the ones above.
void* operator new(std::size_t size) {
  return assay::suite::Heap::allocate_or_throw(size, assay::suite::Heap::kAlignment);
}
void* operator new[](std::size_t size) {
  return assay::suite::Heap::allocate_or_throw(size, assay::suite::Heap::kAlignment);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return assay::suite::Heap::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return assay::suite::Heap::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return assay::suite::Heap::allocate(size, assay::suite::Heap::kAlignment);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return assay::suite::Heap::allocate(size, assay::suite::Heap::kAlignment);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return assay::suite::Heap::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return assay::suite::Heap::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { assay::suite::Heap::release(block); }
void operator delete[](void* block) noexcept { assay::suite::Heap::release(block); }
void operator delete(void* block, std::size_t) noexcept { assay::suite::Heap::release(block); }
void operator delete[](void* block, std::size_t) noexcept { assay::suite::Heap::release(block); }
void operator delete(void* block, std::align_val_t) noexcept { assay::suite::Heap::release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { assay::suite::Heap::release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  assay::suite::Heap::release(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  assay::suite::Heap::release(block);
}

#endif
