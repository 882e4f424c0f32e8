// Mutants of the raw-memory family: a plain pool of ordered sets, bounded or growing, sound until one of the
// defects below is switched on. Each breaks one clause of suites/allocator and no other, on the type named.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <mutex>
#include <set>
#include <vector>

#include "allocators/check.h"
#include "allocators/concept.h"
#include "suites/core/mutation.h"
#include "suites/core/race_window.h"

namespace assay::mutant {

using suite::Mutation;

// clang-format off
inline const Mutation zero_size_leaks("zero_size_leaks");
inline const Mutation ignores_alignment("ignores_alignment");                    // P-01: above its geometry's
inline const Mutation ignores_size("ignores_size");                              // P-02: to 8 times that of its blocks
inline const Mutation gives_twice_beyond_16_bits("gives_twice_beyond_16_bits");  // P-02
inline const Mutation capacity_of_16_bits("capacity_of_16_bits");                // P-03, bounded
inline const Mutation foreign_run_unnoticed("foreign_run_unnoticed");            // P-09
inline const Mutation run_twice_unnoticed("run_twice_unnoticed");                // P-10
inline const Mutation trims_only_when_empty("trims_only_when_empty");            // P-13, growing
inline const Mutation trim_unlocked("trim_unlocked");                            // P-15, growing
inline const Mutation long_runs_stay_counted("long_runs_stay_counted");          // P-17: as bytes, from 5 blocks
inline const Mutation later_chunks_unaligned("later_chunks_unaligned");          // P-01, growing
inline const Mutation gives_twice_late("gives_twice_late");                      // P-02: once in 9,000 blocks
inline const Mutation capacity_rounded_up("capacity_rounded_up");                // P-03, bounded: to an even number
inline const Mutation exhausted_forever("exhausted_forever");                    // P-04, growing
inline const Mutation link_spills("link_spills");                                // P-05: eight bytes in any free block
inline const Mutation owns_free_blocks("owns_free_blocks");                      // P-08
inline const Mutation interior_unnoticed("interior_unnoticed");                  // P-09
inline const Mutation double_release_unnoticed("double_release_unnoticed");      // P-10
inline const Mutation runs_lose_a_block("runs_lose_a_block");                    // P-11
inline const Mutation run_size_wraps("run_size_wraps");                          // P-12
inline const Mutation trims_nothing("trims_nothing");                            // P-13, growing
inline const Mutation trims_a_survivor("trims_a_survivor");                      // P-13, growing: beyond the eighth chunk
inline const Mutation gives_highest("gives_highest");                            // P-14
inline const Mutation pool_unlocked("pool_unlocked");                            // P-15
inline const Mutation counts_runs_as_one("counts_runs_as_one");                  // P-17
inline const Mutation destructor_asks_upstream("destructor_asks_upstream");      // P-18
inline const Mutation leaks_later_chunks("leaks_later_chunks");                  // R-16, growing
inline const Mutation reuses_no_more("reuses_no_more");                          // R-17, growing: after 2,000 frees
// clang-format on

template <bool kBounded>
class MutantPool {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = true,
                                           .knows_its_blocks = true,
                                           .counts = true,
                                           .takes_upstream = true,
                                           .pools = true,
                                           .bounded = kBounded,
                                           .allocates_runs = true,
                                           .ordered = true,
                                           .trims = !kBounded,
                                           .traps_misuse = true};

