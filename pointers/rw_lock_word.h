// The word of an RwLock: who is inside, who waits (the layout and the invariants are in pointers/rw_lock.h).
#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allocators/check.h"
#include "pointers/futex.h"
#include "pointers/lock_concept.h"
#include "pointers/thread_number.h"

namespace assay {

// Whose writer is, in builds that want to know.
template <bool kKnown>
class RwLockWriter {
 public:
  // Relaxed: the number of this very thread is there only if this thread wrote it.
  void begin() noexcept { number_.store(thread_number(), std::memory_order_relaxed); }
  void end() noexcept { number_.store(0, std::memory_order_relaxed); }
  bool is_this_thread() const noexcept { return number_.load(std::memory_order_relaxed) == thread_number(); }

 private:
  std::atomic<std::uint32_t> number_{0};
};
template <>
class RwLockWriter<false> {
 public:
  void begin() noexcept {}
  void end() noexcept {}
  bool is_this_thread() const noexcept { return false; }
};

class RwLockWord {
  using Word = std::uint32_t;

 public:
  static constexpr std::size_t kMostReaders = (1u << 17) - 1;

  // Each of these two throws Poisoned, with the lock let go.
  [[gnu::always_inline]] void read() {
    // Acquire: pairs with the releases in end_write() and downgrade(), so that the value is as the last
    // writer left it. The reader is counted even if it has to go again.
    const Word before = state_.fetch_add(1, std::memory_order_acquire);
    if (before >= kMostReaders) [[unlikely]]
      read_slowly(before);
  }
  [[gnu::always_inline]] void write() {
    if (!take(0)) [[unlikely]]
      write_slowly();
  }

  void read_even_if_poisoned() noexcept {
    if (!enter()) wait_to_read(Deadline::never());
  }
  void write_even_if_poisoned() noexcept {
    Word state = state_.load(std::memory_order_relaxed);  // relaxed: take() decides
    if (!is_free(state) || !take(state)) wait_to_write(Deadline::never());
  }

  bool try_read() { return enter() && refuse_poisoned_reader(); }
  bool try_write() {
    if (take(0)) [[likely]]
      return true;
    // Free, but not 0: it is poisoned, or other writers are about to be woken.
    for (;;) {
      const Word state = state_.load(std::memory_order_relaxed);  // relaxed: take() decides
      if (!is_free(state)) return false;
      if (take(state)) return refuse_poisoned_writer();
    }
  }
  bool read_before(const Deadline& deadline) { return wait_to_read(deadline) && refuse_poisoned_reader(); }
  bool write_before(const Deadline& deadline) { return wait_to_write(deadline) && refuse_poisoned_writer(); }

  [[gnu::always_inline]] void end_read() noexcept {
    // Release: pairs with the acquire in take(): what was read was read before it is written.
    const Word before = state_.fetch_sub(1, std::memory_order_release);
    if (before >= kOneWaits) [[unlikely]]
      wake_writer(&state_, before - 1);  // only its address is used
  }
  [[gnu::always_inline]] void end_write() noexcept {
    writer_.end();
    Word alone = kWriter;
    // Release: pairs with the acquires in read(), enter() and take().
    if (!state_.compare_exchange_strong(alone, 0, std::memory_order_release, std::memory_order_relaxed))
        [[unlikely]]
      leave_writing(0);
  }
  // In one step, so that no writer gets in.
  void downgrade() noexcept {
    writer_.end();
    leave_writing(1);
  }

  // By the writer. Relaxed: the release of end_write() comes after it.
  [[gnu::noinline, gnu::cold]] void poison() noexcept {
    state_.fetch_or(kPoisoned, std::memory_order_relaxed);
  }
  void clear_poison() noexcept { state_.fetch_and(~kPoisoned, std::memory_order_relaxed); }
  bool is_poisoned() const noexcept {
    return (state_.load(std::memory_order_relaxed) & kPoisoned) != 0;  // relaxed: a report, no access
  }

 private:
  static constexpr Word kReaders = kMostReaders;
  static constexpr Word kFull = 1u << 17;
  static constexpr Word kReadersSleep = 1u << 18;
  static constexpr Word kPoisoned = 1u << 19;
  static constexpr Word kWriter = 1u << 20;
  static constexpr Word kOneWaits = 1u << 21;
  static constexpr Word kMostWaiting = UINT32_MAX - (kOneWaits - 1);

  static bool is_free(Word state) noexcept { return (state & (kWriter | kFull | kReaders)) == 0; }
  static bool admits_readers(Word state) noexcept { return state < kWriter; }

  // From a free state to this thread as the writer.
  bool take(Word state, Word waited = 0) noexcept {
    // Acquire: pairs with the releases in end_read() and end_write().
    if (!state_.compare_exchange_strong(state, state - waited + kWriter, std::memory_order_acquire,
                                        std::memory_order_relaxed))
      return false;
    writer_.begin();
    return true;
  }

