// A mark-sweep heap: stops the world, marks what is reachable, and frees the rest.
//
// Idea. Objects of one type and size share blocks of 32 KiB; what is known about them lies beside the blocks,
// in bitmaps with a bit for 16 bytes. A collection clears the marks, follows references from the roots, and
// makes the bitmap of marks that of objects. Allocation fills the gaps.
//
//   cursor of a type ─► │ A A · A · · · A │   a block: A an object, · a free cell
//                  live   1 1 0 1 0 0 0 1     what was there after the last sweep, or was made since
//                  mark   1 0 0 1 0 0 0 0     while marking; copied to `live` when it has ended
//
// Invariants: those of gc/block_space.h, gc/marker.h and gc/heap.h, which are the parts of this.
//
// Costs. make(): a load, a comparison, a store and the constructor; for each run of free cells a search in a
// bitmap and its zeroing. A store to a Member: a store. A collection: 17 to 55 ns for each reachable object
// with references, as they lie together or anywhere in 1 GB; a mark bit for each without; 1/64 of the blocks'
// bytes for sweeping. Unreachable objects cost nothing, but for destructors. Memory: no headers; 1.8 % for
// tables, and blocks that are partly empty. headroom_percent = 200: a collection when 2 bytes have been
// allocated for each that survived the last one (1 for each of objects without references), or when what is
// held and free is used up, if that is later.
//
// Why so. Marks that are found by shifting the address, and types by the block, keep the collector away from
// objects that have no references; the mark stack is a segmented one with a window that prefetches; sweeping
// bitmaps instead of lists leaves garbage out of the cache until it is reused. A block for each type costs
// small heaps of many types some memory: 32 KiB for each, of which what is not used is not resident.
//
// Several mutators: each has its runs; they share a lock for blocks. A collection waits until all others make
// an object the slow way, call safepoint(), or are parked: so a thread that does neither for long holds them
// up. The thread that collects marks alone.
//
// What it does not do. It does not move objects: a block that holds one object stays. Pauses are as long as
// marking takes, 20 to 60 ms for a million objects: IncrementalHeap and ConcurrentHeap have short ones.
//
// Source: McCarthy, "Recursive Functions of Symbolic Expressions", 1960; Jones, Hosking, Moss, "The Garbage
// Collection Handbook", 2011, ch. 2; allocation from bitmaps: Ueno, Ohori, Otomo, "An Efficient Non-moving
// Garbage Collector for Functional Languages", ICFP 2011.
#pragma once

#include "gc/concept.h"
#include "gc/heap.h"

namespace assay {

struct MarkSweepPolicy {
  static constexpr CollectorTraits kTraits{.precise = true,
                                           .reclaims = true,
                                           .threads = true,
                                           .independent_heaps = true,
                                           .has_weak = true,
                                           .destroys = true,
                                           .finalizes = true,
                                           .limits = true,
                                           .gives_back = true,
                                           .counts = true,
                                           .verifies = true};
  static constexpr bool kAtomicMarks = false;
  struct State {};
  struct MutatorState {};

  [[gnu::always_inline]] static void assign(gc::Reference& reference, void* object) noexcept {
    reference.store(object);
  }
  [[gnu::always_inline]] static void* read_weak(const gc::Reference& reference) noexcept {
    return reference.load();
  }

  template <class Heap>
  static void collect(Heap& heap, typename Heap::Mutator&, Collection) {
    const typename Heap::Stop stop(heap);
    collect_stopped(heap);
  }
  template <class Heap>
  static void at_allocation(Heap& heap, typename Heap::Mutator&) {
    const typename Heap::Stop stop(heap);
    if (heap.is_due()) collect_stopped(heap);  // unless another mutator has collected
  }
  template <class Heap>
  static void at_safepoint(Heap& heap, typename Heap::Mutator& mutator) {
    collect(heap, mutator, Collection::kMajor);
  }
  template <class Heap>
  static void entered(Heap&, typename Heap::Mutator&, gc::BlockInfo&) noexcept {}
  template <class Heap>
  static void attached(Heap&, typename Heap::Mutator&) noexcept {}
  template <class Heap>
  static void detached(Heap&, typename Heap::Mutator&) noexcept {}

 private:
  template <class Heap>
  static void collect_stopped(Heap& heap) noexcept {
    heap.flush();
    heap.clear_marks();
    heap.mark_roots();
    heap.finish_marking();
    heap.sweep();
  }
};

using MarkSweepHeap = gc::Heap<MarkSweepPolicy>;

static_assert(Collector<MarkSweepHeap>);

}  // namespace assay
