// The mover: after a sweep, the objects of each class of cells go to its densest blocks, and the others
// become empty.
//
//   before   │A·A·····│  │AAA·AA·A│  │·A····A·│  │AAAAAAAA│    partial blocks of a class, and a full one
//   chosen    empties     stays       empties     (not looked at)
//   after    │table···│  │AAAAAAAA│  │table···│               of each cell: where its object is now
//                                     and one more block if need be, packed from its begin
//
// Idea. Two fingers: one looks for holes in blocks that stay, the other for objects in those that do not.
// Cells of a class have one size, so that any object fits any hole. How many blocks must stay is the number
// of objects by that of cells. Those that are fullest do, to the next seventh, so that few objects are moved,
// and of these the lowest, so that what becomes empty lies together: it is cheaper to give back. A histogram
// finds them without sorting. In the sparsest block that stays the fingers meet, as in the whole heap of the
// original: its objects end up at its begin.
//
//   pin()      objects that code has the addresses of; their blocks stay
//   move()     copies objects; leaves behind where each is now
//   moved_to() the new address, for roots; correct_references(): for all objects
//   settle()   old cells are free, emptied blocks the space's
//
// Invariants:
//   I1  between move() and settle(), a reference leads to a live cell that stays, to an emptied block, at the
//       begin of which four bytes for each cell say where its object is, or to a cell of a packed block that
//       is not live and holds the address itself. So no memory is needed that might not be there
//   I2  a block with a pinned object stays, and such an object where it is, if that is the packed block; so
//       do all of a pinned type, and objects with blocks of their own
//   I3  BlockInfo::policy is zeros again after settle()
//
// Costs. move(): the copies, a few instructions for each partial block. A reference: a look at the info of
// its block, and at the table if that was emptied. Tables are a twelfth of cells of 48 bytes, so that they
// rather stay in the cache than the cells would.
//
// What it does not do. It puts objects where there is a hole, not near those that they refer to. Objects of
// different classes never share a block, so that a class holds up to one block more than it needs.
//
// For the thread that stopped the world, after flush() and sweep(), with the space's mutex held.
//
// Source: Saunders, "The LISP System for the Q-32 Computer", 1964 and 1974; Jones, Hosking, Moss, "The
// Garbage Collection Handbook", 2011, ch. 3.1.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "gc/block_space.h"
#include "gc/cage.h"
#include "gc/type.h"

namespace assay::gc {

class Mover {
 public:
  explicit Mover(BlockSpace& space) noexcept : space_(space) {}
  Mover(const Mover&) = delete;
  Mover& operator=(const Mover&) = delete;

  // Of the space. Before move().
  void pin(const void* object) noexcept {
    BlockInfo& block = Cage::info_of(object);
    if (block.state == BlockState::kLarge) return;
    if (role(block) != Role::kPinned) {
      std::fill_n(Cage::reached.word(space_.base(block)), kWordsPerBlock, 0);
      set_role(block, Role::kPinned);
    }
    Cage::reached.set(object);
  }

  // Blocks that move() would empty, but for pins.
  std::size_t would_empty() const noexcept {
    std::size_t emptied = 0;
    for_each_class([&](BlockInfo& first) {
      std::size_t blocks = 0, objects = 0;
      for_each_partial(first, [&](const BlockInfo& block) {
        ++blocks;
        objects += block.live_cells;
      });
      emptied += blocks - blocks_for(objects, first);
    });
    return emptied;
  }

  // How many objects were moved.
  std::uint64_t move() noexcept {
    std::uint64_t moved = 0;
    for_each_class([&](BlockInfo& first) { moved += move_class(first); });
    return moved;
  }

  // Of what a reference leads to, between move() and settle(). Null is not an object.
  [[gnu::always_inline]] static void* moved_to(void* object) noexcept {
    const BlockInfo& block = Cage::info_of(object);
    if (role(block) == Role::kEmpties) {
      std::uint32_t place;
      std::memcpy(&place, entry(block, object), sizeof place);
      return Cage::block(0) + std::size_t{place} * kGranule;
    }
    if (role(block) != Role::kPacked || Cage::live.test(object)) return object;
    void* place;
    std::memcpy(&place, object, sizeof place);
    return place;
  }

