// The counts of a biased Arc: plain for the thread that made the object, atomic for all others.
//
//     │ owner : 32 │ shared : 30, state : 2 │ biased : 32 │ weak : 32 │ operations │
//
// The thread whose identity is `owner` counts in `biased`, without locked instructions. All others count in
// `shared`, which may go below zero: an owner that was counted in one is often dropped in the other. The
// object is dead when the sum is zero, which nobody can see while there are two counts. So they are merged:
//   - by the owner when `biased` is one and it drops: `biased` is gone then, `shared` is all there is;
//   - by another thread that is about to make `shared` negative, so that the sum may be zero. It *revokes*
//     the bias: announces that it merges, waits until the owner is not in the middle of a change of `biased`,
//     and adds `biased` to `shared`. From then on this is an Arc like any other.
//
// Invariants
//   I1  the number of owners is biased + shared in the states kBiased and kMerging, shared in kMerged
//   I2  in kBiased, biased is at least 1 and shared at least 0
//   I3  the state goes from kBiased to kMerging to kMerged, or at once to kMerged, never back while there are
//       owners. One thread makes it kMerging, and that thread makes it kMerged
//   I4  biased is changed only by the holder of owner, between begin() and end(), having seen after begin()
//       that owner is its identity. Who merges makes owner kNobody first
//   I5  the drop that leaves no owner knows: exactly one thread destroys
//   I6  no count wraps: more than kMost in biased trap, in shared more than 2^29. They are added only while
//       shared is 0 or less, so that the sum fits
//   I7  weak is 0 until the first Weak; from then on the number of Weaks, and one more until the object is
//       gone
//   I8  while owner is kNobody and the state kBiased, the owner is merging, and holds the one owner in biased
//
// Why I5 holds. Take the drops in the order in which they change shared or biased; the last leaves 0.
// - It was the owner's, with biased > 1: then shared = 1 - biased < 0, against I2.
// - The owner's with biased = 1: shared is 0 by I2, and either the exchange from (0, kBiased) to (0, kMerged)
//   says so, or nobody else has an owner or a Weak (below) and nobody can come between.
// - Another thread's, by an exchange from (s, kBiased), s > 0, to (s - 1, kBiased): biased >= 1 by I2, so
//   the sum is not 0.
// - Another thread's, from (s <= 0, kBiased) to (s - 1, kMerging): this thread merges, and the sum that it
//   reads as it makes the state kMerged is exact by I1: it destroys if that is 0.
// - Or, if the owner's identity has ended, to kMerged at once: biased does not change any more.
// - In kMerging by any thread: it leaves, and touches the block no more; who merges finds the sum.
// - In kMerged: the word says so.
// - Another thread's by a blind subtraction in kBiased, because owner was kNobody: by I8 the owner's last one
//   is there besides all that are being dropped, so that shared stays at least 0.
// Nobody touches the block after it gave up its owner, but for who merges; and nobody destroys before the
// state is kMerged. So there is no access to a freed block. (This is why a drop in `shared` is an exchange
// while there is a bias: a blind subtraction that went below zero would have to look at the block again.)
//
// Why I4 is enough. The owner stores busy, then loads owner and its identity; who revokes stores owner (or,
// for all objects of that owner, changes its identity), then, after the heavy fence, loads busy. At least one
// sees the other's store: the owner finds that the counts are not biased to it and counts in `shared`, or who
// revokes waits for the owner's end(), which makes its change of biased visible.
//
// Why nobody revokes while the owner drops with biased = 1: who revokes has an owner too, and the sum is
// 1 + shared; so shared is positive.
//
// Why "weak = 0 and shared = 0 and biased = 1" proves, to the owner that holds that one, that it is alone:
// shared is read first. At that time nobody else has an owner. weak is never 0 again after the first Weak, so
// at that time there was no Weak either, and there is nobody who could make an owner or a Weak. It does so to
// any thread once the owner's identity has ended.
//
// Costs: the owner's, some ten plain instructions; elsewhere one locked instruction. A load of what a locked
// instruction has just changed takes almost as long as that: so `owner`, which is asked first, is not part of
// the word, and a drop guesses the word from this thread's last one. A revocation: one
// membarrier(2), 1 to 10 microseconds, at most once in the life of an object; none if the owner's identity
// has ended, which bias_holders.h sees to where there are many.
// Source: Choi, Shull, Torrellas, "Biased Reference Counting" (PACT 2018). There the object goes into a queue
// of its owner instead, which merges it some time. Revocation by a fence that only the rare side pays is that
// of biased locks: Dice, Huang, Yang, "Asymmetric Dekker Synchronization" (2001).
#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "allocators/check.h"
#include "pointers/bias_holders.h"
#include "pointers/counts.h"

