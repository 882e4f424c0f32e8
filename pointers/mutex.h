// A lock that owns its data: the only way to the value is a guard, and only one thread has one.
//
// Idea. One word beside the value, taken by compare-and-swap and given back by a plain store. What an unlock
// elsewhere does with a second locked instruction (does somebody sleep?) is answered by a table of the
// process, of which the one who falls asleep pays for the fence (pointers/mutex_sleepers.h).
//
//   │ state_: 4 │ value_ │       bit 0 locked, bit 1 poisoned, from bit 2 the owner's number if kChecked
//
// Invariants
//   I1  bit 0 is set from when a guard gets its value until it is gone; only its thread writes the word then
//   I2  who sleeps for the word is in MutexSleepers, so that an unlock finds it
//   I3  no thread that has a guard locks again (trapped if kChecked; try and timed forms give nothing)
//   I4  the poisoned bit is set when an exception left the scope of a guard, and until clear_poison()
//
// Costs. lock and unlock: one locked instruction together, where std::mutex, Rust's Mutex and parking_lot
// have two. Poisoning: two loads of this thread's count of exceptions in flight. Four bytes. A thread that
// finds the lock taken spins for a moment, then sleeps in the kernel; to fall asleep costs a fence on all
// processors that run the process. Not fair: who comes at the right moment gets in before who sleeps,
// which is what keeps the lock busy. Nothing is allocated, constructors are constexpr.
//
// Why so; figures are against Rust 1.95's Mutex, interleaved. Uncontended lock and unlock take 0.60 to 0.67
// of its time, and std::mutex 1.4. The poison mark costs no check of its own, since a poisoned word fails the
// same compare-and-swap as a locked one; the count of exceptions is looked up between the two ends of the
// lock, not ahead of it, where the locked instruction would wait for it.
//
// What it does not do. It is not recursive, not shared between processes, does not pass priority on, and is
// not cancellation-safe (pthread_cancel). A sandbox that is entered later must allow futex(2) and
// membarrier(2). A guard belongs to the thread that got it. A forked child inherits locks as they were:
// locked for good if another thread held them.
//
// Sources: the interface is that of Rust's std::sync::Mutex; Drepper, "Futexes are tricky" (2011); Goldblatt,
// "P1202: Asymmetric fences" (2018); the table of sleepers by address is that of WebKit's ParkingLot.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "pointers/deadline.h"
#include "pointers/exception_watch.h"
#include "pointers/futex.h"
#include "pointers/lock_concept.h"
#include "pointers/mutex_sleepers.h"
#include "pointers/thread_number.h"

namespace assay {

template <class T>
class MutexGuard;

template <class T>
class Mutex {
 public:
  static constexpr LockTraits kTraits{
      .shares = false, .timed = true, .poisons = true, .traps_relocking = kChecked, .most_overhead = 4};
  using value_type = T;
  using Guard = MutexGuard<T>;

  constexpr Mutex() requires std::default_initializable<T> : value_() {}
  constexpr explicit Mutex(T value) : value_(std::move(value)) {}
  template <class... Arguments>
  constexpr explicit Mutex(std::in_place_t, Arguments&&... arguments)
      : value_(std::forward<Arguments>(arguments)...) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Throws Poisoned, and so do all other forms but lock_poisoned().
  [[nodiscard]] Guard lock() {
    if (!take()) [[unlikely]]
      wait_sound();
    return Guard(*this, 0);
  }
  [[nodiscard]] Guard lock_poisoned() noexcept {
    std::uint32_t poison = 0;
    if (!take()) [[unlikely]]
      poison = *wait(Deadline::never());
    return Guard(*this, poison);
  }

  [[nodiscard]] std::optional<Guard> try_lock() {
    if (!take()) [[unlikely]] {
      // Relaxed: nothing is read that depends on it.
      if (state_.load(std::memory_order_relaxed) == kPoisoned) throw Poisoned();
      return std::nullopt;
    }
    return Guard(*this, 0);
  }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<Guard> try_lock_for(std::chrono::duration<Rep, Period> span) {
    if (auto guard = try_lock()) return guard;
    return lock_before(Deadline::after(span));
  }
  template <class Clock, class Duration>
  [[nodiscard]] std::optional<Guard> try_lock_until(std::chrono::time_point<Clock, Duration> time) {
    if (auto guard = try_lock()) return guard;
    return wait_until(time, [this](const Deadline& deadline) { return lock_before(deadline); });
  }

  // f(T&) under the lock; a copy of what it returns.
  template <class F>
  auto with(F&& f) {
    Guard guard = lock();
    return std::forward<F>(f)(*guard);
  }

  bool is_poisoned() const noexcept {
    return (state_.load(std::memory_order_relaxed) & kPoisoned) != 0;  // relaxed: a report, no access
  }