  // What trace() calls for each reference. Those that may have to be changed are looked at together, so that
  // the cache misses overlap.
  class Corrector {
   public:
    template <class R>
    [[gnu::always_inline]] void operator()(R& reference) noexcept {
      void* const object = reference.load();
      if (object == nullptr) return;
      const BlockInfo& block = Cage::info_of(object);
      __builtin_prefetch(entry(block, object));
      references_[count_] = &reference;
      count_ += std::size_t{role(block) >= Role::kPacked};  // no branch: nothing predicts it
      if (count_ == kBatch) [[unlikely]]
        finish();
    }
    [[gnu::noinline]] void finish() noexcept {
      for (std::size_t i = 0; i < count_; ++i) references_[i]->store(moved_to(references_[i]->load()));
      count_ = 0;
    }

   private:
    static constexpr std::size_t kBatch = 64;
    Reference* references_[kBatch];
    std::size_t count_ = 0;
  };
  // All references in the objects of the space.
  void correct_references() const noexcept {
    Corrector corrector;
    space_.for_each_block([&](const BlockInfo& block) {
      if (block.type->leaf || role(block) == Role::kEmpties) return;
      space_.for_each_cell(
          block, [](std::uint64_t live, std::uint64_t) { return live; },
          [&](void* object) { block.type->correct(&corrector, object); });
    });
    corrector.finish();
  }

  // `whole`: the pages behind the objects of packed blocks go back to the system, too.
  void settle(bool whole) noexcept {
    space_.sort();
    for (std::size_t i = space_.block_count(); i-- > 0;) {
      BlockInfo& block = space_.at(i);
      if (role(block) == Role::kNone) continue;
      if (whole && role(block) == Role::kPacked) give_back_end(block);
      std::memset(block.policy, 0, sizeof block.policy);
      if (block.state == BlockState::kLarge || block.type->pinned) continue;
      const std::uint64_t* const live = Cage::live.word(space_.base(block));
      std::uint32_t objects = 0;
      for (std::size_t word = 0; word < kWordsPerBlock; ++word)
        objects += static_cast<std::uint32_t>(count_bits(live[word]));
      std::copy_n(live, kWordsPerBlock, Cage::mark.word(space_.base(block)));
      space_.settle(block, objects);
    }
  }

  // Between compactions.
  static bool is_settled(const BlockInfo& block) noexcept { return role(block) == Role::kNone; }

 private:
  static constexpr std::size_t kBands = 8;

  // BlockInfo::policy: the role, and from kScaleAt on how cells are numbered: granules * scale / 2^kScale.
  enum class Role : std::uint8_t { kNone, kPinned, kStays, kPacked, kEmpties };
  static constexpr unsigned kScale = 21, kScaleAt = 4;
  static Role role(const BlockInfo& block) noexcept { return static_cast<Role>(block.policy[0]); }
  static void set_role(BlockInfo& block, Role role) noexcept {
    block.policy[0] = static_cast<std::uint8_t>(role);
  }
  static void set_scale(BlockInfo& block, std::uint32_t scale) noexcept {
    std::memcpy(block.policy + kScaleAt, &scale, sizeof scale);
  }
  static std::size_t cell_of(const BlockInfo& block, const void* object) noexcept {
    std::uint32_t scale;
    std::memcpy(&scale, block.policy + kScaleAt, sizeof scale);
    return (reinterpret_cast<std::uintptr_t>(object) % kBlockBytes / kGranule * scale) >> kScale;
  }
  // Of an emptied block's table: in which granule of the cage the object is now.
  static const char* entry(const BlockInfo& block, const void* object) noexcept {
    return Cage::block_of(object) + cell_of(block, object) * sizeof(std::uint32_t);
  }

  // f(first block) for each class that has partial blocks and may be moved.
  template <class F>
  void for_each_class(F f) const noexcept {
    space_.for_each_block([&](BlockInfo& block) {
      if (block.listed && !block.type->pinned && &Cage::info(space_.first_partial(block)) == &block) f(block);
    });
  }
  template <class F>
  static void for_each_partial(BlockInfo& first, F f) noexcept {
    for (BlockInfo* block = &first;; block = &Cage::info(block->next)) {
      f(*block);
      if (block->next == Cage::kNone) return;
    }
  }
  static std::size_t blocks_for(std::size_t objects, const BlockInfo& block) noexcept {
    return (objects + block.cells - 1) / block.cells;
  }

