// The C library's heap behind the family's interface: the control of every suite, and the peer of every other
// allocator here.
//
// Costs: those of aligned_alloc and free. Any size, any alignment. Thread-safe. Source: C17 7.22.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "allocators/concept.h"

namespace assay {

class SystemAllocator {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true, .thread_safe = true};

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (alignment <= alignof(std::max_align_t) && size >= alignment) return std::malloc(size);
    if (size > PTRDIFF_MAX - alignment) return nullptr;
    return std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
  }

  void deallocate(void* block, std::size_t, std::size_t) noexcept { std::free(block); }
};

static_assert(Allocator<SystemAllocator>);

}  // namespace assay
