// A plain lock of its data in which every defect that a clause of suites/lock stands for can be switched on.
//
// Idea. A std::mutex around a record of who is inside, and two condition variables on which readers and
// writers wait until the record lets them in. Nothing is optimised: whatever a clause says should be easy to
// see here, and so should its opposite.
//
// Invariants
//   I1  writer_ is inside, or reading_ readers are, or nobody is
//   I2  no reader gets in while writers_waiting_ is not 0
//   I3  the thread that is writer_ does not wait for the lock
//   I4  at most 1,000 readers are inside
#pragma once

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "pointers/lock_concept.h"
#include "suites/mutants/lock/lock_defects.h"

namespace assay::mutant {

// Who is inside.
class LockRecord {
 public:
  using Clock = std::chrono::steady_clock;
  using Until = std::optional<Clock::time_point>;  // nothing: without end
  static constexpr std::size_t kMostReaders = 1000;

  bool try_write() {
    const std::lock_guard busy(busy_);
    const bool free = writable() || (eighth_try_in_a_row_gets_in && ++failed_tries_ == 8);
    if (free) begin_write();
    return free;
  }
  bool write(const Until& until = {}) {
    std::unique_lock busy(busy_);
    if (writing_ && !until && writer_ == std::this_thread::get_id()) {
      if (relocking_gets_in) return true;
      trap("MutantLock I3", "the writer waits for itself");
    }
    ++writers_waiting_;
    const bool in = wait(busy, writers_, until, [this] { return writable(); });
    if (in || !writer_that_gave_up_still_waits) --writers_waiting_;
    if (in)
      begin_write();
    else if (!giving_up_wakes_nobody)
      readers_.notify_all();
    return in;
  }
  void end_write() {
    const std::lock_guard busy(busy_);
    writing_ = false;
    if (four_waiting_writers_are_forgotten && writers_waiting_ >= 4) return;
    writers_.notify_one();
    if (one_of_four_readers_is_woken && readers_waiting_ >= 4)
      readers_.notify_one();
    else
      readers_.notify_all();
  }

  bool try_read() {
    const std::lock_guard busy(busy_);
    const bool in = readable() && !(try_read_fails_beside_reader && reading_ > 0 && reading_ < 100);
    if (in) begin_read();
    return in;
  }
  bool read(const Until& until = {}) {
    std::unique_lock busy(busy_);
    if (writing_ && !until && writer_ == std::this_thread::get_id()) {
      if (relocking_gets_in) return true;
      trap("MutantLock I3", "the writer waits for itself");
    }
    ++readers_waiting_;
    const bool in = wait(busy, readers_, until, [this] { return readable(); });
    --readers_waiting_;
    if (in) begin_read();
    return in;
  }
  void end_read() {
    const std::lock_guard busy(busy_);
    if (--reading_ == 0 && !(last_reader_forgets_four_writers && writers_waiting_ >= 4))
      writers_.notify_one();
  }

  void downgrade() {
    if (downgrade_lets_writer_in) {
      end_write();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      read();
      return;
    }
    const std::lock_guard busy(busy_);
    writing_ = false;
    begin_read();
    if (!downgrade_wakes_nobody) readers_.notify_all();
  }

  bool counts_hundred() { return ++writes_ % 100 == 0; }  // by the writer

 private:
  bool writable() const {
    return !writing_ && (reading_ == 0 || (three_readers_keep_nobody_out && reading_ == 3));
  }
  bool readable() const { return !writing_ && (writers_waiting_ == 0 || readers_pass_waiting_writer); }

  void begin_write() {
    writing_ = true;
    writer_ = std::this_thread::get_id();
    failed_tries_ = 0;
  }
  void begin_read() {
    if (reading_ == kMostReaders && !readers_are_not_limited)
      trap("MutantLock I4", "more than %zu readers", kMostReaders);
    ++reading_;
  }

  template <class Condition>
  static bool wait(std::unique_lock<std::mutex>& busy, std::condition_variable& changed, const Until& until,
                   Condition condition) {
    if (until) return changed.wait_until(busy, *until, condition);
    changed.wait(busy, condition);
    return true;
  }

