// Budget allocator: never gives out more than so many bytes at a time.
//
//   request → live + size ≤ limit ? → upstream
//              | no                  | fails
//              null, counted         live is taken back, null
//
// A part of a program that must not starve the others (a cache, a plug-in, a tenant) gets an allocator of its
// own that refuses rather than exceeds, and can see how near its limit it is before it is refused. The bytes
// are reserved before the upstream is asked, by a compare-and-swap that succeeds only within the limit:
// threads together never exceed it, not even for a moment, and no request is refused because of another that
// was refused too, as with add-then-undo.
//
// Invariants
//   I1  live bytes = the sum of the sizes of live blocks and of requests on their way to the upstream
//   I2  live bytes grow only to at most a limit that held while the request was made: one that set_limit()
//       replaces meanwhile may still let through the requests under way in other threads
//   I3  deallocate gives back no more than is live
//
// Costs: two atomic instructions more than the upstream, each way. No memory of its own, nothing beside the
// blocks: what is counted is what was asked for, not what the upstream makes of it.
//
// Thread-safe where the upstream is. A limit below what is live refuses more and takes nothing away. It does
// not know its blocks (tracking_allocator.h does) and finds in the checked build only frees that exceed what
// is live. Destruction releases nothing. Source: the limit of Linux control groups, memory.max.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "allocators/check.h"
#include "allocators/concept.h"

namespace assay {

class BudgetAllocator {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = true,
                                           .counts = true,
                                           .limits = true,
                                           .takes_upstream = true};

  explicit BudgetAllocator(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource(),
                           std::size_t limit = SIZE_MAX) noexcept
      : limit_(limit), upstream_(upstream) {}

  BudgetAllocator(const BudgetAllocator&) = delete;
  BudgetAllocator& operator=(const BudgetAllocator&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (!reserve(size)) return nullptr;
    try {
      void* block = upstream_->allocate(size, alignment);
      live_blocks_.fetch_add(1, std::memory_order_relaxed);
      return block;
    } catch (...) {
      give_up(size);
      return nullptr;
    }
  }

  // The block goes back first: its bytes are free for others only when they are free upstream.
  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
    if constexpr (kChecked) expect_live(size, live_bytes_.load(std::memory_order_relaxed));
    upstream_->deallocate(block, size, alignment);
    live_blocks_.fetch_sub(1, std::memory_order_relaxed);
    give_up(size);
  }

  // For requests that begin when it has returned; see I2.
  void set_limit(std::size_t bytes) noexcept { limit_.store(bytes, std::memory_order_relaxed); }
  std::size_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }

  // Live bytes over the limit; above 1 where the limit was lowered below what is live.
  double usage() const noexcept {
    const auto live = static_cast<double>(live_bytes_.load(std::memory_order_relaxed));
    const auto most = static_cast<double>(limit());
    return live == 0 ? 0 : live / most;
  }

  std::size_t refusals() const noexcept { return refusals_.load(std::memory_order_relaxed); }  // by the limit

  // Exact while no other thread is at work.
  AllocatorCounts counts() const noexcept {
    const std::size_t live = live_bytes_.load(std::memory_order_relaxed);
    return {live_blocks_.load(std::memory_order_relaxed), live, live};
  }

  // While no other thread is at work.
  void check_invariants() const {
    const AllocatorCounts now = counts();
    if (now.live_bytes > PTRDIFF_MAX) trap("BudgetAllocator I3", "%zu bytes are live", now.live_bytes);
    if (now.live_blocks == 0 && now.live_bytes != 0)
      trap("BudgetAllocator I1", "%zu bytes are live in no blocks", now.live_bytes);
  }

 private:
  bool reserve(std::size_t size) noexcept {
    // The swap succeeds on the latest value only, so that I2 holds. Acquire: pairs with the release in
    // give_up(); upstream sees the block come back before it is asked for the bytes that this made free.
    std::size_t live = live_bytes_.load(std::memory_order_relaxed);
    do {
      const std::size_t limit = limit_.load(std::memory_order_relaxed);
      if (size > PTRDIFF_MAX || live > limit || size > limit - live) [[unlikely]] {
        refusals_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
    } while (!live_bytes_.compare_exchange_weak(live, live + size, std::memory_order_acquire,
                                                std::memory_order_relaxed));
    return true;
  }

  void give_up(std::size_t size) noexcept {
    const std::size_t live = live_bytes_.fetch_sub(size, std::memory_order_release);  // pairs with reserve()
    if constexpr (kChecked) expect_live(size, live);
  }

  static void expect_live(std::size_t size, std::size_t live) noexcept {
    if (size > live) trap("BudgetAllocator I3", "%zu bytes are given back of %zu live", size, live);
  }

  std::atomic<std::size_t> live_bytes_{0}, live_blocks_{0};
  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> refusals_{0};
  std::pmr::memory_resource* upstream_;
};

static_assert(Allocator<BudgetAllocator>);

}  // namespace assay
