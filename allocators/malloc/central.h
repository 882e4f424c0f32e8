// Where threads get objects of a class from, and bring back what is too much for them.
//
// Each class has its lock and two lists of blocks with free objects: partial ones, and sparse ones of which
// at most an eighth is live. Room for a class is looked for, in this order, in
//   1. its partial blocks, then its sparse ones: so that the sparse ones have a chance to become empty
//   2. empty blocks that have pages, then holes of mixed blocks (small classes)
//   3. sparse blocks of another class, which becomes mixed with that (small classes)
//   4. fresh memory
// A block that becomes empty goes back to the space. The free pages of sparse blocks go back to the system
// before the heap grows (ThreadCache::sweep), and at once only from wide blocks and not without end: many
// blocks that become sparse are empty or full soon.
//
// Order of locks: one class, mixed blocks, the space, metadata. Never two classes.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allocators/malloc/block.h"
#include "allocators/malloc/block_map.h"
#include "allocators/malloc/lock.h"
#include "allocators/malloc/metadata.h"
#include "allocators/malloc/mixed_block.h"
#include "allocators/malloc/size_classes.h"
#include "allocators/malloc/space.h"

namespace assay::drop_in {

// All mixed blocks, in lists by the longest hole that they may have.
class MixedBlocks {
 public:
  // Objects in a hole of some mixed block; no mask if none was found soon.
  Batch take(unsigned size_class) noexcept {
    const Guard guard(lock_);
    const ClassFacts& facts = kFacts[size_class];
    int tries = 0;
    for (int list = list_of(size_class); list < kLists && tries < kTries; ++list) {
      for (BlockInfo* block = lists_[list].first(); block != nullptr && tries < kTries; ++tries) {
        BlockInfo* next = block->next;
        std::uint32_t longest;
        const Batch batch =
            MixedBlock(*block).take(size_class, facts.batch < 64 ? facts.batch : 64, &longest);
        if (batch.mask != 0) {
          block->dirty = 0;
          return batch;
        }
        move(*block, static_cast<int>(std::bit_width(longest)));
        block = next;
      }
    }
    return {nullptr, 0};
  }

  // Makes a uniform block, of which the caller holds the lock of its class, mixed.
  bool adopt(BlockInfo& block) noexcept {
    const Guard guard(lock_);
    auto* classes = static_cast<std::uint8_t*>(pages_.take());
    if (classes == nullptr) return false;
    std::memset(classes, 0, kGranules);
    MixedBlock::make(block, classes);
    BlockMap::set_kind(block, kMixed);
    block.list = kLists - 1;
    lists_[kLists - 1].push(block);
    return true;
  }

  void give(void* const* objects, std::size_t count) noexcept {
    const Guard guard(lock_);
    for (std::size_t i = 0; i < count; ++i) give(objects[i]);
  }

  void discard_sparse() noexcept {
    const Guard guard(lock_);
    for (const BlockList& list : lists_)
      for (BlockInfo* block = list.first(); block != nullptr; block = block->next)
        if (block->dirty >= kPage) discard(*block);
  }

  Lock& lock() noexcept { return lock_; }

 private:
  static constexpr std::uint32_t kSparse = kGranules / 2;

  // List n has the blocks whose longest hole is of 2^(n - 1) to 2^n - 1 granules, the last one those of which
  // it is not known, or longer.
  static constexpr int kLists = 9, kTries = 8;
  static constexpr std::uint32_t kWorthALook = 64;

  // The least list all of whose blocks may have a hole of so many granules.
  static int list_of(std::uint32_t granules) noexcept {
    return 1 + static_cast<int>(std::bit_width(granules - 1));
  }

  void move(BlockInfo& block, int list) noexcept {
    lists_[block.list].remove(block);
    block.list = static_cast<std::uint8_t>(list);
    block.recent = 0;
    lists_[list].push(block);
  }

