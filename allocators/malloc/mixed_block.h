// A mixed block: what becomes of a block of which little is live when another class needs room. Any small
// object may lie in any of its holes.
//
//   | A |      hole      | B | B | B |  hole | A | …     granules of 16 bytes
//   bits     1 for each granule that is free
//   classes  one byte a granule: the class of the object that starts there, 0 where none does
//
// A size-class allocator gives a block to its class for as long as one object in it lives; when a program
// goes through phases of sizes, every phase leaves such blocks behind. Holes of any length make them common
// ground again, as lines are in a mark-region heap (Blackburn and McKinley, "Immix", 2008), at the cost of a
// byte a granule and of one more load in free(). An object lies as aligned as in a block of its class.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "allocators/malloc/block.h"
#include "allocators/malloc/block_map.h"
#include "allocators/malloc/misuse.h"
#include "allocators/malloc/os_memory.h"
#include "allocators/malloc/size_classes.h"

namespace assay::drop_in {

constexpr std::uint32_t kGranules = kUnit / kGranule;
constexpr unsigned kMixable = kExactClasses;  // the largest class that may lie in a mixed block

class MixedBlock {
 public:
  explicit MixedBlock(BlockInfo& info) : info_(info) {}

  // The class of the object that starts there, or 0.
  static unsigned class_at(const void* object) noexcept {
    const BlockInfo& info = *BlockMap::info(object);
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(object) % kUnit;
    return offset % kGranule == 0 ? info.classes[offset / kGranule] : 0;
  }

  // A uniform block of one unit becomes mixed; `classes` are kGranules zeros.
  static void make(BlockInfo& info, std::uint8_t* classes) noexcept {
    const UniformBlock uniform(info);
    const ClassFacts& facts = kFacts[info.size_class];
    const std::uint32_t granules = facts.size / static_cast<std::uint32_t>(kGranule);
    std::uint64_t free[kGranules / 64];
    for (std::uint64_t& word : free) word = ~std::uint64_t{0};
    std::uint32_t used = 0;
    for (std::uint32_t at = 0; at < facts.capacity; ++at) {
      if (uniform.is_free(at)) continue;
      classes[at * granules] = info.size_class;
      change(free, at * granules, granules);
      used += granules;
    }
    for (std::size_t i = 0; i < kGranules / 64; ++i) info.bits[i] = free[i];
    info.classes = classes;
    info.free = kGranules - used;
    info.cursor = info.recent = 0;
    info.size_class = kMixed;
  }

  // Up to `most` objects side by side in the first hole from the cursor on that is long enough; no mask if
  // there is none. *longest is then the longest hole, in granules.
  Batch take(unsigned size_class, unsigned most, std::uint32_t* longest) noexcept {
    const std::uint32_t granules = size_class;
    const auto alignment = static_cast<std::uint32_t>(natural_alignment(size_class) / kGranule);
    *longest = 0;
    std::uint32_t from = info_.cursor;
    for (int part = 0; part < 2; ++part, from = 0) {
      for (std::uint32_t at = next(from, true); at < kGranules;) {
        const std::uint32_t end = next(at, false), aligned = (at + alignment - 1) & ~(alignment - 1);
        if (aligned + granules <= end) {
          std::uint32_t count = (end - aligned) / granules;
          if (count > most) count = most;
          change(info_.bits, aligned, count * granules);
          for (std::uint32_t i = 0; i < count; ++i)
            info_.classes[aligned + i * granules] = static_cast<std::uint8_t>(size_class);
          info_.free -= count * granules;
          info_.cursor = static_cast<std::uint16_t>(aligned + count * granules) % kGranules;
          return {info_.start + aligned * kGranule,
                  count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1};
        }
        const std::uint32_t fits = end - at < granules ? end - at : granules - 1;
        if (fits > *longest) *longest = fits;
        at = next(end, true);
      }
      if (info_.cursor == 0) break;
    }
    return {nullptr, 0};
  }

  void give(void* object) noexcept {
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(object) % kUnit;
    const unsigned size_class = class_at(object);
    if (size_class == 0) stop(Misuse::kInvalidFree, object, 0);
    info_.classes[offset / kGranule] = 0;
    change(info_.bits, static_cast<std::uint32_t>(offset / kGranule), size_class);
    info_.free += size_class;
  }

  // The pages that are free wholly go back to the system.
  void discard_free_pages() noexcept {
    constexpr std::size_t kWords = kPage / kGranule / 64;
    for (std::size_t page = 0; page < kUnit / kPage; ++page) {
      std::size_t end = page;
      while (end < kUnit / kPage && is_free_page(end)) ++end;
      if (end == page) continue;
      OsMemory::discard(info_.start + page * kPage, (end - page) * kPage);
      page = end;
    }
    static_assert(kWords == 4);
  }

 private:
  bool is_free_page(std::size_t page) const noexcept {
    const std::uint64_t* words = info_.bits + page * 4;
    return (words[0] & words[1] & words[2] & words[3]) == ~std::uint64_t{0};
  }

  // Flips a run of bits.
  static void change(std::uint64_t* bits, std::uint32_t from, std::uint32_t count) noexcept {
    while (count > 0) {
      const std::uint32_t bit = from % 64, here = count < 64 - bit ? count : 64 - bit;
      const std::uint64_t ones = here == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << here) - 1;
      bits[from / 64] ^= ones << bit;
      from += here;
      count -= here;
    }
  }

  // The first granule from `from` on that is free, or is not.
  std::uint32_t next(std::uint32_t from, bool free) const noexcept {
    while (from < kGranules) {
      const std::uint64_t word = free ? info_.bits[from / 64] : ~info_.bits[from / 64];
      if (const std::uint64_t rest = word >> from % 64; rest != 0)
        return from + static_cast<std::uint32_t>(std::countr_zero(rest));
      from = (from / 64 + 1) * 64;
    }
    return kGranules;
  }

  BlockInfo& info_;
};

}  // namespace assay::drop_in
