// From construction to the end of the process: storage that comes back into use, and static storage
// duration.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "suites/allocator/clauses/held_bytes.h"
#include "suites/allocator/subject.h"
#include "suites/core/forked.h"

namespace assay::suite::allocator {

template <Allocator A>
void check_reuse() {
  if constexpr (!A::kTraits.frees_individually) {
    absent("frees nothing individually");
  } else {
    constexpr std::size_t kBatch = 16;
    Watched<A> subject({.block_size = 64, .alignment = 16, .blocks = 32});
    Random random(seed());
    for (const std::size_t size : Sizes{8, 100, 1000, 5000, 70'000}) {
      const std::size_t leak = kBatch * size;  // of one cycle in which nothing is reused
      const std::size_t cycles = A::kTraits.pools ? 150
                                 : A::kTraits.takes_upstream
                                     ? 40
                                     : std::min<std::size_t>((64u << 20) / leak, 20'000);
      std::size_t settled = 0;
      for (std::size_t cycle = 0; cycle < 2 * cycles; ++cycle) {
        Block blocks[kBatch];
        for (Block& block : blocks) {
          block = A::kTraits.pools ? Block{nullptr, subject.geometry.block_size, 8} : Block{nullptr, size, 8};
          block.address = subject.allocator.allocate(block.size, block.alignment);
          if (block) *static_cast<volatile char*>(block.address) = 1;
        }
        if (cycle % 3 == 1) std::reverse(std::begin(blocks), std::end(blocks));
        if (cycle % 3 == 2)
          for (Block& block : blocks) std::swap(block, blocks[random.below(kBatch)]);
        for (const Block& block : blocks)
          if (block) subject.allocator.deallocate(block.address, block.size, block.alignment);
        if (cycle == cycles) settled = held_bytes(subject);
      }
      require(held_bytes(subject) <= settled + 2 * kSlack<A>,
              "%zu cycles of %zu blocks of %zu bytes grew it by %zu bytes", cycles, kBatch, size,
              held_bytes(subject) - settled);
      if (A::kTraits.pools) break;
    }
  }
}

namespace at_exit {

// A subject with static storage duration in a child that ends by exit(): it is used by a handler that runs
// before its destructor, and its upstream is looked at after that.
template <Allocator A>
void outlived_by_upstream() {
  static Upstream upstream;
  std::atexit([] {
    if constexpr (A::kTraits.takes_upstream)
      require(upstream.live_blocks() == 0, "after the destructor ran at exit %zu blocks of upstream are out",
              upstream.live_blocks());
  });
  static A subject = make<A>(&upstream, {.block_size = 48, .alignment = 16, .blocks = 32});
  for (int i = 0; kGivesBackAll<A> && i < 20; ++i)
    if (void* block = subject.allocate(48, 16); block != nullptr) *static_cast<char*>(block) = 1;
  std::atexit([] {
    void* block = subject.allocate(48, 16);
    if (block == nullptr) return;
    *static_cast<char*>(block) = 1;
    if constexpr (A::kTraits.frees_individually) subject.deallocate(block, 48, 16);
  });
  std::exit(0);
}

// A subject that holds nothing of its upstream's must not touch it: its pages are gone by then.
template <Allocator A>
void outlives_upstream() {
  static void* const page = map_memory(sizeof(Upstream) + 4096);
  auto* upstream = std::construct_at(static_cast<Upstream*>(page));
  [[maybe_unused]] static A subject = make<A>(upstream);
  if (upstream->live_blocks() > 0) _exit(0);  // took storage at its construction: its upstream must stay
  std::destroy_at(upstream);
  munmap(page, sizeof(Upstream) + 4096);
  std::exit(0);
}

}  // namespace at_exit

template <Allocator A>
void check_exit() {
  Ending ending = run_forked([] { at_exit::outlived_by_upstream<A>(); });
  require(ending.clean(), "used and destroyed at exit, before its upstream: %s", describe(ending));
  if constexpr (A::kTraits.takes_upstream) {
    ending = run_forked([] { at_exit::outlives_upstream<A>(); });
    require(ending.clean(), "destroyed at exit, empty and after its upstream: %s", describe(ending));
  }
}

}  // namespace assay::suite::allocator
