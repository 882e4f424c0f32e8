// The oracle: every live block of the subject with its range and contents, in memory that is not the
// subject's.
//
// Each block is filled whole with a pattern of its own when it is added, and checked whole when asked and
// when it is removed; its range is compared with both neighbours. Every function returns null when all is
// well and otherwise says what is wrong, in static storage. Thread-safe: one spin lock around the map;
// filling and checking happen outside it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>

#include "suites/core/mapped_memory.h"
#include "suites/core/pattern.h"

namespace assay::suite {

class LiveMap {
 public:
  struct Block {
    std::size_t requested;  // bytes asked for
    std::size_t extent;     // bytes owned: usable size where known, otherwise `requested`
    std::uint64_t seed;     // of the pattern in [0, extent)
  };

  // A new block owning [block, block + extent), extent ≥ requested, at a multiple of `alignment`.
  const char* add(void* block, std::size_t requested, std::size_t extent, std::size_t alignment) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    if (alignment != 0 && address % alignment != 0)
      return say("block %p of %zu bytes is not a multiple of %zu", block, requested, alignment);
    Block record{requested, extent, address};
    {
      const Lock lock(*this);
      record.seed = next_seed_ += 0x10001;
      const auto next = blocks_.lower_bound(address);
      if (next != blocks_.end() && next->first < address + (extent == 0 ? 1 : extent))
        return overlap(address, record, next->first, next->second);
      if (next != blocks_.begin()) {
        const auto previous = std::prev(next);
        if (previous->first + previous->second.extent > address)
          return overlap(address, record, previous->first, previous->second);
      }
      blocks_.emplace_hint(next, address, record);
    }
    fill_pattern(block, extent, record.seed);
    return nullptr;
  }

  // Contents are as they were filled.
  const char* check(const void* block) {
    Block record;
    if (!find(block, &record)) return say("block %p is not live", block);
    return compare(block, record.extent, record.seed);
  }

  // Contents are as they were filled, and the block is forgotten: call before free.
  const char* remove(const void* block) {
    if (const char* problem = check(block)) return problem;
    const Lock lock(*this);
    blocks_.erase(reinterpret_cast<std::uintptr_t>(block));
    return nullptr;
  }

  // Forgets a block that is about to be reallocated and returns its record: afterwards the first
  // min(old, new) requested bytes at the new address must satisfy compare(new_block, n, seed).
  bool take(const void* block, Block* record) {
    if (!find(block, record)) return false;
    const Lock lock(*this);
    blocks_.erase(reinterpret_cast<std::uintptr_t>(block));
    return true;
  }

  static const char* compare(const void* block, std::size_t size, std::uint64_t seed) {
    const std::size_t damage = find_damage(block, size, seed);
    if (damage == kIntact) return nullptr;
    return say("block %p: byte %zu of %zu has changed", block, damage, size);
  }

  bool find(const void* block, Block* record) {
    const Lock lock(*this);
    const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(block));
    if (found == blocks_.end()) return false;
    *record = found->second;
    return true;
  }

  std::size_t size() {
    const Lock lock(*this);
    return blocks_.size();
  }

 private:
  class Lock {
   public:
    explicit Lock(LiveMap& map) : map_(map) {
      while (map_.busy_.exchange(true, std::memory_order_acquire)) {  // pairs with the release below
        while (map_.busy_.load(std::memory_order_relaxed)) __builtin_ia32_pause();
      }
    }
    ~Lock() { map_.busy_.store(false, std::memory_order_release); }

   private:
    LiveMap& map_;
  };

  template <class... Arguments>
  [[gnu::noinline]] static const char* say(const char* format, Arguments... arguments) {
    static thread_local char text[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    std::snprintf(text, sizeof text, format, arguments...);
#pragma GCC diagnostic pop
    return text;
  }

  static const char* overlap(std::uintptr_t address, const Block& block, std::uintptr_t other,
                             const Block& with) {
    return say("block [%#zx, +%zu) for %zu bytes overlaps live block [%#zx, +%zu) for %zu bytes", address,
               block.extent, block.requested, other, with.extent, with.requested);
  }

  std::atomic<bool> busy_{false};
  std::uint64_t next_seed_ = 0;
  std::map<std::uintptr_t, Block, std::less<>, MappedAllocator<std::pair<const std::uintptr_t, Block>>>
      blocks_;
};

}  // namespace assay::suite
