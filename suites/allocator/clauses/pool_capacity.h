// How many blocks a pool gives: capacity, exhaustion, runs and impossible geometries, trimming and order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <set>
#include <stdexcept>
#include <vector>

#include "suites/allocator/subject.h"

namespace assay::suite::allocator {

// Blocks until null, `most` at the most.
template <class Subject>
std::vector<Block> take_all(Subject& subject, std::size_t most) {
  std::vector<Block> blocks;
  while (blocks.size() < most) {
    const Block block = subject.allocate(subject.geometry.block_size, subject.geometry.alignment);
    if (!block) break;
    blocks.push_back(block);
  }
  return blocks;
}

inline void shuffle(std::vector<Block>& blocks, Random& random) {
  for (std::size_t i = blocks.size(); i > 1; --i) std::swap(blocks[i - 1], blocks[random.below(i)]);
}

template <Allocator A>
void check_capacity() {
  if constexpr (!A::kTraits.bounded) {
    absent("claims no bound");
  } else {
    for (const std::size_t capacity : Sizes{1, 2, 63, 64, 65, 1000, 4097, 70'000}) {
      Watched<A> subject({.block_size = 24, .alignment = 8, .blocks = capacity});
      std::vector<Block> blocks = take_all(subject, capacity + 1);
      require(blocks.size() == capacity, "a pool of %zu blocks gave %s %zu", capacity,
              blocks.size() > capacity ? "at least" : "only", blocks.size());
      if constexpr (A::kTraits.frees_individually) {
        Random random(seed());
        for (int i = 0; i < 20; ++i) {
          Block& any = blocks[random.below(capacity)];
          subject.release(any);
          any = subject.allocate(24, 8);
          require(static_cast<bool>(any), "a full pool of %zu had no block after one was given back",
                  capacity);
          require(!subject.allocate(24, 8), "a full pool of %zu gave two blocks after one was given back",
                  capacity);
        }
      }
    }
  }
}

template <Allocator A>
void check_exhaustion() {
  if constexpr (!A::kTraits.pools || !A::kTraits.frees_individually ||
                !(A::kTraits.bounded || A::kTraits.takes_upstream)) {
    absent("cannot be exhausted here");
  } else {
    constexpr std::size_t kMost = 5000;
    Watched<A> subject({.block_size = 40, .alignment = 8, .blocks = 100});
    Random random(seed());
    for (int warm = 0; warm < 3; ++warm) subject.release(subject.allocate(40, 8));
    subject.upstream.fail_after(A::kTraits.bounded ? SIZE_MAX : 2, true);
    std::size_t before = 0;
    for (int round = 0; round < 4; ++round) {
      std::vector<Block> blocks = take_all(subject, kMost);
      if (blocks.size() == kMost) absent("is not exhausted by %zu blocks", kMost);
      require(!subject.allocate(40, 8), "an exhausted pool gave one block more");
      require(blocks.size() >= before, "exhausted and emptied, it gave %zu blocks instead of %zu",
              blocks.size(), before);
      before = blocks.size();
      shuffle(blocks, random);
      for (const Block& block : blocks) subject.release(block);
      check_invariants(subject.allocator);
    }
    if constexpr (!A::kTraits.bounded) {
      subject.upstream.never_fail();
      require(take_all(subject, before + 1).size() == before + 1,
              "a growing pool gave no more than %zu blocks when upstream had recovered", before);
    }
  }
}

// The longest run of adjacent blocks among these, for which the pool has blocks `stride` bytes apart.
inline std::size_t longest_run(const std::set<std::uintptr_t>& blocks, std::size_t stride) {
  std::size_t longest = 0, length = 0;
  std::uintptr_t previous = 0;
  for (const std::uintptr_t block : blocks) {
    length = length > 0 && block - previous == stride ? length + 1 : 1;
    longest = std::max(longest, length);
    previous = block;
  }
  return longest;
}

template <Allocator A>
void check_runs() {
  if constexpr (!A::kTraits.allocates_runs || !A::kTraits.frees_individually) {
    absent("claims no runs");
  } else {
    constexpr std::size_t kBlocks = 96, kSize = 24;
    Watched<A> subject({.block_size = kSize, .alignment = 8, .blocks = kBlocks});
    Random random(seed());
    const auto run_of = [&](std::size_t count) {
      const Block run{subject.allocator.allocate_run(count), count * kSize, 8};
      if (run) require_sound(subject.live.add(run.address, run.size, run.size, 1));
      return run;
    };
    const auto end_run = [&](const Block& run) {
      if (!run) return;
      require_sound(subject.live.remove(run.address));
      subject.allocator.deallocate_run(run.address, run.size / kSize);
    };
    const auto address = [](const Block& block) { return reinterpret_cast<std::uintptr_t>(block.address); };
    // Where the blocks of a full pool lie tells how far apart they are.
    std::vector<Block> blocks = take_all(subject, kBlocks);
    constexpr bool kExhaustible = A::kTraits.bounded || A::kTraits.takes_upstream;
    if constexpr (kExhaustible) {
      subject.upstream.fail_after(0, true);
      for (const Block& block : take_all(subject, 100 * kBlocks)) blocks.push_back(block);
    }
    const std::size_t capacity = blocks.size();
    std::set<std::uintptr_t> all;
    for (const Block& block : blocks) all.insert(address(block));
    std::size_t stride = SIZE_MAX;
    for (auto block = all.begin(); block != all.end() && std::next(block) != all.end(); ++block)
      stride = std::min(stride, *std::next(block) - *block);
    for (int round = 0; round < 12; ++round) {
      shuffle(blocks, random);
      std::set<std::uintptr_t> free;
      const std::size_t keep = round == 0 ? 0 : random.below(blocks.size());
      while (blocks.size() > keep) {
        free.insert(address(blocks.back()));
        subject.release(blocks.back());
        blocks.pop_back();
      }
      const std::size_t longest = longest_run(free, stride);
      if constexpr (kExhaustible) {
        require(!run_of(longest + 1), "allocate_run(%zu) succeeded with %zu blocks side by side", longest + 1,
                longest);
        for (std::size_t count = 1; count <= longest; count += std::max<std::size_t>(1, longest / 4)) {
          const Block run = run_of(count);
          require(static_cast<bool>(run), "allocate_run(%zu) returned null with %zu blocks side by side",
                  count, longest);
          end_run(run);
        }
      } else {
        for (const std::size_t count : Sizes{1, 2, 7}) end_run(run_of(count));
      }
      // Runs and single blocks together, then everything back: nothing is lost.
      std::vector<Block> runs;
      for (int i = 0; i < 6; ++i)
        if (const Block run = run_of(random.between(1, 3))) runs.push_back(run);
      if (const Block single = subject.allocate(kSize, 8)) subject.release(single);
      for (const Block& run : runs) end_run(run);
      check_invariants(subject.allocator);
      for (const Block& block : take_all(subject, capacity - blocks.size())) blocks.push_back(block);
      require(blocks.size() == capacity, "after runs came and went the pool has %zu blocks instead of %zu",
              blocks.size(), capacity);
    }
  }
}

template <Allocator A>
void check_geometry_overflow() {
  if constexpr (!A::kTraits.pools) {
    absent("gives blocks of every size");
  } else {
    if constexpr (A::kTraits.allocates_runs) {
      Watched<A> subject;
      subject.allocate(64, 16);
      for (const std::size_t count : {SIZE_MAX / 64 + 1, SIZE_MAX / 64 + 2, SIZE_MAX / 64, SIZE_MAX,
                                      SIZE_MAX / 2 + 2, SIZE_MAX - 1, PTRDIFF_MAX / 64 + std::size_t{1}}) {
        const void* run = subject.allocator.allocate_run(count);
        require(run == nullptr, "allocate_run(%zu) of blocks of 64 bytes returned %p", count, run);
      }
    }
    // A constructor may refuse; a pool that exists gives what it promised or null.
    constexpr std::size_t kHalf = SIZE_MAX / 2 + 1;
    for (const PoolGeometry geometry :
         {PoolGeometry{.block_size = 64, .alignment = 16, .blocks = SIZE_MAX / 64 + 2},
          PoolGeometry{.block_size = 64, .alignment = 16, .blocks = SIZE_MAX / 64 + 1},
          PoolGeometry{.block_size = kHalf + 32, .alignment = 16, .blocks = 2},
          PoolGeometry{.block_size = SIZE_MAX - 7, .alignment = 64, .blocks = 4},
          PoolGeometry{.block_size = SIZE_MAX, .alignment = 8, .blocks = 1}}) {
      try {
        Watched<A> subject(geometry);
        for (int i = 0; i < 4; ++i) {
          void* block = subject.allocator.allocate(geometry.block_size, geometry.alignment);
          require(block == nullptr || geometry.block_size == 64, "a pool of blocks of %zu bytes gave %p",
                  geometry.block_size, block);
          if (block == nullptr) break;
          if constexpr (A::kTraits.takes_upstream)
            require(subject.upstream.contains(block, 64), "of %zu blocks of 64 bytes, %p has no storage",
                    geometry.blocks, block);
          require_sound(subject.live.add(block, 64, 64, 1));
        }
      } catch (const std::bad_alloc&) {
      } catch (const std::length_error&) {
      }
    }
  }
}

// Upstream's block with `address` in it, if it still has it, must have a survivor in it as well.
template <class Subject>
bool shares_storage(const Subject& subject, const Block& freed, const std::vector<Block>& survivors) {
  return std::any_of(survivors.begin(), survivors.end(), [&](const Block& survivor) {
    const auto one = reinterpret_cast<std::uintptr_t>(freed.address);
    const auto other = reinterpret_cast<std::uintptr_t>(survivor.address);
    return subject.upstream.contains(reinterpret_cast<void*>(std::min(one, other)),
                                     std::max(one, other) - std::min(one, other) + 1);
  });
}

template <Allocator A>
void check_trim() {
  if constexpr (!A::kTraits.trims || !A::kTraits.frees_individually) {
    absent("claims no trim");
  } else {
    Watched<A> subject({.block_size = 64, .alignment = 16, .blocks = 16});
    Random random(seed());
    const std::size_t fresh = subject.upstream.live_bytes();
    for (const std::size_t survivors : Sizes{0, 1, 3, 20}) {
      std::vector<Block> blocks;
      for (int i = 0; i < 600; ++i)
        if (const Block block = subject.allocate_typical(1000)) blocks.push_back(block);
      shuffle(blocks, random);
      std::vector<Block> kept;
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (i < survivors)
          kept.push_back(blocks[i]);
        else
          subject.release(blocks[i]);
      }
      subject.allocator.trim();
      check_invariants(subject.allocator);
      for (const Block& block : kept) subject.check(block);
      for (std::size_t i = survivors; i < blocks.size(); ++i)
        require(!subject.upstream.contains(blocks[i].address, 1) || shares_storage(subject, blocks[i], kept),
                "with %zu live blocks trim kept the storage around %p, in which none of them is", survivors,
                blocks[i].address);
      require(survivors > 0 || subject.upstream.live_bytes() <= fresh,
              "without a live block trim left %zu bytes of upstream instead of %zu",
              subject.upstream.live_bytes(), fresh);
      const Block another = subject.allocate_typical(1000);
      require(blocks.empty() || another, "no block was to be had after trim");
      subject.release(another);
      for (const Block& block : kept) subject.release(block);
    }
  }
}

template <Allocator A>
void check_order() {
  if constexpr (!A::kTraits.ordered || !A::kTraits.frees_individually) {
    absent("claims no order");
  } else {
    Watched<A> subject({.block_size = 40, .alignment = 8, .blocks = 200});
    Random random(seed());
    std::vector<Block> live = take_all(subject, 200);
    std::set<std::uintptr_t> free;
    for (int i = 0; i < 3000; ++i) {
      if (!live.empty() && random.below(live.size() + free.size()) < live.size()) {
        std::swap(live[random.below(live.size())], live.back());
        free.insert(reinterpret_cast<std::uintptr_t>(live.back().address));
        subject.release(live.back());
        live.pop_back();
      } else if (const Block block = subject.allocate(40, 8)) {
        const auto address = reinterpret_cast<std::uintptr_t>(block.address);
        require(free.empty() || address <= *free.begin(), "allocate returned %p although %p was free",
                block.address, reinterpret_cast<void*>(*free.begin()));
        free.erase(address);
        live.push_back(block);
      }
    }
    for (const Block& block : live) subject.release(block);
  }
}

}  // namespace assay::suite::allocator
