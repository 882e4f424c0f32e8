// Allocators that threads share: no block has two owners, and any thread may give back any block.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "suites/allocator/interruptions.h"
#include "suites/allocator/subject.h"

namespace assay::suite::allocator {

// What else the subject claims, at any time and beside other threads: all members but reset are safe. Rewind
// is left out, since it would give up the blocks of others.
template <class Subject>
void use_other_members(Subject& subject, Block& block, Random& random, bool trims) {
  constexpr AllocatorTraits kTraits = std::remove_reference_t<decltype(subject.allocator)>::kTraits;
  if constexpr (kTraits.resizes)
    if (block && random.one_in(2)) {
      const Block request = subject.requests.draw(random);
      if (const Block resized = subject.resize(block, request.size, request.alignment)) block = resized;
    }
  if constexpr (kTraits.knows_its_blocks)
    require(!block || subject.allocator.owns(block.address), "owns(%p) does not hold for a live block",
            block.address);
  if constexpr (kTraits.counts)  // may be out of date, but never wraps
    require(subject.allocator.counts().live_blocks <= PTRDIFF_MAX,
            "beside other threads counts() tells of %zu live blocks", subject.allocator.counts().live_blocks);
  if constexpr (kTraits.allocates_runs) {
    const std::size_t count = random.between(1, 4), size = count * subject.geometry.block_size;
    if (void* run = subject.allocator.allocate_run(count); run != nullptr) {
      require_sound(subject.live.add(run, size, size, 1));
      sched_yield();
      require_sound(subject.live.remove(run));
      subject.allocator.deallocate_run(run, count);
    }
  }
  if constexpr (kTraits.limits) subject.allocator.set_limit(SIZE_MAX);
  if constexpr (kTraits.trims)
    if (trims) subject.allocator.trim();
}

// Threads replace blocks of their own and swap them with what lies in shared slots. The first one trims.
template <class Subject>
void share(Subject& subject, unsigned threads, int operations) {
  struct Slot {
    std::mutex busy;
    Block block;
  };
  std::vector<Slot> shared(16);
  {
    std::vector<std::jthread> team;
    for (unsigned thread = 0; thread < threads; ++thread)
      team.emplace_back([&, thread] {
        Random random(seed() * 31 + thread);
        Block own[8];
        for (int i = 0; i < operations; ++i) {
          Block& block = own[random.below(8)];
          if (random.one_in(3)) {
            Slot& slot = shared[random.below(shared.size())];
            const std::lock_guard lock(slot.busy);
            std::swap(slot.block, block);
            continue;
          }
          if (random.one_in(4)) {
            use_other_members(subject, block, random, thread == 0);
            continue;
          }
          subject.release(block);
          block = subject.allocate(subject.requests.draw(random));
        }
        for (const Block& block : own) subject.release(block);
      });
  }
  for (const Slot& slot : shared) subject.release(slot.block);
}

// Few blocks and no oracle between the threads: one that is given twice shows the other's mark. What a lock
// free list confuses (a block that left and came back between a load and an exchange) happens here most.
template <Allocator A>
void contend(unsigned threads, int interruptions) {
  constexpr PoolGeometry kGeometry{.block_size = 16, .alignment = 8, .blocks = 8};
  HeapUpstream upstream;
  A subject = make<A>(&upstream, kGeometry);
  std::atomic<bool> enough{false};
  std::vector<std::jthread> team;
  for (unsigned thread = 0; thread < threads; ++thread)
    team.emplace_back([&, thread] {
      Random random(seed() + thread);
      for (int i = 0; !enough.load(std::memory_order_relaxed); ++i) {
        if (!A::kTraits.frees_individually && i > 6000) {  // nothing comes back: enough was taken
          sched_yield();
          continue;
        }
        std::uint64_t* own[3] = {};
        const std::size_t count = random.between(1, 3);
        const std::uint64_t mark = (std::uint64_t{thread} + 1) << 32 | static_cast<std::uint32_t>(i);
        for (std::size_t k = 0; k < count; ++k) {
          own[k] = static_cast<std::uint64_t*>(subject.allocate(16, 8));
          if (own[k] != nullptr) own[k][0] = own[k][1] = mark + k;
        }
        if (i % 32 == 0) sched_yield();
        if constexpr (A::kTraits.trims)
          if (thread == 0 && i % 64 == 0) subject.trim();
        for (std::size_t k = 0; k < count; ++k) {
          if (own[k] == nullptr) continue;
          if constexpr (A::kTraits.knows_its_blocks)
            require(subject.owns(own[k]), "owns(%p) does not hold for a live block",
                    static_cast<void*>(own[k]));
          require(own[k][0] == mark + k && own[k][1] == mark + k, "block %p, held by one thread, was changed",
                  static_cast<void*>(own[k]));
          std::size_t size = 16;
          if constexpr (A::kTraits.resizes)
            if (void* const resized = i % 4 == 0 ? subject.resize(own[k], 16, 8, 24, 8) : nullptr;
                resized != nullptr) {
              own[k] = static_cast<std::uint64_t*>(resized);
              size = 24;
              require(own[k][0] == mark + k && own[k][1] == mark + k,
                      "block %p, resized beside other threads, was changed", resized);
            }
          if constexpr (A::kTraits.frees_individually) subject.deallocate(own[k], size, 8);
        }
      }
    });
  interrupt(team, interruptions);
  enough = true;
}

template <Allocator A>
void check_shared() {
  for (const unsigned threads : {2u, 4u}) {
    // With few blocks to a chunk they empty, and trim has something to do.
    Watched<A, HeapUpstream> subject({.block_size = 32, .alignment = 16, .blocks = threads == 2 ? 8u : 64u});
    share(subject, threads, 3000);
    if constexpr (A::kTraits.counts && A::kTraits.frees_individually) {
      const AllocatorCounts counts = subject.allocator.counts();
      require(counts.live_blocks == 0 && counts.live_bytes == 0,
              "when %u threads had given all back counts() tells of %zu blocks and %zu bytes", threads,
              counts.live_blocks, counts.live_bytes);
    }
    check_invariants(subject.allocator);
    contend<A>(threads, 1000);
  }
}

template <Allocator A>
void check_threads() {
  if constexpr (!A::kTraits.thread_safe)
    absent("claims no thread safety");
  else if constexpr (A::kTraits.pools)
    absent("gives blocks of one size: P-15 is its clause");
  else
    check_shared<A>();
}

template <Allocator A>
void check_pool_threads() {
  if constexpr (!A::kTraits.thread_safe)
    absent("claims no thread safety");
  else if constexpr (!A::kTraits.pools)
    absent("gives blocks of every size: A-24 is its clause");
  else
    check_shared<A>();
}

}  // namespace assay::suite::allocator