  std::mutex busy_;
  std::condition_variable readers_, writers_;
  bool writing_ = false;
  std::thread::id writer_;
  std::size_t reading_ = 0, readers_waiting_ = 0, writers_waiting_ = 0;
  int failed_tries_ = 0;
  unsigned long writes_ = 0;
};

template <class T>
class MutantLock {
 public:
  static constexpr LockTraits kTraits{.shares = true,
                                      .timed = true,
                                      .poisons = true,
                                      .downgrades = true,
                                      .writers_first = true,
                                      .traps_relocking = true,
                                      .most_readers = LockRecord::kMostReaders,
                                      .most_overhead = sizeof(LockRecord) + sizeof(void*)};
  using value_type = T;
  class ReadGuard;
  class WriteGuard;

  MutantLock() requires std::default_initializable<T> : value_() {}
  explicit MutantLock(T value) : value_(std::move(value)) {
    if constexpr (std::copy_constructible<T>)
      if (first_value_is_kept_twice) std::make_unique<T>(value_).release();
  }
  template <class... Arguments>
  explicit MutantLock(std::in_place_t, Arguments&&... arguments)
      : value_(std::forward<Arguments>(arguments)...) {}
  MutantLock(const MutantLock&) = delete;

  WriteGuard write() {
    const bool waiter_is_told = !waiter_for_poisoned_lock_is_not_told || poisoned_;
    WriteGuard guard = write_poisoned();
    if (!waiter_is_told) return guard;
    return sound(std::move(guard));
  }
  WriteGuard write_poisoned() {
    record_.write();
    return WriteGuard(*this);
  }
  std::optional<WriteGuard> try_write() {
    if (!record_.try_write()) return std::nullopt;
    if (poisoned_try_form_gets_in) return WriteGuard(*this);
    return sound(WriteGuard(*this));
  }
  template <class Span>
  std::optional<WriteGuard> try_write_for(Span span) {
    if (!record_.write(time_after(span))) return std::nullopt;
    return sound(WriteGuard(*this));
  }
  template <class C, class D>
  std::optional<WriteGuard> try_write_until(std::chrono::time_point<C, D> time) {
    return on_its_clock(time, [&](auto span) { return try_write_for(span); });
  }

  ReadGuard read() {
    ReadGuard guard = read_poisoned();
    if (reader_of_poisoned_lock_is_not_told) return guard;
    return sound(std::move(guard));
  }
  ReadGuard read_poisoned() {
    record_.read();
    return ReadGuard(*this);
  }
  std::optional<ReadGuard> try_read() {
    if (!record_.try_read()) return std::nullopt;
    return sound(ReadGuard(*this));
  }
  template <class Span>
  std::optional<ReadGuard> try_read_for(Span span) {
    if (!record_.read(time_after(span))) return std::nullopt;
    return sound(ReadGuard(*this));
  }
  template <class C, class D>
  std::optional<ReadGuard> try_read_until(std::chrono::time_point<C, D> time) {
    return on_its_clock(time, [&](auto span) { return try_read_for(span); });
  }

  template <class F>
  auto with(F f) {
    if (with_locks_nothing) {
      if (poisoned_) throw Poisoned();
      const Unlocked scope{*this};
      return f(value_);
    }
    WriteGuard guard = write();
    if (with_does_not_poison) guard.exceptions_ = 1000;
    return f(*guard);
  }

  template <class F>
  auto with_read(F f) {
    ReadGuard guard = read();
    return f(*guard);
  }

  bool is_poisoned() const { return poisoned_; }
  T& get_mut() {
    if (poisoned_) throw Poisoned();
    return value_;
  }
  T into_inner() && {
    if (poisoned_ && !into_inner_of_poisoned_lock) throw Poisoned();
    if constexpr (std::copy_constructible<T>)
      if (into_inner_copies) return value_;
    return std::move(value_);
  }

 private:
  struct Unlocked {  // poisons, and that is all
    MutantLock& lock;
    int exceptions = std::uncaught_exceptions();
    ~Unlocked() {
      if (std::uncaught_exceptions() > exceptions) lock.poisoned_ = true;
    }
  };

  template <class Guard>
  Guard sound(Guard guard) {
    if (!poisoned_) return guard;
    if (refusal_keeps_lock_held) guard.lock_ = nullptr;
    throw Poisoned();
  }

  template <class Span>
  static LockRecord::Until time_after(Span span) {
    using std::chrono::duration, std::chrono::nanoseconds;
    const auto now = LockRecord::Clock::now();
    if (short_waits_are_rounded_down && duration<double>(span).count() < 0.001) return now;
    if (duration<double>(span).count() > 1e9) {
      if (longest_wait_wraps) return now;
      return std::nullopt;
    }
    return now + std::chrono::ceil<nanoseconds>(span);
  }