  // The finger that looks for free cells, in the blocks that stay; in the packed one at last.
  class Holes {
   public:
    Holes(const BlockSpace& space, BlockInfo& first, BlockInfo& packed) noexcept
        : space_(space), starts_(space.starts(first)), at_(&first), packed_(packed) {
      enter();
    }
    bool in_packed() const noexcept { return in_packed_; }
    // Null: there is none. The same until it is taken.
    [[gnu::always_inline]] char* next() noexcept {
      while (free_ == 0) [[unlikely]] if (!advance()) return nullptr;
      return SideBits::lowest(cells_, word_, free_);
    }
    [[gnu::always_inline]] void take() noexcept {
      live_[word_] |= free_ & -free_;
      free_ &= free_ - 1;
    }

   private:
    bool advance() noexcept {
      if (++word_ == kWordsPerBlock) {
        if (in_packed_) return false;
        at_ = at_->next == Cage::kNone ? nullptr : &Cage::info(at_->next);
        enter();
      } else {
        free_ = ~live_[word_] & starts_[word_];
      }
      return true;
    }
    // The first block from at_ on that stays.
    void enter() noexcept {
      while (at_ != nullptr && (role(*at_) == Role::kEmpties || at_ == &packed_))
        at_ = at_->next == Cage::kNone ? nullptr : &Cage::info(at_->next);
      in_packed_ = at_ == nullptr;
      cells_ = space_.base(in_packed_ ? packed_ : *at_);
      live_ = Cage::live.word(cells_);
      word_ = 0;
      free_ = ~live_[0] & starts_[0];
    }

    const BlockSpace& space_;
    const std::uint64_t* const starts_;
    BlockInfo* at_;  // null: in the packed one
    BlockInfo& packed_;
    bool in_packed_ = false;
    char* cells_ = nullptr;
    std::uint64_t* live_ = nullptr;
    std::size_t word_ = 0;
    std::uint64_t free_ = 0;
  };

  std::uint64_t move_class(BlockInfo& first) noexcept {
    BlockInfo& packed = choose(first);
    Holes holes(space_, first, packed);
    const Copy copy{first.cell_bytes, first.type->finalize != nullptr};
    std::uint64_t moved = 0;
    for_each_partial(first, [&](BlockInfo& block) {
      if (role(block) == Role::kEmpties) moved += empty(block, holes, copy);
    });
    return moved + pack(packed, holes, copy);
  }

  // How full a block is: a partial one is in a band below kBands. Rounded to the nearest, since heaps are
  // often left half or a quarter full: there, blocks that differ by chance belong together.
  static std::size_t band(const BlockInfo& block) noexcept {
    return (std::size_t{block.live_cells} * (kBands - 1) + block.cells / 2) / block.cells;
  }

  // Which blocks stay. The sparsest of them.
  BlockInfo& choose(BlockInfo& first) noexcept {
    std::fill_n(blocks_with_, kBands, 0);
    std::size_t objects = 0, pinned = 0;
    for_each_partial(first, [&](const BlockInfo& block) {
      objects += block.live_cells;
      if (role(block) == Role::kPinned)
        ++pinned;
      else
        ++blocks_with_[band(block)];
    });
    const std::size_t needed = blocks_for(objects, first);
    std::size_t stay = needed > pinned ? needed - pinned : 0;
    // Blocks that are fuller than `least` stay, and the first `stay` of those that are as full.
    std::size_t least = kBands - 1;
    for (; stay > blocks_with_[least]; --least) stay -= blocks_with_[least];
    BlockInfo* sparsest = nullptr;
    for_each_partial(first, [&](BlockInfo& block) {
      if (role(block) != Role::kPinned) {
        const bool stays = band(block) > least || (band(block) == least && stay > 0);
        if (band(block) == least && stays) --stay;
        set_role(block, stays ? Role::kStays : Role::kEmpties);
        if (!stays) return;
      }
      if (sparsest == nullptr || block.live_cells < sparsest->live_cells) sparsest = &block;
    });
    return *sparsest;
  }

  struct Copy {
    const std::size_t bytes;
    const bool finalizes;

