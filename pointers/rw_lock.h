// A lock that owns its data, for many readers or one writer.
//
// Idea. One word counts the readers inside and the writers that wait, so that a reader gets in and learns in
// one locked instruction whether it may: it adds itself first, and takes itself off again if a writer is
// inside or waits. Sleepers of both kinds sleep for the same word and are woken by kind.
//
//   state_  │ waiting writers: 11 │ writer │ poisoned │ readers sleep │ full │ readers: 17 │
//           31                    21       20         19              18     17            0
//
// Invariants
//   I1  a write guard has the writer bit, and while it is set no read guard is made; a read guard has one of
//       the count of readers. Readers that are refused are in the count as well, for a moment
//   I2  readers sleep only while the bit says so, and the bit is set only while a writer is inside or waits:
//       the last of them to go clears it and wakes them
//   I3  no thread with the write guard locks again (trapped if kChecked; try and timed forms give nothing)
//   I4  waiting writers count those that sleep, or are about to. Who leaves the lock free wakes one of them
//   I5  at most 131,071 readers at a time (always trapped)
//
// Costs. read() and its end: one locked instruction each, no branch but one on its result. write(): one each.
// Four bytes; in checked builds four more, for the writer's number. Waiting: spins for a
// moment, then sleeps in the kernel.
//
// Why so; figures are against Rust 1.95's RwLock, interleaved: reading takes 0.7 of its time, writing 1.0,
// try_write() 0.8 to 0.9. A writer gets in however many readers come, because none comes in while it waits;
// writers that come one after another without a gap keep readers out. A poisoned word takes the slow path of
// the same branch that finds writers, so sound locks pay nothing for it. Readers that add first never have to
// try again, as they do with compare-and-swap when others come at the same time.
//
// What it does not do. No upgrade from reading to writing: two that try would wait for each other. A thread
// that reads and reads again waits for ever if a writer waits in between. Not shared between processes. A
// guard belongs to the thread that got it. Readers all write one cache line: where reads are short and on
// many cores, use a snapshot (pointers/latest_value.h) instead.
//
// Sources: the interface is that of Rust's std::sync::RwLock; Courtois, Heymans, Parnas, "Concurrent control
// with readers and writers" (1971), second problem; futex(2), FUTEX_WAIT_BITSET.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "pointers/lock_concept.h"
#include "pointers/rw_lock_guards.h"
#include "pointers/rw_lock_word.h"

namespace assay {

template <class T>
class RwLock {
 public:
  static constexpr LockTraits kTraits{.shares = true,
                                      .timed = true,
                                      .poisons = true,
                                      .downgrades = true,
                                      .writers_first = true,
                                      .traps_relocking = kChecked,
                                      .most_readers = RwLockWord::kMostReaders,
                                      .most_overhead = kChecked ? 8 : 4};
  using value_type = T;
  using WriteGuard = RwLockWriteGuard<RwLock>;
  using ReadGuard = RwLockReadGuard<RwLock>;

  constexpr RwLock() requires std::default_initializable<T> : value_() {}
  constexpr explicit RwLock(T value) : value_(std::move(value)) {}
  template <class... Arguments>
  constexpr explicit RwLock(std::in_place_t, Arguments&&... arguments)
      : value_(std::forward<Arguments>(arguments)...) {}
  RwLock(const RwLock&) = delete;
  RwLock& operator=(const RwLock&) = delete;

  // Throws Poisoned, and so do all other forms but …_poisoned().
  [[nodiscard]] ReadGuard read() {
    word_.read();
    return ReadGuard(*this);
  }
  [[nodiscard]] WriteGuard write() {
    word_.write();
    return WriteGuard(*this);
  }
  [[nodiscard]] ReadGuard read_poisoned() noexcept {
    word_.read_even_if_poisoned();
    return ReadGuard(*this);
  }
  [[nodiscard]] WriteGuard write_poisoned() noexcept {
    word_.write_even_if_poisoned();
    return WriteGuard(*this);
  }

  // A reader that is about to be refused may make try_write() fail.
  [[nodiscard]] std::optional<ReadGuard> try_read() { return guard_reading(word_.try_read()); }
  [[nodiscard]] std::optional<WriteGuard> try_write() { return guard_writing(word_.try_write()); }

  template <class Rep, class Period>
  [[nodiscard]] std::optional<ReadGuard> try_read_for(std::chrono::duration<Rep, Period> span) {
    return guard_reading(word_.try_read() || word_.read_before(Deadline::after(span)));
  }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<WriteGuard> try_write_for(std::chrono::duration<Rep, Period> span) {
    return guard_writing(word_.try_write() || word_.write_before(Deadline::after(span)));
  }
  template <class Clock, class Duration>
  [[nodiscard]] std::optional<ReadGuard> try_read_until(std::chrono::time_point<Clock, Duration> time) {
    return guard_reading(word_.try_read() || wait_until(time, [this](const Deadline& deadline) {
                           return word_.read_before(deadline);
                         }));
  }
  template <class Clock, class Duration>
  [[nodiscard]] std::optional<WriteGuard> try_write_until(std::chrono::time_point<Clock, Duration> time) {
    return guard_writing(word_.try_write() || wait_until(time, [this](const Deadline& deadline) {
                           return word_.write_before(deadline);
                         }));
  }

  // f(T&) under the exclusive lock, f(const T&) among readers; a copy of what it returns.
  template <class F>
  auto with(F&& f) {
    WriteGuard guard = write();
    return std::forward<F>(f)(*guard);
  }
  template <class F>
  auto with_read(F&& f) {
    ReadGuard guard = read();
    return std::forward<F>(f)(*guard);
  }

  bool is_poisoned() const noexcept { return word_.is_poisoned(); }

  // For the only thread that knows the lock.
  T& get_mut() {
    if (is_poisoned()) throw Poisoned();
    return value_;
  }
  T into_inner() && { return std::move(get_mut()); }

 private:
  friend WriteGuard;
  friend ReadGuard;

  std::optional<ReadGuard> guard_reading(bool in) noexcept {
    if (!in) return std::nullopt;
    return ReadGuard(*this);
  }
  std::optional<WriteGuard> guard_writing(bool in) noexcept {
    if (!in) return std::nullopt;
    return WriteGuard(*this);
  }

  RwLockWord word_;
  T value_;
};

static_assert(Lock<RwLock<int>> && sizeof(RwLock<int>) <= 12 && sizeof(RwLock<void*>) == 16);

}  // namespace assay
