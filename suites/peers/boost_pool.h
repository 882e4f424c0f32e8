// boost::pool behind the family's interface: the rival of the block pool and a control of its suite.
//
//   BoostPool         malloc and free: a list through the free blocks, last freed first
//   BoostOrderedPool  ordered_malloc and ordered_free: the list is kept in address order, so that it can give
//                     runs of adjacent blocks and return wholly free chunks. A free is O(free blocks).
//
// Both grow by doubling chunks from the C library and are not thread-safe. Blocks are multiples of the
// alignment, which is what users of boost::pool must see to; its chunks are aligned as malloc aligns, so that
// a pool of a larger alignment cannot be had and gives only null. A block that is freed twice is not noticed.
#pragma once

#include <boost/pool/pool.hpp>
#include <boost/version.hpp>
#include <cstddef>
#include <cstdint>

#include "allocators/concept.h"

namespace assay::peer {

template <bool kOrdered>
class BasicBoostPool {
 public:
  static constexpr const char* kVersion = BOOST_LIB_VERSION;  // "1_74"
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = false,
                                           .pools = true,
                                           .allocates_runs = kOrdered,
                                           .ordered = kOrdered,
                                           .trims = kOrdered};

  explicit BasicBoostPool(PoolGeometry geometry = {})
      : block_size_(geometry.block_size), alignment_(geometry.alignment), pool_(rounded(geometry)) {
    if (alignment_ > alignof(std::max_align_t)) alignment_ = 0;
  }

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (size > block_size_ || alignment > alignment_) return nullptr;
    if constexpr (kOrdered) return pool_.ordered_malloc();
    return pool_.malloc();
  }

  void deallocate(void* block, std::size_t, std::size_t) noexcept {
    if constexpr (kOrdered) {
      pool_.ordered_free(block);
    } else {
      pool_.free(block);
    }
  }

  void* allocate_run(std::size_t count) noexcept requires kOrdered {
    if (alignment_ == 0 || count == 0 || count > PTRDIFF_MAX / pool_.get_requested_size()) return nullptr;
    return pool_.ordered_malloc(count);
  }
  void deallocate_run(void* run, std::size_t count) noexcept requires kOrdered {
    pool_.ordered_free(run, count);
  }
  void trim() noexcept requires kOrdered { pool_.release_memory(); }

 private:
  static std::size_t rounded(PoolGeometry geometry) {
    const std::size_t size = geometry.block_size == 0 ? 1 : geometry.block_size;
    const std::size_t padding = (0 - size) & (geometry.alignment - 1);
    return size > SIZE_MAX - padding ? size : size + padding;
  }

  std::size_t block_size_, alignment_;  // alignment 0: more than the chunks have
  boost::pool<boost::default_user_allocator_malloc_free> pool_;
};

using BoostPool = BasicBoostPool<false>;
using BoostOrderedPool = BasicBoostPool<true>;

static_assert(Allocator<BoostPool> && Allocator<BoostOrderedPool>);

}  // namespace assay::peer
