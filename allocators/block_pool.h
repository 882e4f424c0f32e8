// Block pool: N blocks of one size in one region, handed out and taken back in O(1).
//
// The addresses of the free blocks lie in a stack beside the blocks, not in a list through them:
//
//   | block 0 | block 1 | … | block N-1 | free stack: N addresses | (checked build: N marks) |
//   begin               ^fresh           ^bottom    ^top
//
// A list through the blocks costs nothing to keep, but each allocation must load the link from the block that
// it hands out: a cache miss whenever that block is cold, and the next allocation waits for it. Here the
// loads are side by side in the stack and depend on nothing but `top`, so that several run at once; no block
// is touched by the pool at all, blocks may be as small as a byte, and a write after free cannot break the
// free list. The price is 8 bytes a block. The stack starts empty and is fed from `fresh` in small groups, so
// construction is O(1) and untouched blocks stay untouched pages; what was freed last is used first.
//
// Invariants
//   I1  every address on the stack is that of a block below `fresh`
//   I2  no block is on the stack twice
//   I3  blocks below `fresh` = live blocks + blocks on the stack ≤ N
//   I4  deallocate gets a live block of this pool, with a size and an alignment that the pool serves
//
// Costs: allocate 10 instructions and deallocate 4; owns O(free blocks); counts O(1), as no counter is kept:
// I3 gives it. In the checked build I4 is kept up by one mark a block, and owns is O(1) too.
//
// The region comes from the upstream when the pool is constructed, once. When the upstream fails, the pool is
// empty, and each allocation tries again. Or it is the caller's buffer: then no heap is used at all, and as
// many blocks fit as there is room for. Destruction gives the region back, whatever is still handed out.
//
// It does not grow, does not move, and is not thread-safe (shared_block_pool.h is). size 0 gets a block.
// Sources: Kenwright, "Fast Efficient Fixed-Size Memory Pool" (2012), for the lazy start; the stack instead
// of a list is that of Bonwick and Adams, "Magazines and Vmem" (2001), section 3.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <span>

#include "allocators/block_grid.h"
#include "allocators/check.h"
#include "allocators/concept.h"

namespace assay {

class BlockPool {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = false,
                                           .knows_its_blocks = true,
                                           .counts = true,
                                           .takes_upstream = true,
                                           .pools = true,
                                           .bounded = true,
                                           .traps_misuse = kChecked};

  explicit BlockPool(PoolGeometry geometry = {},
                     std::pmr::memory_resource* upstream = std::pmr::new_delete_resource()) noexcept
      : grid_(geometry.block_size, geometry.alignment), wanted_(geometry.blocks), upstream_(upstream) {
    acquire();
  }

