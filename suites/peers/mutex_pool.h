// A block pool behind one std::mutex: what most programs do about threads, and the rival of SharedBlockPool.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <mutex>

#include "allocators/block_pool.h"
#include "allocators/concept.h"

namespace assay::peer {

class MutexPool {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = true,
                                           .knows_its_blocks = true,
                                           .counts = true,
                                           .takes_upstream = true,
                                           .pools = true,
                                           .bounded = true,
                                           .traps_misuse = kChecked};

  explicit MutexPool(PoolGeometry geometry = {},
                     std::pmr::memory_resource* upstream = std::pmr::new_delete_resource()) noexcept
      : pool_(geometry, upstream) {}

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    const std::lock_guard lock(busy_);
    return pool_.allocate(size, alignment);
  }
  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
    const std::lock_guard lock(busy_);
    pool_.deallocate(block, size, alignment);
  }
  bool owns(const void* address) const noexcept {
    const std::lock_guard lock(busy_);
    return pool_.owns(address);
  }
  AllocatorCounts counts() const noexcept {
    const std::lock_guard lock(busy_);
    return pool_.counts();
  }
  void check_invariants() const {
    const std::lock_guard lock(busy_);
    pool_.check_invariants();
  }

 private:
  mutable std::mutex busy_;
  BlockPool pool_;
};

static_assert(Allocator<MutexPool>);

}  // namespace assay::peer