  void give(void* object) noexcept {
    BlockInfo& block = *BlockMap::info(object);
    if (BlockMap::kind(object) != kMixed) stop(Misuse::kDoubleFree, object, 0);
    const std::uint32_t before = block.free;
    MixedBlock(block).give(object);
    if (block.free == kGranules) {
      lists_[block.list].remove(block);
      block.dirty = 0;
      BlockMap::clear(block);
      pages_.give(block.classes);
      block.classes = nullptr;
      space.give(block);
      return;
    }
    block.recent = static_cast<std::uint16_t>(block.recent + (block.free - before));
    if (block.recent >= kWorthALook && block.list != kLists - 1) move(block, kLists - 1);
    const std::uint32_t live = kGranules - block.free;
    if (live > kSparse) return;
    block.dirty +=
        static_cast<std::uint32_t>((block.dirty == 0 ? block.free : block.free - before) * kGranule);
  }

  void discard(BlockInfo& block) noexcept {
    MixedBlock(block).discard_free_pages();
    block.dirty = 0;
  }

  Lock lock_;
  BlockList lists_[kLists];
  RecordPool pages_{kGranules};
};
inline constinit MixedBlocks mixed_blocks;

class alignas(64) Central {
 public:
  // A bit for each class that has sparse blocks to spare.
  static std::atomic<std::uint64_t>& spare() noexcept { return spare_; }

  Batch take(unsigned size_class) noexcept {
    const Guard guard(lock_);
    BlockInfo* block = partial_.first() != nullptr ? partial_.first() : sparse_.first();
    return block == nullptr ? Batch{nullptr, 0} : take_from(*block, size_class);
  }

  // Objects of a new block.
  Batch take_from_space(unsigned size_class) noexcept {
    BlockInfo* run = space.take(kFacts[size_class].units);
    if (run == nullptr) return {nullptr, 0};
    UniformBlock::make(*run, size_class);
    for (unsigned unit = 0; unit < run->units; ++unit)
      BlockMap::set_kind(run->start + unit * kUnit, kind_of(size_class, unit));
    const Guard guard(lock_);
    free_ += run->free;
    list(*run, kPartial);
    return take_from(*run, size_class);
  }

  // Objects of this class, also those in mixed blocks. Reorders them.
  void give(unsigned size_class, void** objects, std::size_t count) noexcept {
    const std::uint32_t sparse = sparse_limit(size_class);
    std::size_t mixed = 0;
    {
      const Guard guard(lock_);
      for (std::size_t i = 0; i < count;) {
        void* object = objects[i];
        BlockInfo* info = UniformBlock::find(object, size_class);
        if (info == nullptr) {
          objects[mixed++] = object;
          ++i;
          continue;
        }
        UniformBlock block(*info, size_class);
        const std::uint32_t given = block.give(objects + i, count - i);
        i += given;
        free_ += given;
        if (info->list == kNone) list(*info, kPartial);
        if (block.live() <= sparse) [[unlikely]]
          has_got_sparse(size_class, *info, given);
      }
    }
    if (mixed != 0) mixed_blocks.give(objects, mixed);
  }

  // Gives one sparse block to all classes, if it has one to spare.
  bool share(unsigned size_class) noexcept {
    const Guard guard(lock_);
    BlockInfo* block = sparse_.first();
    const ClassFacts& facts = kFacts[size_class];
    if (block == nullptr || free_ < 2 * facts.capacity) {
      spare_.fetch_and(~bit(size_class), std::memory_order_relaxed);  // a hint
      return false;
    }
    const std::uint32_t free = block->free;
    unlist(*block);
    if (!mixed_blocks.adopt(*block)) {
      list(*block, kSparse);
      return false;
    }
    free_ -= free;
    return true;
  }

  void discard_sparse() noexcept {
    const Guard guard(lock_);
    for (BlockInfo* block = sparse_.first(); block != nullptr; block = block->next)
      if (block->dirty >= kPage) discard(*block);
  }

