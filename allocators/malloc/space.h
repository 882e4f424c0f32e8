// The address space: runs of units, taken by best fit, coalesced when they are given back; and how long the
// pages of free ones are kept.
//
//   | used run | free run: dirty or clean | used | …
//              ^ start, units           ^ start
//
// A run's record is that of its first unit; the last unit's points back, so that neighbours are found.
//
// I1. No two free runs are neighbours; all are in free_runs.h.
// I2. At most limit() units of free runs are dirty after give(): the rest is discarded, oldest runs first,
//     and what has been free for longer than kIdle goes when age() is called.
//
// Memory is mapped in segments that grow with the heap, next to each other where the kernel agrees; they
// stay mapped, only their pages go, until no address space is left. Runs of kDirect units and more are
// mapped for themselves and unmapped again. Cost: O(1) and a few cache misses. After Knuth's boundary tags
// (TAOCP 1, 2.5).
#pragma once

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allocators/malloc/block_map.h"
#include "allocators/malloc/free_runs.h"
#include "allocators/malloc/lock.h"
#include "allocators/malloc/os_memory.h"

namespace assay::drop_in {

class Space {
 public:
  static constexpr std::size_t kDirect = (std::size_t{32} << 20) / kUnit;
  static constexpr std::size_t kMostUnits = (std::size_t{1} << 47) / kUnit;
  static constexpr std::uint32_t kIdle = 100;  // ms

  static std::uint32_t milliseconds() noexcept {  // modulo 2^32
    timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return static_cast<std::uint32_t>(time.tv_sec * 1000 + time.tv_nsec / 1'000'000);
  }

  // A run of units at a multiple of `alignment` units, or null. *zero tells whether it reads as zeros.
  BlockInfo* take(std::size_t units, std::size_t alignment = 1, bool* zero = nullptr) noexcept {
    const Guard guard(lock_);
    const std::size_t enough = units + alignment - 1;
    if (enough < units || enough >= kMostUnits) return nullptr;
    if (enough >= kDirect)
      if (BlockInfo* run = map_direct(units, alignment, zero)) return run;
    BlockInfo* run = runs_.find(enough);
    if (run == nullptr && enough < kDirect) run = grow(enough);
    if (run == nullptr) {
      // No address space: what is free is in pieces. They go if they are more than what is asked for.
      if (enough > mapped_ - used_) return nullptr;
      unmap_free_runs();
      if (enough >= kDirect) return map_direct(units, alignment, zero);
      run = grow(enough);
      if (run == nullptr) return nullptr;
    }
    runs_.remove(*run);
    if (zero != nullptr) *zero = run->dirty == 0;
    if (run->dirty == 0) grown_.fetch_add(units, std::memory_order_relaxed);  // an estimate
    const std::size_t skip = -(reinterpret_cast<std::uintptr_t>(run->start) / kUnit) % alignment;
    if (skip != 0) {
      BlockInfo* rest = split(*run, skip);
      runs_.insert(*run);
      run = rest;
    }
    if (run->units > units) runs_.insert(*split(*run, units));
    mark_used(*run);
    used_ += units;
    run->direct = false;
    return run;
  }

  // The kinds of its units are 0 already.
  void give(BlockInfo& run) noexcept {
    const Guard guard(lock_);
    give_locked(run);
    if (runs_.dirty() > limit()) discard_oldest(limit());
  }

  // Lengthens a used run in place, if what follows is free.
  bool extend(BlockInfo& run, std::size_t units) noexcept {
    const Guard guard(lock_);
    if (run.direct || units >= kDirect) return false;
    BlockInfo* after = BlockMap::info(run.start + run.units * kUnit);
    const std::size_t more = units - run.units;
    if (after == nullptr || after->state != Unit::kFreeRun || after->units < more) return false;
    runs_.remove(*after);
    if (after->units > more) runs_.insert(*split(*after, more));
    after->state = Unit::kNone;
    run.units = static_cast<std::uint32_t>(units);
    mark_used(run);
    used_ += more;
    return true;
  }

  // Cuts a used run; the rest is free.
  void shrink(BlockInfo& run, std::size_t units) noexcept {
    const Guard guard(lock_);
    if (run.direct || units >= run.units) return;
    run.dirty = 0;
    BlockInfo* rest = split(run, units);
    rest->state = Unit::kUsed;
    mark_used(run);
    mark_used(*rest);
    rest->direct = false;
    give_locked(*rest);
    if (runs_.dirty() > limit()) discard_oldest(limit());
  }

