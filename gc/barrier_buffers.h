// Where mutators leave for the marker of another thread what their barriers have marked.
//
//   mutators ─► │ stack │ ⇄ │ stack │ ─► marker           the two change places while the world is stopped
//
// A few such pairs, each with a lock; a mutator uses that of its thread's number (allocators/thread_slot.h),
// so that mutators seldom wait for each other, and never for the marker. Each object comes here at most once
// in a collection. Nothing is copied when a stack grows, or in a stop. Without memory for that the marker is
// told to look for itself: the mark bits are there.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <new>

#include "allocators/thread_slot.h"
#include "gc/marker.h"
#include "gc/memory_account.h"
#include "gc/segmented_stack.h"

namespace assay::gc {

class BarrierBuffers {
 public:
  explicit BarrierBuffers(MemoryAccount& account) noexcept
      : buffers_{Buffer(account), Buffer(account), Buffer(account), Buffer(account)}, account_(account) {}

  void push(void* object) noexcept {
    Buffer& buffer = buffers_[ThreadSlot::claim() % kBuffers];
    const std::lock_guard lock(buffer.mutex);
    // Relaxed: read in a stop, which orders it.
    if (!buffer.stacks[of_mutators_].push(object)) lost_.store(true, std::memory_order_relaxed);
  }

  // By who has the marker: a part of what was handed over. False: there is nothing.
  bool refill(Marker<true>& marker) noexcept {
    std::size_t left = kRefill;
    for (Buffer& buffer : buffers_)
      for (SegmentedStack<void*>& stack = buffer.stacks[!of_mutators_]; !stack.empty() && left > 0; --left)
        marker.push_marked(stack.pop());
    return left < kRefill;
  }

  // With the world stopped and the marker at rest. False: there is nothing.
  bool hand_over(Marker<true>& marker) noexcept {
    if (lost_.exchange(false, std::memory_order_relaxed)) marker.note_overflow();
    if (refill(marker)) return true;
    of_mutators_ = !of_mutators_;
    return refill(marker);
  }

  // Likewise: gives unused memory back, at most so many pieces of each stack. True if none is left.
  bool trim(std::size_t most) noexcept {
    bool all = true;
    for (Buffer& buffer : buffers_)
      for (SegmentedStack<void*>& stack : buffer.stacks) all = stack.trim(most) && all;
    return all;
  }

  // The locks and stacks may be in any state. Their memory stays where it is.
  void forget() noexcept {
    for (Buffer& buffer : buffers_) ::new (&buffer) Buffer(account_);
    ::new (&steps) std::mutex;
  }

  std::mutex steps;  // of marking, by mutators in tests

 private:
  static constexpr std::size_t kBuffers = 4, kRefill = 64;
  struct alignas(64) Buffer {
    explicit Buffer(MemoryAccount& account) noexcept
        : stacks{SegmentedStack<void*>(account), SegmentedStack<void*>(account)} {}
    std::mutex mutex;
    SegmentedStack<void*> stacks[2];
  };

  Buffer buffers_[kBuffers];
  bool of_mutators_ = false;  // which of the stacks is theirs
  std::atomic<bool> lost_{false};
  MemoryAccount& account_;
};

}  // namespace assay::gc
