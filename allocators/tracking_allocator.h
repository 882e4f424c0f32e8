// Tracking allocator: remembers every live block with its size, its alignment and the place in the program
// that asked for it, so that what is still live can be listed, and released.
//
//   upstream  ← blocks, exactly as they were asked for: nothing is put before, after or into them
//   records_  | – | 0x5f10: 64 B, 16, parser.cc:81 | 0x7a20: … | – | …     open addressing, by address
//
// The records lie apart from the blocks, because a block's user is what is under suspicion: an overrun cannot
// harm them, an unknown address can be looked up without reading what it points to, and every block is given
// back with the size and the alignment that it was taken with.
//
// Invariants
//   I1  the table has one record for each live block and no other
//   I2  a record is found from its home slot on without passing an empty slot; at most half are in use
//   I3  deallocate gets a live block of this allocator, with the size and the alignment that it was asked for
//
// Costs: the upstream's and one uncontended lock, one hash and about 1.5 slots more, O(1) amortised for the
// growth of the table (48 bytes a slot, in powers of two, from the upstream; when it cannot grow, allocate
// returns null and nothing has changed). Linear probing: the records looked at are neighbours. owns is O(1).
//
// Thread-safe, and calls the upstream under its lock, so that any upstream will do. It does not find overruns
// or uses after free. A call through a generic adaptor is recorded with the adaptor's line, unless that
// passes its caller's on. Destruction releases what is live.
// Source: Knuth, "The Art of Computer Programming" 3, 6.4: algorithms L and R (deletion without tombstones)
// and the multiplicative hash.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory_resource>
#include <mutex>
#include <new>
#include <utility>

#include "allocators/check.h"
#include "allocators/concept.h"

namespace assay {

class TrackingAllocator {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = true,
                                           .knows_its_blocks = true,
                                           .counts = true,
                                           .takes_upstream = true,
                                           .traps_misuse = kChecked};

  struct Record {
    void* block;  // null: no record
    std::size_t size, alignment;
    const char* file;  // where it was asked for: the line of the call, as the compiler knows it
    const char* function;
    unsigned line;
  };

  explicit TrackingAllocator(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource()) noexcept
      : upstream_(upstream) {}

  TrackingAllocator(const TrackingAllocator&) = delete;
  TrackingAllocator& operator=(const TrackingAllocator&) = delete;

  ~TrackingAllocator() {
    cleanup();
    if (records_ != nullptr) upstream_->deallocate(records_, slots_ * sizeof(Record), alignof(Record));
  }

