// AtomicCounts: the counts of counts.h for owners and Weaks on many threads.
//
//   │ weak : 32 │ strong : 32 │      one word: a single load proves that an owner is alone
//   │ operations │ 1 bit      │      shared: an owner was dropped that was not alone
//
// Invariants: those of counts.h. The bit is a hint, on which no invariant depends.
//
// Costs. While the process has one thread nothing is locked (single_threaded.h): copy and drop take 0.27 of
// the time of Rust's Arc. From the second thread on: an owner that is alone is dropped by a load and a store,
// without a locked instruction; get_mut() and make_mut() are a load, where Rust's Arc locks its count of
// Weaks. The last of several owners takes one locked instruction, where Rust's takes two: the value that it
// finds tells about Weaks too. To make and drop takes 0.65 of the time of Rust's Arc, and as long as
// std::make_shared. Why the hint: a load of the counts waits for the locked instruction before it, so that
// looking first whether an owner is alone made copy and drop take 19 ns. Now they take 12 to 14, by where the
// loop's instructions fall, with the hint's test and without it; 12 in Rust. Why an upgrade exchanges what it
// looked at: to add first and to look later would save 4 ns, but takes a bit that says `dead`, and who sets
// it after the count was zero may come to a block that is gone.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "allocators/check.h"
#include "pointers/counts.h"
#include "pointers/single_threaded.h"

namespace assay {

template <std::unsigned_integral Word = std::uint32_t>
class AtomicCounts {
  using Both = std::conditional_t<sizeof(Word) == 4, std::uint64_t,
                                  std::conditional_t<sizeof(Word) == 2, std::uint32_t, std::uint16_t>>;
  static_assert(sizeof(Both) == 2 * sizeof(Word), "counts of 8, 16 or 32 bits");
  static constexpr int kBits = std::numeric_limits<Word>::digits;
  static constexpr Both kOneStrong = static_cast<Both>(Both{1} << kBits);
  static constexpr Both kOneWeak = 1;
  static constexpr Both kAlone = kOneStrong | kOneWeak;
  static constexpr std::uintptr_t kShared = 1;

 public:
  static constexpr bool kThreadSafe = true;
  static constexpr std::size_t kMostStrong = (std::size_t{1} << (kBits - 1)) - 1;
  static constexpr std::size_t kMostWeak = kMostStrong;

  explicit AtomicCounts(const SharedOperations* operations) noexcept
      : operations_(reinterpret_cast<std::uintptr_t>(operations)) {}
  // Relaxed: the address was there before any reference, and does not change.
  const SharedOperations* operations() const noexcept {
    return reinterpret_cast<const SharedOperations*>(operations_.load(std::memory_order_relaxed) & ~kShared);
  }

  // Relaxed: no other thread knows the block. What hands an owner to one has to order that itself.
  [[gnu::always_inline]] void publish() noexcept { both_.store(kAlone, std::memory_order_relaxed); }
  // Release: the object comes before its owners; pairs with the acquire in add_strong_if_owned().
  void publish_to_weaks() noexcept { add(kOneStrong, std::memory_order_release); }

  [[gnu::always_inline]] void add_strong() noexcept {
    // Relaxed: who copies an owner has one, which keeps the object alive and published to this thread.
    // One owner more than kMostStrong sets the highest bit, which the processor tells without a comparison.
    const Both both = static_cast<Both>(add(kOneStrong, std::memory_order_relaxed) + kOneStrong);
    if (static_cast<std::make_signed_t<Both>>(both) < 0) [[unlikely]]
      trap_too_many("owners");
  }
  [[gnu::always_inline]] bool drop_strong() noexcept {
    if constexpr (kChecked)
      if (strong() == 0) trap("counts I1", "an owner is dropped that was not counted");
    if (!is_single_threaded() && is_alone_or_marks_shared()) {
      // Relaxed: for owner_of() in the destructor, which runs on this thread.
      both_.store(kOneWeak, std::memory_order_relaxed);
      return true;
    }
    // Release: what this owner did comes before the destruction; pairs with the acquire below in the thread
    // of the last owner.
    if (strong_of(add(static_cast<Both>(-kOneStrong), std::memory_order_release)) != 1) return false;
    // Acquire: reads what the last drop wrote or a later change of weak, all of which continue the release
    // sequences of all other drops. A load, where a fence would do, because ThreadSanitizer does not know
    // fences.
    static_cast<void>(both_.load(std::memory_order_acquire));
    return true;
  }
  [[gnu::always_inline]] bool add_strong_if_owned() noexcept {
    // Relaxed: a guess for the exchange.
    Both both = both_.load(std::memory_order_relaxed);
    do {
      if (strong_of(both) == 0) return false;
      if (strong_of(both) >= kMostStrong) [[unlikely]]
        trap_too_many("owners");
      if (is_single_threaded()) {
        add(kOneStrong, std::memory_order_relaxed);
        return true;
      }
      // Acquire: pairs with the release in publish_to_weaks(). A failed attempt reads nothing but the
      // counts: relaxed.
    } while (!both_.compare_exchange_weak(both, static_cast<Both>(both + kOneStrong),
                                          std::memory_order_acquire, std::memory_order_relaxed));
    return true;
  }

