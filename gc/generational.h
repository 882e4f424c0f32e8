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
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "allocators/check.h"
#include "gc/age_tables.h"
#include "gc/card_table.h"
#include "gc/concept.h"
#include "gc/heap.h"
#include "gc/segmented_stack.h"

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
  static constexpr unsigned kMostAge = 3;  // what two bits count; a larger promotion_age is 3
  static constexpr std::size_t kMostNurseries = 8;

  struct State {
    State() : young((gc::AgeTables::open(), gc::Cage::block_count())) {}
    gc::VirtualArray<std::uint32_t> young;  // blocks, by their number in the cage
    std::size_t young_count = 0;
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
    if (block.policy[kFlags] == 0) gc::AgeTables::clear(heap.space().base(block), words_of(block));
    if ((block.policy[kFlags] & kYoung) == 0) list_young(heap.state, block);
  }
  template <class Heap>
  static void attached(Heap& heap, typename Heap::Mutator&) noexcept {
    const std::lock_guard lock(heap.space().mutex());  // others allocate
    if (heap.counters().allocated_objects == 0) heap.due_after(nursery(heap));
  }
  template <class Heap>
  static void detached(Heap&, typename Heap::Mutator&) noexcept {}

  // What a collection has found in its constructor, and is no object after all.
  static void discarded(const void* cell) noexcept {
    for (const gc::SideBits* table : {&gc::AgeTables::old, &gc::AgeTables::age_low, &gc::AgeTables::age_high})
      table->clear(cell);
  }

  // After a flush. I1 to I4.
  template <class Heap>
  static void verify(Heap& heap) {
    gc::BlockSpace& space = heap.space();
    for (std::size_t i = 0; i < space.block_count(); ++i) {
      const gc::BlockInfo& block = space.at(i);
      const char* const cells = space.base(block);
      const Words words(cells);
      for (std::size_t w = 0; w < words_of(block); ++w) {
        if (words.old[w] != words.mark[w])
          trap("GenerationalHeap I1", "marks and old objects differ in the block at %p",
               static_cast<const void*>(cells));
        if (((words.age_low[w] | words.age_high[w]) & words.old[w]) != 0)
          trap("GenerationalHeap I4", "an old object has an age, in the block at %p",
               static_cast<const void*>(cells));
        if ((words.live[w] & ~words.old[w]) != 0 && (block.policy[kFlags] & kYoung) == 0)
          trap("GenerationalHeap I2", "the block at %p holds a young object, and is not in the list",
               static_cast<const void*>(cells));
      }
      if (block.type->leaf) continue;
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
    }
  }

 private:
  static constexpr std::size_t kFlags = 0;  // in BlockInfo::policy
  static constexpr std::uint8_t kKnown = 1, kYoung = 2;

  // The tables' words of a block.
  struct Words {
    explicit Words(const char* block)
        : live(gc::Cage::live.word(block)),
          mark(gc::Cage::mark.word(block)),
          old(gc::AgeTables::old.word(block)),
          age_low(gc::AgeTables::age_low.word(block)),
          age_high(gc::AgeTables::age_high.word(block)) {}
    std::uint64_t *live, *mark, *old, *age_low, *age_high;
  };
  static std::size_t words_of(const gc::BlockInfo& block) noexcept {
    return block.state == gc::BlockState::kLarge ? 1 : gc::kWordsPerBlock;
  }

  static void list_young(State& state, gc::BlockInfo& block) noexcept {
    block.policy[kFlags] = kKnown | kYoung;
    state.young[state.young_count++] = static_cast<std::uint32_t>(&block - &gc::Cage::info(0));
  }

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
    State& state = heap.state;
    heap.flush();
    heap.clear_marks();
    heap.mark_roots();
    heap.finish_marking();
    for (std::size_t i = 0; i < state.young_count; ++i)
      gc::Cage::info(state.young[i]).policy[kFlags] = kKnown;
    state.young_count = 0;
    state.promoted_bytes = 0;
    heap.sweep();
    gc::BlockSpace& space = heap.space();
    for (std::size_t i = 0; i < space.block_count(); ++i) {
      const gc::BlockInfo& block = space.at(i);
      const char* const cells = space.base(block);
      gc::AgeTables::clear(cells, words_of(block));
      std::copy_n(gc::Cage::mark.word(cells), words_of(block), gc::AgeTables::old.word(cells));
    }
    heap.due_after(nursery(heap));
  }

  template <class Heap>
  static void minor(Heap& heap) noexcept {
    heap.flush();
    Minor<Heap> collection(heap);
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

  template <class Heap>
  class Minor {
   public:
    explicit Minor(Heap& heap)
        : heap_(heap),
          space_(heap.space()),
          limit_(std::min(heap.options().promotion_age, kMostAge)),
          weaks_(heap.account()) {}

    void run() noexcept {
      heap_.mark_roots();
      for (std::size_t i = 0; i < space_.block_count(); ++i) {
        const gc::BlockInfo& block = space_.at(i);
        if (block.state == gc::BlockState::kLarge)
          look_at_large(block);
        else
          look_at_cells(block);
      }
      heap_.drain();
      keep_finalizable();
      clear_weak();
      sweep();
    }
    // Of the young, which may be old now.
    std::size_t survived_bytes() const noexcept { return survived_bytes_; }

   private:
    // Of an old object, on a card that was dirty.
    void look_at(gc::Reference& reference, bool weak) noexcept {
      void* const object = reference.load();
      if (object == nullptr || gc::AgeTables::old.test(object)) return;
      if (gc::AgeTables::age(object) < limit_) gc::CardTable::dirty(&reference);  // it stays young
      if (!weak || !weaks_.push(&reference)) heap_.marker().mark(object);
    }
    gc::EdgeVisitor visitor() noexcept {
      return {this, [](void* self, gc::Reference& reference, bool weak) {
                static_cast<Minor*>(self)->look_at(reference, weak);
              }};
    }

    void look_at_cells(const gc::BlockInfo& block) noexcept {
      const char* const cells = space_.base(block);
      gc::CardTable::take_dirty(cells, [&](const char* card) {
        if (block.type->leaf) return;
        // A word of bits is a card.
        std::uint64_t old = *gc::AgeTables::old.word(card);
        const auto offset = static_cast<std::size_t>(card - cells);
        const char* const before = cells + offset / block.cell_bytes * block.cell_bytes;
        if (before != card && gc::AgeTables::old.test(before)) show(block, before);
        for (; old != 0; old &= old - 1)
          show(block, card + static_cast<std::size_t>(std::countr_zero(old)) * gc::kGranule);
      });
    }
    void show(const gc::BlockInfo& block, const char* object) noexcept {
      block.type->edges(const_cast<char*>(object), visitor());
    }

    void look_at_large(const gc::BlockInfo& block) noexcept {
      const gc::TypeInfo& type = *block.type;
      char* const object = space_.base(block);
      bool dirty = false;
      for (std::size_t i = 0; i < block.blocks; ++i)
        gc::CardTable::take_dirty(object + i * gc::kBlockBytes, [&](const char* card) {
          if (type.leaf || !gc::AgeTables::old.test(object)) return;
          if (type.array)
            type.edges_within(object, card, card + gc::CardTable::kCardBytes, visitor());
          else
            dirty = true;
        });
      if (dirty) show(block, object);
    }

    // They wait for a major collection.
    void keep_finalizable() noexcept {
      if (space_.finalizing_blocks() == 0) return;
      for_each_young([this](const gc::BlockInfo& block) {
        if (block.type->finalize == nullptr) return;
        space_.for_each_cell(
            block, [](std::uint64_t live, std::uint64_t mark) { return live & ~mark; },
            [this](void* object) {
              if (!gc::Cage::finalized.test(object)) heap_.marker().mark(object);
            });
      });
      heap_.drain();
    }

    void clear_weak() noexcept {
      heap_.clear_weak(gc::Cage::mark);
      while (!weaks_.empty()) {
        gc::Reference& reference = *weaks_.pop();
        void* const object = reference.load();
        if (object != nullptr && !gc::Cage::mark.test(object)) reference.store(nullptr);
      }
    }

    template <class F>
    void for_each_young(F f) {
      for (std::size_t i = 0; i < heap_.state.young_count; ++i) f(gc::Cage::info(heap_.state.young[i]));
    }

    void sweep() noexcept {
      State& state = heap_.state;
      const std::lock_guard lock(space_.mutex());
      ++heap_.counters().minor_collections;
      const std::size_t count = std::exchange(state.young_count, 0);
      for (std::size_t i = 0; i < count; ++i) {
        gc::BlockInfo& block = gc::Cage::info(state.young[i]);
        block.policy[kFlags] = kKnown;
        const bool stays_young = promote(block);
        const std::uint64_t live = space_.sweep_block(block.position).objects;
        if (live == 0) continue;  // the block is gone
        const Words words(space_.base(block));
        std::copy_n(words.old, words_of(block), words.mark);
        if (stays_young) list_young(state, block);
      }
    }

    // Survivors of the age become old, the others older. True if there are others.
    bool promote(const gc::BlockInfo& block) noexcept {
      const char* const cells = space_.base(block);
      const Words words(cells);
      std::uint64_t stay = 0, dead = 0, promoted = 0;
      for (std::size_t w = 0; w < words_of(block); ++w) {
        const std::uint64_t low = words.age_low[w], high = words.age_high[w];
        const std::uint64_t survivors = words.mark[w] & ~words.old[w];
        const std::uint64_t of_age =
            survivors & ((limit_ & 1) != 0 ? low : ~low) & ((limit_ & 2) != 0 ? high : ~high);
        const std::uint64_t younger = survivors & ~of_age;
        dead += static_cast<std::uint64_t>(std::popcount(words.live[w] & ~words.mark[w]));
        promoted += static_cast<std::uint64_t>(std::popcount(of_age));
        survived_bytes_ += static_cast<std::size_t>(std::popcount(survivors)) * block.cell_bytes;
        words.age_low[w] = younger & ~low;
        words.age_high[w] = younger & (low ^ high);
        words.old[w] |= of_age;
        stay |= younger;
        if (of_age != 0 && !block.type->leaf) gc::CardTable::dirty(cells + w * gc::CardTable::kCardBytes);
      }
      if (promoted != 0 && block.state == gc::BlockState::kLarge && !block.type->leaf)
        gc::CardTable::dirty(cells, block.cell_bytes);
      CollectorStats& counters = heap_.counters();
      counters.reclaimed_objects += dead;
      counters.promoted_objects += promoted;
      heap_.state.promoted_bytes += promoted * block.cell_bytes;
      return stay != 0;
    }

    Heap& heap_;
    gc::BlockSpace& space_;
    const unsigned limit_;
    std::size_t survived_bytes_ = 0;
    gc::SegmentedStack<gc::Reference*> weaks_;  // of old objects, to young ones
  };
};

using GenerationalHeap = gc::Heap<GenerationalPolicy>;

static_assert(Collector<GenerationalHeap>);

}  // namespace assay