  // The last three are left to the compiler, which fills in the caller's place.
  void* allocate(std::size_t size, std::size_t alignment, const char* file = __builtin_FILE(),
                 unsigned line = __builtin_LINE(), const char* function = __builtin_FUNCTION()) noexcept {
    if (size > PTRDIFF_MAX) return nullptr;
    const std::lock_guard lock(busy_);
    if (2 * (live_blocks_ + 1) > slots_ && !grow()) return nullptr;
    try {
      void* block = upstream_->allocate(size, alignment);
      insert({block, size, alignment, file, function, line});
      ++live_blocks_;
      live_bytes_ += size;
      return block;
    } catch (...) {
      return nullptr;
    }
  }

  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
    const std::lock_guard lock(busy_);
    const std::size_t slot = find(block);
    if (slot == slots_) {
      if constexpr (kChecked) trap("TrackingAllocator I3", "%p is freed and not live", block);
      return;  // unknown to the upstream as well
    }
    const Record record = records_[slot];
    if constexpr (kChecked)
      if (record.size != size || record.alignment != alignment)
        trap("TrackingAllocator I3", "block %p, asked for as (%zu, %zu) at %s:%u, is freed as (%zu, %zu)",
             block, record.size, record.alignment, record.file, record.line, size, alignment);
    erase(slot);
    --live_blocks_;
    live_bytes_ -= record.size;
    upstream_->deallocate(block, record.size, record.alignment);
  }

  // Releases every live block and returns how many there were.
  std::size_t cleanup() noexcept {
    const std::lock_guard lock(busy_);
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      Record& record = records_[slot];
      if (record.block == nullptr) continue;
      upstream_->deallocate(record.block, record.size, record.alignment);
      record.block = nullptr;
    }
    live_bytes_ = 0;
    return std::exchange(live_blocks_, 0);
  }

  bool owns(const void* address) const noexcept {
    const std::lock_guard lock(busy_);
    return find(address) != slots_;
  }

  AllocatorCounts counts() const noexcept {
    const std::lock_guard lock(busy_);
    return {live_blocks_, live_bytes_, live_bytes_ + slots_ * sizeof(Record)};
  }

  // Calls visit(const Record&) for each live block, in no order. `visit` must not use the allocator.
  template <class Visit>
  void for_each_live(const Visit& visit) const {
    const std::lock_guard lock(busy_);
    for (std::size_t slot = 0; slot < slots_; ++slot)
      if (records_[slot].block != nullptr) visit(static_cast<const Record&>(records_[slot]));
  }

  // One line for each live block and one for their sum.
  void report(std::FILE* to) const {
    std::size_t blocks = 0, bytes = 0;
    for_each_live([&](const Record& record) {
      std::fprintf(to, "live: %zu bytes at %p, alignment %zu, from %s:%u (%s)\n", record.size, record.block,
                   record.alignment, record.file, record.line, record.function);
      ++blocks;
      bytes += record.size;
    });
    std::fprintf(to, "live: %zu blocks, %zu bytes\n", blocks, bytes);
  }

  void check_invariants() const {
    const std::lock_guard lock(busy_);
    std::size_t blocks = 0, bytes = 0;
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      const Record& record = records_[slot];
      if (record.block == nullptr) continue;
      ++blocks;
      bytes += record.size;
      if (find(record.block) != slot)
        trap("TrackingAllocator I2", "the record of %p is not found, or twice there", record.block);
    }
    if (blocks != live_blocks_ || bytes != live_bytes_)
      trap("TrackingAllocator I1", "%zu records of %zu bytes for %zu blocks of %zu", blocks, bytes,
           live_blocks_, live_bytes_);
    if (2 * blocks > slots_) trap("TrackingAllocator I2", "%zu of %zu slots in use", blocks, slots_);
  }

 private:
  static constexpr std::size_t kFirstSlots = 64;

  std::size_t home_of(const void* block) const noexcept {
    return static_cast<std::size_t>((reinterpret_cast<std::uintptr_t>(block) * 0x9e3779b97f4a7c15) >> shift_);
  }
  std::size_t after(std::size_t slot) const noexcept { return (slot + 1) & (slots_ - 1); }

  // The slot of a block's record, or slots_.
  std::size_t find(const void* block) const noexcept {
    if (slots_ == 0 || block == nullptr) return slots_;
    for (std::size_t slot = home_of(block); records_[slot].block != nullptr; slot = after(slot))
      if (records_[slot].block == block) return slot;
    return slots_;
  }

  void insert(const Record& record) noexcept {
    std::size_t slot = home_of(record.block);
    while (records_[slot].block != nullptr) slot = after(slot);
    records_[slot] = record;
  }

  // Moves back each later record of the run that may lie at the hole, so that I2 holds.
  void erase(std::size_t hole) noexcept {
    for (std::size_t slot = after(hole); records_[slot].block != nullptr; slot = after(slot)) {
      const std::size_t home = home_of(records_[slot].block);
      if (((slot - home) & (slots_ - 1)) < ((slot - hole) & (slots_ - 1))) continue;
      records_[hole] = records_[slot];
      hole = slot;
    }
    records_[hole].block = nullptr;
  }

  [[gnu::noinline]] bool grow() noexcept {
    Record* const old = records_;
    const std::size_t old_slots = slots_;
    const std::size_t slots = old_slots == 0 ? kFirstSlots : 2 * old_slots;
    try {
      records_ = static_cast<Record*>(upstream_->allocate(slots * sizeof(Record), alignof(Record)));
    } catch (...) {
      return false;
    }
    slots_ = slots;
    shift_ = 64 - std::countr_zero(slots);
    for (std::size_t slot = 0; slot < slots; ++slot) new (&records_[slot]) Record{};
    for (std::size_t slot = 0; slot < old_slots; ++slot)
      if (old[slot].block != nullptr) insert(old[slot]);
    if (old != nullptr) upstream_->deallocate(old, old_slots * sizeof(Record), alignof(Record));
    return true;
  }

  std::pmr::memory_resource* upstream_;
  mutable std::mutex busy_;
  Record* records_ = nullptr;
  std::size_t slots_ = 0;  // 0 or a power of two
  int shift_ = 0;
  std::size_t live_blocks_ = 0, live_bytes_ = 0;
};

static_assert(Allocator<TrackingAllocator>);

}  // namespace assay
