// Statistics against a model, after every operation.
#pragma once

#include <cstddef>
#include <vector>

#include "suites/allocator/subject.h"

namespace assay::suite::allocator {

template <class Subject>
void require_counts(const Subject& subject, std::size_t blocks, std::size_t bytes, const char* after) {
  constexpr AllocatorTraits kTraits = decltype(subject.allocator)::kTraits;
  const AllocatorCounts counts = subject.allocator.counts();
  const std::size_t expected = kTraits.frees_individually ? blocks : 0;
  require(counts.live_blocks == expected, "after %s counts() tells of %zu live blocks instead of %zu", after,
          counts.live_blocks, expected);
  require(counts.live_bytes >= bytes && (bytes > 0 || counts.live_bytes == 0),
          "after %s counts() tells of %zu live bytes, %zu were asked for", after, counts.live_bytes, bytes);
  if constexpr (kTraits.takes_upstream)
    require(counts.reserved == subject.upstream.live_bytes(),
            "after %s counts() tells of %zu bytes reserved, upstream of %zu", after, counts.reserved,
            subject.upstream.live_bytes());
}

template <Allocator A>
void count_operations() {
  if constexpr (!A::kTraits.counts) {
    absent("claims no counts");
  } else {
    Watched<A> subject({.block_size = 24, .alignment = 8, .blocks = 50});
    Random random(seed());
    std::vector<Block> live;
    std::size_t bytes = 0;
    // Without the oracle: ranges and contents are the matter of other clauses.
    const auto take = [&] {
      Block block = subject.requests.draw(random);
      block.address = subject.allocator.allocate(block.size, block.alignment);
      if (!block) return;
      live.push_back(block);
      bytes += block.size;
    };
    const auto give_back = [&](const Block& block) {
      if constexpr (A::kTraits.frees_individually)
        subject.allocator.deallocate(block.address, block.size, block.alignment);
    };
    const auto forget_from = [&](std::size_t keep) {
      for (; live.size() > keep; live.pop_back()) bytes -= live.back().size;
    };
    require_counts(subject, 0, 0, "construction");
    for (int i = 0; i < 1500; ++i) {
      const std::uint64_t choice = random.below(100);
      const char* operation = "allocate";
      if (choice < 45 && !live.empty() && A::kTraits.frees_individually) {
        if constexpr (A::kTraits.frees_individually) {
          operation = "deallocate";
          std::swap(live[random.below(live.size())], live.back());
          bytes -= live.back().size;
          give_back(live.back());
          live.pop_back();
        }
      } else if (choice >= 45 && choice < 60 && !live.empty() && A::kTraits.resizes) {
        if constexpr (A::kTraits.resizes) {
          operation = "resize";
          Block& old = live[random.below(live.size())];
          const Block request = subject.requests.draw(random);
          void* const block =
              subject.allocator.resize(old.address, old.size, old.alignment, request.size, request.alignment);
          if (block != nullptr) {
            bytes += request.size - old.size;
            old = {block, request.size, request.alignment};
          }
        }
      } else if (choice == 99 && A::kTraits.resets) {
        if constexpr (A::kTraits.resets) {
          operation = "reset";
          subject.allocator.reset();
          forget_from(0);
        }
      } else if (choice == 98 && A::kTraits.trims) {
        if constexpr (A::kTraits.trims) {
          operation = "trim";
          subject.allocator.trim();
        }
      } else if (choice >= 95 && A::kTraits.rewinds && !A::kTraits.frees_individually) {
        if constexpr (A::kTraits.rewinds) {
          operation = "rewind";
          const std::size_t keep = live.size(), used = subject.allocator.counts().live_bytes;
          const auto mark = subject.allocator.mark();
          for (int k = 0; k < 20; ++k) take();
          require_counts(subject, live.size(), bytes, "mark and allocate");
          subject.allocator.rewind(mark);
          forget_from(keep);
          require(subject.allocator.counts().live_bytes == used,
                  "mark, 20 blocks and rewind left %zu live bytes instead of %zu",
                  subject.allocator.counts().live_bytes, used);
        }
      } else if (choice >= 90 && A::kTraits.allocates_runs) {
        if constexpr (A::kTraits.allocates_runs) {
          operation = "a run and its end";
          const std::size_t count = random.between(1, 5);
          if (void* run = subject.allocator.allocate_run(count); run != nullptr) {
            require_counts(subject, live.size() + count, bytes + count * 24, "allocate_run");
            subject.allocator.deallocate_run(run, count);
          }
        }
      } else {
        take();
      }
      require_counts(subject, live.size(), bytes, operation);
    }
    for (const Block& block : live) give_back(block);
    if constexpr (A::kTraits.frees_individually) require_counts(subject, 0, 0, "the last release");
  }
}

template <Allocator A>
void check_pool_counts() {
  if constexpr (A::kTraits.pools)
    count_operations<A>();
  else
    absent("gives blocks of every size: A-21 is its clause");
}

template <Allocator A>
void check_counts() {
  if constexpr (!A::kTraits.pools)
    count_operations<A>();
  else
    absent("gives blocks of one size: P-17 is its clause");
}

}  // namespace assay::suite::allocator
