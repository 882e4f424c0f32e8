// MutantCollector: whole collections, slices, collections of the young, moves.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "suites/mutants/collector/mutant_marking.h"

namespace assay::mutant {

inline void MutantCollector::collect(MutantThread& self, Collection what) {
  {
    const Stop stop(*this, self, !(minor_is_no_pause && what == Collection::kMinor));
    if (what == Collection::kMinor && !beside_)
      minor(self);
    else if (!(compaction_skips_little_garbage && what == Collection::kCompact && allocated_ < 8000))
      major(self);
    if (what == Collection::kCompact) compact();
  }
  end_finalizers(self, what);
}

inline void MutantCollector::end_finalizers(MutantThread& self, Collection what) {
  run_finalizers(self);
  const std::lock_guard lock(world());
  for (MutantSlot* slot : std::exchange(late_weaks_, {})) slot->set(nullptr);
  if (!array_that_a_finalizer_keeps_is_lost || what == Collection::kMinor || phase_ != Phase::kIdle) return;
  for (auto at = cells_.begin(); at != cells_.end();) {
    MutantCell& cell = (at++)->second;
    if (cell.type->array && cell.raised == epoch_) reclaim(cell);
  }
}

inline bool MutantCollector::step(MutantThread& self) {
  const std::size_t slice = step_does_all ? SIZE_MAX : kSlice;
  bool ended = false;
  {
    const Stop stop(*this, self);
    stepping_ = true;
    if (phase_ == Phase::kIdle) {
      begin();
    } else if (phase_ == Phase::kSweeping) {
      ended = sweep_some(slice);
    } else if (mark_some(slice) &&
               !(allocation_keeps_step_from_its_end && std::exchange(allocated_beside_, false))) {
      end_marking(self);
    }
    stepping_ = false;
  }
  end_finalizers(self, Collection::kMajor);
  return ended;
}

// True: that ended the collection.
inline bool MutantCollector::sweep_some(std::size_t budget) {
  auto at = cells_.lower_bound(swept_);
  for (; at != cells_.end() && budget > 0; --budget) {
    MutantCell& cell = (at++)->second;
    if (!is_dead(cell)) {
      ++cell.majors;
      cell.returned = cell.type->finalize != nullptr && !cell.finalizer_due && cell.raised != epoch_ &&
                      std::none_of(mutators_.begin(), mutators_.end(), [](const MutantThread* mutator) {
                        return mutator->finalizing != nullptr;
                      });
    } else if (steps_reclaim_at_third_sight && stepping_ && ++cell.deaths < 3) {
      continue;
    } else if (!is_kept_though_dead(cell)) {
      reclaim(cell);
    }
  }
  if (at != cells_.end()) {
    swept_ = at->first;
    return false;
  }
  phase_ = Phase::kIdle;
  ++stats_.major_collections;
  stats_.live_objects = cells_.size();
  stats_.live_bytes = 0;
  for (const auto& [address, cell] : cells_)
    if (!(large_array_is_not_live && cell.size > 500'000)) stats_.live_bytes += cell.size;
  allocated_ = 0;
  return true;
}

// The collection that is under way.
inline void MutantCollector::finish(MutantThread& self) {
  if (phase_ == Phase::kMarking) {
    mark_some(SIZE_MAX);
    end_marking(self);
  }
  if (phase_ == Phase::kSweeping) sweep_some(SIZE_MAX);
}

// One that is under way may keep what has become garbage since it began: marking begins again.
inline void MutantCollector::major(MutantThread& self) {
  if (full_collection_only_ends_another && phase_ != Phase::kIdle) return finish(self);
  if (collection_sweeps_later_heap) sweep_later_heaps(self);
  if (phase_ == Phase::kSweeping) finish(self);
  once_stored_.clear();
  once_remembered_.clear();
  begin();
  finish(self);
  if (stats_.reclaimed_objects - trimmed_ > 10'000) {
    trimmed_ = stats_.reclaimed_objects;
    malloc_trim(0);
  }
}

inline bool MutantCollector::refers_to_young(MutantCell& cell) {
  bool found = false;
  const auto look = [&](const MutantSlot& slot) {
    MutantCell* const target = slot.load() == nullptr ? nullptr : find(slot.load());
    if (target != nullptr && !target->old) found = true;
  };
  MutantVisit visit(look, look);
  cell.type->trace(cell.object(), visit, 0, SIZE_MAX);
  return found;
}

inline unsigned MutantCollector::age_of_promotion() const {
  const unsigned age = options_.promotion_age;
  return age + (promoted_one_late && age > 1) - (promoted_one_early && age > 1);
}

inline bool MutantCollector::refers_to_marked(MutantCell& cell) {
  bool found = false;
  const auto look = [&](const MutantSlot& slot) {
    MutantCell* const target = slot.load() == nullptr ? nullptr : find(slot.load());
    if (target != nullptr && target->mark == epoch_) found = true;
  };
  MutantVisit visit(look, look);
  cell.type->trace(cell.object(), visit, 0, SIZE_MAX);
  return found;
}

// Those that have a mutator of the same thread, of what they have not looked at.
inline void MutantCollector::sweep_later_heaps(const MutantThread& self) {
  if (heaps().front() != this) return;
  for (MutantCollector* heap : heaps()) {
    bool mine = heap != this && heap->phase_ == Phase::kIdle;
    for (const MutantThread* mutator : heap->mutators_) mine &= mutator->thread == self.thread;
    if (!mine || heap->mutators_.empty()) continue;
    for (auto at = heap->cells_.begin(); at != heap->cells_.end();) {
      MutantCell& cell = (at++)->second;
      if (cell.mark == 0) heap->reclaim(cell);
    }
  }
}

inline void MutantCollector::minor(MutantThread& self) {
  finish(self);
  minor_ = true;
  begin();
  for (MutantCell* cell : remembered_) trace(*cell);
  for (MutantCell* cell : once_stored_) shade(*cell);
  for (const std::uintptr_t address : once_remembered_)
    if (const auto found = cells_.find(address); found != cells_.end()) trace(found->second);
  mark_some(SIZE_MAX);
  end_marking(self);
  std::unordered_set<MutantCell*> holders = std::exchange(remembered_, {});
  for (MutantCell* cell : std::vector<MutantCell*>(young_))
    if (is_dead(*cell) && !(dead_that_refers_to_the_living_is_kept && refers_to_marked(*cell)))
      reclaim(*cell);
  for (MutantCell* cell : std::exchange(young_, {})) {
    if (++cell->age > age_of_promotion()) {
      cell->old = true;
      ++stats_.promoted_objects;
      if (five_hundredth_promotion_counts_twice && stats_.promoted_objects % 500 == 0)
        ++stats_.promoted_objects;
      if (!(promoted_array_is_not_remembered && cell->type->array && cell->size < 300)) holders.insert(cell);
    } else {
      add_young(*cell);
    }
  }
  for (MutantCell* cell : holders)
    if (refers_to_young(*cell) &&
        !(large_array_is_remembered_once && cell->size > 20'000 && stats_.major_collections == 0))
      remembered_.insert(cell);
  minor_ = false;
  phase_ = Phase::kIdle;
  ++stats_.minor_collections;
  nursery_ = 0;
}

// To a copy, if that is small.
inline void MutantCollector::forward_again(MutantRootSlot& root) {
  MutantCell copy = *find(root.object);
  void* const place =
      copy.type->array || copy.type->destroy != nullptr ? nullptr : new_place(*copy.type, copy.size);
  if (place == nullptr) return;
  root.object = std::memcpy(place, root.object, copy.size);
  copy.address = reinterpret_cast<std::uintptr_t>(place);
  ++stats_.allocated_objects;
  cells_.emplace(copy.address, copy);
  if (copy.old)
    remembered_.insert(find(place));
  else
    add_young(*find(place));
}

// A new cell for every object that nobody knows the address of but references and roots.
inline void MutantCollector::compact() {
  std::vector<MutantCell*> movable;
  for (auto& [address, cell] : cells_)
    if ((!cell.type->pinned || pinned_object_is_moved) && cell.pins == 0) movable.push_back(&cell);
  std::map<void*, void*> moved;
  std::vector<std::pair<void*, std::size_t>> left;
  for (MutantCell* cell : movable) {
    const std::size_t size = cell->size;
    void* const before = cell->object();
    void* const after = new_place(*cell->type, size);
    if (after == nullptr) break;
    std::memcpy(after, before, size);
    auto node = cells_.extract(cell->address);
    cell->address = node.key() = reinterpret_cast<std::uintptr_t>(after);
    cells_.insert(std::move(node));
    moved[before] = after;
    left.emplace_back(before, size);
    ++stats_.moved_objects;
  }
  const auto update = [&](MutantSlot& slot) {
    const auto found = moved.find(slot.load());
    if (found != moved.end()) slot.set(found->second);
  };
  const MutantCell* holder = nullptr;
  MutantVisit visit(
      [&](MutantSlot& slot) {
        const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(&slot) - holder->address;
        if (!(moved_type_map_ends_at_160_bytes && !holder->type->array && offset >= 160)) update(slot);
      },
      [&](MutantSlot& slot) {
        if (!weak_is_not_updated) update(slot);
      });
  for (auto& [address, cell] : cells_) {
    holder = &cell;
    cell.type->trace(cell.object(), visit, 0, SIZE_MAX);
  }
  const auto is_fifth = [&](const MutantRootSlot& root) {
    return moved.contains(root.object) && !find(moved.at(root.object))->type->leaf &&
           std::any_of(mutators_.begin(), mutators_.end(), [&](const MutantThread* mutator) {
             return mutator->roots.size() > 4 && mutator->roots[4] == &root;
           });
  };
  for_each_root([&](MutantRootSlot& root) {
    const bool persistent = persistents_.contains(&root);
    if ((persistent && persistent_is_not_updated) || (fifth_root_is_not_updated && is_fifth(root))) return;
    const auto found = moved.find(root.object);
    if (found != moved.end()) root.object = found->second;
    if (found != moved.end() && forwarded_twice && !persistent) forward_again(root);
  });
  if (compaction_keeps_a_reserve) reserve_ = stats_.most_held_bytes / 2;
  for (const auto& [object, size] : left) give_back(object, size);
}

}  // namespace assay::mutant
