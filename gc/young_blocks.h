// The blocks of a heap that hold young objects, or in which a mutator allocates: what a minor collection
// looks at.
//
//   of no objects ──add()──► known, in the list ──take()──► known         the flags: BlockInfo::policy
//
// A block that is not yet known has bits of whoever had it before in the tables of ages: add() clears them.
// Where the list ends nothing is allocated: there is a place for each block of the cage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "gc/age_tables.h"
#include "gc/cage.h"

namespace assay::gc {

class YoungBlocks {
 public:
  YoungBlocks() : blocks_((AgeTables::open(), Cage::block_count())) {}

  void add(BlockInfo& block) noexcept {
    const std::uint32_t index = Cage::index_of_info(block);
    if (block.policy[kFlags] == 0) AgeTables::clear(Cage::block(index), words_of(block));
    if (has(block)) return;
    block.policy[kFlags] = kKnown | kYoung;
    blocks_[count_++] = index;
  }
  static bool has(const BlockInfo& block) noexcept { return (block.policy[kFlags] & kYoung) != 0; }

  template <class F>
  void for_each(F f) const {
    for (std::size_t i = 0; i < count_; ++i) f(Cage::info(blocks_[i]));
  }
  // f(block) for each, which is in the list no more unless f adds it.
  template <class F>
  void take(F f) {
    const std::size_t count = std::exchange(count_, 0);
    for (std::size_t i = 0; i < count; ++i) {
      BlockInfo& block = Cage::info(blocks_[i]);
      block.policy[kFlags] = kKnown;
      f(block);
    }
  }

 private:
  static constexpr std::size_t kFlags = 0;  // in BlockInfo::policy
  static constexpr std::uint8_t kKnown = 1, kYoung = 2;

  VirtualArray<std::uint32_t> blocks_;  // by their number in the cage
  std::size_t count_ = 0;
};

}  // namespace assay::gc
