// Tiered pool: a block pool for each of a few sizes; a request takes a block of the smallest that fits.
//
//   request 70 → classes_[5] → tier 4 → | 16 | 32 | 48 | 64 | 96 | 128 | … | 1024 |   one BlockPool each
//                (70 + 15) / 16                        ^
//
// A program whose small objects have known sizes and bounded numbers gets the speed of a fixed pool without
// naming one for each type, and memory that one size cannot take from another: when a tier is exhausted its
// requests are refused, not served by the next larger one, so that each tier's bound holds whatever the
// others do. A refusal is a null and is counted, so that the numbers can be put right.
//
// The default has two sizes to each power of two from 16 to 1,024, so that a request above 32 bytes wastes
// less than a third of its block, and 1 MiB of blocks for each; what was never used is never touched.
//
// Invariants
//   I1  block sizes grow from tier to tier; each is a multiple of 16, at most 4,096
//   I2  classes_[k] is the first tier whose blocks have at least 16 k bytes
//   I3  deallocate gets a live block of the tier that its size and alignment name
//   and those of each BlockPool
//
// Costs: a table look-up more than a block pool; O(tiers) for alignments above 16, and to ask whether an
// address is owned (plus that of BlockPool::owns). 8 bytes a block, as in each block pool.
//
// It does not grow, does not move, is not thread-safe, and serves nothing above its largest size: that is
// refused and counted too. Blocks of a tier are aligned to the largest power of two that divides its size.
// Source: simple segregated storage, in Wilson, Johnstone, Neely and Boles, "Dynamic Storage Allocation: A
// Survey and Critical Review" (1995), section 3.6.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>

#include "allocators/block_pool.h"
#include "allocators/check.h"
#include "allocators/concept.h"

namespace assay {

struct Tier {
  std::size_t block_size;  // bytes: a multiple of 16, at most 4,096
  std::size_t blocks;
};

class TieredPool {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true,
                                           .thread_safe = false,
                                           .knows_its_blocks = true,
                                           .counts = true,
                                           .takes_upstream = true,
                                           .traps_misuse = kChecked};
  static constexpr std::size_t kMostTiers = 32;
  static constexpr std::size_t kLargestBlock = 4096;

  explicit TieredPool(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : TieredPool(kDefault, upstream) {}

  // In order of growing size. Anything else than I1 is a programmer's error in any build.
  explicit TieredPool(std::span<const Tier> tiers,
                      std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : tiers_(tiers.size()) {
    if (tiers_ == 0 || tiers_ > kMostTiers)
      trap("TieredPool I1", "%zu tiers, of 1 to %zu", tiers_, kMostTiers);
    for (std::size_t t = 0; t < tiers_; ++t) {
      const std::size_t size = tiers[t].block_size;
      if (size == 0 || size % kStep != 0 || size > kLargestBlock || size <= largest_)
        trap("TieredPool I1", "tier %zu has blocks of %zu bytes after %zu", t, size, largest_);
      for (std::size_t k = class_of(largest_ + 1); k <= class_of(size); ++k)
        classes_[k] = static_cast<unsigned char>(t);
      pools_[t].emplace(
          PoolGeometry{.block_size = size, .alignment = size & (0 - size), .blocks = tiers[t].blocks},
          upstream);
      largest_ = size;
    }
  }

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    const std::size_t tier = tier_of(size, alignment);
    if (tier < tiers_) [[likely]] {
      void* block = pools_[tier]->allocate(size, alignment);
      if (block != nullptr) [[likely]]
        return block;
    }
    ++refusals_[tier];
    return nullptr;
  }

  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
    const std::size_t tier = tier_of(size, alignment);
    if constexpr (kChecked)
      if (tier >= tiers_) trap("TieredPool I3", "%p is freed as (%zu, %zu): no tier", block, size, alignment);
    pools_[tier]->deallocate(block, size, alignment);
  }

  bool owns(const void* address) const noexcept {
    return std::any_of(pools_.begin(), pools_.begin() + tiers_,
                       [address](const auto& pool) { return pool->owns(address); });
  }

  AllocatorCounts counts() const noexcept {
    AllocatorCounts sum{};
    for (std::size_t t = 0; t < tiers_; ++t) {
      const AllocatorCounts counts = pools_[t]->counts();
      sum.live_blocks += counts.live_blocks;
      sum.live_bytes += counts.live_bytes;
      sum.reserved += counts.reserved;
    }
    return sum;
  }

  // Tiers are numbered from the smallest.
  std::size_t tiers() const noexcept { return tiers_; }
  const BlockPool& tier(std::size_t number) const noexcept { return *pools_[number]; }
  std::size_t refusals(std::size_t tier) const noexcept { return refusals_[tier]; }  // it was exhausted
  std::size_t refused_as_too_large() const noexcept { return refusals_[tiers_]; }    // in size or alignment

  void check_invariants() const {
    for (std::size_t t = 0; t < tiers_; ++t) {
      pools_[t]->check_invariants();
      if (t > 0 && pools_[t]->block_size() <= pools_[t - 1]->block_size())
        trap("TieredPool I1", "tier %zu is no larger than the one before", t);
    }
    for (std::size_t k = 0; k <= class_of(largest_); ++k) {
      const std::size_t t = classes_[k];
      if (pools_[t]->block_size() < k * kStep || (t > 0 && pools_[t - 1]->block_size() >= k * kStep && k > 0))
        trap("TieredPool I2", "requests of %zu bytes go to tier %zu", k * kStep, t);
    }
  }

 private:
  static constexpr std::size_t kStep = 16;  // the sizes that the table tells apart
  static constexpr std::size_t kMiB = std::size_t{1} << 20;
  static constexpr std::array<Tier, 12> kDefault{{{16, kMiB / 16},
                                                  {32, kMiB / 32},
                                                  {48, kMiB / 48},
                                                  {64, kMiB / 64},
                                                  {96, kMiB / 96},
                                                  {128, kMiB / 128},
                                                  {192, kMiB / 192},
                                                  {256, kMiB / 256},
                                                  {384, kMiB / 384},
                                                  {512, kMiB / 512},
                                                  {768, kMiB / 768},
                                                  {1024, kMiB / 1024}}};

  static constexpr std::size_t class_of(std::size_t size) { return (size + kStep - 1) / kStep; }

  // tiers_ when there is none.
  std::size_t tier_of(std::size_t size, std::size_t alignment) const noexcept {
    if (largest_ > kLargestBlock) __builtin_unreachable();  // I1: so the compiler knows the table's bound
    if (size > largest_) [[unlikely]]
      return tiers_;
    const std::size_t tier = classes_[class_of(size)];
    return alignment <= kStep ? tier : tier_of_aligned(tier, alignment);
  }

  [[gnu::noinline]] std::size_t tier_of_aligned(std::size_t tier, std::size_t alignment) const noexcept {
    while (tier < tiers_ && pools_[tier]->alignment() < alignment) ++tier;
    return tier;
  }

  std::size_t tiers_, largest_ = 0;
  std::array<unsigned char, kLargestBlock / kStep + 1> classes_{};
  std::array<std::optional<BlockPool>, kMostTiers> pools_;
  std::array<std::size_t, kMostTiers + 1> refusals_{};  // the last in use: of what fits no tier
};

static_assert(Allocator<TieredPool>);

}  // namespace assay