  Lock& lock() noexcept { return lock_; }

 private:
  enum List : std::uint8_t { kNone, kPartial, kSparse };

  static std::uint64_t bit(unsigned size_class) { return std::uint64_t{1} << (size_class - 1); }
  BlockList& list_named(std::uint8_t name) noexcept { return name == kPartial ? partial_ : sparse_; }
  void list(BlockInfo& block, List name) noexcept {
    block.list = name;
    list_named(name).push(block);
  }
  void unlist(BlockInfo& block) noexcept {
    list_named(block.list).remove(block);
    block.list = kNone;
  }

  Batch take_from(BlockInfo& block, unsigned size_class) noexcept {
    const Batch batch = UniformBlock(block).take(kFacts[size_class].batch);
    free_ -= count_bits(batch.mask);
    block.dirty = 0;
    if (block.free == 0) {
      unlist(block);
    } else if (block.list == kSparse && kFacts[size_class].capacity - block.free > sparse_limit(size_class)) {
      unlist(block);  // or it might be shared, full as it is
      list(block, kPartial);
    }
    return batch;
  }

  // What follows from that many objects that came back to a block of which little is live now.
  [[gnu::noinline]] void has_got_sparse(unsigned size_class, BlockInfo& block,
                                        std::uint32_t objects) noexcept {
    const ClassFacts& facts = kFacts[size_class];
    if (UniformBlock(block).live() == 0) {
      // The last block with room stays, lest one object that comes and goes takes a block each time.
      if (size_class <= kMixable && free_ == facts.capacity) return;
      unlist(block);
      free_ -= facts.capacity;
      block.dirty = 0;
      BlockMap::clear(block);
      space.give(block);
      return;
    }
    const bool was_sparse = block.list == kSparse;
    if (!was_sparse) {
      unlist(block);
      list(block, kSparse);
      if (size_class <= kMixable && (spare_.load(std::memory_order_relaxed) & bit(size_class)) == 0)
        spare_.fetch_or(bit(size_class), std::memory_order_relaxed);  // a hint
    }
    if (size_class < kLeastDiscarded) return;
    block.dirty += (was_sparse ? objects : block.free) * facts.size;
    if (facts.units > 1 && block.dirty >= kUnit && space.may_discard(block.dirty)) discard(block);
  }

  static void discard(BlockInfo& block) noexcept {
    UniformBlock(block).discard_free_pages();
    block.dirty = 0;
  }

  static constexpr unsigned kLeastDiscarded = 16;  // 256 bytes: of smaller ones hardly a page is free
  static constexpr std::uint32_t sparse_limit(unsigned size_class) {
    return kFacts[size_class].capacity / (size_class <= kMixable ? 8 : 4);
  }

  static inline constinit std::atomic<std::uint64_t> spare_{0};
  Lock lock_;
  BlockList partial_, sparse_;
  std::uint64_t free_ = 0;
};
inline constinit Central centrals[kClasses];

// Objects of a class from wherever there is room; no mask when memory is exhausted.
inline Batch find_room(unsigned size_class) noexcept {
  Batch batch = centrals[size_class].take(size_class);
  if (batch.mask != 0) return batch;
  if (size_class <= kMixable && !space.has_dirty(1)) {
    batch = mixed_blocks.take(size_class);
    if (batch.mask != 0) return batch;
    std::uint64_t spare =
        Central::spare().load(std::memory_order_relaxed) & ~(std::uint64_t{1} << (size_class - 1));
    for (; spare != 0 && batch.mask == 0; spare &= spare - 1) {
      const auto other = static_cast<unsigned>(std::countr_zero(spare)) + 1;
      if (centrals[other].share(other)) batch = mixed_blocks.take(size_class);
    }
    if (batch.mask != 0) return batch;
  }
  return centrals[size_class].take_from_space(size_class);
}

}  // namespace assay::drop_in
