// A concurrent heap: mark-sweep in which another thread does the marking, beside any number of mutators.
//
// Idea. As in IncrementalHeap a collection marks what was reachable when it began, and stores mark what they
// overwrite. So following references needs no mutator to stand still: a thread of the heap does it. All other
// parts are short, or can be cut: they are slices in which the world stops, done by a mutator.
//
//   mutator A   ██████▂░████████████████████▂░███████▂░███▂░█████       ▂ a slice, ░ others wait
//   mutator B   ██████░▂████████████████████░▂███████░▂███░▂█████
//   marker             ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒                           until nothing is left
//                     snapshot              end of marking, weak, sweep
//
// Invariants: those of gc/snapshot_cycle.h, gc/snapshot_barrier.h and of the parts of MarkSweepHeap, and
//   I1  the marker's stacks are those of its thread between run() and hold(), and of who stops the world
//       otherwise
//   I2  the marker traces no object that is new, or whose constructor runs: who finds a reference to a new
//       one (acquire) sees its mark bit, since the reference was stored later (release)
//   I3  what a barrier has marked and the marker does not know is in a buffer, which is emptied in the stop
//       that ends marking; if that has much, marking goes on
//
// Costs. make() as in MarkSweepHeap. A store to a Member: a load and a branch more; while marking is under
// way a look at the mark bit of what is overwritten, and a locked instruction for what is not yet marked.
// Stops: slices of options.slice, and the look at all roots. All in all, a cache takes about a tenth more CPU
// time than with MarkSweepHeap: mark bits are set by locked instructions, and the program and the marker
// share caches. What the snapshot keeps that became garbage since is freed by the next collection.
//
// Why so. Marks are nearly all of a collection's work. Sweeping bitmaps takes milliseconds for a gigabyte:
// doing it in slices is simpler than synchronising it with allocation. When the marker does not keep up, as
// on one processor that all share, mutators help in slices: memory does not grow without bounds.
//
// What it does not do. It does not stop mutators one by one: in each stop the slowest way to a safepoint
// counts. collect() and what is done at the limit stop the world for as long as MarkSweepHeap does.
// Finalizers run on the mutator that ends a collection. The marker's thread asks options.may_grow, too. The
// child of a fork() has no such thread: it works in slices.
//
// Source: Yuasa, "Real-Time Garbage Collection on General-Purpose Machines", 1990; Doligez, Leroy, "A
// Concurrent, Generational Garbage Collector for a Multithreaded Implementation of ML", POPL 1993; Jones,
// Hosking, Moss, "The Garbage Collection Handbook", 2011, ch. 15 and 16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

#include "gc/concept.h"
#include "gc/heap.h"
#include "gc/marker_thread.h"
#include "gc/slice_clock.h"
#include "gc/snapshot_policy.h"

namespace assay {

struct ConcurrentPolicy : gc::SnapshotPolicy<true> {
  // Changed while the world is stopped; that orders what mutators read.
  struct State : SnapshotPolicy::State {
    gc::MarkerThread<Barrier> thread;
  };
  struct MutatorState {
    std::uint64_t slice_end = 0, slice_length = 0;  // of its last one
    bool finalizes_all = false;                     // even if a collection must end first
  };

  template <class Heap>
  static void collect(Heap& heap, typename Heap::Mutator& mutator, Collection) {
    const typename Heap::Stop stop(heap);
    hold(heap);
    // What is under way may keep what is garbage by now.
    if (heap.state.cycle.under_way()) complete(heap);
    complete(heap);
    mutator.state.finalizes_all = true;
  }
  template <class Heap>
  static void at_allocation(Heap& heap, typename Heap::Mutator& mutator) {
    if (heap.options().schedule == Schedule::kEveryAllocation) {
      const typename Heap::Stop stop(heap);
      hold(heap);
      complete(heap);
      mutator.state.finalizes_all = true;
    } else {
      if (!mutator.finalizing) mutator.state.finalizes_all = false;
      if (heap.options().schedule == Schedule::kEveryBarrier)
        slice(heap, heap.options().slice);
      else
        keep_pace(heap, mutator);
    }
  }
  template <class Heap>
  static void at_safepoint(Heap& heap, typename Heap::Mutator& mutator) {
    if (!mutator.finalizing) mutator.state.finalizes_all = false;
    slice(heap, heap.options().slice);
  }

  // Only when all that finalizers may look at is marked.
  template <class Heap>
  static bool may_finalize(Heap& heap, const typename Heap::Mutator& mutator) {
    if (!heap.state.cycle.prepares_finalizers()) return true;
    if (!mutator.state.finalizes_all) return false;
    const typename Heap::Stop stop(heap);
    hold(heap);
    if (heap.state.cycle.prepares_finalizers()) complete(heap);
    return true;
  }

  template <class Heap>
  static void detached(Heap& heap, typename Heap::Mutator&) noexcept {
    if (heap.state.cycle.barrier().detached()) hold(heap);
  }
  template <class Heap>
  static void before_verify(Heap& heap) noexcept {
    hold(heap);
  }

 private:
  // The marker is at rest, and stays so until the end of the next slice.
  template <class Heap>
  static void hold(Heap& heap) noexcept {
    if (heap.state.thread.hold()) return;
    // In the child of a fork(). What is marked will be traced again, so that nothing of what the marker had
    // before it is missed.
    heap.state.cycle.barrier().forget();
    auto* const marker = ::new (&heap.marker()) typename Heap::Marker(heap.account());
    marker->note_overflow();
    marker->note_lost_weak();
  }

  // Unless less than `trigger` has been allocated since the last collection has ended.
  template <class Heap>
  static void slice(Heap& heap, std::uint64_t nanoseconds, std::size_t trigger = 0) {
    State& state = heap.state;
    const typename Heap::Stop stop(heap);
    if (!state.cycle.under_way() && heap.allocated_since() < trigger) return;
    hold(heap);
    gc::SliceClock clock(nanoseconds);
    if (state.cycle.run(heap, clock))
      set_pace(heap);
    else if (state.cycle.marking() && heap.options().schedule != Schedule::kEveryBarrier)
      state.thread.run(state.cycle.barrier());
  }

  template <class Heap>
  static void keep_pace(Heap& heap, typename Heap::Mutator& mutator) {
    State& state = heap.state;
    MutatorState& mine = mutator.state;
    const std::uint64_t now = gc::read_clock(CLOCK_THREAD_CPUTIME_ID);
    std::uint64_t nanoseconds = heap.options().slice;
    {
      const std::lock_guard lock(heap.space().mutex());
      const std::size_t allocated = heap.allocated_since();
      if (!state.cycle.under_way()) {
        if (allocated < state.pace.trigger()) return heap.due_after(state.pace.trigger() - allocated);
      } else {
        heap.due_after(0);
        const bool marks = state.thread.running() && !state.thread.drained() && !state.thread.forked();
        if (marks && state.pace.lateness(state.cycle, allocated) == 0) return;
        const std::uint64_t gap = state.pace.gap(mine.slice_length, state.cycle, allocated);
        // The thread may be another one than the last time.
        if (now >= mine.slice_end && now - mine.slice_end < gap) return;
        nanoseconds = state.pace.slice(nanoseconds, state.cycle, allocated);
      }
    }
    slice(heap, nanoseconds, state.pace.trigger());
    mine.slice_end = gc::read_clock(CLOCK_THREAD_CPUTIME_ID);
    mine.slice_length = mine.slice_end - now;
  }
};

using ConcurrentHeap = gc::Heap<ConcurrentPolicy>;

static_assert(Collector<ConcurrentHeap>);

}  // namespace assay
