// R-16 … R-19: pools of blocks by size.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/memory_resource/subject.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

template <MemoryResource R>
void require_pools() {
  if constexpr (!kResourceTraits<R>.pools || !kResourceTraits<R>.takes_upstream)
    absent("claims no pools over an upstream");
}

inline void take_mixture(std::pmr::memory_resource& resource, LiveMap& live) {
  for (const std::size_t size : Sizes{1, 8, 24, 100, 512, 2000, 4096, 5000, 200'000})
    for (int i = 0; i < 20; ++i) {
      void* block = try_allocate(resource, size, 8);
      require(block != nullptr, "allocate(%zu, 8) failed", size);
      const char* problem = live.add(block, size, size, 1);
      require(problem == nullptr, "%s", problem);
    }
}

template <MemoryResource R>
void check_release_gives_all_back() {
  require_pools<R>();
  RecordedUpstream upstream;
  {
    const Owned<R> instance = make_instance<R>(&upstream);
    if constexpr (kResourceTraits<R>.releases) {
      const std::size_t untouched = upstream.pages().live_bytes();
      for (int life = 0; life < 3; ++life) {
        LiveMap live;
        take_mixture(instance->resource(), live);
        instance->subject().release();
        require(upstream.pages().live_bytes() <= untouched,
                "release() with live blocks leaves %zu bytes of upstream held, a new resource holds %zu",
                upstream.pages().live_bytes(), untouched);
      }
    }
    LiveMap live;
    take_mixture(instance->resource(), live);
  }
  require(upstream.pages().live_blocks() == 0, "the destructor leaves %zu blocks of upstream behind",
          upstream.pages().live_blocks());
}

template <MemoryResource R>
void check_pooled_blocks_are_reused() {
  require_pools<R>();
  constexpr int kBlocks = 100, kCycles = 50;
  for (const std::size_t size : Sizes{8, 24, 100, 500, 1000}) {
    RecordedUpstream upstream;
    const Owned<R> instance = make_instance<R>(&upstream);
    std::size_t settled = 0;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      void* blocks[kBlocks];
      for (void*& block : blocks) block = try_allocate(instance->resource(), size, 8);
      if (cycle % 2 == 0) std::reverse(blocks, blocks + kBlocks);
      for (void* block : blocks)
        if (block != nullptr) instance->resource().deallocate(block, size, 8);
      if (cycle == 1) settled = upstream.pages().live_bytes();
    }
    require(upstream.pages().live_bytes() <= settled,
            "%d cycles of %d blocks of %zu bytes grew what is held from %zu to %zu bytes", kCycles, kBlocks,
            size, settled, upstream.pages().live_bytes());
  }
}

inline constexpr std::pmr::pool_options kStrangeOptions[] = {
    {0, 0},        {1, 1},      {0, 1},           {1, 0},           {3, 7},
    {1, 17},       {100, 1000}, {SIZE_MAX, 64},   {64, SIZE_MAX},   {SIZE_MAX, SIZE_MAX},
    {1, SIZE_MAX}, {1, 4097},   {PTRDIFF_MAX, 1}, {0, PTRDIFF_MAX}, {SIZE_MAX / 16, 1 << 20}};

template <MemoryResource R>
void check_options_are_hints() {
  require_pools<R>();
  if constexpr (kResourceTraits<R>.pools) {
    for (const auto& asked : kStrangeOptions) {
      RecordedUpstream upstream;
      try {
        const Owned<R> instance = make_instance<R>(asked, &upstream);
        const auto effective = instance->subject().options();
        require(effective.max_blocks_per_chunk > 0 && effective.largest_required_pool_block > 0,
                "options {%zu, %zu} are reported as {%zu, %zu}, which nothing can be made of",
                asked.max_blocks_per_chunk, asked.largest_required_pool_block, effective.max_blocks_per_chunk,
                effective.largest_required_pool_block);
        LiveMap live;
        take_mixture(instance->resource(), live);
      } catch (const std::exception& error) {
        violated("a resource with options {%zu, %zu} threw %s", asked.max_blocks_per_chunk,
                 asked.largest_required_pool_block, error.what());
      }
    }
  }
}

// Blocks of one size, whole and apart, also after some went back.
inline void require_apart(std::pmr::memory_resource& resource, const Upstream& upstream, std::size_t size) {
  constexpr int kBlocks = 40;
  LiveMap live;
  void* blocks[kBlocks] = {};
  for (int round = 0; round < 2; ++round) {
    for (void*& block : blocks) {
      if (block != nullptr) continue;
      block = try_allocate(resource, size, 1);
      require(block != nullptr, "allocate(%zu, 1) failed", size);
      require(upstream.contains(block, size), "a block of %zu bytes ends outside of upstream's storage",
              size);
      const char* problem = live.add(block, size, size, 1);
      require(problem == nullptr, "%s", problem);
    }
    for (int i = 0; i < kBlocks; i += 1 + (round == 0)) {
      const char* problem = live.remove(blocks[i]);
      require(problem == nullptr, "%s", problem);
      resource.deallocate(blocks[i], size, 1);
      blocks[i] = nullptr;
    }
  }
}

template <MemoryResource R>
void check_largest_pooled_block() {
  require_pools<R>();
  if constexpr (kResourceTraits<R>.pools) {
    for (const std::size_t asked :
         Sizes{0, 1, 8, 9, 24, 100, 128, 513, 1000, 2048, 4095, 4096, 10'000, 65'536}) {
      RecordedUpstream upstream;
      const Owned<R> instance = make_instance<R>(std::pmr::pool_options{0, asked}, &upstream);
      const std::size_t largest = instance->subject().options().largest_required_pool_block;
      if (largest > (std::size_t{1} << 24)) continue;
      for (const std::size_t size : {largest - (largest > 1), largest, largest + 1, 2 * largest})
        require_apart(instance->resource(), upstream.pages(), size);
    }
  }
}

}  // namespace assay::suite::memory_resource
