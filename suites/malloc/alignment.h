// What alignment a block has, and what C asks for.
#pragma once

#include <stdlib.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "suites/core/clause.h"

namespace assay::suite {

// Largest power of two that divides the address.
inline std::size_t alignment_of(const void* block) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  return address & (~address + 1);
}

// C23's reading: enough for any object with fundamental alignment that fits in `size` > 0 bytes. C11 and C17
// ask for alignof(std::max_align_t) whatever the size.
constexpr std::size_t owed_alignment(std::size_t size) {
  return size < alignof(std::max_align_t) ? std::bit_floor(size) : alignof(std::max_align_t);
}

// The block of least alignment among many live ones of that size from malloc: a single one is often aligned
// by luck.
inline const void* worst_aligned(std::size_t size) {
  static void* blocks[200];
  const void* worst = nullptr;
  for (void*& block : blocks) {
    block = malloc(size);
    require(block != nullptr, "malloc(%zu) returned null", size);
    if (worst == nullptr || alignment_of(block) < alignment_of(worst)) worst = block;
  }
  for (void* block : blocks) free(block);
  return worst;
}

// Whether malloc itself pays what it owes: where it does not, that is C-06's finding.
inline bool malloc_aligns(std::size_t size) {
  return alignment_of(worst_aligned(size)) >= owed_alignment(size);
}

}  // namespace assay::suite
