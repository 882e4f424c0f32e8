// Moving and swapping the allocator itself.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "suites/allocator/subject.h"

namespace assay::suite::allocator {

template <Allocator A>
void check_moves() {
  if constexpr (!A::kTraits.moves) {
    absent("claims no moves");
  } else {
    constexpr PoolGeometry kGeometry{.block_size = 48, .alignment = 16, .blocks = 64};
    Upstream upstreams[2];  // storage must go back to where it came from, whoever holds it
    LiveMap live;
    {
      struct Owned {
        A allocator;
        std::vector<Block> blocks;
      };
      const auto take = [&](Owned& owner, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
          const Block block{owner.allocator.allocate(i % 48 + 1, 16), i % 48 + 1, 16};
          if (!block) return;
          require_sound(live.add(block.address, block.size, block.size, 1));
          owner.blocks.push_back(block);
        }
      };
      const auto check = [&](const Owned& owner) {
        for (const Block& block : owner.blocks) {
          require_sound(live.check(block.address));
          if constexpr (A::kTraits.knows_its_blocks)
            require(owner.allocator.owns(block.address), "after a move its new owner disowns %p",
                    block.address);
        }
        if constexpr (A::kTraits.counts && A::kTraits.frees_individually)
          require(owner.allocator.counts().live_blocks == owner.blocks.size(),
                  "after a move counts() tells of %zu live blocks instead of %zu",
                  owner.allocator.counts().live_blocks, owner.blocks.size());
        check_invariants(owner.allocator);
      };
      const auto drop = [&](Owned& owner, std::size_t keep) {
        while (owner.blocks.size() > keep) {
          const Block block = owner.blocks.back();
          owner.blocks.pop_back();
          require_sound(live.remove(block.address));
          if constexpr (A::kTraits.frees_individually)
            owner.allocator.deallocate(block.address, block.size, block.alignment);
        }
      };
      Owned first{make<A>(&upstreams[0], kGeometry), {}}, second{make<A>(&upstreams[1], kGeometry), {}};
      Random random(seed());
      for (int round = 0; round < 60; ++round) {
        take(first, random.below(30));
        take(second, random.below(30));
        switch (random.below(3)) {
          case 0: {  // constructed from the first, which is left empty
            Owned moved{std::move(first.allocator), std::move(first.blocks)};
            first.blocks.clear();
            check(moved);
            check(first);
            take(first, 5);
            take(moved, 5);
            check(moved);
            check(first);
            drop(first, 0);
            first.allocator = std::move(moved.allocator);
            first.blocks = std::move(moved.blocks);
            break;
          }
          case 1:  // what the second held is given up
            if constexpr (A::kTraits.frees_individually) {
              drop(second, 0);
            } else {
              for (const Block& block : second.blocks) require_sound(live.remove(block.address));
            }
            second.allocator = std::move(first.allocator);
            second.blocks = std::exchange(first.blocks, {});
            take(first, 5);
            break;
          default:
            std::swap(first.allocator, second.allocator);
            std::swap(first.blocks, second.blocks);
        }
        check(first);
        check(second);
        if constexpr (A::kTraits.frees_individually) {
          drop(first, 10);
          drop(second, 10);
        }
      }
    }
    if constexpr (A::kTraits.takes_upstream)
      for (const Upstream& upstream : upstreams)
        require(upstream.live_blocks() == 0, "after moves and destruction %zu blocks of an upstream are out",
                upstream.live_blocks());
  }
}

}  // namespace assay::suite::allocator
