// Where one mutator allocates cells of one class: in a run of free cells, by adding to a pointer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "gc/cage.h"

namespace assay::gc {

inline constexpr std::size_t kRunBytes = 2 << 10;  // of a run, but for cells that are larger

struct alignas(64) Cursor {
  std::uintptr_t next;  // of the run
  std::uintptr_t limit;
  BlockInfo* block;  // null: none
  char* base;        // of the block
  Cursor* next_active;
  bool active;  // in the mutator's list of those that may have a block
  bool black;   // the run's mark bits were set when it was handed out
};
static_assert(sizeof(Cursor) == 64);

// Clears a line at a time and prefetches those that come next, of this run and of the one behind it: memset()
// of a run that has left the cache takes a third of all that allocation does.
[[gnu::always_inline]] inline void clear_run(char* begin, std::size_t bytes) noexcept {
  constexpr std::size_t kLine = 64, kAhead = kRunBytes;
  const char* const end = begin + bytes;
  for (; static_cast<std::size_t>(end - begin) >= kLine; begin += kLine) {
    __builtin_prefetch(begin + kAhead, 1);
    std::memset(begin, 0, kLine);
    std::atomic_signal_fence(std::memory_order_relaxed);  // or the loop becomes a call of memset()
  }
  for (; begin != end; begin += kGranule) {
    std::memset(begin, 0, kGranule);
    std::atomic_signal_fence(std::memory_order_relaxed);
  }
}

}  // namespace assay::gc
