// The memory of a slab: slots, the record of which are vacant, and a stack of vacant indices, in one block.
//
// With no upstream, trivially copyable values are in a block of the C library, which realloc() extends: a
// large one is mapped elsewhere and not copied, and only the records move up behind the slots. A
// memory_resource can but give a new block, and its growth copies all. Other types use new_delete_resource().
//
// Slots begin at a cache line. Neither owns nor constructs anything; the capacity is the owner's to remember.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory_resource>
#include <new>
#include <type_traits>

#include "allocators/slab_occupancy.h"

namespace assay {

using SlabIndex = std::uint32_t;

template <class T, class Occupancy>
struct SlabBlock {
  struct alignas(T) Slot {
    std::byte bytes[sizeof(T)];
  };

  void* memory = nullptr;  // the slots begin there or less than kAlignment above
  Slot* slots = nullptr;
  SlabIndex* free = nullptr;
  Occupancy occupancy;

  // Whether it may do without an upstream, and then uses the C library.
  static constexpr bool kExtends = std::is_trivially_copyable_v<T>;

  // Values of 32 bytes shall not lie across two cache lines.
  static constexpr std::size_t kAlignment = std::max<std::size_t>(alignof(T), 64);
  static constexpr std::size_t kMostBytes = sizeof(Slot) + sizeof(SlabIndex) + Occupancy::kMostBytes;
  static constexpr std::size_t kMaxCapacity = std::min<std::size_t>(
      (PTRDIFF_MAX - 4 * kAlignment) / kMostBytes, std::numeric_limits<SlabIndex>::max());

  // Throws std::bad_alloc, or what upstream throws. capacity <= kMaxCapacity
  static SlabBlock allocate(std::pmr::memory_resource* upstream, std::size_t capacity) {
    if constexpr (kExtends)
      if (upstream == nullptr) return aligned(std::malloc(bytes_to_align(capacity)), capacity);
    return at(upstream->allocate(bytes(capacity), kAlignment), 0, capacity);
  }

  void release(std::pmr::memory_resource* upstream, std::size_t capacity) noexcept {
    if constexpr (kExtends)
      if (upstream == nullptr) return std::free(memory);
    if (capacity != 0) upstream->deallocate(memory, bytes(capacity), kAlignment);
  }

  // Whether extend() may be called: the block is large enough, and every part of it then moves up, whatever
  // the new address.
  static bool extends(std::size_t from, std::size_t to) noexcept {
    return bytes(from) >= kExtendedBytes && occupancy_at(to) >= occupancy_at(from) + kAlignment;
  }

  // A block that has this one's bytes, at `old` and laid out as for capacity `from`: its parts must be
  // brought to where the result has them. This one is gone, unless std::bad_alloc is thrown. Of the C library
  // only.
  SlabBlock extend(std::size_t from, std::size_t to, SlabBlock* old) {
    const auto offset = static_cast<std::size_t>(reinterpret_cast<std::byte*>(slots) -  //
                                                 static_cast<std::byte*>(memory));
    const SlabBlock extended = aligned(std::realloc(memory, bytes_to_align(to)), to);
    *old = at(extended.memory, offset, from);
    return extended;
  }

 private:
  static constexpr std::size_t kExtendedBytes = 65'536;  // smaller ones would be copied anyway

  template <class Word>
  static constexpr std::size_t aligned_for(std::size_t offset) noexcept {
    return (offset + sizeof(Word) - 1) / sizeof(Word) * sizeof(Word);
  }
  static constexpr std::size_t occupancy_at(std::size_t capacity) noexcept {
    return aligned_for<std::uint64_t>(capacity * sizeof(Slot));
  }
  static constexpr std::size_t free_at(std::size_t capacity) noexcept {
    return aligned_for<SlabIndex>(occupancy_at(capacity) + Occupancy::bytes(capacity));
  }
  static constexpr std::size_t bytes(std::size_t capacity) noexcept {
    return free_at(capacity) + capacity * sizeof(SlabIndex);
  }
  static constexpr std::size_t bytes_to_align(std::size_t capacity) noexcept {
    return bytes(capacity) + kAlignment;
  }

  static SlabBlock at(void* memory, std::size_t offset, std::size_t capacity) noexcept {
    std::byte* first = static_cast<std::byte*>(memory) + offset;
    return {memory, reinterpret_cast<Slot*>(first), reinterpret_cast<SlabIndex*>(first + free_at(capacity)),
            Occupancy(first + occupancy_at(capacity), capacity)};
  }
  static SlabBlock aligned(void* memory, std::size_t capacity) {
    if (memory == nullptr) throw std::bad_alloc();
    return at(memory, -reinterpret_cast<std::uintptr_t>(memory) % kAlignment, capacity);
  }
};

}  // namespace assay
