// The blocks of one heap: cells are taken from them in runs, and swept when marking has ended.
//
//   live   1 0 1 0 0 0 0 0 1 0 1 0 0 0 0 0      a block of cells of 32 bytes: a bit for 16 bytes
//          └─┘ └─┘ ╎     ╎ └─┘ └─┘ ╎     ╎
//                  └─────┘         └─────┘      the runs that mutators allocate in, by adding to a pointer
//
// Invariants, while no mutator has a run (flush()):
//   I1  every block in blocks_ has this space as owner and knows its place there; no other block has
//   I2  live bits lie at beginnings of cells only
//   I3  a cell whose live bit is clear holds no object; one whose bit is set holds one, perhaps one that
//       waits for its finalizer
//   I4  outside of a collection, every mark bit has its live bit
//   I5  lists of partial blocks hold blocks of their class only; every block with a free cell that no mutator
//       allocates in is there, with no other (full ones may be, too)
//
// Sweeping is one pass over bitmaps, for what has no destructor: live = mark. That is 512 bytes a block, so
// that a heap of 1 GB is swept within milliseconds, and dead memory is not touched until it is used again: a
// run is zeroed when it is handed out, at most kRunBytes at a time, so that it is in the cache when
// constructors write. Free cells have no links: there is nothing in them that a stray store could damage.
//
// Every function is for one thread at a time, or for the holder of mutex(); runs of a block are the business
// of the mutator that has acquired the block.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>

#include "gc/cage.h"
#include "gc/cursor.h"
#include "gc/free_blocks.h"
#include "gc/memory_account.h"
#include "gc/type.h"

namespace assay::gc {

class BlockSpace {
 public:
  static constexpr std::size_t kCost = FreeBlocks::kCost;
  struct Swept {
    std::uint64_t objects = 0, bytes = 0;
    std::uint64_t leaf_bytes = 0;  // of objects without references
  };

  explicit BlockSpace(MemoryAccount& account)
      : free_(account), classes_(kMostClasses), blocks_(Cage::block_count()) {}
  BlockSpace(const BlockSpace&) = delete;
  BlockSpace& operator=(const BlockSpace&) = delete;
  // Destroys all objects.
  ~BlockSpace() {
    while (count_ > 0) {
      BlockInfo& block = at(count_ - 1);
      destroy_cells(block, [](std::uint64_t live, std::uint64_t) { return live; });
      remove(block);
    }
  }

  std::mutex& mutex() noexcept { return mutex_; }

  // A block with free cells for the cursor, if there is memory. O(1), but for full blocks in the list.
  bool acquire(Cursor& cursor, const TypeInfo& type, std::uint32_t cell_class, std::size_t cell_bytes,
               std::size_t most) noexcept {
    CellClass& group = class_at(cell_class, cell_bytes);
    while (group.partial != Cage::kNone) {
      BlockInfo& block = Cage::info(group.partial);
      unlist(block);
      enter(cursor, block);
      if (next_run(cursor, most)) return true;
      leave(cursor);
    }
    const std::uint32_t index = free_.take(1);
    if (index == Cage::kNone) return false;
    BlockInfo& block = Cage::info(index);
    block.type = &type;
    block.cell_bytes = cell_bytes;
    block.cells = static_cast<std::uint32_t>(kBlockBytes / cell_bytes);
    block.cell_class = cell_class;
    add(block, BlockState::kCells);
    enter(cursor, block);
    return next_run(cursor, most);
  }