  explicit MutantPool(PoolGeometry geometry = {},
                      std::pmr::memory_resource* upstream = std::pmr::new_delete_resource()) noexcept
      : upstream_(upstream), geometry_(geometry) {
    if (capacity_rounded_up) geometry_.blocks += geometry_.blocks % 2;
    if (capacity_of_16_bits) geometry_.blocks &= 0xffff;
    const std::size_t size = geometry.block_size + (geometry.block_size == 0), mask = geometry.alignment - 1;
    if (size > PTRDIFF_MAX || geometry_.blocks == 0) return;  // a stride of 0: gives nothing
    stride_ = (size + mask) & ~mask;
    if (stride_ > PTRDIFF_MAX / geometry_.blocks) stride_ = 0;
  }
  MutantPool(const MutantPool&) = delete;
  MutantPool& operator=(const MutantPool&) = delete;
  ~MutantPool() {
    if (destructor_asks_upstream) asked_ = upstream_->is_equal(*std::pmr::new_delete_resource());
    for (std::size_t i = 0; i < chunks_.size() && (i == 0 || !leaks_later_chunks); ++i) release(chunks_[i]);
  }

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    std::unique_lock lock(busy_);
    if (size > largest_block() || (alignment > geometry_.alignment && !ignores_alignment)) return nullptr;
    if (free_.empty() && !add_chunk()) return nullptr;
    if (gives_twice_late && size > 0 && ++given_ == 9'000 && stride_ >= 40 && !live_.empty())
      return as_block(*live_.begin());
    if (gives_twice_beyond_16_bits && live_.size() > 0xffff) return as_block(*live_.begin());
    const std::uintptr_t block = gives_highest ? *free_.rbegin() : *free_.begin();
    if (pool_unlocked) {  // chosen, and taken later
      lock.unlock();
      suite::open_race_window();
      lock.lock();
    }
    free_.erase(block);
    live_.insert(block);
    return as_block(block);
  }

  void deallocate(void* block, std::size_t size, std::size_t) noexcept {
    const std::lock_guard lock(busy_);
    auto address = reinterpret_cast<std::uintptr_t>(block);
    if (zero_size_leaks && size == 0) return;
    if (size > largest_block()) trap("MutantPool I1", "%zu bytes are more than a block", size);
    if (interior_unnoticed && !live_.contains(address) && !free_.contains(address)) return;
    if (double_release_unnoticed && free_.contains(address)) return;
    if (live_.erase(address) == 0) trap("MutantPool I2", "%p is no live block", block);
    if (reuses_no_more && size > 0 && ++freed_ > 2'000) return;
    give_back(address);
  }

  void* allocate_run(std::size_t count) noexcept {
    const std::lock_guard lock(busy_);
    if (run_size_wraps && stride_ > 0) count = count * stride_ / stride_;
    if (stride_ == 0 || count == 0 || count > PTRDIFF_MAX / stride_) return nullptr;
    if (void* run = find_run(count); run != nullptr || (kBounded && !chunks_.empty())) return run;
    return count <= geometry_.blocks && add_chunk() ? find_run(count) : nullptr;
  }

  void deallocate_run(void* run, std::size_t count) noexcept {
    const std::lock_guard lock(busy_);
    if (counts_runs_as_one) uncounted_ -= count - 1;
    if (long_runs_stay_counted && count > 4) stay_counted_ += count;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uintptr_t block = reinterpret_cast<std::uintptr_t>(run) + i * stride_;
      if (run_twice_unnoticed && free_.contains(block)) return;
      if (foreign_run_unnoticed && !live_.contains(block) && !free_.contains(block)) return;
      if (live_.erase(block) == 0) trap("MutantPool I2", "%p is not a run of %zu live blocks", run, count);
      if (!runs_lose_a_block || i != 2) give_back(block);
    }
  }

