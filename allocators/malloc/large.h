// Objects beyond the classes: whole units of address space, of which only the pages that are touched exist.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allocators/malloc/block_map.h"
#include "allocators/malloc/misuse.h"
#include "allocators/malloc/quarantine.h"
#include "allocators/malloc/size_classes.h"
#include "allocators/malloc/space.h"

namespace assay::drop_in {

class Large {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 46;

  // Null when memory is exhausted. *zero tells whether the object reads as zeros.
  static void* allocate(std::size_t size, std::size_t alignment = kUnit, bool* zero = nullptr) noexcept {
    if (size > kMostBytes || alignment > kMostBytes) return nullptr;
    const std::size_t units = (size == 0 ? 1 : (size + kUnit - 1) / kUnit) + kGuards;
    BlockInfo* run = space.take(units, alignment <= kUnit ? 1 : alignment / kUnit, zero);
    if (run == nullptr) return nullptr;
    BlockMap::set_kind(run->start, kLarge);
    if constexpr (kHardened) OsMemory::protect(run->start + (run->units - kGuards) * kUnit, kUnit, false);
    return run->start;
  }

  static void release(void* object) noexcept {
    BlockInfo& run = info(object);
    BlockMap::set_kind(object, 0);
    if constexpr (kHardened) {
      if (!OsMemory::protect(run.start + (run.units - kGuards) * kUnit, kUnit, true)) {
        OsMemory::discard(run.start, run.units * kUnit);  // the address space is lost, as its guard stays
        return;
      }
    }
    space.give(run);
  }

  static std::size_t units(const void* object) noexcept { return info(object).units; }
  // Between the two nobody may free it.
  static void suspend(void* object) noexcept { BlockMap::set_kind(object, 0); }
  static void resume(void* object) noexcept { BlockMap::set_kind(object, kLarge); }

  static std::size_t usable_size(const void* object) noexcept {
    return (info(object).units - kGuards) * kUnit;
  }

  // Whether the object could be made to have room for so much, and not much more, where it is.
  static bool resize(void* object, std::size_t size) noexcept {
    if (kHardened || size > kMostBytes) return false;
    BlockInfo& run = info(object);
    const std::size_t units = (size + kUnit - 1) / kUnit;
    if (units > run.units) return space.extend(run, units);
    if (run.direct && units < run.units / 2) return false;
    space.shrink(run, units);
    return true;
  }

 private:
  static constexpr std::size_t kGuards = kHardened ? 1 : 0;

  static BlockInfo& info(const void* object) noexcept {
    BlockInfo& run = *BlockMap::info(object);
    if (run.start != object) stop(Misuse::kInvalidFree, object, 0);
    return run;
  }
};

// The objects of one or two units that a thread freed last, two of each length, for its next ones: neither
// the space's lock nor its books. To everybody else they are in use, with no object in them.
class RecentRuns {
 public:
  // Until then there is neither an object nor room for one.
  void begin() noexcept { room_ = kHardened ? 0 : kRuns; }

  void* take(std::size_t size) noexcept {
    const std::size_t length = (size + kUnit - 1) / kUnit - 1;
    if (length >= kLengths || counts_[length] == 0) return nullptr;
    void* object = runs_[length][--counts_[length]];
    Large::resume(object);
    return object;
  }

  bool give(void* object) noexcept {
    const std::size_t length = Large::units(object) - 1;
    if (length >= kLengths || counts_[length] >= room_ || !space.retains()) return false;
    Large::suspend(object);
    runs_[length][counts_[length]++] = object;
    return true;
  }

  void flush() noexcept {
    for (std::size_t length = 0; length < kLengths; ++length)
      while (counts_[length] != 0) Large::release(runs_[length][--counts_[length]]);
  }

 private:
  static constexpr std::size_t kLengths = 2, kRuns = 2;
  void* runs_[kLengths][kRuns]{};
  std::uint8_t counts_[kLengths]{}, room_ = 0;
};

}  // namespace assay::drop_in
