// A generational heap: most objects die young, so that it mostly looks at the young ones.
//
// Idea. Objects do not move; what is old is a bit. A minor collection marks from the roots, and from the old
// objects that were written to, and goes no further than old objects: its work is what is young and alive.
// Who has survived promotion_age of them as young becomes old with the next. A major collection is that of
// gc/mark_sweep.h, after which all is old.
//
//   old    1 1 0 0 0 1 0 0        of each cell: belongs to the old
//   age    0 0 1 0 0 0 0 0        minor collections survived, two bits
//   mark   1 1 0 0 0 1 0 0        between collections as `old`; in one also the young that were reached
//   cards  │ 0 │ 1 │ 0 │ …        1 KiB that was written to since it was last looked at (gc/card_table.h)
//
// Invariants, while no collection is under way:
//   I1  mark = old; what is old holds an object
//   I2  a block that holds a young object, or in which a mutator allocates, is in the list of young blocks
//   I3  an old object's reference to a young one lies on a dirty card, or the object begins on one and is
//       no large array
//   I4  an age is at most promotion_age, and that of an old object 0
//
// I3 is kept by: stores, those of constructors too, which dirty their card; looking at a card, which stays
// dirty if it leads to somebody who stays young; becoming old, which dirties the cards of the object.
//
// Costs. make() and reading: as MarkSweepHeap. A store: a shift, a mask and a store more, 0.1 to 0.3 ns. A
// minor collection: the young survivors, the dirty cards, the roots, the blocks of the nursery, and a look at
// 32 bytes a block of the whole heap, about 0.1 ms for 1 GB: nothing else grows with what is old. Three more
// bits a granule, 2.3 % of memory. Knobs: `nursery` (more: more is dead when it is looked at; beyond the
// cache, allocation misses it; where more than a quarter survives, the next is twice as large, up to eight
// times the knob), `promotion_age` (more: less dies old, survivors are marked more often), `headroom_percent`
// of promoted bytes between major collections.
//
// Why sticky bits and no copying: addresses stay, all compositions share one allocator, and blocks that died
// whole are used again at once, in the cache. What it costs: survivors keep their blocks partly empty.
//
// What it does not do. Minor collections do not choose objects with finalizers: these wait for a major one,
// with all that they reach. Old garbage keeps what it refers to until then, too.
//
// Source: Demers, Weiser, Hayes, Boehm, Bobrow, Shenker, "Combining Generational and Conservative Garbage
// Collection: Framework and Implementations", POPL 1990 (sticky mark bits).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "allocators/check.h"
#include "gc/age_tables.h"
#include "gc/card_table.h"
#include "gc/concept.h"
#include "gc/heap.h"
#include "gc/minor_collection.h"
#include "gc/young_blocks.h"

