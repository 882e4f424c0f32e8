// The free blocks of a heap, to be found by best fit: a tree ordered by (size, address) for each bin of
// sizes, and a bit for each bin that is not empty.
//
// Idea: bins are monotone in the size, so the order over all bins is that of one tree; cutting it into bins
// leaves out its upper levels. Counted in granules of 16 bytes there is a bin for each size below 256, and
// above eight to a doubling; the last one takes what is larger than 256 MiB. A tree per bin, and not a list,
// keeps the least address first among equal sizes and bounds every operation, whatever the sizes are.
//
//   filled  0010…0100   bin 2: size 32      bin 61: size 976     bin 256: sizes 4096 … 4592
//             |    |         (a tree by address alone)                (a tree by size and address)
//
// Invariants
//   I1  A bit is set when its tree is not empty, and every block is in the tree of its size.
//   I2  Each tree is an AVL tree (allocators/avl_tree.h).
// Costs: insert, erase: one tree operation. best_fit: a search in one tree, at most six words of bits, and
// the way to the first node of another tree. Nothing is allocated: nodes are the blocks.
// Source: Knuth, The Art of Computer Programming, vol. 1, exercise 2.5-9 (best fit by a tree); Masmano et
// al., "TLSF: a new dynamic memory allocator for real-time systems", 2004 (bins found by bits).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "allocators/avl_tree.h"
#include "allocators/check.h"

namespace assay {

// Of a free block; or of a request: the smallest size wanted, and the lowest address among blocks of it.
struct FreeKey {
  std::size_t size;
  std::uintptr_t address;
};

struct SizeThenAddress {
  bool operator()(const FreeKey& a, const FreeKey& b) const {
    return a.size != b.size ? a.size < b.size : a.address < b.address;
  }
};

// Block: a node of AvlTree with `FreeKey key() const` and `size_t size() const`, a multiple of 16.
// Before: the order of keys; one that counts shows how many comparisons an operation takes.
template <class Block, class Before = SizeThenAddress>
class FreeBins {
 public:
  // The smallest block of at least key.size; of those of exactly that size, the first from key.address on.
  Block* best_fit(const FreeKey& key) {
    const std::size_t bin = bin_of(key.size);
    if (Block* block = Tree::lower_bound(roots_[bin], key)) return block;
    const std::size_t larger = filled_after(bin);
    return larger == kBins ? nullptr : Tree::first(roots_[larger]);
  }

  // The same for the smallest block of at least `size`, which leaves the bins.
  Block* take_best_fit(std::size_t size) {
    std::size_t bin = bin_of(size);
    Block* block = Tree::take_lower_bound(roots_[bin], FreeKey{size, 0});
    if (block == nullptr) {
      bin = filled_after(bin);
      if (bin == kBins) return nullptr;
      block = Tree::take_first(roots_[bin]);
    }
    if (roots_[bin] == nullptr) filled_[bin / 64] &= ~(std::uint64_t{1} << bin % 64);
    return block;
  }

  void insert(Block* block) {
    const std::size_t bin = bin_of(block->size());
    filled_[bin / 64] |= std::uint64_t{1} << bin % 64;
    Tree::insert(roots_[bin], block);
  }

  void erase(Block* block) {
    const std::size_t bin = bin_of(block->size());
    Tree::erase(roots_[bin], block);
    if (roots_[bin] == nullptr) filled_[bin / 64] &= ~(std::uint64_t{1} << bin % 64);
  }

  void clear() { *this = FreeBins(); }

  const Block* largest() const {  // null when there is none
    std::size_t bin = kBins - 1;
    while (bin > 0 && roots_[bin] == nullptr) --bin;
    const Block* block = roots_[bin];
    while (block != nullptr && block->child[1] != nullptr) block = block->child[1];
    return block;
  }

  // Visits every block, in order, and traps with `invariant` when I1 or I2 does not hold.
  template <class Visit>
  void check(const char* invariant, Visit&& visit) const {
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      if ((filled_[bin / 64] >> bin % 64 & 1) != (roots_[bin] != nullptr))
        trap(invariant, "the bit of bin %zu is wrong", bin);
      Tree::check(invariant, roots_[bin], [&](const Block& block) {
        if (bin_of(block.size()) != bin)
          trap(invariant, "a block of %zu bytes is in bin %zu", block.size(), bin);
        visit(block);
      });
    }
  }

 private:
  struct Less {
    bool operator()(const Block& a, const Block& b) const { return Before()(a.key(), b.key()); }
    bool operator()(const Block& a, const FreeKey& key) const { return Before()(a.key(), key); }
  };
  using Tree = AvlTree<Block, Less>;

  static constexpr std::size_t kGranule = 16, kExact = 256, kBins = 384;

  static std::size_t bin_of(std::size_t size) {
    const std::size_t granules = size / kGranule;
    if (granules < kExact) return granules;
    const auto doubling = static_cast<std::size_t>(std::bit_width(granules)) - 9;
    const std::size_t bin = kExact + 8 * doubling + (granules >> (doubling + 5)) - 8;
    return bin < kBins ? bin : kBins - 1;
  }

  std::size_t filled_after(std::size_t bin) const {  // kBins when there is none
    std::size_t word = bin / 64;
    std::uint64_t bits = filled_[word] & (~std::uint64_t{1} << bin % 64);
    while (bits == 0) {
      if (++word == kBins / 64) return kBins;
      bits = filled_[word];
    }
    return 64 * word + static_cast<std::size_t>(std::countr_zero(bits));
  }

  std::uint64_t filled_[kBins / 64] = {};
  Block* roots_[kBins] = {};
};

}  // namespace assay