  // For the only thread that knows the lock.
  T& get_mut() {
    if (is_poisoned()) throw Poisoned();
    return value_;
  }
  T into_inner() && { return std::move(get_mut()); }

 private:
  friend class MutexGuard<T>;

  static constexpr std::uint32_t kLocked = 1;
  static constexpr std::uint32_t kPoisoned = 2;

  static std::uint32_t locked_by_this_thread() noexcept {
    if constexpr (kChecked) return kLocked | thread_number() << 2;
    return kLocked;
  }

  [[gnu::always_inline]] bool take() noexcept {
    std::uint32_t free = 0;
    // Acquire: pairs with the release in give_back(), so that the value is as the last owner left it.
    return state_.compare_exchange_strong(free, locked_by_this_thread(), std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }

  // `poison` is kPoisoned or 0.
  [[gnu::always_inline]] void give_back(std::uint32_t poison) noexcept {
    // Release: pairs with the acquires in take() and wait(). A plain store, since nobody else writes (I1).
    state_.store(poison, std::memory_order_release);
    const FutexWord* word = &state_;  // from here on an address only
    if (MutexSleepers::any(word)) [[unlikely]]
      MutexSleepers::wake_one(word);
  }

  // Gets the lock, and gives its poisoned bit; nothing when the time is over.
  [[gnu::noinline, gnu::cold]] std::optional<std::uint32_t> wait(const Deadline& deadline) noexcept {
    bool counted = false;
    for (;;) {
      std::uint32_t state;
      // Relaxed: only the compare-and-swap below gives access.
      const bool free = spin([&] {
        state = state_.load(std::memory_order_relaxed);
        return (state & kLocked) == 0;
      });
      if (free) {
        // Acquire: as in take().
        if (!state_.compare_exchange_weak(state, state | locked_by_this_thread(), std::memory_order_acquire,
                                          std::memory_order_relaxed))
          continue;
        if (counted) MutexSleepers::remove(&state_);
        return state & kPoisoned;
      }
      if constexpr (kChecked)
        if (state >> 2 == thread_number() && deadline.is_never())
          trap("Mutex I3", "thread %u locks what it has locked", thread_number());
      if (!counted) MutexSleepers::add(&state_);
      counted = true;
      if (MutexSleepers::wait(state_, state, deadline) != FutexWait::kTimedOut) continue;
      MutexSleepers::remove(&state_);
      return std::nullopt;
    }
  }

  [[gnu::noinline, gnu::cold]] void wait_sound() {
    if (const std::uint32_t poison = *wait(Deadline::never())) refuse(poison);
  }

  [[gnu::noinline, gnu::cold]] std::optional<Guard> lock_before(const Deadline& deadline) {
    const std::optional<std::uint32_t> poison = wait(deadline);
    if (!poison) return std::nullopt;
    if (*poison != 0) refuse(*poison);
    return Guard(*this, 0);
  }

  [[noreturn, gnu::noinline, gnu::cold]] void refuse(std::uint32_t poison) {
    give_back(poison);
    throw Poisoned();
  }

  FutexWord state_{0};
  T value_;
};

// What lock() gives. Of a guard that was moved from nothing is left: it must not be used.
template <class T>
class [[nodiscard]] MutexGuard {
 public:
  MutexGuard(MutexGuard&& other) noexcept
      : mutex_(std::exchange(other.mutex_, nullptr)),
        exceptions_(other.exceptions_),
        poison_(other.poison_) {}
  MutexGuard& operator=(MutexGuard&& other) noexcept {
    MutexGuard old(std::move(other));
    std::swap(mutex_, old.mutex_);
    std::swap(exceptions_, old.exceptions_);
    std::swap(poison_, old.poison_);
    return *this;
  }
  ~MutexGuard() {
    if (mutex_ == nullptr) return;
    if (exceptions_.ended_by_exception()) [[unlikely]]
      poison_ = Mutex<T>::kPoisoned;
    mutex_->give_back(poison_);
  }

  T& operator*() & noexcept { return mutex_->value_; }
  void operator*() && = delete;  // the value would outlive the access to it
  T* operator->() noexcept { return &mutex_->value_; }

  bool poisoned() const noexcept { return poison_ != 0; }
  void clear_poison() noexcept {
    poison_ = 0;
    // Relaxed: only is_poisoned() of others sees it before the unlock, and nobody else writes (I1).
    mutex_->state_.store(Mutex<T>::locked_by_this_thread(), std::memory_order_relaxed);
  }

 private:
  friend class Mutex<T>;
  MutexGuard(Mutex<T>& mutex, std::uint32_t poison) noexcept : mutex_(&mutex), poison_(poison) {}

  Mutex<T>* mutex_;
  ExceptionWatch exceptions_;
  std::uint32_t poison_;  // what the word becomes
};

static_assert(Lock<Mutex<int>> && sizeof(Mutex<int>) == 8 && sizeof(Mutex<void*>) == 16);

}  // namespace assay
