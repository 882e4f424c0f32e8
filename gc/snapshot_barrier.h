// The deletion barrier of a heap that is marked in slices: what is reachable when marking begins is marked.
//
//   store of b over a, while marking:      x.f ─► a     becomes     x.f ─► b      a is marked first
//
// Idea. A mutator can hide a white object from the marker only by moving the last reference to it to where
// the marker does not look any more, and overwriting it where the marker would still find it (Yuasa,
// "Real-Time Garbage Collection on General-Purpose Machines", 1990). So each store marks what it overwrites.
// Roots need no barrier: they were looked at in the beginning, and what a mutator loads later was in the
// snapshot, or is new, and new objects are born marked. Nor do initialising stores, for there nothing is
// overwritten.
//
// A Weak is no part of the snapshot: get() marks what it returns while marking is under way; after that,
// while Weaks are cleared, it says null for what is not marked.
//
// One counter for the process says whether any heap has a use for this; that is all a store looks at
// otherwise. Blocks say whose objects they hold (BlockInfo::policy).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <type_traits>

#include "gc/barrier_buffers.h"
#include "gc/cage.h"
#include "gc/marker.h"
#include "gc/member.h"

namespace assay::gc {

// kConcurrent: several mutators, and a marker on another thread. The mode changes while the world is stopped.
template <bool kConcurrent>
class SnapshotBarrier {
 public:
  SnapshotBarrier() = default;
  SnapshotBarrier(const SnapshotBarrier&) = delete;
  SnapshotBarrier& operator=(const SnapshotBarrier&) = delete;
  ~SnapshotBarrier() {
    watch(false);
    set_steps(false);
  }

  // Every assignment.
  [[gnu::always_inline]] static void assign(Reference& reference, void* object) noexcept {
    if (watched_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      before_store(reference, object);
    if constexpr (kConcurrent)
      reference.store_ordered(object);
    else
      reference.store(object);
  }
  [[gnu::always_inline]] static void* read_weak(const Reference& reference) noexcept {
    void* const object = reference.load();
    if (watched_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      return read_watched(object);
    return object;
  }

  // The block's objects are those of this heap. Under the space's mutex.
  void own(BlockInfo& block) noexcept {
    SnapshotBarrier *const self = this, *known;
    static_assert(sizeof self == sizeof block.policy);
    std::memcpy(&known, block.policy, sizeof known);
    // Others may look at it in a block that is not new.
    if (known != self) std::memcpy(block.policy, &self, sizeof self);
  }

  enum class Mode : std::uint8_t {
    kOff,
    kMarks,  // what is overwritten, and what is read from a Weak
    kAsks,   // a Weak to what is not marked reads as null
  };
  // While no mutator is attached there is nothing to be guarded.
  void set(Mode mode) noexcept {
    mode_ = mode;
    watch(mode_ != Mode::kOff && mutators_ != 0);
  }
  // True if it is the first one.
  bool attached(Marker<kConcurrent>& marker, [[maybe_unused]] MemoryAccount& account) noexcept {
    if (mutators_++ != 0) return false;
    marker_ = &marker;
    if constexpr (kConcurrent)
      if (!buffers_) buffers_.emplace(account);
    set(mode_);
    return true;
  }
  // True if it was the last one.
  bool detached() noexcept {
    if (--mutators_ != 0) return false;
    set(mode_);
    return true;
  }
  // To the marker, which is at rest: what has been marked here. True if there was anything.
  bool hand_over() noexcept {
    if constexpr (kConcurrent)
      return buffers_->hand_over(*marker_);
    else
      return false;
  }
  // By the marker's thread: traces about so many objects. True if none is left that it knows of.
  bool trace(std::size_t steps) noexcept { return marker_->drain(steps) && !buffers_->refill(*marker_); }
  bool trim(std::size_t most) noexcept {
    if constexpr (kConcurrent)
      return buffers_->trim(most);
    else
      return true;
  }
  // In the child of a fork(): somebody may have been about to change them.
  void forget() noexcept {
    if constexpr (kConcurrent) buffers_->forget();
  }
  // For tests: traces an object in every store.
  void set_steps(bool on) noexcept {
    if (on != steps_) count(on);
    steps_ = on;
  }

  // In a scope in which destructors run. They may store to their own Members, and what these refer to may be
  // gone.
  class Destroying {
   public:
    Destroying() noexcept { destroying_ = true; }
    ~Destroying() { destroying_ = false; }
    Destroying(const Destroying&) = delete;
    Destroying& operator=(const Destroying&) = delete;
  };

 private:
  static void count(bool up) noexcept {
    // Relaxed: who has a use for it was ordered behind the change by the stop in which it happened, or is the
    // thread that made it; others only look in vain.
    if (up)
      watched_.fetch_add(1, std::memory_order_relaxed);
    else
      watched_.fetch_sub(1, std::memory_order_relaxed);
  }
  void watch(bool on) noexcept {
    if (on != watching_) count(on);
    watching_ = on;
  }
  static SnapshotBarrier& of(const void* object) noexcept {
    SnapshotBarrier* barrier;
    std::memcpy(&barrier, Cage::info_of(object).policy, sizeof barrier);
    return *barrier;
  }

  static bool is_marked(const void* object) noexcept {
    // Relaxed: who sees the bit late sets it again.
    return (__atomic_load_n(Cage::mark.word(object), __ATOMIC_RELAXED) & SideBits::bit(object)) != 0;
  }
  void mark(void* object) noexcept {
    if constexpr (kConcurrent) {
      if (!Cage::mark.test_and_set<true>(object) && (Cage::type_word(object) & 1) == 0)
        buffers_->push(object);
    } else {
      marker_->mark(object);
    }
  }
  void step() noexcept {
    if constexpr (kConcurrent) {
      const std::lock_guard lock(buffers_->steps);
      marker_->drain(1);
    } else {
      marker_->drain(1);
    }
  }

  [[gnu::noinline, gnu::cold]] static void before_store(const Reference& reference, void* object) noexcept {
    if (destroying_) return;
    void* const old = reference.load();
    if (old != nullptr && !is_marked(old)) {
      SnapshotBarrier& barrier = of(old);
      if (barrier.watching_ && barrier.mode_ == Mode::kMarks) barrier.mark(old);
    }
    if (void* const known = old != nullptr ? old : object; known != nullptr)
      if (SnapshotBarrier& barrier = of(known); barrier.steps_) barrier.step();
  }
  [[gnu::noinline, gnu::cold]] static void* read_watched(void* object) noexcept {
    if (object == nullptr || destroying_ || is_marked(object)) return object;
    SnapshotBarrier& barrier = of(object);
    if (!barrier.watching_ || barrier.mode_ == Mode::kOff) return object;
    if (barrier.mode_ == Mode::kAsks) return nullptr;
    barrier.mark(object);
    return object;
  }

  alignas(64) static inline constinit std::atomic<unsigned> watched_{
      0};  // heaps of the process that want to be asked
  static inline constinit thread_local bool destroying_ = false;

  Marker<kConcurrent>* marker_ = nullptr;
  std::conditional_t<kConcurrent, std::optional<BarrierBuffers>, std::nullptr_t> buffers_{};
  std::size_t mutators_ = 0;
  Mode mode_ = Mode::kOff;
  bool watching_ = false, steps_ = false;
};

}  // namespace assay::gc
