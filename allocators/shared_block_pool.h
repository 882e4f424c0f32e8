// Thread-safe block pool: N blocks of one size in one region, shared by any number of threads.
//
//   thread 0 → cache 0 | 7 | 3 | 12 | – | …  30 blocks |   no lock, no locked instruction
//   thread 1 → cache 1 | 9 | – | …                     |
//                 ↕ 15 at a time, under the lock
//   depot: a BlockPool, with the region, for all else
//
// A locked instruction costs as much as all the rest of an allocation several times over, and a lock takes
// two. So each thread keeps a few free blocks in a cache that it alone uses, and marks when it is inside. Who
// needs the blocks of another thread's cache (the depot is empty) closes the caches, makes the kernel fence
// all processors, and waits until no owner is inside: the owners' half of that handshake is a plain store and
// a plain load (asymmetric_fence.h). Closed caches stay closed, and the pool works as one with a lock, until
// the depot holds 64 blocks again: a pool near its end does not pay for the handshake each time.
//
// Invariants
//   I1  a block is live, or in the depot, or in exactly one cache
//   I2  a closed cache with nobody inside is empty; only the owner is ever inside
//   I3  a request fails only if under the lock, with all caches closed and empty, the depot is empty: exactly
//       N blocks can be live, wherever they were freed
//   and those of the depot
//
// Costs: allocate and deallocate about 25 instructions each, none of them locked; one lock for every 15
// blocks that a thread takes and other threads free; one lock each in a pool of fewer than 64 blocks, for
// threads beyond the 32nd, and where the kernel has no membarrier(2). owns, counts and check_invariants close
// the caches: exact at any time, and some microseconds. 8 bytes a block, 8 KiB a pool. A thread that ends
// leaves its cache to the next.
//
// The checked build works under the lock alone, so that the depot finds all misuse (BlockPool I4).
// Construction and failure of the upstream are those of BlockPool. Not for signal handlers, nor for the child
// after a fork of a program with threads. Not under malloc either: a thread's first use may call it under the
// lock (thread_slot.h). A sandbox entered after the first use must allow membarrier(2) (asymmetric_fence.h).
// Sources: Bonwick and Adams, "Magazines and Vmem" (2001), for caches before a depot; Dice, Moir and Scherer,
// "Quickly Reacquirable Locks" (2003), for the handshake that costs its owner nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory_resource>
#include <mutex>
#include <thread>

#include "allocators/asymmetric_fence.h"
#include "allocators/block_pool.h"
#include "allocators/check.h"
#include "allocators/concept.h"
#include "allocators/thread_slot.h"

namespace assay {

class SharedBlockPool {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = true,
                                           .knows_its_blocks = true,
                                           .counts = true,
                                           .takes_upstream = true,
                                           .pools = true,
                                           .bounded = true,
                                           .traps_misuse = kChecked};

  explicit SharedBlockPool(PoolGeometry geometry = {},
                           std::pmr::memory_resource* upstream = std::pmr::new_delete_resource()) noexcept
      : block_size_(geometry.block_size == 0 ? 1 : geometry.block_size),
        alignment_(geometry.alignment),
        depot_(geometry, upstream) {}

