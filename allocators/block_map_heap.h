// A heap of equal blocks and a map with one bit for each: a request takes the first run of free blocks that
// is long enough. Simple enough to see what becomes of the free space: a laboratory for fragmentation.
//
//   used   1 1 1 1 0 0 1 1 1 0 0 0 1 0 0 0 0 0 …   live: runs of 2, 2, 3 and 1 blocks
//   last   0 1 0 1 0 0 0 0 1 0 0 0 1 0 0 0 0 0 …   the last block of each: 2 and 2, not 4
//                  free: 2    3       all above    fragmentation = 1 - largest free run / all free blocks
//
// Invariants
//   I1  A block is used when it lies in a live run; no two runs share a block.
//   I2  The last block of a run is marked, and no other: where a run ends is known without its size.
//   I3  All below lowest_ is used; the highest used block is below reach_, by one; only words_ words of each
//       map were ever written, and those reach so far.
//   I4  No free run that begins in a group of 4,096 blocks is longer than longest_ says of that group.
//   I5  counts() adds up the runs.
//
// Costs: allocate: O(blocks / 64) in the worst case, a word of 64 blocks a step from the lowest free block to
// the highest used one; groups are passed in one step while longest_, which is corrected when a search goes
// through a group in vain, says that nothing in them is long enough. deallocate: O(run / 64), also of the
// free runs beside it. fragmentation: O(blocks / 64). Two bits a block, at the end of the region; the rest
// of the last block of a run is lost to the request (with 64-byte blocks 32 bytes on average, where a
// boundary tag costs 8).
//
// Why first fit: it keeps live runs at low addresses, which is nearly as good as best fit against
// fragmentation (Johnstone and Wilson), and one scan decides it. Compare allocators/best_fit_heap.h, which
// finds its fit in O(log n). A buddy system would find it in O(log n) as well, but rounds sizes to powers of
// two.
//
// Does not: grow, move blocks, give pages back, share between threads.
//
// Source: Knuth, The Art of Computer Programming, vol. 1, 2.5 (first fit); Wilson et al., "Dynamic storage
// allocation: a survey and critical review", 1995, 3.9 (bitmapped fits).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>

#include "allocators/check.h"
#include "allocators/concept.h"

namespace assay {

class BlockMapHeap {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = false,
                                           .resets = true,
                                           .resizes = true,
                                           .knows_its_blocks = true,
                                           .counts = true,
                                           .takes_upstream = true,
                                           .traps_misuse = kChecked};
  static constexpr std::size_t kDefaultBlocks = std::size_t{1} << 20;
  static constexpr std::size_t kDefaultBlockSize = 64;

