// A subject with room for what a workload needs, and its blocks marked and read back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allocators/concept.h"
#include "suites/core/workload.h"

namespace assay::suite::allocator {

// A pool is made for `blocks` blocks of `size` bytes; any other subject is made as it makes itself.
template <Allocator A>
class Fitted {
 public:
  Fitted(std::size_t size, std::size_t blocks) : subject_(made(size, blocks)) {}

  void* take(std::size_t size, std::uint64_t number) {
    void* block = subject_.allocate(size, kAlignment);
    if (block == nullptr) [[unlikely]]
      fail("allocate(%zu, %zu) returned null", size, kAlignment);
    *static_cast<std::uint64_t*>(block) = mark_of(number);
    asm volatile("" : : "r"(block) : "memory");  // the mark is in the block, not in a register
    return block;
  }

  std::uint64_t give_back(void* block, std::size_t size, std::uint64_t number) {
    const std::uint64_t mark = *static_cast<std::uint64_t*>(block);
    if (mark != mark_of(number)) [[unlikely]]
      fail("a live block of %zu bytes at %p lost its contents", size, block);
    subject_.deallocate(block, size, kAlignment);
    asm volatile("" : : : "memory");
    return mark;
  }

 private:
  static constexpr std::size_t kAlignment = 16;
  static A made(std::size_t size, std::size_t blocks) {
    if constexpr (A::kTraits.pools) {
      return A(PoolGeometry{.block_size = size, .alignment = kAlignment, .blocks = blocks});
    } else {
      return A();
    }
  }
  A subject_;
};

}  // namespace assay::suite::allocator
