// A compacting heap: mark-sweep that can move objects together, so that what died in between goes back to the
// system.
//
// Idea. Bitmap allocation fills holes, but only with objects of the type and size that the block is for, and
// a block with one object left is held whole. A compaction marks and sweeps as gc/mark_sweep.h does, then
// moves the objects of each class from its sparsest blocks into the holes of its densest (gc/mover.h),
// corrects every reference, and gives the emptied blocks back.
//
//   swept      │A·······│  │AAA·A·AA│  │··A···A·│        a type's blocks
//   compacted                │AAAAAAAA│  │A·······│      the first one is the system's
//
// When: collect(kCompact); at the limit, before make() is null; and by itself, after a collection that was
// due, if the blocks that it would empty are more than the headroom and a quarter of what is live. Holes are
// filled by what is allocated until the next collection, and that is the headroom: to compact these would be
// for nothing, and a program that makes and drops objects evenly stays below. More is held in vain. The
// schedules of tests compact in every allocation or safepoint.
//
// What stays where it is: objects of pinned types; those with blocks of their own, larger than 16 KiB; and,
// while it is so, objects whose constructor or finalizer runs, and what was passed as a raw pointer to a
// make() that must collect first.
//
// Invariants: those of gc/mark_sweep.h and gc/mover.h. Compacting I1: between collections no block has a role
// in a compaction, and a block has as many objects as cells at most.
//
// Costs. Allocation, stores and collections: as MarkSweepHeap. A compaction takes besides, for each small
// object that moves and has about two references, about 20 ns for copying it, 25 for correcting references,
// and 10 to 15 of the system, for what it is given back; for larger ones 1 ns a byte. It takes no memory. It
// is one pause. Afterwards at most one block of each class has free cells, but for pinned ones.
//
// Why so. Two fingers need no word in objects, and their table fits into what they empty; that they want
// cells of one size is no loss here. Sliding (Lisp 2) keeps the order of objects, but moves nearly all;
// copying needs room for all that is live.
//
// What it does not do. It neither keeps neighbours together nor moves large objects, and does not compact a
// part of the heap only.
//
// Source: Saunders, "The LISP System for the Q-32 Computer", 1964 and 1974; Jones, Hosking, Moss, "The
// Garbage Collection Handbook", 2011, ch. 3.1; when to compact is our own rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>

#include "allocators/check.h"
#include "gc/concept.h"
#include "gc/heap.h"
#include "gc/mark_sweep.h"
#include "gc/mover.h"

namespace assay {

// No barrier, as in mark-sweep: what is hidden here differs.
struct CompactingPolicy : MarkSweepPolicy {
  static constexpr CollectorTraits kTraits = [] {
    CollectorTraits traits = MarkSweepPolicy::kTraits;
    traits.moves = true;
    return traits;
  }();
  using Corrector = gc::Mover::Corrector;

  template <class Heap>
  static void collect(Heap& heap, typename Heap::Mutator&, Collection kind) {
    const typename Heap::Stop stop(heap);
    collect_stopped(heap);
    if (kind == Collection::kCompact) compact(heap, 0);
  }
  template <class Heap>
  static void at_allocation(Heap& heap, typename Heap::Mutator&) {
    const typename Heap::Stop stop(heap);
    if (!heap.is_due()) return;  // another mutator has collected
    collect_stopped(heap);
    if (heap.options().schedule != Schedule::kPaced || is_fragmented(heap)) compact(heap, heap.headroom());
  }
  template <class Heap>
  static void at_safepoint(Heap& heap, typename Heap::Mutator& mutator) {
    collect(heap, mutator, Collection::kCompact);
  }
  template <class Heap>
  static void verify(Heap& heap) {
    for (std::size_t i = 0; i < heap.space().block_count(); ++i) {
      const gc::BlockInfo& block = heap.space().at(i);
      if (!gc::Mover::is_settled(block) || block.live_cells > block.cells)
        trap("Compacting I1",
             "the block at %p of %u cells had %u objects, and its role in a compaction is %u",
             static_cast<const void*>(heap.space().base(block)), block.cells, block.live_cells,
             unsigned{block.policy[0]});
    }
  }

 private:
  template <class Heap>
  static void collect_stopped(Heap& heap) noexcept {
    heap.flush();
    heap.clear_marks();
    heap.mark_roots();
    heap.finish_marking();
    heap.space().sort();
    heap.sweep();
  }

  // After a sweep.
  template <class Heap>
  static bool is_fragmented(Heap& heap) noexcept {
    const std::size_t holes = gc::Mover(heap.space()).would_empty() * gc::BlockSpace::kCost;
    return holes > heap.headroom() + heap.counters().live_bytes / 4;
  }

  // After a sweep. Free blocks are given back, but for `keep` bytes.
  template <class Heap>
  static void compact(Heap& heap, std::size_t keep) noexcept {
    const std::lock_guard lock(heap.space().mutex());
    gc::Mover mover(heap.space());
    heap.for_each_in_use([&](void* object) { mover.pin(object); });
    if (const std::uint64_t moved = mover.move(); moved != 0) {
      heap.counters().moved_objects += moved;
      mover.correct_references();
      heap.for_each_root([](void*& object) {
        if (object != nullptr) object = gc::Mover::moved_to(object);
      });
    }
    mover.settle(keep == 0);
    heap.space().trim(keep);
    heap.due_after(heap.headroom());
  }
};

using CompactingHeap = gc::Heap<CompactingPolicy>;

static_assert(Collector<CompactingHeap>);

}  // namespace assay
