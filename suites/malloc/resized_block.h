// A block that was filled, resized and compared: what every check of realloc's contents does.
#pragma once

#include <stdlib.h>

#include <cstddef>
#include <cstdint>

#include "suites/core/pattern.h"

namespace assay::suite {

struct ResizedBlock {
  void* block;         // null when resizing failed
  std::size_t damage;  // first byte of the common part that is lost, or kIntact

  // `original` has `from` bytes; resize(original, to) gives the new address.
  template <class Resize>
  ResizedBlock(void* original, std::size_t from, std::size_t to, Resize resize) {
    static std::uint64_t pattern =
        0;  // never the same twice: what an earlier block left behind must not pass
    pattern += SIZE_MAX >> 32;
    fill_pattern(original, from, pattern);
    block = resize(original, to);
    damage = block == nullptr ? kIntact : find_damage(block, from < to ? from : to, pattern);
  }
  ResizedBlock(const ResizedBlock&) = delete;
  ResizedBlock& operator=(const ResizedBlock&) = delete;
  ~ResizedBlock() { free(block); }
};

// Whether plain realloc keeps the contents of plain blocks; where it does not, that is C-24's finding, and
// checks of other functions that rest on realloc have nothing of their own to tell. Blocks lie in a row, so
// that some move and some do not.
inline bool realloc_keeps(std::size_t from, std::size_t to) {
  constexpr std::size_t kRow = 64;
  void* row[kRow];
  bool kept = true;
  for (void*& block : row) block = malloc(from);
  for (void* block : row) kept &= ResizedBlock(block, from, to, realloc).damage == kIntact;
  return kept;
}

}  // namespace assay::suite
