// All that is asked of the system: address space, which is cheap, and pages, which appear when they are
// touched and go when they are discarded. Keeps errno.
#pragma once

#include <errno.h>
#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allocators/malloc/size_classes.h"

namespace assay::drop_in {

constexpr std::size_t kPage = 4096;

class OsMemory {
 public:
  // Zeroed bytes at a multiple of kUnit, preferably at `hint`, or null. `bytes` is a multiple of kPage.
  static void* map_units(void* hint, std::size_t bytes) noexcept {
    char* memory = map(hint, bytes);
    if (memory == nullptr || reinterpret_cast<std::uintptr_t>(memory) % kUnit == 0) return memory;
    unmap(memory, bytes);
    memory = map(nullptr, bytes + kUnit - kPage);
    if (memory == nullptr) return nullptr;
    const std::size_t before = -reinterpret_cast<std::uintptr_t>(memory) % kUnit;
    if (before != 0) unmap(memory, before);
    const std::size_t after = kUnit - kPage - before;
    if (after != 0) unmap(memory + before + bytes, after);
    return memory + before;
  }

  static char* map(void* hint, std::size_t bytes) noexcept {
    const int error = errno;
    void* memory =
        mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    errno = error;
    if (memory == MAP_FAILED) return nullptr;
    mapped_.fetch_add(bytes, std::memory_order_relaxed);  // a statistic
    return static_cast<char*>(memory);
  }

  // False when the system refuses: too many mappings.
  static bool unmap(void* memory, std::size_t bytes) noexcept {
    const int error = errno;
    const bool done = munmap(memory, bytes) == 0;
    errno = error;
    if (done) mapped_.fetch_sub(bytes, std::memory_order_relaxed);  // a statistic
    return done;
  }

  // The pages go back to the system and read as zeros from now on; false when it refuses.
  static bool discard(void* memory, std::size_t bytes) noexcept {
    const int error = errno;
    const bool done = madvise(memory, bytes, MADV_DONTNEED) == 0;
    errno = error;
    if (done) discarded_.fetch_add(bytes, std::memory_order_relaxed);  // a statistic
    return done;
  }

  static bool protect(void* memory, std::size_t bytes, bool accessible) noexcept {
    const int error = errno;
    const bool done = mprotect(memory, bytes, accessible ? PROT_READ | PROT_WRITE : PROT_NONE) == 0;
    errno = error;
    return done;
  }

  static std::size_t mapped() noexcept { return mapped_.load(std::memory_order_relaxed); }
  static std::size_t discarded() noexcept { return discarded_.load(std::memory_order_relaxed); }

 private:
  static inline constinit std::atomic<std::size_t> mapped_{0}, discarded_{0};
};

}  // namespace assay::drop_in
