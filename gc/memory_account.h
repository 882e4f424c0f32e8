// What a heap holds, and whether it may have more: the limit, and the question to options.may_grow.
#pragma once

#include <atomic>
#include <cstddef>

#include "gc/options.h"

namespace assay::gc {

class MemoryAccount {
 public:
  explicit MemoryAccount(const CollectorOptions& options) noexcept
      : limit_(options.limit), may_grow_(options.may_grow), context_(options.may_grow_context) {}

  // Asks for room for so many bytes more, and counts them.
  bool grow(std::size_t bytes) noexcept {
    // Relaxed: the numbers are only counted. Markers on other threads grow their stacks, too.
    if (may_grow_ != nullptr && !may_grow_(context_, bytes)) return false;
    const std::size_t held = held_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (limit_ != 0 && held > limit_) {
      held_.fetch_sub(bytes, std::memory_order_relaxed);
      return false;
    }
    std::size_t most = most_.load(std::memory_order_relaxed);
    while (held > most && !most_.compare_exchange_weak(most, held, std::memory_order_relaxed)) {
    }
    return true;
  }
  void shrink(std::size_t bytes) noexcept { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t held() const noexcept { return held_.load(std::memory_order_relaxed); }
  std::size_t most_held() const noexcept { return most_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  bool (*const may_grow_)(void*, std::size_t);
  void* const context_;
  std::atomic<std::size_t> held_{0}, most_{0};
};

}  // namespace assay::gc