  // Discards what has been free for kIdle. Cheap, to be called now and then. Whether it was time to look.
  bool age() noexcept {
    const std::uint32_t now = milliseconds();
    if (now - aged_.load(std::memory_order_relaxed) < kIdle / 2 || !lock_.try_lock()) return false;
    aged_.store(now, std::memory_order_relaxed);
    for (BlockInfo* run; (run = runs_.oldest()) != nullptr && now - run->free >= kIdle;)
      if (!discard(*run, run->dirty)) break;
    lock_.unlock();
    return true;
  }

  // Discards until at most so many bytes are dirty; whether there was anything to discard.
  bool trim(std::size_t keep) noexcept {
    const Guard guard(lock_);
    const std::size_t before = runs_.dirty();
    discard_oldest(keep / kUnit);
    return runs_.dirty() < before;
  }

  // From now on exactly so many bytes of free runs may keep their pages.
  void set_retain(std::size_t bytes) noexcept { retain_ = bytes / kUnit; }
  bool retains() const noexcept { return retain_ != 0; }
  std::size_t used_bytes() const noexcept { return used_ * kUnit; }
  std::size_t dirty_bytes() const noexcept { return runs_.dirty() * kUnit; }
  // Units without pages that were ever given out.
  std::size_t grown() const noexcept { return grown_.load(std::memory_order_relaxed); }
  // Whether pages may be given up early. What is discarded so is at most half of what the heap ever grew by:
  // pages that come and go cannot cost more than a share of those that came.
  bool may_discard(std::size_t bytes) noexcept {
    if (discarded_.load(std::memory_order_relaxed) + bytes > grown() * kUnit / 2) return false;
    discarded_.fetch_add(bytes, std::memory_order_relaxed);  // an estimate
    return true;
  }
  // How many units the heap grows by from one sweep of sparse blocks to the next: 4 MiB, and so much of a
  // large heap that all sweeps together look at each block a constant number of times.
  std::size_t sweep_step() const noexcept { return used_ / 16 > kLeastStep ? used_ / 16 : kLeastStep; }
  // Whether nobody has swept since grown() was a step less than `grown`.
  bool is_first_to_sweep(std::size_t grown) noexcept {
    std::size_t last = swept_.load(std::memory_order_relaxed);  // only the number counts
    return grown - last >= sweep_step() &&
           swept_.compare_exchange_strong(last, grown, std::memory_order_relaxed);
  }
  bool has_dirty(std::size_t units) const noexcept { return runs_.dirty() >= units; }  // a hint
  Lock& lock() noexcept { return lock_; }

 private:
  static constexpr std::size_t kFirstSegment = (std::size_t{1} << 20) / kUnit, kLargestSegment = kDirect;
  static constexpr std::size_t kTwiceUsed = ~std::size_t{0}, kLeastRetained = (std::size_t{64} << 20) / kUnit;
  static constexpr std::size_t kLeastStep = (std::size_t{4} << 20) / kUnit;

  std::size_t limit() const noexcept {
    const std::size_t retain = retain_;
    return retain != kTwiceUsed ? retain : std::max<std::size_t>(2 * used_, kLeastRetained);
  }

  // A free run of so many units at least, or null.
  BlockInfo* grow(std::size_t units) noexcept {
    std::size_t segment = mapped_ / 4;
    if (segment < kFirstSegment) segment = kFirstSegment;
    if (segment > kLargestSegment) segment = kLargestSegment;
    if (segment < units) segment = units;
    char* start = map(segment);
    if (start == nullptr && segment > units) start = map(segment = units);
    if (start == nullptr) return nullptr;
    mapped_ += segment;
    BlockInfo& run = *BlockMap::info(start);
    run.start = start;
    run.units = static_cast<std::uint32_t>(segment);
    run.dirty = 0;
    BlockInfo& free = merged(run);
    runs_.insert(free);
    return &free;
  }

  char* map(std::size_t units) noexcept {
    char* hint = lowest_ == nullptr ? nullptr : lowest_ - units * kUnit;
    auto* start = static_cast<char*>(OsMemory::map_units(hint, units * kUnit));
    if (start == nullptr) return nullptr;
    if (!BlockMap::add(start, units)) {
      OsMemory::unmap(start, units * kUnit);
      return nullptr;
    }
    lowest_ = start;
    return start;
  }

