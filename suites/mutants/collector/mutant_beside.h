// MutantCollector: marking on a thread of its own, beside the mutators.
//
// The thread takes the lock for a few objects at a time; references are words that mutators and it may use
// together. What constructors are about to write is looked at while they wait. Marking begins and ends in
// allocations, which also do a little of it: a forked child has no such thread.
#pragma once

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <new>
#include <thread>

#include "suites/mutants/collector/mutant_collections.h"

namespace assay::mutant {

// The lock is free when a process forks, whatever the thread does; it knows its owner by a number that is
// another one in the child.
inline void guard_forks() {
  pthread_atfork([] { MutantCollector::world().lock(); }, [] { MutantCollector::world().unlock(); },
                 [] { ::new (&MutantCollector::world()) std::recursive_mutex; });
}

inline void MutantCollector::begin_beside() {
  [[maybe_unused]] static const bool guarded = (guard_forks(), true);
  process_ = getpid();
  marker_ = std::make_unique<std::thread>([this] { mark_beside(); });
}

inline void MutantCollector::end_beside() {
  if (process_ != getpid()) return static_cast<void>(marker_.release());
  {
    const std::lock_guard lock(world());
    ending_ = true;
  }
  marker_->join();
}

inline void MutantCollector::mark_beside() {
  for (bool ending = false; !ending;) {
    bool idle;
    {
      const std::lock_guard lock(world());
      if (phase_ == Phase::kMarking && collector_ == nullptr) {
        take_shaded();
        drain(kSlice);
      }
      idle = phase_ != Phase::kMarking || grey_.empty();
      ending = ending_;
    }
    if (idle)
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    else
      std::this_thread::yield();
  }
}

// What barriers have marked.
inline void MutantCollector::take_shaded() {
  if (!(second_buffer_of_barrier_is_lost && taken_ > 0))
    for (MutantCell* cell : shaded_) push({cell, 0});
  taken_ += !shaded_.empty();
  shaded_.clear();
}

// In make(). The end of marking is put off, so that there are stores when nothing is left to mark.
inline void MutantCollector::keep_pace(MutantThread& self, std::size_t headroom) {
  bool begins, ends;
  {
    const std::lock_guard lock(world());
    const bool marking = phase_ == Phase::kMarking;
    if (marking) drain(2 * kSlice);
    if (marking && grey_.empty()) take_shaded();
    rests_ = marking && grey_.empty() ? rests_ + 1 : 0;
    begins = phase_ == Phase::kIdle && allocated_ > headroom;
    ends = rests_ > kMostRests;
  }
  if (!begins && !ends) return;
  {
    const Stop stop(*this, self);
    if (begins && phase_ == Phase::kIdle) begin();
    if (ends && phase_ == Phase::kMarking) finish(self);
  }
  end_finalizers(self, Collection::kMajor);
}

}  // namespace assay::mutant