  // The next free cells of the cursor's block, at most `most` bytes but one cell, zeroed. No lock needed.
  [[gnu::always_inline]] bool next_run(Cursor& cursor, std::size_t most) const noexcept {
    const BlockInfo& block = *cursor.block;
    const std::uint64_t* const live = Cage::live.word(cursor.base);
    const std::uint64_t* const starts = classes_[block.cell_class].starts;
    std::size_t at = (cursor.limit - reinterpret_cast<std::uintptr_t>(cursor.base)) / kGranule;
    std::size_t word = at / 64;
    if (word >= kWordsPerBlock) return false;
    std::uint64_t free = ~live[word] & starts[word] & (~std::uint64_t{0} << at % 64);
    while (free == 0) {
      if (++word == kWordsPerBlock) return false;
      free = ~live[word] & starts[word];
    }
    at = word * 64 + static_cast<std::size_t>(std::countr_zero(free));
    // The run ends at the next object, or at the end of the block.
    std::size_t end = block.cells * block.cell_bytes / kGranule;
    std::uint64_t taken = live[word] & (~std::uint64_t{0} << at % 64);
    while (taken == 0 && ++word < kWordsPerBlock) taken = live[word];
    if (taken != 0) end = word * 64 + static_cast<std::size_t>(std::countr_zero(taken));
    std::size_t bytes = (end - at) * kGranule;
    if (bytes > most) bytes = std::max(most / block.cell_bytes, std::size_t{1}) * block.cell_bytes;
    char* const begin = cursor.base + at * kGranule;
    if (!block.fresh) clear_run(begin, bytes);
    cursor.next = reinterpret_cast<std::uintptr_t>(begin);
    cursor.limit = cursor.next + bytes;
    if (allocate_black) {
      cursor.black = true;
      change_marks(cursor, cursor.next, cursor.limit, true);
    }
    return true;
  }

  // Ends the cursor's run: what it made in its block are objects from now on. How many. No lock needed. Runs
  // are handed out in the order of addresses without leaving a free cell out, so that all cells up to `next`
  // hold one.
  std::size_t retire(Cursor& cursor) const noexcept {
    std::size_t made = 0;
    std::uint64_t* const live = Cage::live.word(cursor.base);
    const auto base = reinterpret_cast<std::uintptr_t>(cursor.base);
    for_each_mask(cursor, base, cursor.next, [&](std::size_t word, std::uint64_t cells) {
      made += count_bits(cells & ~live[word]);
      live[word] |= cells;
    });
    if (cursor.black) {
      change_marks(cursor, cursor.next, cursor.limit, false);
      cursor.black = false;
    }
    return made;
  }

  // After retire(): the cursor gives up its block. `rest`: there may be free cells left in it.
  void leave(Cursor& cursor, bool rest = false) noexcept {
    BlockInfo& block = *cursor.block;
    block.in_cursor = false;
    cursor.block = nullptr;
    cursor.next = cursor.limit = 0;
    block.fresh = false;
    if (rest) push_partial(block);
  }

  // An object that has blocks of its own; zeros. Null if there is no memory.
  void* allocate_large(const TypeInfo& type, std::size_t bytes) noexcept {
    const std::size_t n = (bytes + kBlockBytes - 1) / kBlockBytes;
    if (n > UINT32_MAX) return nullptr;
    const std::uint32_t index = free_.take(n);
    if (index == Cage::kNone) return nullptr;
    BlockInfo& block = Cage::info(index);
    char* const object = Cage::block(index);
    if (!block.fresh) std::memset(object, 0, bytes);
    block.fresh = false;
    block.type = &type;
    block.cell_bytes = n * kBlockBytes;
    block.cells = 1;
    block.cell_class = 0;
    add(block, BlockState::kLarge);
    Cage::live.set(object);
    if (allocate_black) Cage::mark.set(object);
    return object;
  }

  // What is no object after all. Zeros: a marker may still come by.
  void discard(void* cell) noexcept {
    std::memset(cell, 0, Cage::info_of(cell).cell_bytes);
    Cage::live.clear(cell);
    // Atomic: a marker on another thread may set bits beside it. Relaxed: a bit orders nothing.
    __atomic_fetch_and(Cage::mark.word(cell), ~SideBits::bit(cell), __ATOMIC_RELAXED);
  }

  std::size_t block_count() const noexcept { return count_; }
  // Of types that have a finalizer.
  std::size_t finalizing_blocks() const noexcept { return finalizing_blocks_; }
  BlockInfo& at(std::size_t position) const noexcept { return Cage::info(blocks_[position]); }
  // f(block), which must not remove any.
  template <class F>
  void for_each_block(F f) const {
    for (std::size_t i = 0; i < count_; ++i) f(at(i));
  }
  char* base(const BlockInfo& block) const noexcept { return Cage::block(blocks_[block.position]); }
  bool owns(const void* address) const noexcept {
    return Cage::contains(address) && Cage::info_of(address).owner == this;
  }
  // Whether there is an object. After a flush.
  bool is_object(const void* address) const noexcept {
    return owns(address) && reinterpret_cast<std::uintptr_t>(address) % kGranule == 0 &&
           Cage::live.test(address);
  }