namespace assay {

// A policy like those of counts.h, where the interface is explained.
// A limit below kMostOfAll is for tests: it is looked at after the fact, and on one thread only is it exact.
inline constexpr std::uint32_t kMostOfAll = std::uint32_t{1} << 27;
template <std::uint32_t kMost = kMostOfAll>
class BiasedCounts {
  static_assert(kMost >= 2 && kMost <= kMostOfAll, "I6");

 public:
  static constexpr bool kThreadSafe = true;
  static constexpr std::size_t kMostStrong = kMost;

  explicit BiasedCounts(const SharedOperations* operations) noexcept : operations_(operations) {}
  const SharedOperations* operations() const noexcept { return operations_; }

  [[gnu::always_inline]] void publish() noexcept {
    const BiasHolder::Identity id = BiasHolder::id_for_new();
    biased_.store(1, std::memory_order_relaxed);
    owner_.store(id != 0 ? id : kNobody, std::memory_order_relaxed);
    // Release: for who has a Weak; pairs with the acquire in add_strong_if_owned().
    word_.store(id != 0 ? kBiased : kOne | kMerged, std::memory_order_release);
  }
  // Whoever has only a Weak finds no owner, and leaves the counts of owners alone, until this.
  void publish_to_weaks() noexcept { publish(); }

  [[gnu::always_inline]] void add_strong() noexcept {
    // Relaxed: a hint, that begin() confirms.
    if (owner_.load(std::memory_order_relaxed) == BiasHolder::last_id()) {
      BiasHolder* const self = BiasHolder::self();
      self->begin(this);
      if (is_biased_to(self)) [[likely]] {
        add_biased();
        self->end();
        return;
      }
      self->end();
    }
    // Relaxed: the caller has an owner, which keeps the object alive and published to this thread. The sign
    // of the sum is a flag of the locked instruction, the old value would take a slower one.
    if (static_cast<std::int32_t>(word_.fetch_add(kOne, std::memory_order_relaxed) + kOne) < 0) [[unlikely]]
      expect_merging();
    if constexpr (kMost < kMostOfAll)
      if (strong() > kMost) trap_too_many("owners");
  }

  // True: that was the last one, all that owners wrote is visible, and the caller has to destroy the object.
  [[gnu::always_inline]] bool drop_strong() noexcept {
    // Acquire: kNobody comes after what it tells about the word; pairs with its releases.
    const BiasHolder::Identity owner = owner_.load(std::memory_order_acquire);
    if (owner == BiasHolder::last_id()) {
      BiasHolder* const self = BiasHolder::self();
      self->begin(this);
      if (is_biased_to(self)) [[likely]] {
        const std::uint32_t biased = biased_.load(std::memory_order_relaxed);  // I4: our own
        if (biased > 1) [[likely]] {
          biased_.store(biased - 1, std::memory_order_release);  // pairs with the acquire in strong()
          self->end();
          return false;
        }
        self->end();
        return drop_last_biased();
      }
      self->end();
    }
    if (owner == kNobody) return drop_shared();
    // Release: as in drop_shared(); a failed attempt tells nothing.
    Word guess = last_drop_.word + kOne;
    if (last_drop_.guessable == this &&
        word_.compare_exchange_strong(guess, last_drop_.word, std::memory_order_release,
                                      std::memory_order_relaxed)) [[likely]]
      return false;
    return drop_biased_elsewhere();
  }

