// What every block owes, of heaps and arenas: alignment, ranges and contents, and the extreme sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suites/allocator/clauses/held_bytes.h"
#include "suites/allocator/subject.h"

namespace assay::suite::allocator {

inline void require_aligned(const Block& block) {
  require(reinterpret_cast<std::uintptr_t>(block.address) % block.alignment == 0,
          "allocate(%zu, %zu) returned %p", block.size, block.alignment, block.address);
}

template <Allocator A>
void check_alignment() {
  if constexpr (A::kTraits.pools) {
    absent("gives blocks of one size: P-01 is its clause");
  } else {
    Watched<A, HeapUpstream> subject;
    Random random(seed());
    const Block small = subject.allocate(16, 8);
    require(static_cast<bool>(small), "a fresh subject has no block of 16 bytes");
    subject.release(small);
    Block live[64];
    for (int i = 0; i < 4000; ++i) {
      Block& slot = live[random.below(64)];
      subject.release(slot);
      slot =
          subject.allocate(random.log_between(1, 2 * kLargestAlignment), std::size_t{1} << random.below(13));
      require_aligned(slot);
      if constexpr (A::kTraits.resets) {
        if (slot) continue;
        for (Block& block : live) {
          subject.forget(block);
          block = {};
        }
        subject.allocator.reset();
      }
    }
    for (const Block& block : live) subject.release(block);
  }
}

// Random allocation, and release where the subject claims it, in slots that are replaced.
template <class Subject, class Requests>
void churn(Subject& subject, const Requests& requests, std::uint64_t stream, int operations) {
  Random random(stream);
  Block live[128];
  for (int i = 0; i < operations; ++i) {
    Block& slot = live[random.below(128)];
    if (slot) subject.check(slot);
    subject.release(slot);
    slot = subject.allocate(requests.draw(random));
  }
  for (const Block& block : live) subject.release(block);
}

// More blocks at once than 16 bits can number, as far as the subject has them.
template <Allocator A>
void hold_many_blocks() {
  constexpr std::size_t kMany = 70'000;
  Watched<A, HeapUpstream> subject(
      {.block_size = 16, .alignment = 8, .blocks = A::kTraits.bounded ? kMany : 1024});
  std::vector<Block> live;
  live.reserve(kMany);
  while (live.size() < kMany) {
    const Block block = subject.allocate(1 + live.size() % 16, 8);
    if (!block) break;
    live.push_back(block);
  }
  for (const Block& block : live) subject.check(block);
  check_invariants(subject.allocator);
  if (A::kTraits.ordered) return;  // may walk its free list for each: the destructor takes them back
  for (const Block& block : live) subject.release(block);
}

template <Allocator A>
void check_disjointness() {
  if constexpr (A::kTraits.pools) {
    absent("gives blocks of one size: P-02 is its clause");
  } else {
    {
      Watched<A, HeapUpstream> subject;
      churn(subject, subject.requests, seed(), 20'000);
      churn(subject, Requests<A>({}, 100'000), seed(), 500);
      check_invariants(subject.allocator);
    }
    hold_many_blocks<A>();
    if constexpr (A::kTraits.takes_upstream) {
      Watched<A> subject;
      Random random(seed());
      for (int i = 0; i < 500; ++i) {
        const Block block = subject.allocate(subject.requests.draw(random));
        require(!block || subject.upstream.contains(block.address, block.size),
                "allocate(%zu, %zu) returned %p, which is not inside a block of upstream", block.size,
                block.alignment, block.address);
      }
    }
  }
}

// Blocks of size 0 that come and go leave nothing behind.
template <Allocator A>
void require_no_zero_size_leak() {
  if constexpr (A::kTraits.frees_individually) {
    constexpr int kPairs = A::kTraits.takes_upstream ? 10'000 : 40'000;  // the latter exceeds kSlack
    Watched<A> subject;
    const Block neighbour = subject.allocate_typical(24);
    std::size_t settled = 0;
    for (int i = 0; i < kPairs; ++i) {
      void* const first = subject.allocator.allocate(0, 8);
      void* const second = subject.allocator.allocate(0, 1);
      if (first != nullptr) subject.allocator.deallocate(first, 0, 8);
      if (second != nullptr) subject.allocator.deallocate(second, 0, 1);
      if (i == kPairs / 100) settled = held_bytes(subject);
    }
    require(held_bytes(subject) <= settled + kSlack<A>,
            "%d pairs of blocks of size 0 came and went, and it grew by %zu bytes", kPairs,
            held_bytes(subject) - settled);
    if constexpr (A::kTraits.counts) {
      const std::size_t blocks = subject.allocator.counts().live_blocks;
      require(blocks == (neighbour ? 1 : 0),
              "%d pairs of blocks of size 0 came and went, and counts() tells of %zu live blocks", kPairs,
              blocks);
    }
    subject.release(neighbour);
    check_invariants(subject.allocator);
  }
}

template <Allocator A>
void check_zero_size() {
  require_no_zero_size_leak<A>();
  Watched<A> subject;
  std::size_t nulls = 0, shared = 0, calls = 0;
  for (std::size_t alignment = 1; alignment <= kLargestAlignment; alignment *= 2) {
    if (A::kTraits.pools && alignment > subject.geometry.alignment) break;
    const Block neighbour = subject.allocate_typical(24);
    const Block first{subject.allocator.allocate(0, alignment), 0, alignment};
    const Block second{subject.allocator.allocate(0, alignment), 0, alignment};
    require_aligned(first);
    require_aligned(second);
    ++calls;
    nulls += !first;
    shared += first.address == second.address;
    if constexpr (A::kTraits.frees_individually) {
      if (second) subject.allocator.deallocate(second.address, 0, alignment);
      if (first) subject.allocator.deallocate(first.address, 0, alignment);
    }
    subject.release(neighbour);
  }
  chose("%s", nulls == calls ? "null"
              : nulls > 0    ? "null for some alignments"
              : shared > 0   ? "blocks of size 0 may share an address"
                             : "blocks of size 0 have addresses of their own");
}

template <Allocator A>
void check_extreme_sizes() {
  Watched<A> subject;
  const auto refuses = [&](std::size_t size, std::size_t alignment) {
    asm volatile("" : "+r"(size));  // or the compiler warns of what it sees in the inlined subject
    const void* block = subject.allocator.allocate(size, alignment);
    require(block == nullptr, "allocate(%zu, %zu) returned %p", size, alignment, block);
  };
  for (int round = 0; round < 2; ++round) {  // fresh, and with blocks in it
    for (std::size_t alignment = 1; alignment <= kLargestAlignment; alignment *= 2) {
      for (std::size_t k = 0; k <= 2 * kLargestAlignment; k += k < 64 ? 1 : 64)
        refuses(SIZE_MAX - k, alignment);
      for (const std::size_t k : Sizes{0, 1, 16, 4096}) {
        refuses(std::size_t{PTRDIFF_MAX} + 1 + k, alignment);
        refuses(SIZE_MAX / 2 + 2 + k, alignment);
        refuses(SIZE_MAX - SIZE_MAX / 4 + k, alignment);
      }
    }
    subject.allocate_typical(100);
  }
  check_invariants(subject.allocator);
}

// A deallocate that nothing claims gives back a block at the most when it is the latest one.
template <Allocator A>
void check_unclaimed_deallocate() {
  if constexpr (A::kTraits.frees_individually) {
    absent("frees individually");
  } else if constexpr (!FreesIndividually<A>) {
    absent("has no deallocate");
  } else {
    Watched<A> subject;
    Random random(seed());
    Block live[32];
    for (int i = 0; i < 2000; ++i) {
      Block& slot = live[random.below(32)];
      if (slot) {
        require_sound(subject.live.remove(slot.address));
        subject.allocator.deallocate(slot.address, slot.size, slot.alignment);
      }
      slot = subject.allocate(subject.requests.draw(random));
      if (!slot || !random.one_in(2)) continue;
      require_sound(subject.live.remove(slot.address));  // the latest
      subject.allocator.deallocate(slot.address, slot.size, slot.alignment);
      slot = {};
    }
    for (const Block& block : live)
      if (block) subject.check(block);
    check_invariants(subject.allocator);
  }
}

}  // namespace assay::suite::allocator