  explicit BlockMapHeap(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : BlockMapHeap(kDefaultBlocks, kDefaultBlockSize, upstream) {}
  // block_size: a power of two, at least 16; fewer than 2^32 blocks. The region is taken with the first
  // request, aligned to the block size.
  explicit BlockMapHeap(std::size_t blocks, std::size_t block_size,
                        std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : upstream_(upstream), block_size_(block_size), shift_(std::countr_zero(block_size)), blocks_(blocks) {
    if (block_size < 16 || !std::has_single_bit(block_size))
      trap("BlockMapHeap I1", "a block size of %zu is no power of two from 16 on", block_size);
  }
  ~BlockMapHeap() {
    if (region_ != nullptr) upstream_->deallocate(region_, region_size(), block_size_);
  }
  BlockMapHeap(const BlockMapHeap&) = delete;
  BlockMapHeap& operator=(const BlockMapHeap&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (region_ == nullptr && !take_region()) [[unlikely]]
      return nullptr;
    if (size > blocks_ << shift_ || alignment > blocks_ << shift_) return nullptr;
    const std::size_t count = blocks_of(size);
    const std::size_t first = find_run(count, alignment);
    if (first == blocks_) return nullptr;
    take(first, count);
    ++live_runs_;
    live_blocks_ += count;
    return region_ + (first << shift_);
  }

  void deallocate(void* run, std::size_t size, std::size_t) noexcept {
    if constexpr (kChecked) check_live(run, size);
    const std::size_t first = block_at(run), count = run_length(first);
    if constexpr (kChecked) overwrite(first, count);
    clear(used_, first, count);
    unset(last_, first + count - 1);
    lowest_ = std::min(lowest_, first);
    --live_runs_;
    live_blocks_ -= count;
    if (first + count == reach_) {
      lower_reach(first);
    } else {
      note_run(first);
    }
  }

  void* resize(void* run, std::size_t old_size, std::size_t old_alignment, std::size_t size,
               std::size_t alignment) noexcept {
    if constexpr (kChecked) check_live(run, old_size);
    if (size <= blocks_ << shift_ && (reinterpret_cast<std::uintptr_t>(run) & (alignment - 1)) == 0 &&
        resize_in_place(block_at(run), blocks_of(size)))
      return run;
    void* moved = allocate(size, alignment);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, run, std::min(old_size, size));
    deallocate(run, old_size, old_alignment);
    return moved;
  }

  void reset() noexcept {
    if constexpr (kChecked) overwrite(0, reach_);
    lowest_ = reach_ = words_ = 0;
    live_runs_ = live_blocks_ = 0;
  }

  bool owns(const void* address) const noexcept {
    const std::uintptr_t offset =
        reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(region_);
    if (region_ == nullptr || offset >= reach_ << shift_ || offset % block_size_ != 0) return false;
    const std::size_t block = offset >> shift_;
    return is_set(used_, block) && (block == 0 || !is_set(used_, block - 1) || is_set(last_, block - 1));
  }

  AllocatorCounts counts() const noexcept {
    return {live_runs_, live_blocks_ << shift_, region_ == nullptr ? 0 : region_size()};
  }

  // Bytes of the region from its start to the end of the highest live run, maps included.
  std::size_t extent() const noexcept { return (reach_ << shift_) + reach_ / 4; }

  // 1 - largest free run / all free blocks; 0 when nothing is free.
  double fragmentation() const noexcept {
    const std::size_t free = blocks_ - live_blocks_;
    return free == 0 ? 0 : 1 - static_cast<double>(largest_free_run()) / static_cast<double>(free);
  }

  std::size_t largest_free_run() const noexcept {  // in blocks
    std::size_t largest = 0;
    for (std::size_t at = lowest_; at < reach_;) {
      const std::size_t free = next(at, 0), end = next(free, ~std::uint64_t{0});
      largest = std::max(largest, end - free);
      at = end;
    }
    return std::max(largest, blocks_ - reach_);
  }

  void check_invariants() const {
    std::size_t runs = 0, blocks = 0;
    bool open = false;  // inside a run whose last block is still to come
    for (std::size_t i = 0; i < reach_; ++i) {
      const bool used = is_set(used_, i), last = is_set(last_, i);
      if (last && !used) trap("BlockMapHeap I2", "block %zu ends a run and is free", i);
      if (open && !used) trap("BlockMapHeap I1", "block %zu is free within a run", i);
      if (!used && i < lowest_) trap("BlockMapHeap I3", "block %zu is free below %zu", i, lowest_);
      runs += last;
      blocks += used;
      open = used && !last;
    }
    for (std::size_t at = next(0, 0); at < reach_;) {
      const std::size_t end = next(at, ~std::uint64_t{0});
      if (end - at > longest_[at / kGroup])
        trap("BlockMapHeap I4", "%zu free blocks from %zu on, more than %u", end - at, at,
             longest_[at / kGroup]);
      at = next(end, 0);
    }
    if (open) trap("BlockMapHeap I2", "the last run has no end below %zu", reach_);
    if (reach_ > blocks_ || lowest_ > reach_ || (reach_ > 0 && !is_set(used_, reach_ - 1)) ||
        reach_ > words_ * 64)
      trap("BlockMapHeap I3", "lowest %zu, reach %zu, %zu words of maps, %zu blocks", lowest_, reach_, words_,
           blocks_);
    for (std::size_t i = reach_; i < words_ * 64; ++i)
      if (is_set(used_, i) || is_set(last_, i))
        trap("BlockMapHeap I3", "block %zu is used or ends a run, beyond %zu", i, reach_);
    if (runs != live_runs_ || blocks != live_blocks_)
      trap("BlockMapHeap I5", "%zu runs of %zu blocks, but %zu of %zu counted", runs, blocks, live_runs_,
           live_blocks_);
  }

 private:
  using Map = std::uint64_t*;
  static constexpr std::size_t kGroup = 4096;  // blocks

  std::size_t blocks_of(std::size_t size) const { return size == 0 ? 1 : ((size - 1) >> shift_) + 1; }
  std::size_t map_words() const { return blocks_ / 64 + 1; }
  std::size_t region_size() const {
    return (blocks_ << shift_) + 2 * map_words() * sizeof(std::uint64_t) +
           (blocks_ / kGroup + 1) * sizeof(std::uint32_t);
  }
  std::size_t block_at(const void* run) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(run) - region_) >> shift_;
  }
  static bool is_set(const std::uint64_t* map, std::size_t i) { return (map[i / 64] >> i % 64 & 1) != 0; }
  static void unset(Map map, std::size_t i) { map[i / 64] &= ~(std::uint64_t{1} << i % 64); }

  // Calls change(word, bits) for the bits [first, first + count).
  template <class Change>
  static void for_bits(Map map, std::size_t first, std::size_t count, Change change) {
    const std::size_t end = first + count;
    for (std::size_t at = first; at < end;) {
      const std::size_t next_word = (at / 64 + 1) * 64, stop = std::min(end, next_word);
      const std::uint64_t upper = stop % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << stop % 64) - 1;
      change(map[at / 64], upper & (~std::uint64_t{0} << at % 64));
      at = stop;
    }
  }
  static void set(Map map, std::size_t first, std::size_t count) {
    for_bits(map, first, count, [](std::uint64_t& word, std::uint64_t bits) { word |= bits; });
  }
  static void clear(Map map, std::size_t first, std::size_t count) {
    for_bits(map, first, count, [](std::uint64_t& word, std::uint64_t bits) { word &= ~bits; });
  }

  // The first block from `at` on that is free (flip 0: a clear bit) or used (flip all ones); reach_ if none.
  std::size_t next(std::size_t at, std::uint64_t flip) const {
    if (at >= reach_) return reach_;
    std::size_t word = at / 64;
    std::uint64_t bits = ~(used_[word] ^ flip) & (~std::uint64_t{0} << at % 64);
    while (bits == 0) {
      if (++word * 64 >= reach_) return reach_;
      bits = ~(used_[word] ^ flip);
    }
    return std::min(reach_, word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
  }

  // First block of the first free run of `count` that begins aligned; blocks_ when there is none.
  std::size_t find_run(std::size_t count, std::size_t alignment) {
    lowest_ = next(lowest_, 0);
    for (std::size_t at = lowest_; at < reach_;) {
      std::uint32_t& known = longest_[at / kGroup];
      const std::size_t group_end = (at / kGroup + 1) * kGroup;
      if (known < count) {  // what is left of a run from the group below is too short as well
        at = next(group_end, 0);
        continue;
      }
      std::size_t longest = 0;
      while (at < std::min(group_end, reach_)) {
        const std::size_t end = next(at, ~std::uint64_t{0}), first = aligned(at, alignment);
        if (first < end && count <= end - first) return first;
        longest = std::max(longest, end - at);
        at = next(end, 0);
      }
      known = static_cast<std::uint32_t>(longest);
    }
    const std::size_t first = aligned(reach_, alignment);
    return first <= blocks_ && count <= blocks_ - first ? first : blocks_;
  }

  std::size_t aligned(std::size_t block, std::size_t alignment) const {
    if (alignment <= block_size_) return block;
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(region_) + (block << shift_);
    return block + (((0 - address) & (alignment - 1)) >> shift_);
  }

  void take(std::size_t first, std::size_t count) {
    const std::size_t end = first + count, old_reach = reach_;
    for (; words_ * 64 < end; ++words_) {
      used_[words_] = last_[words_] = 0;
      if (words_ * 64 % kGroup == 0) longest_[words_ * 64 / kGroup] = 0;
    }
    set(used_, first, count);
    set(last_, end - 1, 1);
    reach_ = std::max(reach_, end);
    if (first > old_reach) note_run(old_reach);
    // What is left of the free run may begin in another group than the whole did.
    const bool cut_within = first > 0 && !is_set(used_, first - 1);
    if ((cut_within || end / kGroup != first / kGroup) && end < reach_ && !is_set(used_, end)) note_run(end);
  }

  // Block `at` is free, below reach_, and its run was not free as a whole before (I4).
  void note_run(std::size_t at) {
    std::size_t word = at / 64;
    std::uint64_t below = used_[word] & ((std::uint64_t{1} << at % 64) - 1);
    while (below == 0 && word > 0) below = used_[--word];
    const std::size_t begin = below == 0 ? 0 : word * 64 + static_cast<std::size_t>(std::bit_width(below));
    const std::size_t length = next(at, ~std::uint64_t{0}) - begin;
    std::uint32_t& known = longest_[begin / kGroup];
    known = std::max(known, static_cast<std::uint32_t>(length));
  }

  std::size_t run_length(std::size_t first) const {
    std::size_t word = first / 64;
    std::uint64_t bits = last_[word] & (~std::uint64_t{0} << first % 64);
    while (bits == 0) bits = last_[++word];
    return word * 64 + static_cast<std::size_t>(std::countr_zero(bits)) - first + 1;
  }

  // Nothing is used from `end` on: down to the last used block below it.
  void lower_reach(std::size_t end) {
    std::size_t word = end / 64;
    std::uint64_t bits = end % 64 == 0 ? 0 : used_[word] & ((std::uint64_t{1} << end % 64) - 1);
    while (bits == 0 && word > 0) bits = used_[--word];
    reach_ = bits == 0 ? 0 : word * 64 + static_cast<std::size_t>(std::bit_width(bits));
    lowest_ = std::min(lowest_, reach_);
  }

  bool resize_in_place(std::size_t first, std::size_t count) {
    const std::size_t old = run_length(first), end = first + old;
    if (count > old) {
      const std::size_t more = count - old;
      const std::size_t free_until = end >= reach_ ? blocks_ : next(end, ~std::uint64_t{0});
      if (free_until < end || free_until - end < more) return false;
      unset(last_, end - 1);
      take(end, more);
    } else if (count < old) {
      if constexpr (kChecked) overwrite(first + count, old - count);
      clear(used_, first + count, old - count);
      unset(last_, end - 1);
      set(last_, first + count - 1, 1);
      lowest_ = std::min(lowest_, first + count);
      if (end == reach_) {
        reach_ = first + count;
      } else {
        note_run(first + count);
      }
    }
    live_blocks_ += count - old;
    return true;
  }

  [[gnu::cold]] bool take_region() noexcept {
    if (blocks_ == 0 || blocks_ > UINT32_MAX || blocks_ > (std::size_t{PTRDIFF_MAX} >> shift_) / 2)
      return false;
    try {
      region_ = static_cast<std::byte*>(upstream_->allocate(region_size(), block_size_));
    } catch (...) {
      return false;
    }
    used_ = reinterpret_cast<Map>(region_ + (blocks_ << shift_));
    last_ = used_ + map_words();
    longest_ = reinterpret_cast<std::uint32_t*>(last_ + map_words());
    return true;
  }

  void check_live(const void* run, std::size_t size) const {
    if (!owns(run)) trap("BlockMapHeap I1", "%p is no live block of this heap", run);
    const std::size_t count = run_length(block_at(run));
    if (blocks_of(size) != count)
      trap("BlockMapHeap I2", "%p has %zu blocks of %zu bytes, not %zu bytes", run, count, block_size_, size);
  }

  // What blocks held must not look valid after their end.
  void overwrite(std::size_t first, std::size_t count) {
    if (count > 0) std::memset(region_ + (first << shift_), 0xdd, count << shift_);
  }

  std::pmr::memory_resource* upstream_;
  std::size_t block_size_;
  int shift_;
  std::size_t blocks_;  // of the region
  std::byte* region_ = nullptr;
  Map used_ = nullptr, last_ = nullptr;
  std::uint32_t* longest_ = nullptr;
  std::size_t lowest_ = 0, reach_ = 0, words_ = 0;  // words_: of each map that hold valid bits
  std::size_t live_runs_ = 0, live_blocks_ = 0;
};

static_assert(Allocator<BlockMapHeap>);

}  // namespace assay