  // In the caller's buffer, which must outlive the pool. What does not fit is not there: see capacity().
  explicit BlockPool(std::span<std::byte> buffer, std::size_t block_size = 64,
                     std::size_t alignment = 16) noexcept
      : grid_(block_size, alignment), wanted_(0), upstream_(nullptr) {
    const std::size_t each = std::max(alignment, alignof(void*));
    const std::size_t skipped = (0 - reinterpret_cast<std::uintptr_t>(buffer.data())) & (each - 1);
    if (skipped >= buffer.size() || grid_.stride() == 0) return;
    const std::size_t room = buffer.size() - skipped;
    std::size_t blocks = room / (grid_.stride() + kRecord);
    while (grid_.bytes(blocks, kRecord) > room) --blocks;
    reserved_ = buffer.size();
    occupy(buffer.data() + skipped, blocks);
  }

  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  ~BlockPool() {
    if (upstream_ != nullptr && grid_.begin() != nullptr)
      upstream_->deallocate(grid_.begin(), reserved_, region_alignment());
  }

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (!grid_.fits(size, alignment)) [[unlikely]]
      return nullptr;
    if (top_ == bottom_ && !feed()) [[unlikely]]
      return nullptr;
    void* block = *--top_;
    if constexpr (kChecked) mark(block) = kLive;
    return block;
  }

  void deallocate(void* block, [[maybe_unused]] std::size_t size,
                  [[maybe_unused]] std::size_t alignment) noexcept {
    if constexpr (kChecked) expect_live(block, size, alignment);
    *top_++ = block;
  }

  bool owns(const void* address) const noexcept {
    const std::size_t index = grid_.index_of(address);
    if (index >= fresh_) return false;
    if constexpr (kChecked) return marks_[index] == kLive;
    return std::find(bottom_, top_, address) == top_;
  }

  AllocatorCounts counts() const noexcept {
    const std::size_t live = fresh_ - static_cast<std::size_t>(top_ - bottom_);
    return {.live_blocks = live, .live_bytes = live * grid_.block_size(), .reserved = reserved_};
  }

  std::size_t capacity() const noexcept { return grid_.blocks(); }  // in blocks; 0 while there is no region
  std::size_t block_size() const noexcept { return grid_.block_size(); }
  std::size_t alignment() const noexcept { return grid_.alignment(); }

  // Uses the first byte of each free block, which is nobody's. O(free blocks); O(N) in the checked build.
  void check_invariants() const {
    const auto free_blocks = static_cast<std::size_t>(top_ - bottom_);
    if (top_ < bottom_ || free_blocks > fresh_ || fresh_ > grid_.blocks())
      trap("BlockPool I3", "%zu blocks on the stack, %zu ever used, of %zu", free_blocks, fresh_,
           grid_.blocks());
    for (void** entry = bottom_; entry != top_; ++entry) {
      if (grid_.index_of(*entry) >= fresh_)
        trap("BlockPool I1", "%p is on the free stack and no block", *entry);
      *static_cast<std::byte*>(*entry) = std::byte{0};
    }
    for (void** entry = bottom_; entry != top_; ++entry) {
      auto& seen = *static_cast<std::byte*>(*entry);
      if (seen != std::byte{0}) trap("BlockPool I2", "block %p is on the free stack twice", *entry);
      seen = std::byte{1};
      if constexpr (kChecked)
        if (mark(*entry) != kFree)
          trap("BlockPool I4", "block %p is on the free stack and marked as live", *entry);
    }
    if constexpr (kChecked) {
      const auto live = static_cast<std::size_t>(std::count(marks_, marks_ + fresh_, kLive));
      if (live != fresh_ - free_blocks)
        trap("BlockPool I4", "%zu live blocks and %zu marks", fresh_ - free_blocks, live);
    }
  }

 private:
  static constexpr std::size_t kRecord = sizeof(void*) + (kChecked ? 1 : 0);  // bytes beside each block
  static constexpr std::size_t kGroup = 32;  // blocks fed to the stack at a time: few pages, few calls
  static constexpr unsigned char kFree = 0, kLive = 1;

  std::size_t region_alignment() const noexcept {
    return std::max(grid_.alignment(), alignof(std::max_align_t));
  }

  void occupy(std::byte* begin, std::size_t blocks) noexcept {
    grid_.place(begin, blocks);
    bottom_ = top_ = reinterpret_cast<void**>(grid_.records());
    if constexpr (kChecked) {
      marks_ = reinterpret_cast<unsigned char*>(bottom_ + blocks);
      std::fill_n(marks_, blocks, kFree);
    }
  }

  [[gnu::cold]] bool acquire() noexcept {
    const std::size_t bytes = grid_.bytes(wanted_, kRecord);
    if (bytes == 0) return false;
    try {
      void* region = upstream_->allocate(bytes, region_alignment());
      reserved_ = bytes;
      occupy(static_cast<std::byte*>(region), wanted_);
    } catch (...) {
      return false;
    }
    return true;
  }

  // Puts the next blocks that were never used on the empty stack, the lowest on top.
  [[gnu::noinline]] bool feed() noexcept {
    if (grid_.begin() == nullptr && (upstream_ == nullptr || !acquire())) return false;
    const std::size_t group = std::min(kGroup, grid_.blocks() - fresh_);
    for (std::size_t i = group; i-- > 0;) *top_++ = grid_.block(fresh_ + i);
    fresh_ += group;
    return group > 0;
  }

  unsigned char& mark(const void* block) const noexcept { return marks_[grid_.index_of(block)]; }

  void expect_live(void* block, std::size_t size, std::size_t alignment) noexcept {
    if (grid_.index_of(block) >= fresh_) trap("BlockPool I4", "%p is not a block of this pool", block);
    if (mark(block) != kLive) trap("BlockPool I4", "block %p is freed twice", block);
    if (!grid_.fits(size, alignment))
      trap("BlockPool I4", "block %p is freed as (%zu, %zu), blocks are (%zu, %zu)", block, size, alignment,
           grid_.block_size(), grid_.alignment());
    mark(block) = kFree;
  }

  void** top_ = nullptr;  // one past the last free address
  void** bottom_ = nullptr;
  BlockGrid grid_;
  std::size_t fresh_ = 0;  // number of the first block that was never on the stack
  std::size_t wanted_;
  std::size_t reserved_ = 0;
  std::pmr::memory_resource* upstream_;  // null in a caller's buffer
  unsigned char* marks_ = nullptr;       // checked build only
};

static_assert(Allocator<BlockPool>);

}  // namespace assay
