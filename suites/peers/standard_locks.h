// std::mutex and std::shared_mutex beside the value that they guard, behind the interface of Mutex and
// RwLock: what a program has that keeps to its own rules. They know neither poison nor time.
#pragma once

#include <concepts>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "pointers/lock_concept.h"

namespace assay::peer {

// Value is T, or const T of a reader; Held a std::unique_lock or a std::shared_lock.
template <class Value, class Held>
class StdGuard {
 public:
  StdGuard(Held held, Value& value) : held_(std::move(held)), value_(&value) {}
  StdGuard(StdGuard&&) noexcept = default;
  StdGuard& operator=(StdGuard&& other) noexcept {
    if (this == &other) return *this;  // std::unique_lock would let go
    held_ = std::move(other.held_);
    value_ = other.value_;
    return *this;
  }
  Value& operator*() { return *value_; }
  Value* operator->() { return value_; }

 private:
  Held held_;
  Value* value_;
};

template <class T, class Lock>
class StdLocked {
 public:
  using value_type = T;

  StdLocked() requires std::default_initializable<T> : value_() {}
  explicit StdLocked(T value) : value_(std::move(value)) {}
  template <class... Arguments>
  explicit StdLocked(std::in_place_t, Arguments&&... arguments)
      : value_(std::forward<Arguments>(arguments)...) {}
  StdLocked(const StdLocked&) = delete;
  StdLocked& operator=(const StdLocked&) = delete;

  template <class F>
  auto with(F&& f) {
    const std::lock_guard held(lock_);
    return std::forward<F>(f)(value_);
  }
  T& get_mut() { return value_; }
  T into_inner() && { return std::move(value_); }

 protected:
  using Exclusive = StdGuard<T, std::unique_lock<Lock>>;

  Exclusive hold() { return {std::unique_lock(lock_), value_}; }
  std::optional<Exclusive> try_hold() {
    std::unique_lock held(lock_, std::try_to_lock);
    if (!held) return std::nullopt;
    return Exclusive(std::move(held), value_);
  }

  Lock lock_;
  T value_;
};

template <class T>
class StdMutex : public StdLocked<T, std::mutex> {
 public:
  static constexpr LockTraits kTraits{.shares = false};
  using StdLocked<T, std::mutex>::StdLocked;

  auto lock() { return this->hold(); }
  auto try_lock() { return this->try_hold(); }
};

template <class T>
class StdSharedMutex : public StdLocked<T, std::shared_mutex> {
  using Shared = StdGuard<const T, std::shared_lock<std::shared_mutex>>;

 public:
  static constexpr LockTraits kTraits{.shares = true};
  using StdLocked<T, std::shared_mutex>::StdLocked;

  auto write() { return this->hold(); }
  auto try_write() { return this->try_hold(); }
  Shared read() { return {std::shared_lock(this->lock_), this->value_}; }
  template <class F>
  auto with_read(F&& f) {
    Shared guard = read();
    return std::forward<F>(f)(*guard);
  }
  std::optional<Shared> try_read() {
    std::shared_lock held(this->lock_, std::try_to_lock);
    if (!held) return std::nullopt;
    return Shared(std::move(held), this->value_);
  }
};

static_assert(Lock<StdMutex<int>>);
static_assert(Lock<StdSharedMutex<int>>);

}  // namespace assay::peer