  // f(object) for each cell whose bit is set in what combine(live, mark) gives for their words; f may change
  // the bits of its own cell.
  template <class Combine, class F>
  void for_each_cell(const BlockInfo& block, Combine combine, F f) const {
    char* const cells = base(block);
    const std::uint64_t *const live = Cage::live.word(cells), *const mark = Cage::mark.word(cells);
    const std::size_t words = words_of(block);
    for (std::size_t word = 0; word < words; ++word)
      for (std::uint64_t bits = combine(live[word], mark[word]); bits != 0; bits &= bits - 1)
        f(static_cast<void*>(SideBits::lowest(cells, word, bits)));
  }

  void clear_marks(const BlockInfo& block) const noexcept {
    std::fill_n(Cage::mark.word(base(block)), words_of(block), 0);
  }

  // Ends what is not marked in a block where no mutator has a run. Blocks from the last to the first: an
  // empty one is removed, and the last one takes its place; new ones come behind it.
  Swept sweep_block(std::size_t position) noexcept {
    BlockInfo& block = at(position);
    char* const cells = base(block);
    std::uint64_t *const live = Cage::live.word(cells), *const mark = Cage::mark.word(cells);
    destroy_cells(block, [](std::uint64_t was, std::uint64_t is) { return was & ~is; });
    Swept swept;
    if (block.state == BlockState::kLarge) {
      swept.objects = *live = *mark & 1;
    } else {
      for (std::size_t word = 0; word < kWordsPerBlock; ++word) {
        swept.objects += count_bits(mark[word]);
        live[word] = mark[word];
      }
    }
    if (block.type->finalize != nullptr) {
      std::uint64_t* const finalized = Cage::finalized.word(cells);
      for (std::size_t word = 0; word < kWordsPerBlock; ++word) finalized[word] &= live[word];
    }
    swept.bytes = swept.objects * block.cell_bytes;
    if (block.type->leaf) swept.leaf_bytes = swept.bytes;
    settle(block, static_cast<std::uint32_t>(swept.objects));
    return swept;
  }
  // So many objects are left in a block: it goes where it belongs. As with sweep_block(), which ends so, from
  // the last block to the first.
  void settle(BlockInfo& block, std::uint32_t objects) noexcept {
    block.live_cells = objects;
    unlist(block);
    if (objects == 0)
      remove(block);
    else if (objects < block.cells)
      push_partial(block);
  }
  // Blocks take the order of their addresses: after the next sweep lists of partial blocks have it, too, and
  // neighbours that become free are given back together. Not between slices of a sweep.
  void sort() noexcept {
    std::sort(&blocks_[0], &blocks_[0] + count_);
    for (std::size_t i = 0; i < count_; ++i) at(i).position = static_cast<std::uint32_t>(i);
  }
  // The first block in the list of those of this one's class that have free cells, linked by `next`.
  std::uint32_t first_partial(const BlockInfo& block) const noexcept {
    return classes_[block.cell_class].partial;
  }

  // Gives free blocks back to the system, but for `keep` bytes.
  void trim(std::size_t keep) noexcept { free_.trim(keep); }
  std::size_t free_bytes() const noexcept { return free_.bytes(); }

  // The beginnings of cells in the blocks of a class, as a bitmap.
  const std::uint64_t* starts(const BlockInfo& block) const noexcept {
    return classes_[block.cell_class].starts;
  }

  // While a snapshot is being marked: what is made counts as marked. For all runs that are handed out later
  // on.
  bool allocate_black = false;

 private:
  struct CellClass {
    std::uint64_t starts[kWordsPerBlock];
    std::size_t cell_bytes;  // 0: not yet used
    std::uint32_t partial;
  };

  CellClass& class_at(std::uint32_t number, std::size_t cell_bytes) noexcept {
    CellClass& group = classes_[number];
    if (group.cell_bytes == 0) [[unlikely]] {
      group.cell_bytes = cell_bytes;
      group.partial = Cage::kNone;
      for (std::size_t cell = 0; (cell + 1) * cell_bytes <= kBlockBytes; ++cell)
        group.starts[cell * cell_bytes / kGranule / 64] |= std::uint64_t{1}
                                                           << (cell * cell_bytes / kGranule % 64);
    }
    return group;
  }

