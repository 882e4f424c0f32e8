// Who may count without atomic operations: the identities of threads for biased counts.
//
// A thread that makes biased objects takes a record in a static array, until it ends. Its identity is a
// number: which record, and which generation of it. Objects are biased to an identity. When the generation
// ends, all objects that are biased to it are so to nobody, at one stroke: that is what happens when the
// thread ends, and when other threads had to revoke the bias of kPatience of its objects.
//
//   thread-local self ──▶ │ busy │ identity │ settled │ trusted │ … │      64 bytes each, 1,022 for use
//                                  generation : 22, record : 10
//
// Invariants
//   I1  an identity is held by at most one thread, and by none any more once it was
//   I2  while busy is c, the holder may be changing the plain part of the counts c; it does not at other
//       times, nor after it has seen, being busy, that its identity is not the one c is biased to
//   I3  what the holder of an identity below settled did to counts that were biased to it has happened
//
// Trust. To revoke the bias of one object costs a heavy fence, microseconds. To end a generation costs the
// same, but the thread's other objects lose their bias too, and the next kDoubts that it makes have none. So
// a thread that hands over all it makes pays kPatience fences for kDoubts objects or more.
//
// Costs. self() and id() are a load each. A claim is O(threads), once a thread. Threads beyond 1,022, and a
// thread whose thread-local objects are being destroyed, have no identity: nothing is biased to them. Nor is
// anything where the kernel does not offer membarrier(2). A record whose 2^22 generations are used up stays
// with its last one and is not taken again. After fork() all identities but the caller's have ended.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "allocators/asymmetric_fence.h"

namespace assay {

class alignas(64) [[gnu::visibility("default")]] BiasHolder {
 public:
  using Identity = std::uint32_t;

  static constexpr unsigned kHolders = 1024;  // of which two are no thread's
  static constexpr std::uint32_t kPatience = 4;
  static constexpr std::uint32_t kDoubts = 1024;

  // Never null; of a thread without an identity a record that has none either.
  [[gnu::always_inline]] static BiasHolder* self() noexcept { return self_; }

  // What id_for_new() last gave this thread: its identity, unless that has ended since. A load less than
  // id().
  [[gnu::always_inline]] static Identity last_id() noexcept { return last_id_; }

  // At least kHolders, or 0: none. Of others than self() it may change at any time.
  [[gnu::always_inline]] Identity id() const noexcept {
    return identity_.load(std::memory_order_relaxed);  // I2 orders it where it matters
  }

  // What a new object of this thread shall be biased to; 0: to nobody.
  [[gnu::always_inline]] static Identity id_for_new() noexcept {
    // Relaxed: a hint, which orders nothing.
    if (!self_->trusted_.load(std::memory_order_relaxed) && !become_trusted()) [[unlikely]]
      return 0;
    return last_id_ = self_->id();
  }

  // The holder's, around each change of the plain part of `counts`. After begin() it looks whether they are
  // biased to id(). Release: pairs with the acquire in busy_with(), for what came before.
  [[gnu::always_inline]] void begin(const void* counts) noexcept {
    busy_.store(counts, std::memory_order_release);
    light_fence();  // pairs with the heavy fences in settle()
  }
  [[gnu::always_inline]] void end() noexcept {
    busy_.store(nullptr, std::memory_order_release);  // pairs with the acquire in busy_with()
  }

  // What the identity did to counts that are biased to it has happened, and it will do no more.
  static bool has_ended(Identity id) noexcept {
    return holders_[id % kHolders].settled_.load(std::memory_order_acquire) >
           id;  // pairs with releases of it
  }

  // Returns when all that a holder of the identity did to `counts` has happened. They are not biased to it
  // any more: a holder that begins from now on sees that.
  [[gnu::cold, gnu::noinline]] static void settle(Identity id, const void* counts) noexcept {
    if (has_ended(id)) return;
    BiasHolder& holder = holders_[id % kHolders];
    // Relaxed: a number of events.
    const bool end_all = holder.revocations_.fetch_add(1, std::memory_order_relaxed) + 1 >= kPatience;
    const bool ended = end_all && holder.end_generation(id);
    heavy_fence();
    if (!ended) {
      while (holder.busy_with() == counts) sched_yield();
      return;
    }
    if (const void* const busy = holder.busy_with())
      while (holder.busy_with() == busy) sched_yield();
    holder.revocations_.store(0, std::memory_order_relaxed);
    holder.trusted_.store(false, std::memory_order_relaxed);          // a hint
    holder.settled_.store(id + kHolders, std::memory_order_release);  // pairs with the acquire in has_ended()
  }

