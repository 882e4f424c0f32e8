// A place that one thread fills, once, and that others read or wait for.
//
// Idea. A word says whether the value is there. Who sees that it is sees the whole of it: the word is written
// after the value, with release, and read before it, with acquire.
//
//   empty ──set()──▶ being set ──▶ set         and beside each, a bit: somebody sleeps for it
//            ◀── its constructor throws
//
// Invariants
//   I1  the value lives from when the word says set until the place is destroyed, and does not change place
//   I2  one set() at the most gets by: others change nothing and say so
//   I3  who sleeps has set the bit, and whoever leaves "being set" wakes all
//
// Costs. get(): one plain load (on x86). set(): two locked instructions. A word beside the value. Waiting
// threads spin for a moment, then sleep in the kernel. Nothing is allocated.
//
// What it does not do. It cannot be emptied again. Sources: Boehm, Adve, "Foundations of the C++ concurrency
// memory model" (2008), on message passing; the interface is that of Rust's std::sync::OnceLock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "pointers/futex.h"

namespace assay {

template <class T>
class OneShot {
 public:
  using value_type = T;

  constexpr OneShot() noexcept {}
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;
  ~OneShot() {
    if (get() != nullptr) std::destroy_at(&value_);
  }

  // True if this call made the value; false if another has, or is about to. Throws what T's constructor
  // throws: the place is empty then. Any thread.
  template <class... Arguments>
  bool set(Arguments&&... arguments) {
    std::uint32_t state = state_.load(std::memory_order_relaxed);  // relaxed: the compare-and-swap decides
    do {
      if ((state & kStage) != kEmpty) return false;
      // Acquire: pairs with the release in leave(kEmpty), so that a try that failed is over.
    } while (!state_.compare_exchange_weak(state, state | kSetting, std::memory_order_acquire,
                                           std::memory_order_relaxed));
    Attempt attempt{*this};
    std::construct_at(&value_, std::forward<Arguments>(arguments)...);
    attempt.becomes = kSet;
    return true;
  }

  // Null until it is set. Any thread; the value is for all to read.
  const T* get() const noexcept { return is_set() ? &value_ : nullptr; }
  T* get() noexcept { return is_set() ? &value_ : nullptr; }

  // Sleeps until it is set.
  const T& wait() const noexcept {
    if (!is_set()) [[unlikely]]
      sleep(Deadline::never());
    return value_;
  }
  // Null when the time is over.
  template <class Rep, class Period>
  const T* wait_for(std::chrono::duration<Rep, Period> span) const noexcept {
    return is_set() || sleep(Deadline::after(span)) ? &value_ : nullptr;
  }

 private:
  static constexpr std::uint32_t kEmpty = 0, kSetting = 1, kSet = 2, kStage = 3, kAwaited = 4;

  // What set() leaves behind, however it ends.
  struct Attempt {
    OneShot& place;
    std::uint32_t becomes = kEmpty;
    ~Attempt() { place.leave(becomes); }
  };

  bool is_set() const noexcept {
    // Acquire: pairs with the release in leave(), so that the value is seen whole.
    return (state_.load(std::memory_order_acquire) & kStage) == kSet;
  }

  void leave(std::uint32_t stage) noexcept {
    const FutexWord* word = &state_;  // an address only as soon as it is set: a reader may destroy it
    // Release: pairs with the acquires in is_set() and set().
    if ((state_.exchange(stage, std::memory_order_release) & kAwaited) != 0)
      futex_wake(word, kEverySleeper, FutexKind::kOneShot);
  }

  [[gnu::noinline, gnu::cold]] bool sleep(const Deadline& deadline) const noexcept {
    for (;;) {
      if (spin([this] { return is_set(); })) return true;
      std::uint32_t state = state_.load(std::memory_order_relaxed);  // relaxed: is_set() gives access
      if ((state & kStage) == kSet) continue;
      // Relaxed: nothing is read or written with it.
      if ((state & kAwaited) == 0 &&
          !state_.compare_exchange_weak(state, state | kAwaited, std::memory_order_relaxed))
        continue;
      if (futex_wait(state_, state | kAwaited, FutexKind::kOneShot, deadline) == FutexWait::kTimedOut)
        return is_set();
    }
  }

  mutable FutexWord state_{kEmpty};  // a const wait() leaves its bit
  union {
    T value_;
  };
};

}  // namespace assay