    [[gnu::always_inline]] void operator()(char* from, char* to) const noexcept {
      if (bytes > 256) {
        std::memcpy(to, from, bytes);
      } else {  // faster than the call
        for (std::size_t at = 0; at < bytes; at += kGranule) {
          std::memcpy(to + at, from + at, kGranule);
          std::atomic_signal_fence(std::memory_order_relaxed);  // or the loop becomes the call
        }
      }
      if (finalizes) move_finalizer(from, to);
    }
    [[gnu::noinline, gnu::cold]] static void move_finalizer(const char* from, const char* to) noexcept {
      for (const SideBits* bits : {&Cage::finalized, &Cage::pending}) {
        bits->test(from) ? bits->set(to) : bits->clear(to);
        bits->clear(from);
      }
    }
  };

  // There are holes for all.
  std::uint64_t empty(BlockInfo& block, Holes& holes, const Copy& copy) noexcept {
    constexpr std::uint32_t kOne = 1 << kScale;
    const auto cell_granules = static_cast<std::uint32_t>(copy.bytes / kGranule);
    set_scale(block, (kOne + cell_granules - 1) / cell_granules);
    char* const cells = space_.base(block);
    std::uint64_t* const live = Cage::live.word(cells);
    constexpr std::size_t kAhead = 4;  // words of 1 KiB
    for (std::size_t word = 0; word < kWordsPerBlock; ++word) {
      const std::size_t ahead = word + kAhead;
      if (ahead < kWordsPerBlock)
        for (std::uint64_t next = live[ahead]; next != 0; next &= next - 1) {
          const char* const cell = SideBits::lowest(cells, ahead, next);
          __builtin_prefetch(cell);
          __builtin_prefetch(cell + copy.bytes - 1);  // often in another line
        }
      for (; live[word] != 0; live[word] &= live[word] - 1) {
        char* const from = SideBits::lowest(cells, word, live[word]);
        char* const to = holes.next();
        holes.take();
        copy(from, to);
        places_[cell_of(block, from)] =
            static_cast<std::uint32_t>(static_cast<std::size_t>(to - Cage::block(0)) / kGranule);
      }
    }
    std::memcpy(cells, places_, block.cells * sizeof places_[0]);
    return block.live_cells;
  }

  // The fingers meet: objects from the end of the block go to what holes are left, until these are behind.
  std::uint64_t pack(BlockInfo& block, Holes& holes, const Copy& copy) noexcept {
    char* const cells = space_.base(block);
    std::uint64_t* const live = Cage::live.word(cells);
    const std::uint64_t* const pinned = role(block) == Role::kPinned ? Cage::reached.word(cells) : nullptr;
    set_role(block, Role::kPacked);
    std::uint64_t moved = 0;
    for (std::size_t word = kWordsPerBlock; word-- > 0;)
      for (std::uint64_t bits = live[word] & ~(pinned != nullptr ? pinned[word] : 0); bits != 0; ++moved) {
        const auto last = static_cast<std::size_t>(63 - std::countl_zero(bits));
        char* const object = cells + (word * 64 + last) * kGranule;
        char* const hole = holes.next();
        if (hole == nullptr || (holes.in_packed() && hole > object)) return moved;
        copy(object, hole);
        std::memcpy(object, &hole, sizeof hole);
        holes.take();
        bits &= ~(std::uint64_t{1} << last);
        live[word] &= ~(std::uint64_t{1} << last);
      }
    return moved;
  }

  // They stay the block's, which counts as held whole.
  void give_back_end(const BlockInfo& block) const noexcept {
    constexpr std::size_t kPage = 4096;  // where pages are larger, some calls fail and nothing is given back
    char* const cells = space_.base(block);
    const std::uint64_t* const live = Cage::live.word(cells);
    std::size_t word = kWordsPerBlock;
    while (word > 0 && live[word - 1] == 0) --word;
    if (word == 0) return;  // it will be given back whole
    const auto last = word * 64 - 1 - static_cast<std::size_t>(std::countl_zero(live[word - 1]));
    const std::size_t used = (last * kGranule + block.cell_bytes + kPage - 1) / kPage * kPage;
    if (used < kBlockBytes) madvise(cells + used, kBlockBytes - used, MADV_DONTNEED);
  }

  BlockSpace& space_;
  std::size_t blocks_with_[kBands];
  std::uint32_t places_[kBlockBytes / kGranule] = {};  // of the cells of a block that is emptied
};

}  // namespace assay::gc