  // An owner for who has none, but a Weak; false when the object is dead or not yet made.
  bool add_strong_if_owned() noexcept {
    // Relaxed: a hint, that begin() confirms.
    if (owner_.load(std::memory_order_relaxed) == BiasHolder::last_id()) {
      BiasHolder* const self = BiasHolder::self();
      self->begin(this);
      const bool is_ours = is_biased_to(self);
      if (is_ours) add_biased();
      self->end();
      if (is_ours) return true;
    }
    Word word = word_.load(std::memory_order_relaxed);  // a guess for the exchange
    do {
      if (state_of(word) == kMerged && shared_of(word) <= 0) return false;
      if (shared_of(word) >= static_cast<std::int32_t>(kMost)) [[unlikely]]
        trap_too_many("owners");
      // Acquire: pairs with the release in publish(). Failed, it reads nothing but the count: relaxed.
    } while (!word_.compare_exchange_weak(word, word + kOne, std::memory_order_acquire,
                                          std::memory_order_relaxed));
    return true;
  }

  void add_weak() noexcept {
    // Relaxed: the caller has an owner or a Weak, which keeps the block.
    std::uint32_t weak = weak_.load(std::memory_order_relaxed);
    for (;;) {
      if (weak == kLocked) {
        sched_yield();
        weak = weak_.load(std::memory_order_relaxed);
        continue;
      }
      if (weak > kMost) [[unlikely]]
        trap_too_many("Weaks");
      // Acquire: pairs with the release in is_alone(). Failed, it reads nothing but the count: relaxed.
      if (weak_.compare_exchange_weak(weak, weak == 0 ? 2 : weak + 1, std::memory_order_acquire,
                                      std::memory_order_relaxed))
        return;
    }
  }

  // True: the caller has to give the block back.
  bool drop_weak() noexcept {
    // Acquire: pairs with the release below: all accesses to the block come before its storage goes. None or
    // the last one: nobody else can get at the block.
    if (weak_.load(std::memory_order_acquire) <= 1) return true;
    if (weak_.fetch_sub(1, std::memory_order_release) != 1) return false;
    static_cast<void>(weak_.load(std::memory_order_acquire));  // as a fence, which thread sanitizers ignore
    return true;
  }

  [[gnu::always_inline]] bool drop_shared_weak() noexcept { return drop_weak(); }

  // Proves that the caller's is the only owner and there is no Weak. Revokes a bias to another thread.
  bool is_alone() noexcept {
    // Acquire: pairs with the release in drop_weak(), so that the caller may write to what was read there.
    std::uint32_t weak = weak_.load(std::memory_order_acquire);
    if (weak == 0) return is_only_owner() && weak_.load(std::memory_order_relaxed) == 0;
    // No Weak can be made meanwhile. Acquire: as above.
    if (weak != 1 ||
        !weak_.compare_exchange_strong(weak, kLocked, std::memory_order_acquire, std::memory_order_relaxed))
      return false;
    const bool alone = is_only_owner();
    weak_.store(1, std::memory_order_release);  // pairs with the acquire in add_weak()
    return alone;
  }

  // Takes the object from its only owner, which upgrades fail from here on, until publish_to_weaks().
  bool claim() noexcept {
    if (!is_only_owner()) return false;
    // Relaxed: is_only_owner() has acquired what former owners did.
    Word word = word_.load(std::memory_order_relaxed);
    do {
      if (shared_of(word) != (state_of(word) == kMerged ? 1 : 0)) return false;
      // Only an upgrade can come between. Acquire: pairs with the release of a drop of its owner.
    } while (
        !word_.compare_exchange_weak(word, kMerged, std::memory_order_acquire, std::memory_order_relaxed));
    owner_.store(kNobody, std::memory_order_relaxed);  // for this thread; to others it is not theirs anyway
    return true;
  }

