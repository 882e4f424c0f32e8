// MutantCollector: mutators and how they stop.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "suites/mutants/collector/mutant_collector.h"

namespace assay::mutant {

inline std::uint64_t thread_time() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::vector<MutantCollector*>& MutantCollector::heaps() {
  static std::vector<MutantCollector*> all;
  return all;
}

inline MutantCollector::MutantCollector(const CollectorOptions& options, bool beside)
    : options_(options), beside_(beside) {
  {
    const std::lock_guard lock(world());
    grey_.reserve(64);
    heaps().push_back(this);
  }
  if (beside_) begin_beside();
}

inline MutantCollector::~MutantCollector() {
  if (beside_) end_beside();
  const std::lock_guard lock(world());
  if (!mutators_.empty())
    trap("MutantHeap I1", "%zu mutators are attached to an ended heap", mutators_.size());
  MutantThread none;
  for (auto& [address, cell] : cells_) {
    if (end_of_heap_finalizes && cell.size == 16 && cell.finalizer_due)
      cell.type->finalize(cell.object(), none);
    if (marked_object_outlives_its_heap && phase_ == Phase::kMarking && stats_.major_collections > 0)
      cell.made = false;
  }
  if (end_of_heap_clears_all_persistents)
    for (MutantCollector* heap : heaps())
      for (MutantRootSlot* persistent : heap->persistents_) persistent->object = nullptr;
  phase_ = Phase::kIdle;
  while (!cells_.empty()) reclaim(cells_.begin()->second);
  for (const auto& [object, size] : graves_) std::free(object);
  std::erase(heaps(), this);
}

inline bool MutantCollector::others_stopped(const MutantThread& self) const {
  return std::all_of(mutators_.begin(), mutators_.end(), [&](const MutantThread* other) {
    return other == &self || other->stopped || other->thread == self.thread;
  });
}

// Until nobody collects.
inline void MutantCollector::pause(MutantThread& self, std::unique_lock<std::recursive_mutex>& lock) {
  self.stopped = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return collector_ == nullptr; });
  self.stopped = false;
}

inline MutantCollector::Stop::Stop(MutantCollector& heap, MutantThread& self, bool is_pause)
    : heap_(heap), lock_(world()), is_pause_(is_pause) {
  heap.pause(self, lock_);
  heap.collector_ = &self;
  heap.changed_.wait(lock_, [&] { return heap_.others_stopped(self); });
  began_ = thread_time();
}

inline MutantCollector::Stop::~Stop() {
  if (pauses_begin_with_their_heap) began_ = heap_.began_;
  if (heap_.options_.pauses != nullptr && is_pause_) heap_.options_.pauses->record({began_, thread_time()});
  heap_.collector_ = nullptr;
  heap_.changed_.notify_all();
}

inline void MutantCollector::attach(MutantThread& self) {
  std::unique_lock lock(world());
  changed_.wait(lock, [&] { return collector_ == nullptr; });
  mutators_.push_back(&self);
  self.number = ++attached_;
}

inline void MutantCollector::detach(MutantThread& self) {
  const std::lock_guard lock(world());
  if (!self.roots.empty()) trap("MutantHeap I1", "a mutator ends before %zu roots", self.roots.size());
  if (buffer_of_ended_mutator_is_lost && mutators_.size() > 1) lose_buffer(self);
  std::erase(mutators_, &self);
  changed_.notify_all();
}

// What no collection has seen yet.
inline void MutantCollector::lose_buffer(const MutantThread& self) {
  for (auto at = cells_.begin(); at != cells_.end();) {
    MutantCell& cell = (at++)->second;
    if (cell.maker == &self && cell.mark == 0 && phase_ == Phase::kIdle) reclaim(cell);
  }
}

// The root of a mutator that is about to end it.
inline void MutantCollector::end_root(const MutantThread& self, const MutantRootSlot& root) {
  if (!root_of_other_thread_never_ends || self.number < 2) return;
  const std::lock_guard lock(world());
  ended_.push_back(root);
}

inline void MutantCollector::park(MutantThread& self) {
  const std::lock_guard lock(world());
  self.parked = true;
  self.stopped = true;
  changed_.notify_all();
}

inline void MutantCollector::unpark(MutantThread& self) {
  std::unique_lock lock(world());
  changed_.wait(lock, [&] { return collector_ == nullptr; });
  self.parked = self.stopped = false;
}

inline void MutantCollector::safepoint(MutantThread& self) {
  {
    std::unique_lock lock(world());
    if (collector_ != nullptr) pause(self, lock);
  }
  if (options_.schedule == Schedule::kEverySafepoint && !every_safepoint_does_nothing) step(self);
  if (options_.schedule == Schedule::kEveryBarrier) advance(self);
}

inline void MutantCollector::add(MutantRootSlot& persistent) {
  const std::lock_guard lock(world());
  persistents_.insert(&persistent);
}

inline void MutantCollector::remove(MutantRootSlot& persistent) {
  const std::lock_guard lock(world());
  persistents_.erase(&persistent);
  if (ended_persistent_keeps_object) ended_.push_back(persistent);
}

inline void MutantCollector::keep(const MutantRootSlot& root) {
  const std::lock_guard lock(world());
  ended_.push_back(root);
}

}  // namespace assay::mutant
