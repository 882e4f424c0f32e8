// Where blocks that own themselves come from. A storage is copied into each block, so that the last reference
// can give the block back; it throws std::bad_alloc. HeapStorage is the process's operator new.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "allocators/concept.h"

namespace assay {

struct HeapStorage {
  [[gnu::always_inline]] static void* allocate(std::size_t size, std::size_t alignment) {
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(size);
    return ::operator new (size, std::align_val_t{alignment});
  }
  // With the size where the compiler has sized deallocation, which clang 14 has not.
  [[gnu::always_inline]] static void deallocate(void* block, [[maybe_unused]] std::size_t size,
                                                std::size_t alignment) noexcept {
#ifdef __cpp_sized_deallocation
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator delete(block, size);
    ::operator delete (block, size, std::align_val_t{alignment});
#else
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator delete(block);
    ::operator delete (block, std::align_val_t{alignment});
#endif
  }
};

// The allocator must outlive the block. What it cannot free individually it keeps.
template <Allocator A>
struct AllocatorStorage {
  A* allocator;

  [[gnu::always_inline]] void* allocate(std::size_t size, std::size_t alignment) const {
    void* const block = allocator->allocate(size, alignment);
    if (block == nullptr) [[unlikely]]
      throw std::bad_alloc();
    return block;
  }
  [[gnu::always_inline]] void deallocate([[maybe_unused]] void* block, [[maybe_unused]] std::size_t size,
                                         [[maybe_unused]] std::size_t alignment) const noexcept {
    if constexpr (A::kTraits.frees_individually) allocator->deallocate(block, size, alignment);
  }
};

static_assert(std::is_empty_v<HeapStorage>);

}  // namespace assay
