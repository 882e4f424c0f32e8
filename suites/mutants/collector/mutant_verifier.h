// MutantCollector: whether the heap is as its invariants say, found without the marks.
#pragma once

#include <mutex>
#include <unordered_set>
#include <vector>

#include "suites/mutants/collector/mutant_barriers.h"

namespace assay::mutant {

inline void MutantCollector::verify() {
  const std::lock_guard lock(world());
  std::unordered_set<MutantCell*> seen;
  std::vector<MutantCell*> left;
  const auto look = [&](void* object) {
    MutantCell* cell = find(object);
    if (cell == nullptr && verify_accepts_interior) cell = find_around(object);
    if (cell == nullptr && verify_accepts_other_heaps) cell = find_anywhere(object);
    if (cell == nullptr) trap("MutantHeap I2", "%p is no object of this heap", object);
    if (!seen.insert(cell).second) return;
    if (phase_ == Phase::kSweeping && cell->address >= swept_ && is_dead(*cell) && !verify_ignores_marks)
      trap("MutantHeap I5", "%p is reachable, not marked, and will be swept", object);
    left.push_back(cell);
  };
  for (const MutantThread* mutator : mutators_)
    if (verify_rejects_unfinished_object && !mutator->constructing.empty())
      trap("MutantHeap I4", "%p is not finished", mutator->constructing.back()->object());
  for_each_held([&](const MutantCell& cell) { look(cell.object()); });
  for_each_root([&](const MutantRootSlot& root) { look(root.object); });
  while (!left.empty()) {
    MutantCell* const cell = left.back();
    left.pop_back();
    if (verify_skips_arrays && cell->type->array) continue;
    MutantVisit visit(
        [&](const MutantSlot& slot) {
          if (slot.load() != nullptr) look(slot.load());
        },
        [&](const MutantSlot& slot) {
          if (slot.load() != nullptr && find(slot.load()) == nullptr)
            trap("MutantHeap I2", "a weak reference leads to %p, no object of this heap", slot.load());
        });
    cell->type->trace(cell->object(), visit, 0, SIZE_MAX);
    if (cell->old && !remembered_.contains(cell) && refers_to_young(*cell))
      trap("MutantHeap I3", "the old object %p refers to a young one and is not remembered", cell->object());
  }
  std::size_t bytes = 0;
  for (const auto& [address, cell] : cells_) bytes += cell.size;
  if (cells_.size() != stats_.allocated_objects - stats_.reclaimed_objects || bytes != stats_.held_bytes)
    trap("MutantHeap I4", "%zu cells of %zu bytes are not what was allocated and not reclaimed",
         cells_.size(), bytes);
}

}  // namespace assay::mutant
