// MutantCollector: marking, weak references, which finalizers are due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <unordered_set>
#include <vector>

#include "suites/mutants/collector/mutant_allocation.h"

namespace assay::mutant {

// Objects that the collector itself holds.
template <class F>
void MutantCollector::for_each_held(F f) {
  for (MutantThread* mutator : mutators_) {
    const bool nested = mutator->constructing.size() > 3;
    for (MutantCell* cell : mutator->constructing)
      if (!(outermost_construction_is_missed && nested && cell == mutator->constructing.front())) f(*cell);
    for (MutantCell* cell : mutator->arguments) f(*cell);
    for (MutantCell* cell : mutator->due) f(*cell);
    if (mutator->finalizing != nullptr) f(*mutator->finalizing);
  }
}

template <class F>
void MutantCollector::for_each_root(F f) {
  for (MutantRootSlot* persistent : persistents_)
    if (persistent->object != nullptr) f(*persistent);
  for (MutantRootSlot& ended : ended_)
    if (ended.object != nullptr) f(ended);
  for (MutantThread* mutator : mutators_)
    for (std::size_t i = 0; i < mutator->roots.size(); ++i)
      if (mutator->roots[i]->object != nullptr && !misses_root(*mutator, i)) f(*mutator->roots[i]);
}

// Defects of roots, of references in objects, and of what is swept.
inline bool MutantCollector::misses_root(const MutantThread& mutator, std::size_t i) const {
  if (root_beyond_256th_is_missed && i >= 256) return true;
  if (mutator_beyond_16th_is_missed && mutator.number > 16) return true;
  if (second_root_of_parked_mutator_is_missed && mutator.parked && i > 0) return true;
  return third_root_of_other_mutator_is_missed && &mutator != collector_ && !mutator.parked && i > 1;
}

// Not found by the current collection, if that looks for it.
inline bool MutantCollector::is_dead(const MutantCell& cell) const {
  if (minor_ && cell.old) return false;
  return cell.mark != epoch_ || (collection_zero_marks_nothing && epoch_ == 0);
}

inline bool MutantCollector::is_kept_though_dead(MutantCell& cell) {
  if (object_of_finalizer_is_immortal && cell.of_finalizer) return true;
  if (object_of_many_collections_is_immortal && cell.old && cell.majors == 7 && cell.size == 32) return true;
  if (returned_object_is_immortal && cell.returned) return true;
  if (!reference_to_itself_keeps_object) return false;
  bool found = false;
  MutantVisit visit([&](const MutantSlot& slot) { found |= slot.load() == cell.object(); },
                    [](const MutantSlot&) {});
  cell.type->trace(cell.object(), visit, 0, SIZE_MAX);
  return found;
}

inline void MutantCollector::begin() {
  phase_ = Phase::kMarking;
  ++epoch_;
  if (collection_zero_marks_nothing) epoch_ %= 4096;
  grey_.clear();
  weaks_.clear();
  shaded_.clear();
  taken_ = 0;
  rests_ = 0;
  overflowed_ = false;
  for_each_held([&](MutantCell& cell) { shade(cell); });
  if (beside_) drain(SIZE_MAX);
  for_each_root([&](const MutantRootSlot& root) { shade(root.object); });
}

inline void MutantCollector::shade(void* object) {
  MutantCell* const cell = find(object);
  if (cell == nullptr) trap("MutantHeap I2", "%p is no object of this heap", object);
  shade(*cell);
}

inline void MutantCollector::shade(MutantCell& cell) {
  if (!is_dead(cell)) return;
  if (collection_zero_marks_nothing && epoch_ == 0) return;
  if (raising_ && raising_is_bounded && ++raised_ > 400) return;
  cell.mark = epoch_;
  if (raising_) cell.raised = epoch_;
  if (marking_recurs && depth_ < 3000) {
    ++depth_;
    trace(cell);
    --depth_;
    return;
  }
  push({&cell, 0});
}

inline void MutantCollector::push(Grey grey) {
  if (grey_.size() == grey_.capacity()) {
    const std::size_t bytes = grey_.capacity() * sizeof(Grey);
    if (options_.may_grow != nullptr && !options_.may_grow(options_.may_grow_context, bytes)) {
      overflowed_ = !overflow_is_forgotten;
      return;
    }
    grey_.reserve(2 * grey_.capacity());
  }
  grey_.push_back(grey);
}

inline bool MutantCollector::misses_reference(const MutantCell& holder, const MutantSlot& slot) const {
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(&slot) - holder.address;
  if (minor_type_map_ends_at_160_bytes && minor_ && holder.size < 256 && !holder.type->array)
    return offset >= 160;
  if (array_loses_its_last_page && holder.type->array && holder.size >= 20'000 && holder.size < 40'000)
    return offset >= 20'000;
  return false;
}

inline void MutantCollector::take_words(const MutantCell& cell) {
  for (std::size_t at = 0; at < cell.size; at += sizeof(void*)) {
    void* word;
    std::memcpy(&word, static_cast<const char*>(cell.object()) + at, sizeof word);
    if (MutantCell* const target = find(word)) shade(*target);
  }
}

// All that an object refers to, at once.
inline void MutantCollector::trace(MutantCell& cell) { trace({&cell, 0}, SIZE_MAX); }

// Where to go on.
inline std::size_t MutantCollector::trace(Grey grey, std::size_t most) {
  MutantVisit visit(
      [&](const MutantSlot& slot) {
        if (slot.load() != nullptr && !misses_reference(*grey.cell, slot)) shade(slot.load());
      },
      [&](MutantSlot& slot) {
        if (weak_list_holds_1024 && weaks_.size() >= 1024) return;
        if (weaks_of_raised_are_missed && raising_) return;
        weaks_.push_back(&slot);
      });
  if (words_are_taken_for_references && grey.cell->type->leaf && !grey.cell->type->array)
    take_words(*grey.cell);
  if (last_byte_is_lost && grey.cell->bytes > 1000 && grey.cell->bytes % 16 == 1)
    static_cast<char*>(grey.cell->object())[grey.cell->bytes - 1] = 0;
  return grey.cell->type->trace(grey.cell->object(), visit, grey.position, most);
}

inline void MutantCollector::drain(std::size_t budget) {
  for (; !grey_.empty() && budget > 0; --budget) {
    const Grey grey = grey_.back();
    grey_.pop_back();
    const std::size_t next = trace(grey, kElements);
    if (grey.cell->type->array) budget -= std::min(budget - 1, kElements - 1);
    if (next != 0) push({grey.cell, next});
  }
}

// True: all that can be reached is marked.
inline bool MutantCollector::mark_some(std::size_t budget) {
  take_shaded();
  drain(budget);
  if (!grey_.empty()) return false;
  while (overflowed_) {
    // What was not pushed is marked, or something marked refers to it.
    overflowed_ = false;
    if (minor_)
      for (MutantCell* cell : remembered_) trace(*cell), drain(SIZE_MAX);
    for (auto& [address, cell] : cells_)
      if (cell.mark == epoch_) trace(cell), drain(SIZE_MAX);
  }
  return true;
}

// Those that refer to what was not found, or was only for a finalizer's sake.
inline void MutantCollector::clear_weaks() {
  for (MutantSlot* slot : weaks_) {
    if (slot->load() == nullptr) continue;
    MutantCell* const target = find(slot->load());
    if (target == nullptr) trap("MutantHeap I2", "%p is no object of this heap", slot->load());
    const bool raised = target->raised == epoch_;
    if (finalizers_see_weaks && raised) late_weaks_.push_back(slot);
    const bool own =
        weak_of_own_object_is_cleared && target->contains(reinterpret_cast<std::uintptr_t>(slot));
    const bool old = minor_clears_weaks_of_the_old && minor_ && target->old;
    if (is_dead(*target) || (raised && !finalizers_see_weaks) || own || old) slot->set(nullptr);
  }
  weaks_.clear();
}

// By defects.
inline bool MutantCollector::is_finalized_early(const MutantCell& cell) const {
  return reachable_object_is_finalized && cell.majors > 2 && cell.size == 32;
}

// Whether an object that was not found is to be finalized.
inline bool MutantCollector::is_due(MutantCell& cell) {
  if (steps_do_not_finalize && stepping_) return false;
  if (young_finalizable_is_reclaimed && minor_ && !cell.type->leaf) return false;
  if (!cell.finalizer_due && !cell.returned) return false;
  if (!finalizable_cycle_is_never_finalized) return true;
  std::unordered_set<MutantCell*> seen;
  std::vector<MutantCell*> left{&cell};
  while (!left.empty()) {
    MutantVisit visit(
        [&](const MutantSlot& slot) {
          MutantCell* const target = slot.load() == nullptr ? nullptr : find(slot.load());
          if (target != nullptr && seen.insert(target).second) left.push_back(target);
        },
        [](const MutantSlot&) {});
    MutantCell* const next = left.back();
    left.pop_back();
    next->type->trace(next->object(), visit, 0, SIZE_MAX);
  }
  if (seen.contains(&cell)) cell.mark = epoch_;
  return !seen.contains(&cell);
}

// All is marked: what is not is reclaimed, but for what finalizers may look at.
inline void MutantCollector::end_marking(MutantThread& self) {
  if (!finalizers_see_weaks) clear_weaks();
  std::vector<MutantCell*> due;
  for (MutantCell* cell : finalizable_)
    if ((is_dead(*cell) || is_finalized_early(*cell)) && is_due(*cell) &&
        !(batch_of_finalizers_holds_128 && due.size() == 128 && !cell->type->leaf))
      due.push_back(cell);
  raising_ = true;
  raised_ = 0;
  for (MutantCell* cell : due)
    if (young_finalizable_is_kept_alone && minor_)
      cell->mark = epoch_;
    else
      shade(*cell);
  mark_some(SIZE_MAX);
  raising_ = false;
  clear_weaks();
  for (MutantCell* cell : due) {
    finalizers_ += !cell->type->leaf;
    const bool strikes = !cell->type->leaf && finalizers_ % 200 == 0;
    if (!(young_finalizable_is_finalized_again && minor_ && !cell->type->leaf)) {
      cell->finalizer_due = false;
      if (!returned_object_is_finalized_again) finalizable_.erase(cell);
    }
    if (two_hundredth_finalizer_is_forgotten && strikes) continue;
    self.due.push_back(cell);
    if (two_hundredth_finalizer_runs_twice && strikes) self.due.push_back(cell);
  }
  phase_ = Phase::kSweeping;
  swept_ = 0;
}

}  // namespace assay::mutant