  // Exact while no other thread copies or drops.
  std::size_t strong() const noexcept {
    const Word word = word_.load(std::memory_order_acquire);  // pairs with releases of drops
    const std::int32_t shared = shared_of(word);
    if (state_of(word) == kMerged) return static_cast<std::size_t>(shared);
    // Acquire: pairs with the release in drop_strong().
    return static_cast<std::size_t>(shared +
                                    static_cast<std::int32_t>(biased_.load(std::memory_order_acquire)));
  }
  std::size_t weak() const noexcept {
    const std::uint32_t weak = weak_.load(std::memory_order_relaxed);  // a number to look at
    return weak == 0 || weak == kLocked ? 1 : weak;
  }

 private:
  using Word = std::uint32_t;
  static constexpr Word kBiased = 0, kMerged = 1, kMerging = 2, kOne = 4;
  static constexpr BiasHolder::Identity kNobody = 1;  // identities are larger, or 0
  static constexpr std::uint32_t kLocked = std::numeric_limits<std::uint32_t>::max();

  static std::int32_t shared_of(Word word) noexcept { return static_cast<std::int32_t>(word) >> 2; }
  static Word state_of(Word word) noexcept { return word & 3; }

  // Relaxed: only the holder relies on it, after begin() (I4), and only it makes it true.
  [[gnu::always_inline]] bool is_biased_to(const BiasHolder* self) const noexcept {
    return owner_.load(std::memory_order_relaxed) == self->id();
  }

  [[gnu::always_inline]] void add_biased() noexcept {
    const std::uint32_t biased = biased_.load(std::memory_order_relaxed);  // I4: our own
    if (biased >= kMost) [[unlikely]]
      trap_too_many("owners");
    biased_.store(biased + 1, std::memory_order_relaxed);  // end() publishes it to who revokes
  }

  // Of counts whose shared is negative, or was a moment ago: not below what can be biased, unless it is too
  // large.
  [[gnu::cold, gnu::noinline]] void expect_merging() const noexcept {
    const std::int32_t shared = shared_of(word_.load(std::memory_order_relaxed));  // a number to look at
    if (shared < -static_cast<std::int32_t>(2 * kMostOfAll)) trap_too_many("owners");
  }

  // There is nobody else. Relaxed: for upgrades in the destructor, on this thread.
  bool die() noexcept {
    word_.store(kMerged, std::memory_order_relaxed);
    owner_.store(kNobody, std::memory_order_relaxed);
    return true;
  }

  // Of the holder, with biased = 1.
  [[gnu::noinline]] bool drop_last_biased() noexcept {
    // Acquire: pairs with the releases of drops in shared.
    Word word = word_.load(std::memory_order_acquire);
    // Acquire: a Weak that never was has nothing to pair with, but the load stays behind word's.
    if (word == kBiased && weak_.load(std::memory_order_acquire) == 0) return die();
    owner_.store(kNobody, std::memory_order_release);  // pairs with the acquire in drop_strong(): I8
    while (state_of(word) == kBiased) {
      // Release: what our owners did; acquire: what others did, which comes before the destruction. Both pair
      // with each other and with drop_shared().
      if (word_.compare_exchange_weak(word, word | kMerged, std::memory_order_acq_rel,
                                      std::memory_order_acquire))
        return shared_of(word) == 0;
    }
    return drop_shared();
  }

  // In kMerging or kMerged, or as I8 says.
  [[gnu::always_inline]] bool drop_shared() noexcept {
    // Release: what this owner did comes before the destruction; pairs with the acquires of who destroys.
    const Word word = word_.fetch_sub(kOne, std::memory_order_release);
    if (word != (kOne | kMerged)) return false;
    // The end of the release sequences of all drops. A load, where a fence would do, because ThreadSanitizer
    // does not know fences.
    static_cast<void>(word_.load(std::memory_order_acquire));
    return true;
  }

