// A heap of one contiguous region that gives every request the smallest free block it fits, and among equal
// ones that of the lowest address.
//
// Idea: the free blocks are nodes of balanced search trees keyed by (size, address), threaded through the
// free blocks themselves (allocators/free_bins.h): the heap has no memory but its region. A block that is
// freed merges with free neighbours at once, which boundary tags tell it about.
//
//   live   | size below* | size + flags | contents …                         | <- the block above begins here
//   free   | contents of | size + flags | left | right | unused …     | size | <- read by the block above
//            the block below            ^ 16-aligned: what allocate returns
//
// The word before the tag belongs to the block below: its contents while it is live, its size once it is
// free. So a live block costs 8 bytes, and the least block is 32, of which 24 can be used: as in dlmalloc.
// With marks, one bit for each 16 bytes at the end of the region says where the contents of a live block
// begin; a heap without them cannot tell its blocks from other addresses, and saves their 0.8 %.
//
// Invariants
//   I1  Blocks tile the region: sizes are multiples of 16, at least 32, and end at a tag of size 0.
//   I2  Of two neighbours one is live.
//   I3  A tag knows whether the block below is live, and if not, the word before it knows its size.
//   I4  The free blocks are the nodes of the trees, each in its own (free_bins.h, avl_tree.h).
//   I5  counts() adds up the live blocks, and marked are their beginnings and nothing else.
//
// Costs: O(log f) for f free blocks: a search, and an insertion or a removal for each free block that begins
// or ends, three at most, of 1.44 log2 f comparisons each. An alignment above 16 takes up to nine searches
// more; and where no free block has room wherever it begins, one for each free block of at least that size.
// owns, counts, extent, reset: O(1). The region is touched only as far as blocks reach.
//
// Why best fit, equal sizes by address, and merging at once: over real programs this leaves the least
// fragmentation of all policies (Johnstone and Wilson). Lists by size and delayed merging are faster.
//
// Does not: grow, move blocks, give pages back, share between threads. The size given to deallocate is
// checked in the checked build and not used in others.
//
// Source: Knuth, The Art of Computer Programming, vol. 1, 2.5 (best fit, boundary tags); Johnstone and
// Wilson, "The memory fragmentation problem: solved?", 1998; D. Lea, "A memory allocator", 1996 (tags).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>

#include "allocators/block_marks.h"
#include "allocators/check.h"
#include "allocators/concept.h"
#include "allocators/free_bins.h"

namespace assay {

// Before: how free blocks are ordered; another one may count the comparisons. kMarks: owns() exists, and the
// checked build needs it.
template <class Before = SizeThenAddress, bool kMarks = kChecked>
class BasicBestFitHeap {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = false,
                                           .resets = true,
                                           .resizes = true,
                                           .knows_its_blocks = kMarks,
                                           .counts = true,
                                           .takes_upstream = true,
                                           .traps_misuse = kChecked && kMarks};
  static constexpr std::size_t kDefaultRegion = std::size_t{64} << 20;
  static constexpr std::size_t kGranule = 16;
  static constexpr std::size_t kLeast = 32;  // smallest block, tag included

