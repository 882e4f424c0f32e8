// From any address to what the unit of 64 KiB around it is, and to the record of that unit.
//
//   kinds   one byte a unit: 0 not ours (or free), or a kind of size_classes.h
//   infos   576 bytes a unit, in chunks for 16 MiB that exist where we have memory; out of line, so that a
//           stray write through a user's pointer does not meet them and they do not share cache sets
//
// The addresses are seen through windows of 256 GiB. All memory of an ordinary process is in the first one,
// where free() needs a subtraction, a comparison and one load; other windows are looked up. That byte is the
// whole cost of finding out that an address is not ours. A heap of 1 GiB has 16 KiB of kinds: they stay
// cached.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allocators/malloc/lock.h"
#include "allocators/malloc/os_memory.h"
#include "allocators/malloc/size_classes.h"

namespace assay::drop_in {

enum class Unit : std::uint8_t { kNone, kUsed, kFreeRun };

// The record of a unit; that of a block or run is the one of its first unit. What a field is for depends on
// what the unit is used for; the owner of the unit guards it with its lock. Of a block of at most 64 objects
// everything is in the first cache line.
struct alignas(64) BlockInfo {
  char* start;             // of the run or block that the unit is the first or last of
  BlockInfo *next, *prev;  // in the one list that has it
  std::uint32_t units;
  std::uint32_t
      dirty;  // free runs: at most so many units have pages; sparse blocks: bytes freed since they went
  std::uint32_t free;    // blocks: objects or, mixed, granules
  std::uint16_t cursor;  // blocks: bits below are not free, or were looked at
  std::uint16_t recent;  // mixed: granules freed since a search found nothing
  Unit state;
  std::uint8_t size_class;
  std::uint8_t list;      // blocks: which list has it
  bool direct;            // large: mapped for itself
  std::uint8_t* classes;  // mixed: of the object that starts at each granule, 0 where none does
  union {
    std::uint64_t bits[kUnit / kGranule / 64];  // blocks; 1: free
    struct {
      BlockInfo *newer, *older;
    } age;  // free runs with dirty pages
  };
};
static_assert(offsetof(BlockInfo, bits) == 56 && sizeof(BlockInfo) == 576);

class BlockMap {
 public:
  // The kind of an address in the first window: false where it is not.
  static bool near_kind(const void* address, std::size_t* kind) noexcept {
    std::size_t unit = (reinterpret_cast<std::uintptr_t>(address) - base_) / kUnit;
    asm("" : "+r"(unit));  // or the comparison becomes a shift of its own
    if (unit >= kWindowUnits) [[unlikely]]
      return false;
    // Acquire pairs with set_kind(): the classes of a block that has just become mixed are seen.
    *kind = std::atomic_ref(near_.kinds[unit]).load(std::memory_order_acquire);
    return true;
  }
  static unsigned kind(const void* address) noexcept {
    std::size_t kind;
    return near_kind(address, &kind) ? static_cast<unsigned>(kind) : far_kind(address);
  }

  static void set_kind(const BlockInfo& info, unsigned kind) noexcept {
    for (std::size_t i = 0; i < info.units; ++i) set_kind(info.start + i * kUnit, kind);
  }
  // The block is none any more. Of all records only those of blocks have a class.
  static void clear(BlockInfo& block) noexcept {
    set_kind(block, 0);
    block.size_class = 0;
  }
  static void set_kind(const void* address, unsigned kind) noexcept {
    Window* window = window_of(address);
    // Release: who reads the kind of a mixed block sees the classes of its objects.
    std::atomic_ref(window->kinds[unit_of(address)])
        .store(static_cast<std::uint8_t>(kind), std::memory_order_release);
  }

  // Null where there is no memory of ours near.
  static BlockInfo* info(const void* address) noexcept {
    Window* window = window_of(address);
    if (window == nullptr) return nullptr;
    const std::size_t unit = unit_of(address);
    BlockInfo* chunk = std::atomic_ref(window->chunks[unit / kChunkUnits])
                           .load(std::memory_order_acquire);  // pairs with add()
    return chunk == nullptr ? nullptr : chunk + unit % kChunkUnits;
  }

  // Makes records for these units, under the lock of the space; false when there is no memory for them.
  static bool add(const void* start, std::size_t units) noexcept {
    if (base_ == 0)
      base_ = (reinterpret_cast<std::uintptr_t>(start) - kWindowBytes / 2) & ~(kChunkUnits * kUnit - 1);
    const char* end = static_cast<const char*>(start) + units * kUnit;
    const auto* at = static_cast<const char*>(start);
    while (at < end) {
      Window* window = window_of(at);
      if (window == nullptr) {
        window = reinterpret_cast<Window*>(OsMemory::map(nullptr, sizeof(Window)));
        if (window == nullptr) return false;
        far_[far_index(at)].store(window, std::memory_order_release);  // pairs with window_of()
      }
      std::atomic_ref chunk(window->chunks[unit_of(at) / kChunkUnits]);
      if (chunk.load(std::memory_order_relaxed) == nullptr) {
        constexpr std::size_t kBytes = (kChunkUnits * sizeof(BlockInfo) + kPage - 1) / kPage * kPage;
        auto* made = reinterpret_cast<BlockInfo*>(OsMemory::map(nullptr, kBytes));
        if (made == nullptr) return false;
        chunk.store(made, std::memory_order_release);
      }
      at += (kChunkUnits - unit_of(at) % kChunkUnits) * kUnit;
    }
    return true;
  }

 private:
  static constexpr std::size_t kWindowBytes = std::size_t{1} << 38, kWindowUnits = kWindowBytes / kUnit;
  static constexpr std::size_t kChunkUnits = 256, kWindows = (std::size_t{1} << 48) / kWindowBytes;

  struct Window {
    std::uint8_t kinds[kWindowUnits];
    BlockInfo* chunks[kWindowUnits / kChunkUnits];
  };

  static std::size_t far_index(const void* address) noexcept {
    return (reinterpret_cast<std::uintptr_t>(address) - base_) / kWindowBytes % kWindows;
  }
  static std::size_t unit_of(const void* address) noexcept {
    return (reinterpret_cast<std::uintptr_t>(address) - base_) / kUnit % kWindowUnits;
  }
  static Window* window_of(const void* address) noexcept {
    const std::size_t index = far_index(address);
    return index == 0 ? &near_ : far_[index].load(std::memory_order_acquire);  // pairs with add()
  }
  [[gnu::noinline, gnu::cold]] static unsigned far_kind(const void* address) noexcept {
    if (reinterpret_cast<std::uintptr_t>(address) >> 47 != 0) return 0;
    Window* window = window_of(address);
    return window == nullptr
               ? 0
               : std::atomic_ref(window->kinds[unit_of(address)]).load(std::memory_order_acquire);
  }

  // The middle of the first window is where the first memory was. Written before any address is given out.
  static inline constinit std::uintptr_t base_ = 0;
  static inline Window near_;  // zeros that are no bytes of the file
  static inline constinit std::atomic<Window*> far_[kWindows]{};
};

}  // namespace assay::drop_in