  // In any state, of a thread that is not the holder.
  [[gnu::noinline]] bool drop_biased_elsewhere() noexcept {
    Word word = word_.load(std::memory_order_acquire);  // for who is alone; pairs with releases of drops
    while (state_of(word) == kBiased) {
      const bool may_be_last = shared_of(word) <= 0;
      const bool frozen = may_be_last && BiasHolder::has_ended(owner_.load(std::memory_order_relaxed));
      Word dropped = word - kOne;
      if (frozen) {
        dropped += biased_.load(std::memory_order_relaxed) * kOne + kMerged;  // has_ended() acquires
        // The only owner, as in drop_last_biased().
        if (dropped == kMerged && weak_.load(std::memory_order_acquire) == 0) return die();
      } else if (may_be_last) {
        dropped += kMerging;
      }
      // Release: as in drop_shared(). Acquire: as above.
      if (!word_.compare_exchange_weak(word, dropped, std::memory_order_acq_rel, std::memory_order_acquire))
        continue;
      if (frozen) return dropped == kMerged;
      if (may_be_last) return merge() == 0;
      const bool as_before = last_drop_.counts == this && last_drop_.word == dropped;
      last_drop_ = {this, dropped, as_before ? this : nullptr};
      return false;
    }
    return drop_shared();
  }

  // Of the thread that made the state kMerging. Returns the number of owners.
  [[gnu::cold, gnu::noinline]] std::int32_t merge() noexcept {
    // Acquire: pairs with the release in drop_last_biased(), if the holder has done with `biased` itself.
    const BiasHolder::Identity owner = owner_.load(std::memory_order_acquire);
    if (owner != kNobody) {
      owner_.store(kNobody, std::memory_order_release);  // pairs with the acquire in drop_strong()
      BiasHolder::settle(owner, this);
    }
    // Relaxed: one of both has acquired what the holder did, and it does no more.
    const Word change = biased_.load(std::memory_order_relaxed) * kOne - kMerging + kMerged;
    // Acquire: pairs with drops in shared. Release: hands on what the owner did.
    return shared_of(word_.fetch_add(change, std::memory_order_acq_rel) + change);
  }

  // That the caller's is the only owner; there may be Weaks, which can be upgraded at any time.
  bool is_only_owner() noexcept {
    const Word word = word_.load(std::memory_order_acquire);  // pairs with the releases of drops
    if (state_of(word) == kMerged) return shared_of(word) == 1;
    if (word != kBiased) return false;
    // Acquire: pairs with the release in drop_strong(). More than one is the truth: shared was 0.
    if (biased_.load(std::memory_order_acquire) != 1) return false;
    return is_biased_to(BiasHolder::self()) || prove_only_owner();
  }

  // Biased to another thread, whose count may be old: only merging tells.
  [[gnu::cold, gnu::noinline]] bool prove_only_owner() noexcept {
    Word word = kBiased;
    // Acquire: pairs with drops in shared; it gives up nothing, so that there is nothing to release.
    return word_.compare_exchange_strong(word, kMerging, std::memory_order_acquire) && merge() == 1;
  }

  // What this thread's last drop of an owner counted elsewhere left. Two drops that left the same make the
  // next one guess the same again: in the state kBiased, one owner more before. Any guess will do, the
  // exchange fails if it is wrong.
  struct LastDrop {
    const void* counts;
    Word word;
    const void* guessable;
  };
  static inline constinit thread_local LastDrop last_drop_{nullptr, kBiased, nullptr};

  std::atomic<BiasHolder::Identity> owner_{kNobody};
  std::atomic<Word> word_{kMerged};  // no owner
  std::atomic<std::uint32_t> biased_{0};
  std::atomic<std::uint32_t> weak_{0};
  const SharedOperations* operations_;
};

static_assert(sizeof(BiasedCounts<>) == 24);

}  // namespace assay