  void add_weak() noexcept {
    // Relaxed: the caller has an owner or a Weak, which keeps the block.
    if (weak_of(add(kOneWeak, std::memory_order_relaxed)) >= kMostWeak) [[unlikely]]
      trap_too_many("Weaks");
  }
  [[gnu::always_inline]] bool drop_weak() noexcept {
    // Release: what this thread did with the block comes before its end; pairs with the acquires below.
    if (weak_of(add(static_cast<Both>(-kOneWeak), std::memory_order_release)) != 1) return false;
    static_cast<void>(both_.load(std::memory_order_acquire));
    return true;
  }
  // After the last owner, when nobody makes Weaks any more but from Weaks: often this is the last reference.
  [[gnu::always_inline]] bool drop_shared_weak() noexcept {
    // Acquire: pairs with the release in drop_weak(), so that all accesses to the block come before its end.
    return weak_of(both_.load(std::memory_order_acquire)) == 1 || drop_weak();
  }

  // Acquire: pairs with the releases of dropped owners and Weaks, so that the caller may write to what they
  // read.
  bool is_alone() const noexcept { return both_.load(std::memory_order_acquire) == kAlone; }
  bool claim() noexcept {
    // Relaxed: a guess for the exchange.
    Both both = both_.load(std::memory_order_relaxed);
    do {
      if (strong_of(both) != 1) return false;
      // Acquire: pairs with the release in drop_strong(), so that the claimed value is what owners wrote. A
      // failed attempt reads nothing but the counts: relaxed.
    } while (!both_.compare_exchange_weak(both, static_cast<Both>(both - kOneStrong),
                                          std::memory_order_acquire, std::memory_order_relaxed));
    return true;
  }

  // Relaxed: numbers to look at, which order nothing.
  std::size_t strong() const noexcept { return strong_of(both_.load(std::memory_order_relaxed)); }
  std::size_t weak() const noexcept { return weak_of(both_.load(std::memory_order_relaxed)); }

 private:
  // Adds and returns what was there before.
  [[gnu::always_inline]] Both add(Both change, std::memory_order order) noexcept {
    if (!is_single_threaded()) return both_.fetch_add(change, order);
    // Relaxed: there is no other thread.
    const Both before = both_.load(std::memory_order_relaxed);
    both_.store(static_cast<Both>(before + change), std::memory_order_relaxed);
    return before;
  }

  // No other thread can make a reference when there is but the caller's. Acquire, in is_alone(): pairs with
  // the releases of all others, which came before in the order of the word. The hint is relaxed: a stale one
  // costs time only, and any thread that writes it has a reference and writes the same.
  [[gnu::always_inline]] bool is_alone_or_marks_shared() noexcept {
    const std::uintptr_t operations = operations_.load(std::memory_order_relaxed);
    if ((operations & kShared) != 0) [[likely]]
      return false;
    if (is_alone()) return true;
    operations_.store(operations | kShared, std::memory_order_relaxed);
    return false;
  }

  static constexpr Word strong_of(Both both) noexcept { return static_cast<Word>(both >> kBits); }
  static constexpr Word weak_of(Both both) noexcept { return static_cast<Word>(both); }

  std::atomic<Both> both_{kOneWeak};
  std::atomic<std::uintptr_t> operations_;
};

static_assert(sizeof(AtomicCounts<>) == 2 * sizeof(void*));

}  // namespace assay
