// MutantCollector: cells from their allocation to their end.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>

#include "suites/mutants/collector/mutant_threads.h"

namespace assay::mutant {

// Bytes that are kept before they are used again, so that what still refers there finds no object. The
// sanitizer does that itself, and tells who.
#ifdef __SANITIZE_ADDRESS__
inline constexpr std::size_t kMostBuried = 0;
#else
inline constexpr std::size_t kMostBuried = std::size_t{256} << 10;
#endif

inline MutantCell* MutantCollector::find(const void* object) {
  const auto found = cells_.find(reinterpret_cast<std::uintptr_t>(object));
  return found == cells_.end() ? nullptr : &found->second;
}

inline MutantCell* MutantCollector::find_anywhere(const void* object) {
  for (MutantCollector* heap : heaps())
    if (MutantCell* const cell = heap->find(object)) return cell;
  return nullptr;
}

inline MutantCell* MutantCollector::find_around(const void* place) {
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  for (MutantCollector* heap : heaps()) {
    const auto next = heap->cells_.upper_bound(address);
    if (next == heap->cells_.begin()) continue;
    MutantCell& cell = std::prev(next)->second;
    if (cell.contains(address)) return &cell;
  }
  return nullptr;
}

// A new cell, which its constructor's end makes an object. Null: the heap is at its limit.
inline MutantCell* MutantCollector::allocate(MutantThread& self, const MutantType& type, std::size_t bytes) {
  safepoint(self);
  if (!(array_is_made_without_collection && type.array && options_.schedule == Schedule::kEveryAllocation))
    obey_schedule(self, bytes);
  // Objects with a finalizer outlive the collection that finds them by one.
  for (int collections = 0;; ++collections) {
    {
      const std::lock_guard lock(world());
      if (MutantCell* const cell = try_allocate(self, type, bytes)) {
        ++cell->pins;
        self.constructing.push_back(cell);
        return cell;
      }
      null_ |= collections == 2;
      if (collections == 2 || (large_array_does_not_collect && bytes > 100'000) ||
          (null_is_for_good && null_))
        return nullptr;
    }
    collect(self, Collection::kMajor);
  }
}

inline void MutantCollector::obey_schedule(MutantThread& self, std::size_t bytes) {
  std::optional<Collection> what;
  std::optional<std::size_t> beside_headroom;
  {
    const std::lock_guard lock(world());
    const std::size_t headroom =
        std::max<std::size_t>(options_.least_headroom, stats_.live_bytes / 100 * options_.headroom_percent);
    if (options_.schedule == Schedule::kEveryAllocation)
      what = ++makes_ % 2 == 0 ? Collection::kMinor : Collection::kMajor;
    else if (explicit_schedule_is_paced_late && allocated_ > (std::size_t{4} << 20))
      what = Collection::kMajor;
    else if (options_.schedule != Schedule::kPaced)
      return;
    else if (beside_)
      beside_headroom = headroom;
    else if (allocated_ + bytes > headroom)
      what = Collection::kMajor;
    else if (nursery_ + bytes > (nursery_has_one_size ? std::size_t{1} << 20 : options_.nursery))
      what = Collection::kMinor;
  }
  if (beside_headroom) return keep_pace(self, *beside_headroom);
  if (!what) return;
  self.paced = true;
  collect(self, *what);
  self.paced = false;
}

// Begins a collection, whose marking the barriers do, or ends it when that is done.
inline void MutantCollector::advance(MutantThread& self) {
  {
    const Stop stop(*this, self);
    if (phase_ == Phase::kIdle)
      begin();
    else if (mark_some(1))
      finish(self);
  }
  run_finalizers(self);
}

// Memory for an object, or null.
inline void* MutantCollector::new_place(const MutantType& type, std::size_t size) {
  const std::size_t over = limit_is_passed_by_one_object ? size : 0;
  if (options_.limit != 0 && (size > options_.limit || stats_.held_bytes > options_.limit - size + over))
    return nullptr;
  const bool asks = options_.may_grow != nullptr && !(large_array_does_not_ask && size > 100'000);
  if (asks && object_is_refused_unasked && size == 512 && ++unasked_ <= 3) return nullptr;
  if (asks && refusal_is_for_good && refused_) return nullptr;
  if (asks && !options_.may_grow(options_.may_grow_context, size)) {
    refused_ = true;
    return nullptr;
  }
  const std::size_t alignment =
      alignment_ends_at_32 ? std::min<std::size_t>(type.alignment, 32) : type.alignment;
  void* place = nullptr;
  if (posix_memalign(&place, std::max<std::size_t>(alignment, 16), size) != 0) return nullptr;
  stats_.held_bytes += size;
  stats_.most_held_bytes = std::max(stats_.most_held_bytes, stats_.held_bytes);
  return place;
}

inline MutantCell* MutantCollector::try_allocate(MutantThread& self, const MutantType& type,
                                                 std::size_t bytes) {
  if (bytes > PTRDIFF_MAX) return nullptr;
  const std::size_t size = (std::max<std::size_t>(bytes, 1) + 15) & ~std::size_t{15};
  void* const object = new_place(type, size);
  if (object == nullptr) return nullptr;
  std::memset(object, 0, size);
  const auto address = reinterpret_cast<std::uintptr_t>(object);
  MutantCell& cell =
      cells_.emplace_hint(cells_.end(), address, MutantCell{this, &type, address, size})->second;
  const bool white = type.destroy == nullptr && cells_.size() > 2000 &&
                     ((made_while_marking_is_white && phase_ == Phase::kMarking) ||
                      (made_while_sweeping_is_white && phase_ == Phase::kSweeping));
  if (phase_ != Phase::kIdle && !white) cell.mark = epoch_;
  allocated_beside_ = true;
  cell.bytes = bytes;
  cell.maker = &self;
  cell.of_finalizer = self.finalizing != nullptr;
  cell.finalizer_due =
      type.finalize != nullptr && !(finalizer_of_finalizers_object_is_lost && cell.of_finalizer);
  add_young(cell);
  if (cell.finalizer_due) finalizable_.insert(&cell);
  allocated_ += size;
  nursery_ += size;
  ++stats_.allocated_objects;
  if (heaps_count_together)
    for (MutantCollector* heap : heaps()) heap->stats_.allocated_objects += heap != this;
  stats_.allocated_bytes += size;
  return &cell;
}

inline void MutantCollector::made(MutantThread& self, MutantCell& cell) {
  const std::lock_guard lock(world());
  cell.made = true;
  --cell.pins;
  self.constructing.pop_back();
}

// Its constructor threw: it is nothing any more, but a reference to it may be left.
inline void MutantCollector::failed(MutantThread& self, MutantCell& cell) {
  const std::lock_guard lock(world());
  std::memset(cell.object(), 0, cell.size);
  cell.made = thrown_object_is_destroyed;
  if (!thrown_object_is_finalized) {
    cell.finalizer_due = false;
    finalizable_.erase(&cell);
  }
  --cell.pins;
  self.constructing.pop_back();
}

inline void MutantCollector::add_young(MutantCell& cell) {
  cell.young_at = young_.size();
  young_.push_back(&cell);
}

inline void MutantCollector::reclaim(MutantCell& cell) {
  cell.dying = true;
  const bool uncounted =
      large_array_is_not_counted_out && cell.type->array && !cell.type->leaf && cell.size > 100'000;
  if (cell.made && cell.type->destroy != nullptr) destroy(cell);
  if (!cell.old) {
    young_[cell.young_at] = young_.back();
    young_[cell.young_at]->young_at = cell.young_at;
    young_.pop_back();
  }
  if (remembered_.erase(&cell) != 0 && dead_old_object_stays_remembered)
    once_remembered_.insert(cell.address);
  once_stored_.erase(&cell);
  finalizable_.erase(&cell);
  give_back(cell.object(), cell.size);
  if (!uncounted) ++stats_.reclaimed_objects;
  cells_.erase(cell.address);
}

inline void MutantCollector::destroy(MutantCell& cell) {
  void* const object = cell.object();
  const bool middle = cell.size >= 1000 && cell.size < 2000;
  if (large_object_is_not_destroyed && cell.size > 50'000) return;
  if (overwritten_before_destructor && middle)
    std::memset(static_cast<char*>(object) + cell.size - 24, 0xdd, 24);
  if (middle_sized_object_is_destroyed_twice && middle) cell.type->destroy(object);
  if (thousandth_destructor_runs_elsewhere && ++destroyed_ % 1000 == 0)
    return std::thread([&] { cell.type->destroy(object); }).join();
  cell.type->destroy(object);
}

inline void MutantCollector::give_back(void* object, std::size_t size) {
  if (middle_sized_cell_is_never_given_back && size >= 2000 && size < 8000) return;
  if (paced_collection_gives_nothing_back && collector_ != nullptr && collector_->paced && size > 600 &&
      size < 1000)
    return;
  stats_.held_bytes -= size;
  std::memset(object, 0xdd, size);
  graves_.emplace_back(object, size);
  buried_ += size;
  while (buried_ > kMostBuried) {
    std::free(graves_.front().first);
    buried_ -= graves_.front().second;
    graves_.pop_front();
  }
}

inline CollectorStats MutantCollector::stats() const {
  const std::lock_guard lock(world());
  CollectorStats stats = stats_;
  stats.held_bytes += reserve_;
  return stats;
}

// Those that this mutator's collections found. One that collects leaves what is found to the first.
inline void MutantCollector::run_finalizers(MutantThread& self) {
  if (self.finalizing != nullptr) return;
  while (!self.due.empty()) {
    {
      const std::lock_guard lock(world());
      self.finalizing = self.due.front();
      self.due.pop_front();
      ++self.finalizing->pins;
    }
    self.finalizing->type->finalize(self.finalizing->object(), self);
    const std::lock_guard lock(world());
    --self.finalizing->pins;
    self.finalizing = nullptr;
  }
}

}  // namespace assay::mutant