  // Again and again, since another clock may go slower.
  template <class C, class D, class Attempt>
  static auto on_its_clock(std::chrono::time_point<C, D> time, Attempt attempt) {
    while (true) {
      const auto now = C::now();
      auto result = attempt(time > now ? time - now : D::zero());
      if (result) return result;
      if (C::now() < time) continue;
      if (!times_of_day_never_come || std::same_as<C, LockRecord::Clock>) return result;
      std::this_thread::sleep_for(std::chrono::seconds(3600));
    }
  }

  LockRecord record_;
  bool poisoned_ = false;  // written by writers, read by who is inside
  T value_;
};

template <class T>
class MutantLock<T>::ReadGuard {
 public:
  explicit ReadGuard(MutantLock& lock) : lock_(&lock) {}
  ReadGuard(ReadGuard&& other) noexcept
      : lock_(std::exchange(other.lock_, nullptr)), exceptions_(other.exceptions_) {}
  ReadGuard& operator=(ReadGuard&& other) noexcept {
    ReadGuard old(std::move(other));
    std::swap(lock_, old.lock_);
    return *this;
  }
  ~ReadGuard() {
    if (lock_ == nullptr) return;
    if (readers_poison && std::uncaught_exceptions() > exceptions_) lock_->poisoned_ = true;
    lock_->record_.end_read();
  }
  const T& operator*() const { return lock_->value_; }
  const T* operator->() const { return &lock_->value_; }

 private:
  friend MutantLock;
  MutantLock* lock_;
  int exceptions_ = std::uncaught_exceptions();
};

template <class T>
class MutantLock<T>::WriteGuard {
 public:
  explicit WriteGuard(MutantLock& lock) : lock_(&lock) {
    if constexpr (kKeepsOld)
      if (hundredth_write_is_lost && lock.record_.counts_hundred()) old_ = lock.value_;
  }
  WriteGuard(WriteGuard&& other) noexcept
      : lock_(std::exchange(other.lock_, nullptr)), exceptions_(other.exceptions_), old_(other.old_) {}
  WriteGuard& operator=(WriteGuard&& other) noexcept {
    if (this == &other && !self_move_lets_go) return *this;
    if (assignment_keeps_old_lock_held) lock_ = nullptr;
    end();
    lock_ = std::exchange(other.lock_, nullptr);
    exceptions_ = other.exceptions_;
    old_ = other.old_;
    return *this;
  }
  ~WriteGuard() { end(); }
  T& operator*() { return lock_->value_; }
  T* operator->() { return &lock_->value_; }
  bool poisoned() const { return lock_->poisoned_; }
  void clear_poison() {
    if (!clear_poison_does_nothing) lock_->poisoned_ = false;
  }
  ReadGuard downgrade() && {
    lock_->record_.downgrade();
    return ReadGuard(*std::exchange(lock_, nullptr));
  }

 private:
  friend MutantLock;
  static constexpr bool kKeepsOld = std::is_trivially_copyable_v<T> && std::copyable<T>;
  struct Nothing {};

  void end() {
    if (lock_ == nullptr) return;
    const int exceptions = std::uncaught_exceptions();
    if (poison_ends_with_first_guard) lock_->poisoned_ = false;
    if (later_exception_does_not_poison ? exceptions_ == 0 && exceptions > 0
        : earlier_exception_poisons     ? exceptions > 0
                                        : exceptions > exceptions_)
      lock_->poisoned_ = true;
    if constexpr (kKeepsOld)
      if (old_) lock_->value_ = *old_;
    lock_->record_.end_write();
    if (unlock_writes_to_freed_lock) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      const_cast<volatile bool&>(lock_->poisoned_) = lock_->poisoned_;
    }
    lock_ = nullptr;
  }

  MutantLock* lock_;
  int exceptions_ = std::uncaught_exceptions();
  [[no_unique_address]] std::conditional_t<kKeepsOld, std::optional<T>, Nothing> old_;
};

static_assert(Lock<MutantLock<int>>);

// Claims less than it takes.
template <class T>
class FatLock : public MutantLock<T> {
 public:
  using MutantLock<T>::MutantLock;

 private:
  [[maybe_unused]] char more_[64] = {};
};

static_assert(Lock<FatLock<int>>);

}  // namespace assay::mutant
