// How many threads sleep for which Mutex: what an unlock looks at instead of exchanging the lock's word.
//
// An unlock is a plain store to the lock and then a load from here; who is about to sleep adds itself here
// and then looks at the lock again. Between the two steps stand the fences of asymmetric_fence.h: none at all
// for the unlock, a system call for who goes to sleep anyway. So either the unlock sees the sleeper, or the
// sleeper sees the unlock.
//
// Counts stand in a table of the process, by address, and not in the lock: as soon as the lock's word is
// free another thread may lock, unlock and destroy it, and an unlock must not touch its memory after that.
// Locks that share a count cost each other a system call for each unlock while one of them has a sleeper.
//
// Invariant I1: a count is at least the number of threads asleep for its locks. A sleeper adds itself and
// takes itself off. (Who wakes it must not: the lock may be gone and its memory somebody else's futex by
// then, and the thread that woke a stranger.) It may be more, never less.
//
// All code of a process must share the table: the class has default visibility, lest a library built with
// -fvisibility=hidden looks for sleepers in a table of its own. Nor may a linker option (-Bsymbolic, a
// version script) keep a copy within one library.
//
// Without membarrier(2) there is no such fence, and a sleeper looks again every millisecond.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "allocators/asymmetric_fence.h"
#include "pointers/futex.h"

namespace assay {

class [[gnu::visibility("default")]] MutexSleepers {
 public:
  // For the lock's owner, after its store to the word. Only the address of the word is used.
  static bool any(const FutexWord* word) noexcept {
    light_fence();
    // Relaxed: the fences order it, and nothing is read that depends on it.
    return count_of(word).load(std::memory_order_relaxed) != 0;
  }

  [[gnu::noinline, gnu::cold]] static void wake_one(const FutexWord* word) noexcept {
    futex_wake(word, 1, FutexKind::kMutex);  // perhaps a stranger, who is in no count
  }

  static void add(const FutexWord* word) noexcept {
    // Relaxed: the fence orders it before the look at the word that follows.
    count_of(word).fetch_add(1, std::memory_order_relaxed);
    if (heavy_fence_available()) heavy_fence();
  }
  static void remove(const FutexWord* word) noexcept {
    // Relaxed: too late is harmless (I1).
    count_of(word).fetch_sub(1, std::memory_order_relaxed);
  }

  // Between add() and remove().
  static FutexWait wait(const FutexWord& word, std::uint32_t expected, const Deadline& deadline) noexcept {
    if (heavy_fence_available()) return futex_wait(word, expected, FutexKind::kMutex, deadline);
    const FutexWait how =
        futex_wait(word, expected, FutexKind::kMutex, deadline.or_after(std::chrono::milliseconds(1)));
    return how == FutexWait::kTimedOut && !deadline.over() ? FutexWait::kChanged : how;
  }

 private:
  static constexpr std::size_t kCounts = 256;

  static std::atomic<std::uint32_t>& count_of(const FutexWord* word) noexcept {
    const std::uint64_t mixed = (reinterpret_cast<std::uintptr_t>(word) >> 2) * 0x9e3779b97f4a7c15;
    return counts_[mixed >> 56];
  }

  static inline constinit std::atomic<std::uint32_t> counts_[kCounts] = {};
  static inline const bool asked_early_ = heavy_fence_available();  // it costs least before there are threads
};

}  // namespace assay
