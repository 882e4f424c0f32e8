// The blocks that a heap keeps for later, and where it gets more from.
//
//   blocks ─► 7 ─► 12 ─► 3         single ones, the last freed on top
//   runs   ─► 20…27 ─► 40…41       longer ones, as objects that had them left them
//
// Not thread-safe. Kept memory is as it was left; what comes from the cage reads as zeros, and its info says
// so. Longer runs are split when they are needed, and only neighbours that go back to the cage together are
// joined again: address space is plenty, and all that fragments here is memory that nobody wanted yet.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gc/block.h"
#include "gc/cage.h"
#include "gc/memory_account.h"

namespace assay::gc {

class FreeBlocks {
 public:
  // Bytes that a block costs, with its share of the tables that are used.
  static constexpr std::size_t kCost = kBlockBytes + 2 * kWordsPerBlock * 8 + sizeof(BlockInfo) + 8;
  // From here on the memory of a heap becomes huge pages: a page fault for 2 MiB, and few misses in the TLB.
  // A smaller heap would hold too much that it does not use.
  static constexpr std::size_t kHugeFrom = std::size_t{16} << 20;

  explicit FreeBlocks(MemoryAccount& account) noexcept : account_(account) {}
  FreeBlocks(const FreeBlocks&) = delete;
  FreeBlocks& operator=(const FreeBlocks&) = delete;
  ~FreeBlocks() { trim(0); }

  // n neighbouring blocks; Cage::kNone if there is no memory.
  std::uint32_t take(std::size_t n) noexcept {
    if (n == 1 && blocks_ != Cage::kNone) return taken(pop(blocks_), 1, false);
    for (std::uint32_t* link = &runs_; *link != Cage::kNone; link = &Cage::info(*link).next) {
      const std::size_t found = Cage::info(*link).blocks;
      if (found < n) continue;
      const std::uint32_t index = pop(*link);
      if (found > n) keep(index + static_cast<std::uint32_t>(n), found - n);
      return taken(index, n, false);
    }
    return from_cage(n);
  }

  void keep(std::uint32_t index, std::size_t n) noexcept {
    BlockInfo& block = Cage::info(index);
    block.state = BlockState::kFree;
    block.blocks = static_cast<std::uint32_t>(n);
    std::uint32_t& list = n == 1 ? blocks_ : runs_;
    block.next = list;
    list = index;
    bytes_ += n * kCost;
  }

  // Gives back to the system all but `most` bytes.
  void trim(std::size_t most) noexcept {
    while (runs_ != Cage::kNone && bytes_ > most) {
      const std::uint32_t first = pop(runs_);
      release(first, Cage::info(first).blocks);
    }
    while (blocks_ != Cage::kNone && bytes_ > most) {
      const std::uint32_t first = pop(blocks_);
      std::size_t n = 1;  // neighbours in one call
      while (blocks_ == first + n && bytes_ > most) pop(blocks_), ++n;
      release(first, n);
    }
  }
  std::size_t bytes() const noexcept { return bytes_; }  // as they cost

 private:
  std::uint32_t pop(std::uint32_t& list) noexcept {
    const std::uint32_t index = list;
    list = Cage::info(index).next;
    bytes_ -= Cage::info(index).blocks * kCost;
    return index;
  }
  void release(std::uint32_t first, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i)
      Cage::info(first + static_cast<std::uint32_t>(i)).state = BlockState::kNone;
    Cage::give_back(first, n);
    account_.shrink(n * kCost);
  }
  std::uint32_t from_cage(std::size_t n) noexcept {
    // Pieces that are too small make room, so that they do not add up beside what large objects leave.
    trim(bytes_ - std::min(bytes_, n * kCost));
    if (!account_.grow(n * kCost)) {
      // What is kept in pieces may be just what the limit leaves no room for.
      if (bytes_ == 0) return Cage::kNone;
      trim(0);
      if (!account_.grow(n * kCost)) return Cage::kNone;
    }
    std::uint32_t index = Cage::take(n, account_.held() >= kHugeFrom);
    if (index == Cage::kNone && bytes_ != 0 && n <= Cage::block_count()) {
      trim(0);  // neighbours are joined in the cage
      index = Cage::take(n, account_.held() >= kHugeFrom);
    }
    if (index == Cage::kNone) {
      account_.shrink(n * kCost);
      return Cage::kNone;
    }
    return taken(index, n, true);
  }
  static std::uint32_t taken(std::uint32_t index, std::size_t n, bool fresh) noexcept {
    BlockInfo& block = Cage::info(index);
    block.blocks = static_cast<std::uint32_t>(n);
    block.fresh = fresh;
    return index;
  }

  MemoryAccount& account_;
  std::uint32_t blocks_ = Cage::kNone, runs_ = Cage::kNone;
  std::size_t bytes_ = 0;
};

}  // namespace assay::gc
