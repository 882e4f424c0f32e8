// Mutant: hands out 8-byte alignment whatever was asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "allocators/concept.h"

namespace assay::mutant {

struct IgnoresAlignment {
  static constexpr AllocatorTraits kTraits{.frees_individually = true, .thread_safe = true};
  void* allocate(std::size_t size, std::size_t) noexcept {
    if (size > PTRDIFF_MAX - 16) return nullptr;
    char* block = static_cast<char*>(std::malloc(size + 8));
    return block == nullptr ? nullptr : block + 8;
  }
  void deallocate(void* block, std::size_t, std::size_t) noexcept {
    std::free(static_cast<char*>(block) - 8);
  }
};

}  // namespace assay::mutant