  BlockInfo* map_direct(std::size_t units, std::size_t alignment, bool* zero) noexcept {
    const std::size_t all = units + alignment - 1;
    auto* start = static_cast<char*>(OsMemory::map_units(nullptr, all * kUnit));
    if (start == nullptr) return nullptr;
    const std::size_t skip = -(reinterpret_cast<std::uintptr_t>(start) / kUnit) % alignment;
    if (skip != 0) OsMemory::unmap(start, skip * kUnit);
    start += skip * kUnit;
    if (all - skip > units) OsMemory::unmap(start + units * kUnit, (all - skip - units) * kUnit);
    if (!BlockMap::add(start, 1)) {
      OsMemory::unmap(start, units * kUnit);
      return nullptr;
    }
    BlockInfo& run = *BlockMap::info(start);
    run.start = start;
    run.units = static_cast<std::uint32_t>(units);
    run.direct = true;
    run.state = Unit::kUsed;
    if (zero != nullptr) *zero = true;
    return &run;
  }

  void unmap_free_runs() noexcept {
    while (BlockInfo* run = runs_.any()) {
      if (!OsMemory::unmap(run->start, run->units * kUnit)) return;
      runs_.remove(*run);
      mapped_ -= run->units;
      run->state = FreeRuns::last_of(*run).state = Unit::kNone;
    }
  }

  void give_locked(BlockInfo& run) noexcept {
    if (run.direct) {
      run.state = Unit::kNone;
      // Where the kernel has no room for another mapping the address space is lost, but not the pages.
      if (!OsMemory::unmap(run.start, run.units * kUnit)) OsMemory::discard(run.start, run.units * kUnit);
      return;
    }
    used_ -= run.units;
    run.dirty = run.units;
    run.free = milliseconds();
    runs_.insert(merged(run));
  }

  // A free run that is in no bin, joined with its neighbours. It is as old as the part with the most pages.
  BlockInfo& merged(BlockInfo& run) noexcept {
    BlockInfo* result = &run;
    BlockInfo* after = BlockMap::info(run.start + run.units * kUnit);
    if (after != nullptr && after->state == Unit::kFreeRun) {
      runs_.remove(*after);
      after->state = Unit::kNone;
      if (after->dirty > run.dirty) run.free = after->free;
      run.units += after->units;
      run.dirty += after->dirty;
    }
    BlockInfo* before = BlockMap::info(run.start - kUnit);
    if (before != nullptr && before->state == Unit::kFreeRun) {
      result = BlockMap::info(before->start);
      runs_.remove(*result);
      before->state = Unit::kNone;
      run.state = Unit::kNone;
      if (run.dirty >= result->dirty) result->free = run.free;
      result->units += run.units;
      result->dirty += run.dirty;
    }
    return *result;
  }

  // Cuts a run that is in no bin, and returns what follows the first `units`.
  BlockInfo* split(BlockInfo& run, std::size_t units) noexcept {
    BlockInfo* rest = BlockMap::info(run.start + units * kUnit);
    rest->start = run.start + units * kUnit;
    rest->units = run.units - static_cast<std::uint32_t>(units);
    rest->free = run.free;
    rest->dirty = run.dirty < rest->units ? run.dirty : rest->units;
    run.units = static_cast<std::uint32_t>(units);
    if (run.dirty > run.units) run.dirty = run.units;
    return rest;
  }

  static void mark_used(BlockInfo& run) noexcept {
    run.state = Unit::kUsed;
    BlockInfo& last = FreeRuns::last_of(run);
    last.state = Unit::kUsed;
    last.start = run.start;
  }

  void discard_oldest(std::size_t keep) noexcept {
    for (BlockInfo* run; runs_.dirty() > keep && (run = runs_.oldest()) != nullptr;)
      if (!discard(*run, runs_.dirty() - keep)) break;
  }

  // So many of the dirty units of a free run, or all if it has fewer; from its end, as it is used from the
  // other one.
  bool discard(BlockInfo& run, std::size_t dirty) noexcept {
    runs_.remove(run);
    const std::size_t stay = dirty < run.dirty ? run.dirty - dirty : 0;
    const bool done = OsMemory::discard(run.start + stay * kUnit, (run.units - stay) * kUnit);
    if (done) {
      run.dirty = static_cast<std::uint32_t>(stay);
    } else {
      run.free = milliseconds();  // young again
    }
    runs_.insert(run);
    return done;
  }

  Lock lock_;
  FreeRuns runs_;
  char* lowest_ = nullptr;
  GuardedNumber used_ = 0, retain_ = kTwiceUsed;  // units
  std::size_t mapped_ = 0;
  std::atomic<std::uint32_t> aged_{0};
  std::atomic<std::size_t> grown_{0}, discarded_{0}, swept_{0};
};
inline constinit Space space;

}  // namespace assay::drop_in
