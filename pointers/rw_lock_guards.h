// What RwLock gives out: the right to read or to write its value, for as long as the guard lives.
#pragma once

#include <utility>

#include "pointers/exception_watch.h"

namespace assay {

// Of a guard that was moved from nothing is left: it must not be used.
template <class Lock>
class [[nodiscard]] RwLockReadGuard {
  using T = typename Lock::value_type;

 public:
  RwLockReadGuard(RwLockReadGuard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  RwLockReadGuard& operator=(RwLockReadGuard&& other) noexcept {
    RwLockReadGuard old(std::move(other));
    std::swap(lock_, old.lock_);
    return *this;
  }
  ~RwLockReadGuard() {
    if (lock_ != nullptr) lock_->word_.end_read();
  }

  const T& operator*() const& noexcept { return lock_->value_; }
  void operator*() const&& = delete;  // the value would outlive the access to it
  const T* operator->() const noexcept { return &lock_->value_; }

 private:
  friend Lock;
  template <class>
  friend class RwLockWriteGuard;
  explicit RwLockReadGuard(Lock& lock) noexcept : lock_(&lock) {}

  Lock* lock_;
};

template <class Lock>
class [[nodiscard]] RwLockWriteGuard {
  using T = typename Lock::value_type;

 public:
  RwLockWriteGuard(RwLockWriteGuard&& other) noexcept
      : lock_(std::exchange(other.lock_, nullptr)), exceptions_(other.exceptions_) {}
  RwLockWriteGuard& operator=(RwLockWriteGuard&& other) noexcept {
    RwLockWriteGuard old(std::move(other));
    std::swap(lock_, old.lock_);
    std::swap(exceptions_, old.exceptions_);
    return *this;
  }
  ~RwLockWriteGuard() {
    if (lock_ == nullptr) return;
    if (exceptions_.ended_by_exception()) [[unlikely]]
      lock_->word_.poison();
    lock_->word_.end_write();
  }

  T& operator*() & noexcept { return lock_->value_; }
  void operator*() && = delete;  // the value would outlive the access to it
  T* operator->() noexcept { return &lock_->value_; }

  bool poisoned() const noexcept { return lock_->is_poisoned(); }
  void clear_poison() noexcept { lock_->word_.clear_poison(); }

  // Readers get in from here on, writers only after this one has gone. As at the end of a write guard, an
  // exception that is leaving its scope poisons the lock.
  RwLockReadGuard<Lock> downgrade() && noexcept {
    if (exceptions_.ended_by_exception()) [[unlikely]]
      lock_->word_.poison();
    lock_->word_.downgrade();
    return RwLockReadGuard<Lock>(*std::exchange(lock_, nullptr));
  }

 private:
  friend Lock;
  explicit RwLockWriteGuard(Lock& lock) noexcept : lock_(&lock) {}

  Lock* lock_;
  ExceptionWatch exceptions_;
};

}  // namespace assay