  // As a reader that looks first; false if a writer is inside or waits.
  bool enter() noexcept {
    Word state = state_.load(std::memory_order_relaxed);  // relaxed: the compare-and-swap decides
    while (admits_readers(state)) {
      if ((state & kReaders) == kMostReaders) too_many();
      // Acquire: as in read().
      if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire,
                                       std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  [[gnu::noinline, gnu::cold]] void read_slowly(Word before) {
    if ((before & kReaders) == kMostReaders || (before & kFull) != 0) too_many();
    if (!admits_readers(before)) {
      end_read();  // and wakes the writer that this reader kept out for a moment
      wait_to_read(Deadline::never());
    }
    refuse_poisoned_reader();
  }
  [[gnu::noinline, gnu::cold]] void write_slowly() {
    write_even_if_poisoned();
    refuse_poisoned_writer();
  }

  // Once inside: true, or out again and Poisoned is thrown.
  bool refuse_poisoned_reader() {
    if (!is_poisoned()) [[likely]]
      return true;
    end_read();
    throw Poisoned();
  }
  bool refuse_poisoned_writer() {
    if (!is_poisoned()) [[likely]]
      return true;
    end_write();
    throw Poisoned();
  }

  [[gnu::noinline, gnu::cold]] bool wait_to_read(const Deadline& deadline) noexcept {
    for (;;) {
      if (spin([this] { return enter(); })) return true;
      Word state = state_.load(std::memory_order_relaxed);  // relaxed: futex_wait compares it
      if (admits_readers(state)) continue;
      trap_relocking(deadline);
      // Relaxed: no access comes with it. From here on the last writer to go wakes this thread (I2).
      if ((state & kReadersSleep) == 0 &&
          !state_.compare_exchange_weak(state, state | kReadersSleep, std::memory_order_relaxed))
        continue;
      if (futex_wait(state_, state | kReadersSleep, FutexKind::kReader, deadline) == FutexWait::kTimedOut)
        return false;
    }
  }

  [[gnu::noinline, gnu::cold]] bool wait_to_write(const Deadline& deadline) noexcept {
    const auto look = [this](Word waited) {
      const Word state = state_.load(std::memory_order_relaxed);  // relaxed: take() decides
      return is_free(state) && take(state, waited);
    };
    Word state;
    do {
      if (spin([&] { return look(0); })) return true;
      trap_relocking(deadline);
      state = state_.load(std::memory_order_relaxed);  // relaxed: no access comes with it
      if (state >= kMostWaiting) {                     // the count is full: wait for room in it
        if (deadline.over()) return false;
        sched_yield();
        continue;
      }
      // Relaxed: as above. From here on no reader gets in, and who leaves the lock free wakes a writer (I4).
    } while (state >= kMostWaiting ||
             !state_.compare_exchange_weak(state, state + kOneWaits, std::memory_order_relaxed));
    for (;;) {
      if (spin([&] { return look(kOneWaits); })) return true;
      state = state_.load(std::memory_order_relaxed);  // relaxed: futex_wait compares it
      if (is_free(state)) continue;
      if (futex_wait(state_, state, FutexKind::kWriter, deadline) != FutexWait::kTimedOut) continue;
      give_up_writing();
      return false;
    }
  }

  // The writer goes, and is a reader then, or nothing. The bit goes with it in one step: who comes next may
  // destroy the lock, of which only the address is used after that.
  [[gnu::noinline, gnu::cold]] void leave_writing(Word readers) noexcept {
    const FutexWord* word = &state_;
    Word state = state_.load(std::memory_order_relaxed), next;  // relaxed: the compare-and-swap decides
    do {
      next = state - kWriter + readers;
      if (next < kOneWaits) next &= ~kReadersSleep;
      // Release: as in end_write().
    } while (
        !state_.compare_exchange_weak(state, next, std::memory_order_release, std::memory_order_relaxed));
    if (next < kOneWaits) {
      if ((state & kReadersSleep) != 0) futex_wake(word, kEverySleeper, FutexKind::kReader);
    } else {
      wake_writer(word, next);
    }
  }

  // Who is not inside keeps writers out for a moment only, and comes here when it goes (I1).
  [[gnu::noinline, gnu::cold]] static void wake_writer(const FutexWord* word, Word state) noexcept {
    if (is_free(state)) futex_wake(word, 1, FutexKind::kWriter);
  }

  // A writer ceases to wait.
  void give_up_writing() noexcept {
    Word state = state_.load(std::memory_order_relaxed), next;  // relaxed: this thread has had no access
    do {
      next = state - kOneWaits;
      if (admits_readers(next)) next &= ~kReadersSleep;
    } while (!state_.compare_exchange_weak(state, next, std::memory_order_relaxed));  // relaxed: as above
    if (admits_readers(next) && (state & kReadersSleep) != 0)
      futex_wake(&state_, kEverySleeper, FutexKind::kReader);
  }

  void trap_relocking(const Deadline& deadline) const noexcept {
    if constexpr (kChecked)
      if (deadline.is_never() && writer_.is_this_thread())
        trap("RwLock I3", "thread %u locks what it has locked for writing", thread_number());
  }
  [[noreturn, gnu::noinline, gnu::cold]] static void too_many() noexcept {
    trap("RwLock I5", "more than %zu readers at a time", kMostReaders);
  }

  FutexWord state_{0};
  [[no_unique_address]] RwLockWriter<kChecked> writer_;
};

static_assert(sizeof(RwLockWord) == (kChecked ? 8 : 4));

}  // namespace assay
