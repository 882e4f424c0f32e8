// The memory resources of the standard library as raw-memory allocators: rivals of the pools and of the bump
// arena, and controls of their suite. What they throw becomes null.
//
//   PmrUnsynchronizedPool  pools of blocks by size class, grown geometrically
//   PmrSynchronizedPool    the same, with per-thread pools behind a lock
//   PmrMonotonic           a bump pointer over growing chunks; release() is its reset
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "allocators/concept.h"
#include "suites/peers/standard_library.h"

namespace assay::peer {

template <class Resource, bool kPools, bool kThreadSafe>
class PmrAllocator {
 public:
  static constexpr const char* kVersion = kStandardLibraryVersion;
  static constexpr AllocatorTraits kTraits{
      .frees_individually = kPools, .thread_safe = kThreadSafe, .resets = !kPools, .takes_upstream = true};

  explicit PmrAllocator(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : resource_(upstream) {}

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (size > PTRDIFF_MAX) return nullptr;
    try {
      return resource_.allocate(size, alignment);
    } catch (...) {
      return nullptr;
    }
  }

  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept requires kPools {
    resource_.deallocate(block, size, alignment);
  }

  void reset() noexcept requires(!kPools) { resource_.release(); }

 private:
  Resource resource_;
};

using PmrUnsynchronizedPool = PmrAllocator<std::pmr::unsynchronized_pool_resource, true, false>;
using PmrSynchronizedPool = PmrAllocator<std::pmr::synchronized_pool_resource, true, true>;
using PmrMonotonic = PmrAllocator<std::pmr::monotonic_buffer_resource, false, false>;

static_assert(Allocator<PmrUnsynchronizedPool> && Allocator<PmrSynchronizedPool> && Allocator<PmrMonotonic>);

}  // namespace assay::peer