  void trim() noexcept {
    std::unique_lock lock(busy_);
    if (trims_nothing || (trims_only_when_empty && !live_.empty())) return;
    for (std::size_t i = chunks_.size(); i-- > 0;) {
      const Chunk chunk = chunks_[i];
      const auto live = static_cast<std::size_t>(std::distance(
          live_.lower_bound(chunk.first), live_.lower_bound(chunk.first + geometry_.blocks * stride_)));
      if (live > (trims_a_survivor && i > 8 ? 1u : 0u)) continue;
      if (trim_unlocked) {
        lock.unlock();
        suite::open_race_window();
        lock.lock();
      }
      free_.erase(free_.lower_bound(chunk.first),
                  free_.lower_bound(chunk.first + geometry_.blocks * stride_));
      release(chunk);
      chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  bool owns(const void* address) const noexcept {
    const std::lock_guard lock(busy_);
    const auto block = reinterpret_cast<std::uintptr_t>(address);
    return live_.contains(block) || (owns_free_blocks && free_.contains(block));
  }

  AllocatorCounts counts() const noexcept {
    const std::lock_guard lock(busy_);
    return {live_.size() - uncounted_, (live_.size() + stay_counted_) * stride_, reserved_};
  }

  void check_invariants() const {
    const std::lock_guard lock(busy_);
    for (const std::uintptr_t block : free_)
      if (live_.contains(block)) trap("MutantPool I3", "%#zx is both free and live", block);
  }

 private:
  struct Chunk {
    void* memory;
    std::size_t bytes;
    std::uintptr_t first;
  };

  static void* as_block(std::uintptr_t block) { return reinterpret_cast<void*>(block); }

  std::size_t largest_block() const {
    return ignores_size && geometry_.block_size <= 5000 ? 8 * geometry_.block_size : geometry_.block_size;
  }

  void give_back(std::uintptr_t block) {
    if (link_spills) std::memset(as_block(block), 0x5a, sizeof(void*));
    free_.insert(block);
  }

  void* find_run(std::size_t count) {
    std::size_t length = 0;
    std::uintptr_t previous = 0;
    for (const std::uintptr_t block : free_) {
      length = length > 0 && block == previous + stride_ ? length + 1 : 1;
      previous = block;
      if (length < count) continue;
      const std::uintptr_t first = block - (count - 1) * stride_;
      for (std::size_t i = 0; i < count; ++i) {
        free_.erase(first + i * stride_);
        live_.insert(first + i * stride_);
      }
      if (counts_runs_as_one) uncounted_ += count - 1;
      return as_block(first);
    }
    return nullptr;
  }

  bool add_chunk() {
    if (stride_ == 0 || (kBounded && !chunks_.empty()) || (exhausted_forever && failed_)) return false;
    const std::size_t shift = later_chunks_unaligned && !chunks_.empty() ? geometry_.alignment / 2 : 0;
    // A gap after the blocks, so that no run reaches from one chunk into the next.
    Chunk chunk{nullptr, geometry_.blocks * stride_ + stride_ + shift, 0};
    try {
      chunk.memory = upstream_->allocate(chunk.bytes, geometry_.alignment);
    } catch (const std::bad_alloc&) {
      failed_ = true;
      return false;
    }
    chunk.first = reinterpret_cast<std::uintptr_t>(chunk.memory) + shift;
    chunks_.push_back(chunk);
    reserved_ += chunk.bytes;
    for (std::size_t i = 0; i < geometry_.blocks; ++i) free_.insert(chunk.first + i * stride_);
    return true;
  }

  void release(const Chunk& chunk) {
    reserved_ -= chunk.bytes;
    upstream_->deallocate(chunk.memory, chunk.bytes, geometry_.alignment);
  }

  std::pmr::memory_resource* upstream_;
  PoolGeometry geometry_;
  mutable std::mutex busy_;
  std::size_t stride_ = 0;  // from one block to the next
  std::vector<Chunk> chunks_;
  std::set<std::uintptr_t> free_, live_;
  std::size_t reserved_ = 0, uncounted_ = 0, stay_counted_ = 0, given_ = 0, freed_ = 0;
  bool failed_ = false, asked_ = false;
};

using MutantBoundedPool = MutantPool<true>;
using MutantGrowingPool = MutantPool<false>;

static_assert(Allocator<MutantBoundedPool>);
static_assert(Allocator<MutantGrowingPool>);

}  // namespace assay::mutant
