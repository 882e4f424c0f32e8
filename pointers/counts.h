// The header of a block that owns itself: how many owners and Weaks there are, and how the block ends. This
// is the one place where pointers for one thread (here) and for many (atomic_counts.h) differ.
//
//   LocalCounts    │ strong : 32 │ weak : 32 │ operations │      16 bytes
//   AtomicCounts   │ both : 64, for one load │ operations, shared? │
//
// All owners together hold one weak, so that the block outlives its object for as long as a Weak or the
// object's destruction needs it.
//
// Invariants
//   I1  strong is the number of owners: 0 before the object is published, and from the last drop on for ever
//       (but for claim(), which publish_to_weaks() takes back)
//   I2  weak is the number of Weaks, and one more until the object is gone
//   I3  no count wraps: the program ends before. A local count traps instead of adding to its greatest value.
//       An atomic one has been added to when the trap sees it; it traps from half of its range on, and the
//       other half is room for all threads that add before the program ends.
//
// What it does not do: it counts no more than 2^32 - 1 (atomic: 2^31 - 1) owners, where Rust counts to 2^63.
// Source: the weak that owners share is that of Boost's and Rust's counts.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "allocators/check.h"

namespace assay {

struct SharedOperations;  // shared_block.h

[[noreturn, gnu::cold, gnu::noinline]] inline void trap_too_many(const char* what) {
  trap("counts I3", "too many %s: one more would not be counted", what);
}

// Both start with no owner and one weak. publish() makes the first owner once the object exists, if nobody
// else refers to the block yet, publish_to_weaks() if there may be Weaks; that also gives back what claim()
// took.
template <std::unsigned_integral Word = std::uint32_t>
class LocalCounts {
 public:
  static constexpr bool kThreadSafe = false;
  static constexpr std::size_t kMostStrong = std::numeric_limits<Word>::max();

  explicit LocalCounts(const SharedOperations* operations) noexcept : operations_(operations) {}
  const SharedOperations* operations() const noexcept { return operations_; }

  [[gnu::always_inline]] void publish() noexcept { strong_ = 1; }
  void publish_to_weaks() noexcept { strong_ = 1; }

  [[gnu::always_inline]] void add_strong() noexcept {
    if (strong_ == kMostStrong) [[unlikely]]
      trap_too_many("owners");
    ++strong_;
  }
  // True: the caller has to destroy the object, and to drop the weak that owners share.
  [[gnu::always_inline]] bool drop_strong() noexcept {
    if constexpr (kChecked)
      if (strong_ == 0) trap("counts I1", "an owner is dropped that was not counted");
    return --strong_ == 0;
  }
  [[gnu::always_inline]] bool add_strong_if_owned() noexcept {
    if (strong_ == 0) return false;
    add_strong();
    return true;
  }

  void add_weak() noexcept {
    if (weak_ == std::numeric_limits<Word>::max()) [[unlikely]]
      trap_too_many("Weaks");
    ++weak_;
  }
  // True: the caller has to give the block back. Of a Weak, and of the weak that owners share.
  [[gnu::always_inline]] bool drop_weak() noexcept {
    if constexpr (kChecked)
      if (weak_ == 0) trap("counts I2", "a Weak is dropped that was not counted");
    return --weak_ == 0;
  }
  [[gnu::always_inline]] bool drop_shared_weak() noexcept { return drop_weak(); }

  // One owner and no Weak.
  bool is_alone() const noexcept { return strong_ == 1 && weak_ == 1; }
  // Takes the object from its only owner, which upgrades fail from here on; false if there are others.
  bool claim() noexcept {
    if (strong_ != 1) return false;
    strong_ = 0;
    return true;
  }

  std::size_t strong() const noexcept { return strong_; }
  std::size_t weak() const noexcept { return weak_; }

 private:
  Word strong_ = 0;
  Word weak_ = 1;
  const SharedOperations* operations_;
};

static_assert(sizeof(LocalCounts<>) == 2 * sizeof(void*));

}  // namespace assay
