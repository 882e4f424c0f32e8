// Equal blocks side by side: what a pool knows about the places of its blocks.
//
//   begin            begin + stride
//   | block 0 | pad  | block 1 | pad  | …         stride = block size rounded up to the alignment
//
// The number of a block is its offset divided by the stride. Because a block's offset is a multiple of the
// stride, a multiplication by the inverse of the stride's odd part modulo 2^64 and a rotation by its power of
// two replace the division, and every other offset, negative ones too, comes out at SIZE_MAX / stride or
// more: one comparison tells a block from any other address. Source: Granlund and Montgomery, "Division by
// invariant integers using multiplication", 1994, section 9.
//
// Nothing here allocates or touches a block. All operations are O(1).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "allocators/check.h"
#include "allocators/concept.h"

namespace assay {

class BlockGrid {
 public:
  // Of no blocks yet. An alignment that is no power of two is a programmer's error in any build.
  BlockGrid(std::size_t block_size, std::size_t alignment) noexcept
      : block_size_(block_size == 0 ? 1 : block_size), alignment_(alignment) {
    if (!std::has_single_bit(alignment)) trap("BlockGrid I1", "alignment %zu is no power of two", alignment);
    const std::size_t padding = (0 - block_size_) & (alignment - 1);
    if (block_size_ > kMost - padding) return;  // such a block cannot be had: a grid that fits none
    stride_ = block_size_ + padding;
    shift_ = std::countr_zero(stride_);
    const std::uint64_t odd = stride_ >> shift_;
    inverse_ = odd;  // right in its lowest 3 bits; each step of Newton's method doubles them
    for (int bits = 3; bits < 64; bits *= 2) inverse_ *= 2 - odd * inverse_;
  }

  // Bytes of `blocks` blocks with `record` bytes each beside them; 0 when there are no such sizes.
  std::size_t bytes(std::size_t blocks, std::size_t record) const noexcept {
    const std::size_t each = stride_ + record;
    return stride_ == 0 || blocks == 0 || blocks > (kMost - alignof(std::max_align_t)) / each
               ? 0
               : blocks * stride_ + (0 - blocks * stride_) % alignof(std::max_align_t) + blocks * record;
  }

  void place(std::byte* begin, std::size_t blocks) noexcept {
    begin_ = begin;
    blocks_ = blocks;
  }

  // The first byte past the blocks where records may lie.
  std::byte* records() const noexcept {
    const std::size_t used = blocks_ * stride_;
    return begin_ + used + (0 - used) % alignof(std::max_align_t);
  }

  // The number of the block that begins at `address`, or a number of at least blocks() for any other address.
  std::size_t index_of(const void* address) const noexcept {
    const std::uint64_t offset =
        reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(begin_);
    return std::rotr(offset * inverse_, shift_);
  }

  void* block(std::size_t index) const noexcept { return begin_ + index * stride_; }

  bool fits(std::size_t size, std::size_t alignment) const noexcept {
    return size <= block_size_ && alignment <= alignment_;
  }

  std::byte* begin() const noexcept { return begin_; }
  std::size_t blocks() const noexcept { return blocks_; }
  std::size_t block_size() const noexcept { return block_size_; }
  std::size_t alignment() const noexcept { return alignment_; }
  std::size_t stride() const noexcept { return stride_; }  // 0: no block of this size can exist

 private:
  static constexpr std::size_t kMost = std::numeric_limits<std::ptrdiff_t>::max();

  std::byte* begin_ = nullptr;
  std::size_t block_size_, alignment_;
  std::size_t stride_ = 0, blocks_ = 0;
  std::uint64_t inverse_ = 0;
  int shift_ = 0;
};

}  // namespace assay