  SharedBlockPool(const SharedBlockPool&) = delete;
  SharedBlockPool& operator=(const SharedBlockPool&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (size > block_size_ || alignment > alignment_) [[unlikely]]
      return nullptr;
    const unsigned slot = ThreadSlot::current();
    if (slot < kThreadSlots) [[likely]] {
      Cache& cache = caches_[slot];
      if (cache.enter()) [[likely]] {
        const unsigned count = cache.count;
        if (count > 0) [[likely]] {
          void* block = cache.blocks[count - 1];
          cache.count = count - 1;
          cache.leave();
          return block;
        }
        cache.leave();
      }
    }
    return allocate_from_depot(size, alignment);
  }

  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
    const unsigned slot = ThreadSlot::current();
    if (slot < kThreadSlots) [[likely]] {
      Cache& cache = caches_[slot];
      if (cache.enter()) [[likely]] {
        const unsigned count = cache.count;
        if (count < kCached) [[likely]] {
          cache.blocks[count] = block;
          cache.count = count + 1;
          cache.leave();
          return;
        }
        cache.leave();
      }
    }
    deallocate_to_depot(block, size, alignment);
  }

  bool owns(const void* address) const noexcept {
    const std::lock_guard lock(busy_);
    close();
    return depot_.owns(address);
  }

  AllocatorCounts counts() const noexcept {
    const std::lock_guard lock(busy_);
    close();
    return depot_.counts();
  }

  std::size_t capacity() const noexcept {
    const std::lock_guard lock(busy_);
    return depot_.capacity();
  }

  void check_invariants() const {
    const std::lock_guard lock(busy_);
    close();
    for (const Cache& cache : caches_)
      if (cache.count != 0) trap("SharedBlockPool I2", "a closed cache holds %u blocks", cache.count);
    depot_.check_invariants();
  }

 private:
  static constexpr unsigned kCached = 30;          // blocks a cache holds: two pairs of cache lines
  static constexpr unsigned kMoved = kCached / 2;  // so that a refill leaves room, and a spill blocks
  static constexpr std::size_t kPlenty = 64;       // in the depot, to open the caches
  static constexpr int kYields = 64;               // to an owner that is inside, before the closer sleeps
  static constexpr std::chrono::microseconds kNap{50};

  struct alignas(128) Cache {  // pairs of lines, because the processor fetches pairs
    // Owner only. False when the cache is closed.
    bool enter() noexcept {
      inside.store(true, std::memory_order_relaxed);
      light_fence();  // pairs with the heavy fence in close(): one of the two sees the other's store
      // Acquire: pairs with the release in open(); what the closer did to the blocks is seen.
      if (!closed.load(std::memory_order_acquire)) [[likely]]
        return true;
      leave();
      return false;
    }
    // Release: pairs with the acquire in close(); what the owner did to the blocks is seen.
    void leave() noexcept { inside.store(false, std::memory_order_release); }

    std::atomic<bool> inside{false}, closed{true};
    unsigned count = 0;
    void* blocks[kCached];
  };
  static_assert(sizeof(Cache) == 256);

  std::size_t free_in_depot() const noexcept { return depot_.capacity() - depot_.counts().live_blocks; }

  // The functions below are called under the lock, so that nobody else opens or closes. An owner that has the
  // lock may thus use its own cache without entering.

  void close() const noexcept {
    if (!open_) return;
    for (Cache& cache : caches_) cache.closed.store(true, std::memory_order_relaxed);
    heavy_fence();  // pairs with the light fence in enter()
    for (Cache& cache : caches_) {
      // Sleeps after a while: to yield is nothing for an owner of lower real-time priority on this processor.
      for (int tries = 0; cache.inside.load(std::memory_order_acquire); ++tries) {  // pairs with leave()
        if (tries < kYields)
          std::this_thread::yield();
        else
          std::this_thread::sleep_for(kNap);
      }
      for (; cache.count > 0; --cache.count)
        depot_.deallocate(cache.blocks[cache.count - 1], block_size_, alignment_);
    }
    open_ = false;
  }

  void open_if_plenty() noexcept {
    if (kChecked || open_ || free_in_depot() < kPlenty || !heavy_fence_available()) return;
    for (Cache& cache : caches_) cache.closed.store(false, std::memory_order_release);  // pairs with enter()
    open_ = true;
  }

  [[gnu::noinline]] void* allocate_from_depot(std::size_t size, std::size_t alignment) noexcept {
    const std::lock_guard lock(busy_);
    void* block = depot_.allocate(size, alignment);
    if (block == nullptr && open_) {
      close();
      block = depot_.allocate(size, alignment);
    }
    open_if_plenty();
    const unsigned slot = open_ ? ThreadSlot::claim() : kThreadSlots;
    if (slot < kThreadSlots && caches_[slot].count == 0) {
      Cache& cache = caches_[slot];
      // Not the last ones: they serve whoever comes next. What the depot would give first is used first.
      const auto wanted = static_cast<unsigned>(std::min<std::size_t>(kMoved, free_in_depot() / 4));
      for (unsigned i = wanted; i-- > 0;) cache.blocks[i] = depot_.allocate(block_size_, alignment_);
      cache.count = wanted;
    }
    return block;
  }

  [[gnu::noinline]] void deallocate_to_depot(void* block, std::size_t size, std::size_t alignment) noexcept {
    const std::lock_guard lock(busy_);
    depot_.deallocate(block, size, alignment);
    open_if_plenty();
    const unsigned slot = open_ ? ThreadSlot::claim() : kThreadSlots;
    if (slot >= kThreadSlots) return;
    Cache& cache = caches_[slot];
    if (cache.count < kCached) return;
    for (unsigned i = 0; i < kMoved; ++i)  // the oldest, which are the coldest
      depot_.deallocate(cache.blocks[i], block_size_, alignment_);
    std::copy(cache.blocks + kMoved, cache.blocks + kCached, cache.blocks);
    cache.count -= kMoved;
  }

  const std::size_t block_size_, alignment_;  // as in the depot, to be read without its lock
  alignas(128) mutable std::mutex busy_;      // apart from what every call reads
  mutable bool open_ = false;                 // of all caches
  mutable BlockPool depot_;
  mutable Cache caches_[kThreadSlots];
};

static_assert(Allocator<SharedBlockPool>);

}  // namespace assay
