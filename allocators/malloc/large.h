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
    mark_begin(*run);
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

  static std::size_t usable_size(const void* object) noexcept {
    return (info(object).units - kGuards) * kUnit;
  }

  // Whether the object could be made to have room for so much, and not much more, where it is.
  static bool resize(void* object, std::size_t size) noexcept {
    if (kHardened || size > kMostBytes) return false;
    BlockInfo& run = info(object);
    const std::size_t units = (size + kUnit - 1) / kUnit;
    if (units > run.units) {
      if (!space.extend(run, units)) return false;
    } else {
      if (run.direct && units < run.units / 2) return false;
      space.shrink(run, units);
    }
    mark_begin(run);
    return true;
  }

 private:
  static constexpr std::size_t kGuards = kHardened ? 1 : 0;

  static void mark_begin(const BlockInfo& run) noexcept {
    BlockMap::set_kind(run.start, kind_of_large(run.units));
  }

  static BlockInfo& info(const void* object) noexcept {
    BlockInfo& run = *BlockMap::info(object);
    if (run.start != object) stop(Misuse::kInvalidFree, object, 0);
    return run;
  }
};

// The objects of a few units that a thread freed last, for its next ones: neither the space's lock nor its
// books, and not even their records. To everybody else they are in use, with no object in them.
class RecentRuns {
 public:
  // Until then there is neither an object nor room for one.
  void begin() noexcept { room_ = kHardened ? 0 : kMostUnits; }

  void* take(std::size_t size) noexcept {
    const std::size_t units = (size + kUnit - 1) / kUnit;
    if (units - 1 >= kShortUnits || counts_[units - 1] == 0) return nullptr;
    void* object = runs_[units - 1][--counts_[units - 1]];
    room_ += units;
    BlockMap::set_kind(object, kind_of_large(units));
    return object;
  }

  // `kind` is the block map's of the object.
  bool give(void* object, unsigned kind) noexcept {
    const std::size_t units = short_units(kind);
    if (units - 1 >= kShortUnits || units > room_ || counts_[units - 1] == kRuns || !space.retains() ||
        reinterpret_cast<std::uintptr_t>(object) % kUnit != 0)
      return false;
    BlockMap::set_kind(object, 0);
    room_ -= units;
    runs_[units - 1][counts_[units - 1]++] = object;
    return true;
  }

  void flush() noexcept {
    for (std::size_t units = 1; units <= kShortUnits; ++units)
      for (; counts_[units - 1] != 0; room_ += units) Large::release(runs_[units - 1][--counts_[units - 1]]);
  }

 private:
  static constexpr std::size_t kRuns = 4, kMostUnits = 16;
  void* runs_[kShortUnits][kRuns]{};
  std::size_t room_ = 0;  // units
  std::uint8_t counts_[kShortUnits]{};
};

}  // namespace assay::drop_in
