// What a store to a reference, and a look at a weak one, tell the collector.
#pragma once

#include <mutex>
#include <thread>

#include "suites/mutants/collector/mutant_beside.h"

namespace assay::mutant {

// Of a collection in slices: what was reachable when it began is kept.
inline void MutantCollector::note_overwritten(MutantCell& cell) {
  if (phase_ != Phase::kMarking) return;
  if (overwritten_object_is_not_traced && is_dead(cell)) {
    cell.mark = epoch_;
  } else if (beside_ && is_dead(cell)) {
    cell.mark = epoch_;
    shaded_.push_back(&cell);
  } else {
    shade(cell);
  }
}

inline void MutantCollector::note_store(MutantCell& holder, MutantCell& target) {
  if (!holder.old || target.old || holder.dying || holder.heap != this) return;
  remembered_.insert(&holder);
  if (overwritten_young_stays_remembered && target.type->destroy != nullptr) once_stored_.insert(&target);
}

// Where stores do the marking. Others may be at work in the objects that it would look at.
inline void MutantCollector::step_in_barrier() {
  if (options_.schedule != Schedule::kEveryBarrier || phase_ != Phase::kMarking) return;
  for (const MutantThread* mutator : mutators_)
    if (!mutator->stopped && mutator->thread != std::this_thread::get_id()) return;
  mark_some(1);
}

// Stores that a defect makes without the barrier of slices, and without that of the young.
inline bool hides_overwritten(Store store, const MutantSlot& slot) {
  if (overwritten_by_pointer_is_not_shaded && store == Store::kPointer) return true;
  if (overwritten_by_copy_is_not_shaded && store == Store::kCopy) return true;
  if (overwritten_by_swap_is_not_shaded && store == Store::kSwap) return true;
  if (overwritten_by_null_is_not_shaded && store == Store::kReset) return true;
  if (!overwritten_element_is_not_shaded) return false;
  const MutantCell* const holder = MutantCollector::find_around(&slot);
  return holder != nullptr && holder->type->array;
}

// Until the first full collection: verify() would find what is lost later.
inline bool hides_young(Store store, const MutantCell& holder, bool over_another) {
  const bool hides = (pointer_over_another_is_not_remembered && store == Store::kPointer && over_another) ||
                     (copy_is_not_remembered && store == Store::kCopy) ||
                     (swap_is_not_remembered && store == Store::kSwap) ||
                     (element_of_large_array_is_not_remembered && holder.type->array && holder.size > 20'000);
  return hides && holder.heap->stats().major_collections == 0;
}

inline void store_reference(MutantSlot& slot, void* object, Store store) {
  const std::lock_guard lock(MutantCollector::world());
  MutantCell* const before = slot.load() == nullptr ? nullptr : MutantCollector::find_anywhere(slot.load());
  MutantCell* const target = object == nullptr ? nullptr : MutantCollector::find_anywhere(object);
  if (before != nullptr && store != Store::kInitial && !hides_overwritten(store, slot))
    before->heap->note_overwritten(*before);
  slot.set(object);
  if (target != nullptr && !target->old && target->heap->has_old())
    if (MutantCell* const holder = MutantCollector::find_around(&slot))
      if (!hides_young(store, *holder, before != nullptr)) target->heap->note_store(*holder, *target);
  if (target != nullptr || before != nullptr) (target != nullptr ? target : before)->heap->step_in_barrier();
}

inline void store_weak(MutantSlot& slot, void* object) {
  const std::lock_guard lock(MutantCollector::world());
  slot.set(object);
  if (weak_of_old_object_is_not_remembered) return;
  MutantCell* const target = object == nullptr ? nullptr : MutantCollector::find_anywhere(object);
  if (target == nullptr || target->old || !target->heap->has_old()) return;
  if (MutantCell* const holder = MutantCollector::find_around(&slot))
    target->heap->note_store(*holder, *target);
}

// The program may keep what it finds, though nothing else did when marking began.
inline void* read_weak(const MutantSlot& slot) {
  const std::lock_guard lock(MutantCollector::world());
  MutantCell* const target = slot.load() == nullptr ? nullptr : MutantCollector::find_anywhere(slot.load());
  if (target != nullptr && !weak_read_is_not_shaded &&
      !(weak_read_behind_the_marker_is_not_shaded && target->heap->rests()))
    target->heap->note_overwritten(*target);
  return slot.load();
}

}  // namespace assay::mutant
