// A minor collection of gc/generational.h, in which its invariants are: ends the young that are not reached,
// and makes old who has survived often enough.
//
//   roots ───────────────────► young ─► young ─► …          marked and traced
//   old objects on dirty cards ──┘        └──► old          not looked at: it is marked already
//
// Its work is what is young and alive, and for each block of the heap a look at its cards. The world is
// stopped, after a flush.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "gc/age_tables.h"
#include "gc/block_space.h"
#include "gc/cage.h"
#include "gc/card_table.h"
#include "gc/concept.h"
#include "gc/member.h"
#include "gc/type.h"
#include "gc/young_blocks.h"

namespace assay::gc {

// `Heap`: one whose policy's State has `young` and `promoted_bytes`.
template <class Heap>
class MinorCollection {
 public:
  explicit MinorCollection(Heap& heap)
      : heap_(heap),
        space_(heap.space()),
        limit_(std::min(heap.options().promotion_age, AgeTables::kMostAge)) {}

  void run() noexcept {
    heap_.mark_roots();
    space_.for_each_block([this](const BlockInfo& block) {
      if (block.state == BlockState::kLarge)
        look_at_large(block);
      else
        look_at_cells(block);
    });
    heap_.drain();
    keep_finalizable();
    heap_.clear_weak(Cage::mark);
    sweep();
  }
  // Of the young, which may be old now.
  std::size_t survived_bytes() const noexcept { return survived_bytes_; }

 private:
  // Of an old object, on a card that was dirty.
  void look_at(Reference& reference, bool weak) noexcept {
    void* const object = reference.load();
    if (object == nullptr || AgeTables::old.test(object)) return;
    if (AgeTables::age(object) < limit_) CardTable::dirty(&reference);  // it stays young
    if (weak)
      heap_.marker().note_weak(reference);
    else
      heap_.marker().mark(object);
  }
  EdgeVisitor visitor() noexcept {
    return {this, [](void* self, Reference& reference, bool weak) {
              static_cast<MinorCollection*>(self)->look_at(reference, weak);
            }};
  }

  void look_at_cells(const BlockInfo& block) noexcept {
    const char* const cells = space_.base(block);
    CardTable::take_dirty(cells, [&](const char* card) {
      if (block.type->leaf) return;
      // A word of bits is a card.
      std::uint64_t old = *AgeTables::old.word(card);
      const auto offset = static_cast<std::size_t>(card - cells);
      const char* const before = cells + offset / block.cell_bytes * block.cell_bytes;
      if (before != card && AgeTables::old.test(before)) show(block, before);
      for (; old != 0; old &= old - 1)
        show(block, card + static_cast<std::size_t>(std::countr_zero(old)) * kGranule);
    });
  }
  void show(const BlockInfo& block, const char* object) noexcept {
    block.type->edges(const_cast<char*>(object), visitor());
  }

  void look_at_large(const BlockInfo& block) noexcept {
    const TypeInfo& type = *block.type;
    char* const object = space_.base(block);
    bool dirty = false;
    for (std::size_t i = 0; i < block.blocks; ++i)
      CardTable::take_dirty(object + i * kBlockBytes, [&](const char* card) {
        if (type.leaf || !AgeTables::old.test(object)) return;
        if (type.array)
          type.edges_within(object, card, card + CardTable::kCardBytes, visitor());
        else
          dirty = true;
      });
    if (dirty) show(block, object);
  }

  // They wait for a major collection.
  void keep_finalizable() noexcept {
    if (space_.finalizing_blocks() == 0) return;
    heap_.state.young.for_each([this](const BlockInfo& block) {
      if (block.type->finalize == nullptr) return;
      space_.for_each_cell(
          block, [](std::uint64_t live, std::uint64_t mark) { return live & ~mark; },
          [this](void* object) {
            if (!Cage::finalized.test(object)) heap_.marker().mark(object);
          });
    });
    heap_.drain();
  }

  void sweep() noexcept {
    const std::lock_guard lock(space_.mutex());
    ++heap_.counters().minor_collections;
    heap_.state.young.take([this](BlockInfo& block) {
      const bool stays_young = promote(block);
      if (space_.sweep_block(block.position).objects == 0) return;  // the block is gone
      const AgeTables::Words words(space_.base(block));
      std::copy_n(words.old, words_of(block), words.mark);
      if (stays_young) heap_.state.young.add(block);
    });
  }

  // Survivors of the age become old, the others older. True if there are others.
  bool promote(const BlockInfo& block) noexcept {
    const char* const cells = space_.base(block);
    const AgeTables::Words words(cells);
    std::uint64_t stay = 0, dead = 0, promoted = 0;
    for (std::size_t w = 0; w < words_of(block); ++w) {
      const std::uint64_t low = words.age_low[w], high = words.age_high[w];
      const std::uint64_t survivors = words.mark[w] & ~words.old[w];
      const std::uint64_t of_age =
          survivors & ((limit_ & 1) != 0 ? low : ~low) & ((limit_ & 2) != 0 ? high : ~high);
      const std::uint64_t younger = survivors & ~of_age;
      dead += count_bits(words.live[w] & ~words.mark[w]);
      promoted += count_bits(of_age);
      survived_bytes_ += count_bits(survivors) * block.cell_bytes;
      words.age_low[w] = younger & ~low;
      words.age_high[w] = younger & (low ^ high);
      words.old[w] |= of_age;
      stay |= younger;
      if (of_age != 0 && !block.type->leaf) CardTable::dirty(cells + w * CardTable::kCardBytes);
    }
    if (promoted != 0 && block.state == BlockState::kLarge && !block.type->leaf)
      CardTable::dirty(cells, block.cell_bytes);
    CollectorStats& counters = heap_.counters();
    counters.reclaimed_objects += dead;
    counters.promoted_objects += promoted;
    heap_.state.promoted_bytes += promoted * block.cell_bytes;
    return stay != 0;
  }

  Heap& heap_;
  BlockSpace& space_;
  const unsigned limit_;
  std::size_t survived_bytes_ = 0;
};

}  // namespace assay::gc
