// Sleeping until a word changes: futex(2), within one process.
//
// A sleeper has a kind, and is woken only by who names it: an unlock may wake the address of a lock that has
// just been destroyed, and whoever sleeps there by then must not be taken for one of the old lock's sleepers.
// All waits may end early (FutexWait::kWoken by chance, kChanged on a signal): look at the word again. errno
// stays as it is. Source: Drepper, "Futexes are tricky" (2011); futex(2).
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <optional>

#include "pointers/deadline.h"

namespace assay {

using FutexWord = std::atomic<std::uint32_t>;
static_assert(sizeof(FutexWord) == 4 && FutexWord::is_always_lock_free);

enum class FutexWait { kWoken, kChanged, kTimedOut };
enum class FutexKind : std::uint32_t { kMutex = 1, kReader = 2, kWriter = 4, kOneShot = 8 };

// Sleeps if the word is `expected`; the kernel compares and falls asleep in one step.
inline FutexWait futex_wait(const FutexWord& word, std::uint32_t expected, FutexKind kind,
                            const Deadline& deadline) noexcept {
  const int before = errno;
  const std::optional<timespec> until = deadline.as_timespec();
  const long result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                              until ? &*until : nullptr, nullptr, static_cast<std::uint32_t>(kind));
  const int problem = errno;
  errno = before;
  if (result == 0) return FutexWait::kWoken;
  return problem == ETIMEDOUT ? FutexWait::kTimedOut : FutexWait::kChanged;
}

// Wakes so many at the most, and returns how many. Does not touch the word, which may be gone already.
inline long futex_wake(const FutexWord* word, int sleepers, FutexKind kind) noexcept {
  const int before = errno;
  const long woken = syscall(SYS_futex, word, FUTEX_WAKE_BITSET_PRIVATE, sleepers, nullptr, nullptr,
                             static_cast<std::uint32_t>(kind));
  errno = before;  // EFAULT when the memory is gone: then nobody sleeps there
  return woken > 0 ? woken : 0;
}

constexpr int kEverySleeper = INT_MAX;

// What a loop that waits for another processor does meanwhile.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Calls look() until it returns true, a hundred times: for less than it takes to fall asleep and wake.
template <class Look>
bool spin(Look look) noexcept {
  for (int round = 0; round < 100; ++round) {
    if (look()) return true;
    relax();
  }
  return false;
}

}  // namespace assay