namespace assay {

struct GenerationalPolicy {
  static constexpr CollectorTraits kTraits{.precise = true,
                                           .reclaims = true,
                                           .generational = true,
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
  static constexpr std::size_t kMostNurseries = 8;

  struct State {
    gc::YoungBlocks young;
    std::size_t promoted_bytes = 0;  // since the last major collection
    std::size_t nursery = 0;         // what may be allocated until the next minor one
    bool major_next = false;         // of schedules that take turns
  };
  struct MutatorState {};

  [[gnu::always_inline]] static void assign(gc::Reference& reference, void* object) noexcept {
    reference.store(object);
    gc::CardTable::dirty(&reference);
  }
  // Of a constructor: perhaps the place is in an object that is old, or will be before the constructor ends.
  [[gnu::always_inline]] static void initialised(const gc::Reference& reference) noexcept {
    gc::CardTable::dirty(&reference);
  }
  [[gnu::always_inline]] static void* read_weak(const gc::Reference& reference) noexcept {
    return reference.load();
  }

  template <class Heap>
  static void collect(Heap& heap, typename Heap::Mutator&, Collection kind) {
    const typename Heap::Stop stop(heap);
    if (kind == Collection::kMinor)
      minor(heap);
    else
      major(heap);
  }
  template <class Heap>
  static void at_allocation(Heap& heap, typename Heap::Mutator&) {
    const typename Heap::Stop stop(heap);
    if (!heap.is_due()) return;  // another mutator has collected
    if (heap.options().schedule == Schedule::kEveryAllocation) return take_turns(heap);
    minor(heap);
    if (heap.state.promoted_bytes >= heap.headroom()) major(heap);
  }
  template <class Heap>
  static void at_safepoint(Heap& heap, typename Heap::Mutator&) {
    const typename Heap::Stop stop(heap);
    take_turns(heap);
  }
  template <class Heap>
  static void entered(Heap& heap, typename Heap::Mutator&, gc::BlockInfo& block) noexcept {
    heap.state.young.add(block);
  }
  template <class Heap>
  static void attached(Heap& heap, typename Heap::Mutator&) noexcept {
    const std::lock_guard lock(heap.space().mutex());  // others allocate
    if (heap.counters().allocated_objects == 0) heap.due_after(nursery(heap));
  }
  template <class Heap>
  static void detached(Heap&, typename Heap::Mutator&) noexcept {}

  // What a collection has found in its constructor, and is no object after all.
  static void discarded(const void* cell) noexcept { gc::AgeTables::clear(cell); }

  // After a flush. I1 to I4.
  template <class Heap>
  static void verify(Heap& heap) {
    gc::BlockSpace& space = heap.space();
    space.for_each_block([&](const gc::BlockInfo& block) {
      const char* const cells = space.base(block);
      const gc::AgeTables::Words words(cells);
      for (std::size_t w = 0; w < gc::words_of(block); ++w) {
        if (words.old[w] != words.mark[w])
          trap("GenerationalHeap I1", "marks and old objects differ in the block at %p",
               static_cast<const void*>(cells));
        if (((words.age_low[w] | words.age_high[w]) & words.old[w]) != 0)
          trap("GenerationalHeap I4", "an old object has an age, in the block at %p",
               static_cast<const void*>(cells));
        if ((words.live[w] & ~words.old[w]) != 0 && !gc::YoungBlocks::has(block))
          trap("GenerationalHeap I2", "the block at %p holds a young object, and is not in the list",
               static_cast<const void*>(cells));
      }
      if (block.type->leaf) return;
      // Of a large array only what lies on a dirty card is looked at.
      const bool by_card = block.state == gc::BlockState::kLarge && block.type->array;
      space.for_each_cell(
          block, [](std::uint64_t, std::uint64_t mark) { return mark; },
          [&](void* object) {
            block.type->edges(object,
                              {by_card ? nullptr : object, [](void* from, gc::Reference& reference, bool) {
                                 const void* const to = reference.load();
                                 if (to != nullptr && !gc::AgeTables::old.test(to) &&
                                     !gc::CardTable::is_dirty(&reference) &&
                                     (from == nullptr || !gc::CardTable::is_dirty(from)))
                                   trap("GenerationalHeap I3",
                                        "an old object refers to a young one from a clean card, at %p",
                                        static_cast<const void*>(&reference));
                               }});
          });
    });
  }

 private:
  template <class Heap>
  static void take_turns(Heap& heap) {
    if (heap.state.major_next)
      major(heap);
    else
      minor(heap);
    heap.state.major_next = !heap.state.major_next;
  }

  template <class Heap>
  static void major(Heap& heap) noexcept {
    heap.flush();
    heap.clear_marks();
    heap.mark_roots();
    heap.finish_marking();
    heap.state.young.take([](gc::BlockInfo&) {});
    heap.state.promoted_bytes = 0;
    heap.sweep();
    heap.space().for_each_block([&](const gc::BlockInfo& block) {
      const char* const cells = heap.space().base(block);
      gc::AgeTables::clear(cells, gc::words_of(block));
      std::copy_n(gc::Cage::mark.word(cells), gc::words_of(block), gc::AgeTables::old.word(cells));
    });
    heap.due_after(nursery(heap));
  }

  template <class Heap>
  static void minor(Heap& heap) noexcept {
    heap.flush();
    gc::MinorCollection<Heap> collection(heap);
    collection.run();
    // Where much survives, looking again soon finds little garbage.
    const std::size_t before = nursery(heap), least = heap.options().nursery;
    const std::size_t survived = collection.survived_bytes();
    if (survived > before / 4)
      heap.state.nursery = std::min(2 * before, kMostNurseries * least);
    else if (survived < before / 8)
      heap.state.nursery = least;
    heap.due_after(heap.state.nursery);
  }

  template <class Heap>
  static std::size_t nursery(Heap& heap) noexcept {
    return heap.state.nursery = std::max(heap.state.nursery, heap.options().nursery);
  }
};

using GenerationalHeap = gc::Heap<GenerationalPolicy>;

static_assert(Collector<GenerationalHeap>);

}  // namespace assay