  static void enter(Cursor& cursor, BlockInfo& block) noexcept {
    block.in_cursor = true;
    cursor.block = &block;
    cursor.base = Cage::block(Cage::index_of_info(block));
    cursor.next = cursor.limit = reinterpret_cast<std::uintptr_t>(cursor.base);
  }

  void push_partial(BlockInfo& block) noexcept {
    CellClass& group = classes_[block.cell_class];
    block.next = group.partial;
    if (group.partial != Cage::kNone) Cage::info(group.partial).previous = blocks_[block.position];
    group.partial = blocks_[block.position];
    block.listed = true;
  }
  void unlist(BlockInfo& block) noexcept {
    if (!block.listed) return;
    block.listed = false;
    CellClass& group = classes_[block.cell_class];
    if (group.partial == blocks_[block.position])
      group.partial = block.next;
    else
      Cage::info(block.previous).next = block.next;
    if (block.next != Cage::kNone) Cage::info(block.next).previous = block.previous;
  }

  // f(word, mask of the cells in it) for the cells from `from` to `to`.
  template <class F>
  void for_each_mask(const Cursor& cursor, std::uintptr_t from, std::uintptr_t to, F f) const noexcept {
    if (from == to) return;
    const auto base = reinterpret_cast<std::uintptr_t>(cursor.base);
    const std::uint64_t* const starts = classes_[cursor.block->cell_class].starts;
    const std::size_t first = (from - base) / kGranule, last = (to - base) / kGranule - 1;
    for (std::size_t word = first / 64; word <= last / 64; ++word) {
      std::uint64_t mask = starts[word];
      if (word == first / 64) mask &= ~std::uint64_t{0} << first % 64;
      if (word == last / 64) mask &= ~std::uint64_t{0} >> (63 - last % 64);
      f(word, mask);
    }
  }

  void change_marks(const Cursor& cursor, std::uintptr_t from, std::uintptr_t to, bool set) const noexcept {
    std::uint64_t* const mark = Cage::mark.word(cursor.base);
    for_each_mask(cursor, from, to, [&](std::size_t word, std::uint64_t cells) {
      // Atomic: a marker on another thread may set bits of cells beside these. Relaxed: a bit orders nothing.
      if (set)
        __atomic_fetch_or(mark + word, cells, __ATOMIC_RELAXED);
      else
        __atomic_fetch_and(mark + word, ~cells, __ATOMIC_RELAXED);
    });
  }

  template <class Combine>
  void destroy_cells(const BlockInfo& block, Combine combine) const noexcept {
    if (block.type->destroy == nullptr) return;
    for_each_cell(block, combine, block.type->destroy);
  }

  void add(BlockInfo& block, BlockState state) noexcept {
    const std::uint32_t index = Cage::index_of_info(block);
    char* const cells = Cage::block(index);
    block.owner = this;
    block.state = state;
    block.live_cells = 0;
    block.in_cursor = block.listed = false;
    std::fill_n(block.policy, sizeof block.policy, std::uint8_t{0});
    block.position = static_cast<std::uint32_t>(count_);
    blocks_[count_++] = index;
    std::fill_n(Cage::live.word(cells), kWordsPerBlock, 0);
    std::fill_n(Cage::mark.word(cells), kWordsPerBlock, 0);
    if (block.type->finalize != nullptr) {
      ++finalizing_blocks_;
      std::fill_n(Cage::finalized.word(cells), kWordsPerBlock, 0);
      std::fill_n(Cage::pending.word(cells), kWordsPerBlock, 0);
    }
    Cage::type_word(cells) = reinterpret_cast<std::uintptr_t>(block.type) | (block.type->leaf ? 1 : 0);
  }

  void remove(BlockInfo& block) noexcept {
    const std::uint32_t index = blocks_[block.position];
    const std::uint32_t last = blocks_[--count_];
    blocks_[block.position] = last;
    Cage::info(last).position = block.position;
    if (block.type->finalize != nullptr) --finalizing_blocks_;
    block.owner = nullptr;
    free_.keep(index, block.blocks);
  }

  std::mutex mutex_;
  FreeBlocks free_;
  VirtualArray<CellClass> classes_;
  VirtualArray<std::uint32_t> blocks_;
  std::size_t count_ = 0, finalizing_blocks_ = 0;
};

}  // namespace assay::gc
