// An incremental heap: mark-sweep in slices of bounded time, between which the program runs.
//
// Idea. A collection marks what was reachable when it began: the roots are looked at once, and a store to a
// Member marks what it overwrites, so that the marker meets the snapshot however the program changes it. New
// objects are born marked. So all work but the look at the roots can be cut anywhere.
//
//   program  ████████ ██████ ██████ ██████ ██████ ██████████████████████ ██████
//   slices           ▂      ▂      ▂      ▂      ▂                      ▂        options.slice each
//                    │snapshot … mark … weak … sweep│                   │ next collection
//   allocated     headroom ─►│◄─ as expected for one collection ─►│
//
// Invariants: those of gc/snapshot_cycle.h, gc/snapshot_barrier.h and of the parts of MarkSweepHeap, and
//   I1  between two slices of one collection the program runs for 1.4 times the length of the slice, unless
//       it has allocated a quarter of the heap more than was expected (gc/cycle_pace.h)
//   I2  finalizers run between collections, or in one before it chooses others and after these are marked
//
// Costs. make() as in MarkSweepHeap. A store to a Member: a load and a branch more; while marking is under
// way, a look at the mark bit of what is overwritten. A collection: as long as that of MarkSweepHeap, and
// what the snapshot keeps that has become garbage since: up to what is allocated during one collection, until
// the next. So a collection begins earlier than that of MarkSweepHeap, by what was allocated during the last
// one.
//
// Knobs. slice: the length of pauses; utilisation over windows of many slices does not change with it.
// headroom_percent: how far the heap grows before the next collection is to be over. A program that allocates
// much faster than marking follows exceeds it; then slices come more often, and at last they become longer.
//
// Why so. Pauses are counted in CPU time of the thread, and looked at after some twenty objects or 32 blocks:
// a budget in objects would be a budget for cache misses. A barrier for what is overwritten, and not for what
// is stored (Dijkstra, Steele), leaves nothing to look at again when marking ends: no roots, no stacks.
//
// What it does not do. Roots, and the runs in which a mutator allocates, are looked at in one go: a million
// roots are a pause of milliseconds. At the limit, and in collect(), there is no cutting. One mutator at a
// time: ConcurrentHeap has many. Finalizers run in slices, too, but one is one.
//
// Source: Yuasa, "Real-Time Garbage Collection on General-Purpose Machines", 1990; Jones, Hosking, Moss, "The
// Garbage Collection Handbook", 2011, ch. 15 and 16; utilisation: Cheng, Blelloch, PLDI 2001.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/concept.h"
#include "gc/heap.h"
#include "gc/slice_clock.h"
#include "gc/snapshot_policy.h"

namespace assay {

struct IncrementalPolicy : gc::SnapshotPolicy<false> {
  struct State : SnapshotPolicy::State {
    std::uint64_t slice_end = 0, slice_length = 0;  // of the last one
    gc::SliceClock finalizers{gc::SliceClock::kUnlimited};
    bool finalizes_all = false;     // and not in slices
    bool finalized_enough = false;  // in this slice
  };
  struct MutatorState {};

  template <class Heap>
  static void collect(Heap& heap, typename Heap::Mutator&, Collection) {
    const typename Heap::Stop stop(heap);
    // What is under way may keep what is garbage by now.
    if (heap.state.cycle.under_way()) complete(heap);
    complete(heap);
  }
  template <class Heap>
  static void at_allocation(Heap& heap, typename Heap::Mutator& mutator) {
    switch (heap.options().schedule) {
      case Schedule::kEveryAllocation: {
        const typename Heap::Stop stop(heap);
        return complete(heap);
      }
      case Schedule::kEveryBarrier:
        return static_cast<void>(advance(heap, mutator, heap.options().slice));
      default:
        return keep_pace(heap, mutator);
    }
  }
  template <class Heap>
  static void at_safepoint(Heap& heap, typename Heap::Mutator& mutator) {
    advance(heap, mutator, heap.options().slice);
  }
  template <class Heap>
  static bool step(Heap& heap, typename Heap::Mutator& mutator) {
    if (!advance(heap, mutator, heap.options().slice)) return false;
    heap.run_finalizers(mutator);
    return heap.finalizers().pending() == 0 || mutator.finalizing;
  }

  // In slices, and when all that finalizers may look at is marked.
  template <class Heap>
  static bool may_finalize(Heap& heap, const typename Heap::Mutator&) noexcept {
    State& state = heap.state;
    if (state.finalized_enough) return false;
    if (state.cycle.prepares_finalizers()) {
      if (!state.finalizes_all) return false;
      const typename Heap::Stop stop(heap);
      complete(heap);
    }
    state.finalized_enough = !state.finalizes_all && state.finalizers.over();
    return true;
  }

  template <class Heap>
  static void detached(Heap& heap, typename Heap::Mutator&) noexcept {
    heap.state.cycle.barrier().detached();
  }

 private:
  template <class Heap>
  static void complete(Heap& heap) {
    SnapshotPolicy::complete(heap);
    heap.state.finalizes_all = true;
    heap.state.finalized_enough = false;
  }

  // A slice of a collection, or of the finalizers that wait since the last one; these are run by who calls.
  // True if it is up to finalizers now whether a collection has ended.
  template <class Heap>
  static bool advance(Heap& heap, const typename Heap::Mutator& mutator, std::uint64_t nanoseconds) {
    State& state = heap.state;
    gc::SliceClock clock(nanoseconds);
    if (!state.cycle.under_way() && heap.finalizers().pending() != 0 && !mutator.finalizing) {
      state.finalizers = clock;
      state.finalizes_all = state.finalized_enough = false;
      return true;
    }
    const typename Heap::Stop stop(heap);
    const bool ended = state.cycle.run(heap, clock);
    if (ended) set_pace(heap);
    if (mutator.finalizing) return ended;  // of a slice of those that has begun, or of all
    state.finalizers = clock;
    state.finalizes_all = false;
    state.finalized_enough = clock.over();
    return ended;
  }

  template <class Heap>
  static void keep_pace(Heap& heap, const typename Heap::Mutator& mutator) {
    State& state = heap.state;
    const std::size_t allocated = heap.allocated_since();
    const bool waiting = !state.cycle.under_way() && heap.finalizers().pending() == 0;
    if (waiting && allocated < state.pace.trigger()) return heap.due_after(state.pace.trigger() - allocated);
    const std::uint64_t now = gc::read_clock(CLOCK_THREAD_CPUTIME_ID);
    const std::uint64_t gap = waiting ? 0 : state.pace.gap(state.slice_length, state.cycle, allocated);
    // The thread may be another one than the last time.
    if (now < state.slice_end || now - state.slice_end >= gap) {
      advance(heap, mutator, state.pace.slice(heap.options().slice, state.cycle, allocated));
      state.slice_end = gc::read_clock(CLOCK_THREAD_CPUTIME_ID);
      state.slice_length = state.slice_end - now;
    }
    heap.due_after(0);
  }
};

using IncrementalHeap = gc::Heap<IncrementalPolicy>;

static_assert(Collector<IncrementalHeap>);

}  // namespace assay
