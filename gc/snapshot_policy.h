// What the policies of gc/incremental.h and gc/concurrent.h have in common: claims, barrier and pace of a
// heap that is marked in slices, by mark-sweep and from a snapshot.
#pragma once

#include "gc/concept.h"
#include "gc/cycle_pace.h"
#include "gc/member.h"
#include "gc/slice_clock.h"
#include "gc/snapshot_barrier.h"
#include "gc/snapshot_cycle.h"

namespace assay::gc {

// kConcurrent: several mutators, and a marker on another thread.
template <bool kConcurrent>
struct SnapshotPolicy {
  static constexpr CollectorTraits kTraits{.precise = true,
                                           .reclaims = true,
                                           .incremental = !kConcurrent,
                                           .concurrent = kConcurrent,
                                           .threads = kConcurrent,
                                           .independent_heaps = true,
                                           .has_weak = true,
                                           .destroys = true,
                                           .finalizes = true,
                                           .limits = true,
                                           .gives_back = true,
                                           .counts = true,
                                           .verifies = true};
  static constexpr bool kAtomicMarks = kConcurrent;
  using Barrier = SnapshotBarrier<kConcurrent>;

  struct State {
    SnapshotCycle<Barrier> cycle;
    CyclePace pace;
  };

  [[gnu::always_inline]] static void assign(Reference& reference, void* object) noexcept {
    Barrier::assign(reference, object);
  }
  [[gnu::always_inline]] static void* read_weak(const Reference& reference) noexcept {
    return Barrier::read_weak(reference);
  }

  template <class Heap>
  static void entered(Heap& heap, typename Heap::Mutator&, BlockInfo& block) noexcept {
    heap.state.cycle.barrier().own(block);
  }
  template <class Heap>
  static void attached(Heap& heap, typename Heap::Mutator&) noexcept {
    Barrier& barrier = heap.state.cycle.barrier();
    if (!barrier.attached(heap.marker(), heap.account())) return;
    if (heap.state.pace.trigger() == 0) set_pace(heap);
    barrier.set_steps(heap.options().schedule == Schedule::kEveryBarrier);
  }
  template <class Heap>
  static void check_reachable(Heap& heap, const void* object) {
    heap.state.cycle.check_reachable(object);
  }

 protected:
  // All that is left of a collection, or one; with the world stopped.
  template <class Heap>
  static void complete(Heap& heap) {
    SliceClock unlimited(SliceClock::kUnlimited);
    heap.state.cycle.run(heap, unlimited);
    set_pace(heap);
  }
  template <class Heap>
  static void set_pace(Heap& heap) {
    heap.state.pace.ended(heap, heap.state.cycle);
    heap.due_after(heap.state.pace.trigger());
  }
};

}  // namespace assay::gc
