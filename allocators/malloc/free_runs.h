// The free runs of the address space, by length and by age.
//
// I1. A free run is in the bin of its length, dirty ones before clean ones; a clean one reads as zeros.
// I2. Dirty ones are in a list from the oldest, by which they are given back, to the newest.
//
// Bins are exact up to 64 units, quarters of an octave beyond; a search within one large bin looks at 32
// runs. The lock of the space guards all of it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "allocators/malloc/block_map.h"
#include "allocators/malloc/lock.h"

namespace assay::drop_in {

class FreeRuns {
 public:
  // The shortest run of so many units at least, a dirty one if there is any; or null.
  BlockInfo* find(std::size_t units) noexcept {
    BlockInfo* run = find(units, with_dirty_, true);
    return run != nullptr ? run : find(units, filled_, false);
  }

  void insert(BlockInfo& run) noexcept {
    run.state = Unit::kFreeRun;
    BlockInfo& last = last_of(run);
    last.state = Unit::kFreeRun;
    last.start = run.start;
    const std::size_t index = bin_of(run.units);
    Bin& bin = bins_[index];
    filled_[index / 64] |= std::uint64_t{1} << index % 64;
    if (run.dirty != 0) {
      run.prev = nullptr;
      run.next = bin.first;
      (bin.first == nullptr ? bin.last : bin.first->prev) = &run;
      bin.first = &run;
      with_dirty_[index / 64] |= std::uint64_t{1} << index % 64;
      dirty_ += run.dirty;
      insert_by_age(run);
    } else {
      run.next = nullptr;
      run.prev = bin.last;
      (bin.last == nullptr ? bin.first : bin.last->next) = &run;
      bin.last = &run;
    }
  }

  void remove(BlockInfo& run) noexcept {
    const std::size_t index = bin_of(run.units);
    Bin& bin = bins_[index];
    (run.prev == nullptr ? bin.first : run.prev->next) = run.next;
    (run.next == nullptr ? bin.last : run.next->prev) = run.prev;
    const std::uint64_t bit = std::uint64_t{1} << index % 64;
    if (bin.first == nullptr) filled_[index / 64] &= ~bit;
    if (bin.first == nullptr || bin.first->dirty == 0) with_dirty_[index / 64] &= ~bit;
    if (run.dirty == 0) return;
    dirty_ -= run.dirty;
    (run.age.older == nullptr ? oldest_ : run.age.older->age.newer) = run.age.newer;
    (run.age.newer == nullptr ? newest_ : run.age.newer->age.older) = run.age.older;
  }

  // Null if there is none: of all, and of those with dirty pages.
  BlockInfo* any() const noexcept {
    for (std::size_t i = 0; i < kMasks; ++i)
      if (filled_[i] != 0)
        return bins_[i * 64 + static_cast<std::size_t>(std::countr_zero(filled_[i]))].first;
    return nullptr;
  }
  BlockInfo* oldest() const noexcept { return oldest_; }

  // Units that may have pages; without the lock, as it was a moment ago.
  std::size_t dirty() const noexcept { return dirty_; }

  static BlockInfo& last_of(const BlockInfo& run) noexcept {
    return *BlockMap::info(run.start + (run.units - 1) * kUnit);
  }

 private:
  static constexpr std::size_t kExactBins = 64, kBins = 64 + 4 * 11, kMasks = (kBins + 63) / 64;
  struct Bin {
    BlockInfo *first, *last;
  };

  static std::size_t bin_of(std::size_t units) noexcept {
    if (units <= kExactBins) return units - 1;
    const auto octave = static_cast<std::size_t>(std::bit_width(units)) - 1;  // 6 for 65 … 127
    const std::size_t bin = kExactBins + (octave - 6) * 4 + (units >> (octave - 2) & 3);
    return bin < kBins ? bin : kBins - 1;
  }

  // In the bins of that mask.
  BlockInfo* find(std::size_t units, const std::uint64_t* mask, bool dirty) noexcept {
    std::size_t bin = bin_of(units);
    BlockInfo* best = nullptr;
    int looked = 0;
    const auto may_be = [dirty](const BlockInfo* run) {
      return run != nullptr && (!dirty || run->dirty != 0);
    };
    for (BlockInfo* run = bins_[bin].first; may_be(run) && ++looked <= 32; run = run->next)
      if (run->units >= units && (best == nullptr || run->units < best->units)) best = run;
    while (best == nullptr && ++bin < kBins) {
      const std::uint64_t filled = mask[bin / 64] >> bin % 64;
      if (filled == 0) {
        bin |= 63;
        continue;
      }
      bin += static_cast<std::size_t>(std::countr_zero(filled));
      for (BlockInfo* run = bins_[bin].first; may_be(run) && best == nullptr; run = run->next)
        if (run->units >= units) best = run;
    }
    return best;
  }

  // Nearly always at the young end, what is left of an old run near the other one; about there if the
  // list is long.
  void insert_by_age(BlockInfo& run) noexcept {
    BlockInfo *older = newest_, *newer = nullptr;
    const auto precedes = [&](const BlockInfo& other) {
      return static_cast<std::int32_t>(other.free - run.free) <= 0;
    };
    if (older != nullptr && !precedes(*older)) {
      older = nullptr;
      newer = oldest_;
      for (int looked = 0; newer != nullptr && precedes(*newer) && looked < 32; ++looked) {
        older = newer;
        newer = newer->age.newer;
      }
    }
    run.age.older = older;
    run.age.newer = newer;
    (older == nullptr ? oldest_ : older->age.newer) = &run;
    (newer == nullptr ? newest_ : newer->age.older) = &run;
  }

  Bin bins_[kBins]{};
  std::uint64_t filled_[kMasks]{}, with_dirty_[kMasks]{};  // bins with a (dirty) run
  BlockInfo *oldest_ = nullptr, *newest_ = nullptr;
  GuardedNumber dirty_ = 0;
};

}  // namespace assay::drop_in
