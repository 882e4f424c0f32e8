// What alignment a block has, and what C asks for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

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

}  // namespace assay::suite