  explicit BasicBestFitHeap(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : BasicBestFitHeap(kDefaultRegion, upstream) {}
  // A region of so many bytes, taken from upstream with the first block; null while upstream refuses.
  explicit BasicBestFitHeap(std::size_t region,
                            std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : upstream_(upstream), region_size_(region) {}
  // In the caller's memory, which outlives the heap.
  explicit BasicBestFitHeap(std::span<std::byte> region)
      : region_(region.data()), region_size_(region.size()) {
    divide();
  }
  ~BasicBestFitHeap() {
    if (upstream_ != nullptr && region_ != nullptr) upstream_->deallocate(region_, region_size_, kGranule);
  }
  BasicBestFitHeap(const BasicBestFitHeap&) = delete;
  BasicBestFitHeap& operator=(const BasicBestFitHeap&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (size >= limit_ || alignment > kGranule) [[unlikely]]
      return allocate_rare(size, alignment);
    const std::size_t needed = block_size(size);
    Block* block = bins_.take_best_fit(needed);
    if (block == nullptr) return nullptr;
    return put(block, block->size(), needed);
  }

  void deallocate(void* contents, std::size_t size, std::size_t) noexcept {
    if constexpr (kTraits.traps_misuse) check_live(contents, size);
    Block* block = Block::of(contents);
    if constexpr (kTraits.traps_misuse) overwrite(block, kTag);
    if constexpr (kMarks) marks_.unset(contents);
    --live_blocks_;
    std::size_t total = block->size();
    live_bytes_ -= total - kTag;
    Block* above = block->after(total);
    if (!block->follows_live()) {
      block = block->below();
      bins_.erase(block);
      total += block->size();
    }
    if (!above->live()) {
      bins_.erase(above);
      total += above->size();
      above = block->after(total);
    }
    add(block, total);
    above->tag &= ~kFollowsLive;
  }

  void* resize(void* contents, std::size_t old_size, std::size_t old_alignment, std::size_t size,
               std::size_t alignment) noexcept {
    if constexpr (kTraits.traps_misuse) check_live(contents, old_size);
    if (size < limit_ && (reinterpret_cast<std::uintptr_t>(contents) & (alignment - 1)) == 0 &&
        resize_in_place(Block::of(contents), block_size(size)))
      return contents;
    void* moved = allocate(size, alignment);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, contents, old_size < size ? old_size : size);
    deallocate(contents, old_size, old_alignment);
    return moved;
  }

  void reset() noexcept {
    if constexpr (kTraits.traps_misuse)
      for (Block* block = first_; block != end_; block = block->after(block->size()))
        if (block->live()) overwrite(block, kTag);
    if (region_ != nullptr) divide();
  }

  bool owns(const void* address) const noexcept requires(kMarks) { return marks_.has(address); }

  AllocatorCounts counts() const noexcept {
    return {live_blocks_, live_bytes_, region_ == nullptr ? 0 : region_size_};
  }

  // Bytes of the region from its start to the end of the highest live block, marks included.
  std::size_t extent() const noexcept {
    if (live_blocks_ == 0) return 0;
    const std::size_t blocks = blocks_size_ - (end_->follows_live() ? 0 : end_->size_below);
    return kTag + blocks + (kMarks ? BlockMarks::bytes_for(blocks) : 0);
  }

  // 1 - largest free block / all free; 0 when nothing is free.
  double fragmentation() const noexcept {
    const std::size_t free = blocks_size_ - live_bytes_ - live_blocks_ * kTag;
    if (free == 0) return 0;
    return 1 - static_cast<double>(bins_.largest()->size()) / static_cast<double>(free);
  }

  void check_invariants() const {
    if (limit_ == 0) return;  // no region, or one that is too small for a block
    std::size_t free = 0, in_trees = 0, live = 0, live_bytes = 0;
    const Block* below = nullptr;
    for (const Block* block = first_; block != end_; below = block, block = block->after(block->size())) {
      const std::size_t room = bytes_between(block, end_), size = block->size();
      if (size < kLeast || size > room)
        trap("BestFitHeap I1", "the block at %p has %zu bytes of the %zu left", address_of(block), size,
             room);
      if (below != nullptr) check_tags(below, block);
      if (block->live()) {
        ++live;
        live_bytes += size - kTag;
        if (kMarks && !marks_.has(block->contents()))
          trap("BestFitHeap I5", "no mark for the block at %p", address_of(block));
      } else {
        ++free;
      }
    }
    if (!first_->follows_live())
      trap("BestFitHeap I3", "the tag of %p, the first block, says that a free one is below",
           address_of(first_));
    if (end_->tag >> 4 != 0) trap("BestFitHeap I1", "the last tag is %zx", end_->tag);
    if (below != nullptr) check_tags(below, end_);
    bins_.check("BestFitHeap I4", [&](const Block& block) {
      ++in_trees;
      if (block.live()) trap("BestFitHeap I4", "the block at %p is live and in a tree", address_of(&block));
    });
    if (free != in_trees) trap("BestFitHeap I4", "%zu free blocks, %zu of them in trees", free, in_trees);
    if (live != live_blocks_ || live_bytes != live_bytes_)
      trap("BestFitHeap I5", "%zu live blocks of %zu bytes, but %zu of %zu counted", live, live_bytes,
           live_blocks_, live_bytes_);
    if (kMarks && marks_.count() != live)
      trap("BestFitHeap I5", "%zu live blocks and %zu marks", live, marks_.count());
  }

 private:
  static constexpr std::size_t kTag = sizeof(std::size_t);
  // Low bits of a tag: two flags, and the lean of a free block as a node of its tree.
  static constexpr std::size_t kLive = 1, kFollowsLive = 2, kFlags = 15;
  static constexpr unsigned kLeanShift = 2;
  static constexpr int kAlignedTries = 8;
  static constexpr int kEnded = 0xdd;

  struct Block {
    std::size_t size_below;  // valid unless follows_live(): the block below owns this word while it is live
    std::size_t tag;
    Block* child[2];  // of a free block: of its tree; of a live one: its contents begin here

    static Block* of(void* contents) {
      return reinterpret_cast<Block*>(static_cast<std::byte*>(contents) - offsetof(Block, child));
    }
    void* contents() { return child; }
    const void* contents() const { return child; }
    std::size_t size() const { return tag & ~kFlags; }
    bool live() const { return (tag & kLive) != 0; }
    bool follows_live() const { return (tag & kFollowsLive) != 0; }
    unsigned lean() const { return static_cast<unsigned>(tag >> kLeanShift) & 3; }
    void set_lean(unsigned lean) {
      tag = (tag & ~(std::size_t{3} << kLeanShift)) | std::size_t{lean} << kLeanShift;
    }
    Block* after(std::size_t bytes) {
      return reinterpret_cast<Block*>(reinterpret_cast<std::byte*>(this) + bytes);
    }
    const Block* after(std::size_t bytes) const { return const_cast<Block*>(this)->after(bytes); }
    Block* below() { return reinterpret_cast<Block*>(reinterpret_cast<std::byte*>(this) - size_below); }
    FreeKey key() const { return {size(), reinterpret_cast<std::uintptr_t>(this)}; }
  };
  static_assert(sizeof(Block) == kLeast && kLeast - kTag >= 2 * sizeof(Block*) + kTag);

  using Bins = FreeBins<Block, Before>;

  static std::size_t block_size(std::size_t size) {
    const std::size_t rounded = (size + kTag + kGranule - 1) & ~(kGranule - 1);
    return rounded < kLeast ? kLeast : rounded;
  }

  // [block, block + size) becomes a free block; both its neighbours are live (I2).
  void add(Block* block, std::size_t size) {
    block->tag = size | kFollowsLive;
    block->after(size)->size_below = size;
    bins_.insert(block);
  }

  // Makes a live block of the first `needed` of `size` bytes that are in no tree, and frees the rest.
  void* put(Block* block, std::size_t size, std::size_t needed) {
    const std::size_t rest = size - needed;
    if (rest >= kLeast) {
      add(block->after(needed), rest);
      size = needed;
    } else {
      block->after(size)->tag |= kFollowsLive;
    }
    block->tag = size | kLive | kFollowsLive;
    ++live_blocks_;
    live_bytes_ += size - kTag;
    if constexpr (kMarks) marks_.set(block->contents(), size);
    return block->contents();
  }

  // The first request of all, too large ones, and alignments above 16.
  [[gnu::noinline]] void* allocate_rare(std::size_t size, std::size_t alignment) noexcept {
    if (region_ == nullptr && !take_region()) return nullptr;
    if (size >= limit_ || alignment > region_size_) return nullptr;
    if (alignment <= kGranule) return allocate(size, alignment);
    const std::size_t needed = block_size(size);
    // The best fit whose contents happen to be aligned, or with room for it: a hole that an aligned block
    // left is used again. After so many in vain, one that has room wherever it begins; without such a block
    // every other one that might do, lest a request that fits is refused.
    FreeKey key{needed, 0};
    for (int tries = 0;; ++tries) {
      if (tries == kAlignedTries)
        if (Block* const roomy = bins_.best_fit({needed + alignment + kLeast, 0}))
          return put_aligned(roomy, alignment, needed);
      Block* const block = bins_.best_fit(key);
      if (block == nullptr) return nullptr;
      if (lead(block, alignment) + needed <= block->size()) return put_aligned(block, alignment, needed);
      key = {block->size(), reinterpret_cast<std::uintptr_t>(block) + 1};
    }
  }

  // Bytes of a free block to leave in front of an aligned one: none, or enough for a block.
  static std::size_t lead(Block* block, std::size_t alignment) {
    const auto contents = reinterpret_cast<std::uintptr_t>(block->contents());
    const std::size_t distance = (0 - contents) & (alignment - 1);
    return distance == 0 || distance >= kLeast ? distance : distance + alignment;
  }

  void* put_aligned(Block* block, std::size_t alignment, std::size_t needed) {
    bins_.erase(block);
    const std::size_t size = block->size(), front = lead(block, alignment);
    if (front == 0) return put(block, size, needed);
    Block* aligned = block->after(front);
    void* contents = put(aligned, size - front, needed);
    add(block, front);
    aligned->tag &= ~kFollowsLive;
    return contents;
  }

  bool resize_in_place(Block* block, std::size_t needed) {
    const std::size_t size = block->size();
    Block* above = block->after(size);
    std::size_t room = size;
    if (!above->live()) room += above->size();
    if (needed > room) return false;
    if (!above->live() && (needed > size || size - needed >= kGranule)) {
      bins_.erase(above);  // to be made anew, larger or smaller, where the block will end
    } else {
      room = size;
    }
    if constexpr (kTraits.traps_misuse)
      if (needed < size) overwrite(block, needed);
    const std::size_t rest = room - needed;
    std::size_t taken = room;
    if (rest >= kLeast) {
      taken = needed;
      add(block->after(taken), rest);
      block->after(room)->tag &= ~kFollowsLive;
    } else {
      block->after(room)->tag |= kFollowsLive;
    }
    block->tag = taken | (block->tag & kFlags);
    live_bytes_ += taken - size;
    if constexpr (kMarks) marks_.reach(block->contents(), taken);
    return true;
  }

  [[gnu::cold]] bool take_region() noexcept {
    if (upstream_ == nullptr || region_size_ > PTRDIFF_MAX) return false;
    try {
      region_ = static_cast<std::byte*>(upstream_->allocate(region_size_, kGranule));
    } catch (...) {
      return false;
    }
    divide();
    return true;
  }

  // One free block over the whole region. Contents are 16-aligned, the first tag is in front of them.
  void divide() {
    bins_.clear();
    live_blocks_ = live_bytes_ = limit_ = blocks_size_ = 0;
    const std::size_t skipped = (0 - reinterpret_cast<std::uintptr_t>(region_)) & (kGranule - 1);
    constexpr std::size_t kEnds = 2 * offsetof(Block, child);  // below the first contents, and the last tag
    std::size_t bytes = region_size_ < skipped + kEnds ? 0 : region_size_ - skipped - kEnds;
    if (kMarks) bytes -= bytes < BlockMarks::bytes_for(bytes) ? bytes : BlockMarks::bytes_for(bytes);
    bytes &= ~(kGranule - 1);
    if (bytes < kLeast) return;
    blocks_size_ = bytes;
    first_ = reinterpret_cast<Block*>(region_ + skipped);
    end_ = first_->after(blocks_size_);
    marks_.place(reinterpret_cast<std::uint64_t*>(end_->contents()), first_->contents());
    end_->tag = kLive;
    add(first_, blocks_size_);
    limit_ = blocks_size_ - kTag + 1;
  }

  static const void* address_of(const Block* block) { return block; }
  static std::size_t bytes_between(const Block* low, const Block* high) {
    return reinterpret_cast<std::uintptr_t>(high) - reinterpret_cast<std::uintptr_t>(low);
  }

  static void check_tags(const Block* below, const Block* block) {
    if (!below->live() && !block->live() && block->size() != 0)
      trap("BestFitHeap I2", "%p and %p are free neighbours", address_of(below), address_of(block));
    if (block->follows_live() != below->live())
      trap("BestFitHeap I3", "the tag of %p is wrong about the block below", address_of(block));
    if (!below->live() && block->size_below != below->size())
      trap("BestFitHeap I3", "%p says %zu bytes below, there are %zu", address_of(block), block->size_below,
           below->size());
  }

  void check_live(void* contents, std::size_t size) const {
    if (!marks_.has(contents)) trap("BestFitHeap I5", "%p is no live block of this heap", contents);
    const Block* block = Block::of(contents);
    if (size > block->size() - kTag || block_size(size) + kGranule < block->size())
      trap("BestFitHeap I1", "%p has %zu bytes, not %zu", contents, block->size() - kTag, size);
    if (!block->after(block->size())->follows_live())
      trap("BestFitHeap I3", "the tag after %p was overwritten", contents);
  }

  // What a block held from byte `from` on, tag included, must not look valid after its end.
  static void overwrite(Block* block, std::size_t from) {
    std::memset(static_cast<std::byte*>(block->contents()) + (from - kTag), kEnded, block->size() - from);
  }

  std::size_t limit_ = 0;  // requests of so many bytes or more are refused; 0 before there is a region
  Block* first_ = nullptr;
  Block* end_ = nullptr;
  std::size_t live_blocks_ = 0, live_bytes_ = 0, blocks_size_ = 0;
  std::pmr::memory_resource* upstream_ = nullptr;
  std::byte* region_ = nullptr;
  std::size_t region_size_ = 0;
  BlockMarks marks_;  // idle without kMarks
  Bins bins_;
};

using BestFitHeap = BasicBestFitHeap<>;

static_assert(Allocator<BestFitHeap>);

}  // namespace assay
