// A lock of four bytes that needs no set-up, no memory and nothing of the C library but its system call: 0
// free, 1 held, 2 held and somebody sleeps. It spins briefly, as what it guards takes well under a
// microsecond. After Drepper, "Futexes are tricky" (2011), mutex 2.
#pragma once

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace assay::drop_in {

// How many locks the thread holds or is about to take: what a signal handler that forks must know.
inline constinit thread_local unsigned locks_held = 0;

// While the thread forks, from the moment it holds every lock (fork.cc), or stops the program while it
// holds one (misuse.h): the handlers of others may allocate.
inline constinit thread_local bool ignores_locks = false;

class Lock {
 public:
  void lock() noexcept {
    enter();
    if (ignores_locks) return;
    std::uint32_t free = 0;
    // Acquire pairs with the release in unlock().
    if (!state_.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed))
      wait();
  }
  bool try_lock() noexcept {
    enter();
    if (ignores_locks || attempt()) return true;
    leave();
    return false;
  }
  void unlock() noexcept {
    if (!ignores_locks && state_.exchange(0, std::memory_order_release) == 2) system(FUTEX_WAKE_PRIVATE, 1);
    leave();
  }
  // In the child of fork, where nobody else runs and nobody sleeps.
  void reset() noexcept { state_.store(0, std::memory_order_relaxed); }

 private:
  static void enter() noexcept {
    ++locks_held;
    std::atomic_signal_fence(std::memory_order_seq_cst);  // before the lock is taken, for a handler to see
  }
  static void leave() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    --locks_held;
  }
  bool attempt() noexcept {
    std::uint32_t free = 0;
    return state_.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed);
  }
  [[gnu::noinline, gnu::cold]] void wait() noexcept {
    for (int spin = 0; spin < 100; ++spin) {
      __builtin_ia32_pause();
      if (state_.load(std::memory_order_relaxed) == 0 && attempt()) return;
    }
    while (state_.exchange(2, std::memory_order_acquire) != 0) system(FUTEX_WAIT_PRIVATE, 2);
  }
  void system(int operation, std::uint32_t value) noexcept {
    const int error = errno;
    syscall(SYS_futex, &state_, operation, value, nullptr, nullptr, 0);
    errno = error;
  }

  std::atomic<std::uint32_t> state_{0};
};

class [[nodiscard]] Guard {
 public:
  explicit Guard(Lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~Guard() { lock_.unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Lock& lock_;
};

// A number that changes under a lock, and that others may read without it, as it was a moment ago.
class GuardedNumber {
 public:
  constexpr GuardedNumber(std::size_t value) : value_(value) {}
  operator std::size_t() const noexcept { return value_.load(std::memory_order_relaxed); }
  void operator=(std::size_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void operator+=(std::size_t more) noexcept { *this = *this + more; }
  void operator-=(std::size_t less) noexcept { *this = *this - less; }

 private:
  std::atomic<std::size_t> value_;
};

}  // namespace assay::drop_in