 private:
  struct Tenure {
    Tenure() {}
    ~Tenure() {
      BiasHolder& mine = *self_;
      self_ = &holders_[kEnded];
      last_id_ = 0;
      mine.leave();
    }
  };

  static constexpr unsigned kUnclaimed = 0, kEnded = 1;

  // Acquire: pairs with the releases of busy_: what the holder did before has happened.
  const void* busy_with() const noexcept { return busy_.load(std::memory_order_acquire); }

  // False: it has ended already, or is the last one.
  bool end_generation(Identity id) noexcept {
    // Relaxed: the fence that follows orders it.
    return id <= std::numeric_limits<Identity>::max() - kHolders &&
           identity_.compare_exchange_strong(id, id + kHolders, std::memory_order_relaxed);
  }

  // Of a holder that is not busy and will not be.
  void leave() noexcept {
    Identity id = this->id();
    while (!end_generation(id)) {
      if (this->id() == id) return;  // the last one
      id = this->id();
    }
    settled_.store(id + kHolders, std::memory_order_release);  // pairs with the acquire in has_ended()
    taken_.store(false, std::memory_order_release);            // pairs with the acquire in claim()
  }

  [[gnu::cold, gnu::noinline]] static bool become_trusted() noexcept {
    if (self_ == &holders_[kEnded]) return false;
    if (self_ == &holders_[kUnclaimed]) return claim();
    if (self_->doubts_ == 0) {
      self_->doubts_ = kDoubts;
    } else if (--self_->doubts_ == 0) {
      self_->trusted_.store(true, std::memory_order_relaxed);  // a hint
    }
    return false;
  }

  static bool claim() noexcept {
    static const bool possible =
        heavy_fence_available() && pthread_atfork(nullptr, nullptr, &forget_other_threads) == 0;
    self_ = &holders_[kEnded];
    if (!possible) return false;
    for (unsigned i = kEnded + 1; i < kHolders; ++i) {
      BiasHolder& holder = holders_[i];
      // Relaxed: a hint. Acquire: pairs with the release in leave().
      if (holder.taken_.load(std::memory_order_relaxed) ||
          holder.taken_.exchange(true, std::memory_order_acquire))
        continue;
      // Relaxed: nothing is biased to the identity yet.
      if (holder.id() == 0) holder.identity_.store(kHolders + i, std::memory_order_relaxed);
      holder.revocations_.store(0, std::memory_order_relaxed);
      holder.doubts_ = 0;
      holder.trusted_.store(true, std::memory_order_relaxed);  // a hint
      self_ = &holder;
      thread_local const Tenure tenure;
      return true;
    }
    return false;
  }

  // A thread may have vanished while it was busy. One thread runs.
  static void forget_other_threads() noexcept {
    for (unsigned i = kEnded + 1; i < kHolders; ++i) {
      BiasHolder& holder = holders_[i];
      if (&holder == self_ || holder.id() == 0) continue;
      holder.end();
      holder.leave();
    }
  }

  std::atomic<const void*> busy_{nullptr};
  std::atomic<Identity> identity_{0};
  std::atomic<Identity> settled_{0};
  std::atomic<std::uint32_t> revocations_{0};  // in this generation
  std::atomic<bool> trusted_{false};
  std::atomic<bool> taken_{false};
  std::uint32_t doubts_ = 0;  // objects left to make before the holder is trusted again; its own

  static BiasHolder holders_[kHolders];
  static inline constinit thread_local Identity last_id_ = 0;
  static constinit thread_local BiasHolder* self_;  // so that nobody asks whether it is initialised
};

inline constinit BiasHolder BiasHolder::holders_[kHolders];
inline constinit thread_local BiasHolder* BiasHolder::self_ = &holders_[kUnclaimed];

}  // namespace assay
