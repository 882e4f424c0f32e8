// What the blocks of a pool owe, whatever its geometry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suites/allocator/clauses/blocks.h"
#include "suites/allocator/subject.h"

namespace assay::suite::allocator {

// Where blocks lie at odd multiples of their alignment, so that a stricter one does not come by itself.
inline constexpr PoolGeometry kOddGeometries[] = {
    {.block_size = 12, .alignment = 4, .blocks = 32},  {.block_size = 8, .alignment = 8, .blocks = 32},
    {.block_size = 24, .alignment = 8, .blocks = 32},  {.block_size = 16, .alignment = 16, .blocks = 32},
    {.block_size = 48, .alignment = 16, .blocks = 32}, {.block_size = 192, .alignment = 64, .blocks = 32}};

// Asked for a stricter alignment than its geometry's, a pool refuses or keeps to it.
template <Allocator A>
void require_alignment_or_null() {
  for (const PoolGeometry& geometry : kOddGeometries)
    for (std::size_t alignment = 2 * geometry.alignment; alignment <= kLargestAlignment; alignment *= 2) {
      Watched<A> subject(geometry);
      Block live[8];
      for (Block& block : live) {
        block = subject.allocate(geometry.block_size, alignment);
        require_aligned(block);
      }
      for (const Block& block : live) subject.release(block);
    }
}

template <Allocator A>
void check_pool_alignment() {
  if constexpr (!A::kTraits.pools) {
    absent("gives blocks of every size");
  } else {
    constexpr std::size_t kBlocks = 40;  // growing pools take several chunks for them
    std::size_t refused = 0;
    for (std::size_t alignment = 1; alignment <= kLargestAlignment; alignment *= 2)
      for (const std::size_t size :
           Sizes{1, 2, 3, 7, 8, 12, 16, 18, 24, 33, 48, 63, 65, 100, 129, 520, 4095, 4097}) {
        Watched<A> subject(
            {.block_size = size, .alignment = alignment, .blocks = A::kTraits.bounded ? kBlocks : 4});
        for (std::size_t i = 0; i < kBlocks; ++i) {
          const Block block = subject.allocate(size, alignment);
          if (!block) {
            refused = refused == 0 ? alignment : refused;
            break;
          }
          require_aligned(block);
        }
        if constexpr (A::kTraits.allocates_runs && !A::kTraits.bounded) {
          const Block run{subject.allocator.allocate_run(2), 2 * size, alignment};
          require_aligned(run);
          if (run) require_sound(subject.live.add(run.address, run.size, run.size, 1));
        }
      }
    require_alignment_or_null<A>();
    require(refused == 0 || refused > alignof(std::max_align_t), "refuses blocks aligned to %zu", refused);
    if (refused > 0) note("refuses alignments of %zu and more", refused);
  }
}

// Asked for more bytes than its blocks have, a pool refuses or gives all of them, with neighbours on both
// sides that are as full.
template <Allocator A>
void require_size_or_null() {
  for (const PoolGeometry& geometry : kOddGeometries)
    for (const std::size_t more :
         {std::size_t{1}, geometry.block_size, std::size_t{100}, std::size_t{5000}}) {
      Watched<A> subject(geometry);
      std::vector<Block> live;
      for (int i = 0; i < 24; ++i) {
        const std::size_t size = geometry.block_size + (i % 3 == 1 ? more : 0);
        const Block block{subject.allocator.allocate(size, geometry.alignment), size, geometry.alignment};
        if (!block) continue;
        require(!A::kTraits.takes_upstream || subject.upstream.contains(block.address, size),
                "a pool of blocks of %zu bytes: allocate(%zu, %zu) returned %p, which is not inside a block "
                "of upstream",
                geometry.block_size, size, geometry.alignment, block.address);
        require_sound(subject.live.add(block.address, size, size, 1));
        live.push_back(block);
      }
      for (const Block& block : live) subject.check(block);
      for (const Block& block : live) subject.release(block);
      check_invariants(subject.allocator);
    }
}

template <Allocator A>
void check_pool_disjointness() {
  if constexpr (!A::kTraits.pools) {
    absent("gives blocks of every size");
  } else {
    for (const PoolGeometry geometry : {PoolGeometry{}, {.block_size = 40, .alignment = 8, .blocks = 100}}) {
      Watched<A, HeapUpstream> subject(geometry);
      churn(subject, subject.requests, seed(), 10'000);
      check_invariants(subject.allocator);
    }
    require_size_or_null<A>();
    hold_many_blocks<A>();
    if constexpr (A::kTraits.takes_upstream) {
      Watched<A> subject;
      for (int i = 0; i < 300; ++i) {
        const Block block = subject.allocate(64, 16);
        require(!block || subject.upstream.contains(block.address, 64),
                "allocate(64, 16) returned %p, which is not inside a block of upstream", block.address);
      }
    }
  }
}

// The pool's link in a free block must not reach into the next one.
template <Allocator A>
void check_small_blocks() {
  if constexpr (!A::kTraits.pools || !A::kTraits.frees_individually) {
    absent("is no pool, or frees nothing individually");
  } else {
    for (std::size_t size = 1; size < sizeof(void*); ++size)
      for (std::size_t alignment = 1; alignment <= 4; alignment *= 2) {
        Watched<A> subject({.block_size = size, .alignment = alignment, .blocks = 64});
        Random random(seed());
        std::vector<Block> live;
        for (int i = 0; i < 400; ++i) {
          if (live.size() < 60 && (live.empty() || random.below(5) < 3)) {
            if (const Block block = subject.allocate(size, alignment)) live.push_back(block);
          } else {
            std::swap(live[random.below(live.size())], live.back());
            subject.release(live.back());
            live.pop_back();
          }
        }
        for (const Block& block : live) subject.check(block);
        check_invariants(subject.allocator);
      }
  }
}

template <Allocator A>
void check_ownership() {
  if constexpr (!A::kTraits.knows_its_blocks) {
    absent("claims no knowledge of its blocks");
  } else {
    constexpr PoolGeometry kGeometry{.block_size = 48, .alignment = 16, .blocks = 70};
    Watched<A> subject(kGeometry), other(kGeometry);
    std::vector<Block> live;
    const auto owns = [&](const Block& block, std::ptrdiff_t distance) {
      return subject.allocator.owns(static_cast<char*>(block.address) + distance);
    };
    const auto disowns_neighbours = [&](const Block& block) {
      for (const std::ptrdiff_t distance : {-1, 1, 2, 8, 15, 16, 24, 47})
        require(!owns(block, distance), "owns(%p %+td), inside or before a block", block.address, distance);
      for (const std::ptrdiff_t distance : {-64, -48, -32, -16, -8, 48, 56, 64, 80, 96}) {
        const void* address = static_cast<char*>(block.address) + distance;
        LiveMap::Block record{};
        require(subject.live.find(address, &record) || !subject.allocator.owns(address),
                "owns(%p %+td), where no live block begins", block.address, distance);
      }
    };
    require(!subject.allocator.owns(nullptr), "owns(null)");
    require(!subject.allocator.owns(&live), "an empty subject owns an object of its user");
    for (int i = 0; i < 70; ++i)
      if (const Block block = subject.allocate(48, 16)) live.push_back(block);
    for (const Block& block : live) {
      require(owns(block, 0), "disowns its live block %p", block.address);
      disowns_neighbours(block);
    }
    require(!subject.allocator.owns(&live), "owns an object of its user");
    if (const Block block = other.allocate(48, 16))
      require(!subject.allocator.owns(block.address), "owns %p, a block of another subject", block.address);
    if constexpr (A::kTraits.frees_individually) {
      for (std::size_t i = 0; i < live.size(); i += 2) {
        subject.release(live[i]);
        require(!owns(live[i], 0), "owns %p, which was given back", live[i].address);
      }
      for (std::size_t i = 1; i < live.size(); i += 2) {
        require(owns(live[i], 0), "disowns its live block %p after others were given back", live[i].address);
        disowns_neighbours(live[i]);
      }
    }
  }
}

}  // namespace assay::suite::allocator
