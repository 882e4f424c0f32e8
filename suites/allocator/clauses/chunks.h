// What an allocator does with its upstream: new chunks, alignment slack, failure, limits, and giving it all
// back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suites/allocator/subject.h"

namespace assay::suite::allocator {

// Takes small blocks until upstream was asked three times more; false for a subject that does not grow.
template <class Subject>
bool grows(Subject& subject) {
  const std::size_t before = subject.upstream.allocations();
  for (int i = 0; i < 8000 && subject.upstream.allocations() < before + 3; ++i)
    if (!subject.allocate(512, 8)) return false;
  return subject.upstream.allocations() >= before + 3;
}

// A block that would leave the storage of the subject must be seen before it is written.
template <class Subject>
void require_inside(Subject& subject, const void* block, std::size_t size, std::size_t alignment) {
  require(block == nullptr || subject.upstream.contains(block, size),
          "allocate(%zu, %zu) returned %p, which is not inside a block of upstream", size, alignment, block);
}

template <Allocator A>
void check_oversize() {
  if constexpr (A::kTraits.pools || !A::kTraits.takes_upstream) {
    absent("asks no upstream for blocks of every size");
  } else {
    if constexpr (!A::kTraits.traps_misuse) {  // which may write to every byte of it
      constexpr std::size_t kBeyond32Bits = std::size_t{5} << 30;
      Watched<A> subject;
      void* block = subject.allocator.allocate(kBeyond32Bits, 8);
      require_inside(subject, block, kBeyond32Bits, 8);
      if constexpr (A::kTraits.frees_individually)
        if (block != nullptr) subject.allocator.deallocate(block, kBeyond32Bits, 8);
    }
    Watched<A> used;
    if (!grows(used)) absent("does not ask its upstream for more");
    for (std::size_t power = 256; power <= (1u << 20); power *= 2)
      for (const std::size_t size : {power - 64, power - 16, power - 1, power, power + 1}) {
        Watched<A> fresh;
        const void* first = fresh.allocator.allocate(size, 8);
        require_inside(fresh, first, size, 8);
        const void* later = used.allocator.allocate(size, 8);
        require(first == nullptr || later != nullptr,
                "allocate(%zu, 8), which a fresh subject serves, returned null after smaller blocks", size);
        require_inside(used, later, size, 8);
        if (later != nullptr) require_sound(used.live.add(const_cast<void*>(later), size, size, 1));
      }
  }
}

template <Allocator A>
void check_alignment_slack() {
  if constexpr (A::kTraits.pools || !A::kTraits.takes_upstream) {
    absent("asks no upstream for blocks of every size");
  } else {
    const auto serves = [](std::size_t size, std::size_t alignment, bool used) {
      Watched<A> subject;
      if (used) subject.allocate(1, 1);
      void* block = subject.allocator.allocate(size, alignment);
      require_inside(subject, block, size, alignment);
      if (block != nullptr) require_sound(subject.live.add(block, size, size, 1));
      return block != nullptr;
    };
    for (std::size_t alignment = 64; alignment <= kLargestAlignment; alignment *= 4) {
      if (!serves(alignment, alignment, false)) continue;  // does not do such alignments
      for (std::size_t power = 512; power <= (1u << 16); power *= 2)
        for (const std::size_t less : {std::size_t{0}, std::size_t{1}, std::size_t{40}, alignment / 2})
          for (const bool used : {false, true}) {
            const std::size_t size = power - std::min(less, power / 2);
            if (serves(size, alignment, used)) continue;
            require(!serves(size + 2 * alignment + 256, 1, used),
                    "allocate(%zu, %zu) returned null, although %zu bytes are served", size, alignment,
                    size + 2 * alignment + 256);
          }
    }
  }
}

// One failure of upstream, now or later, ends with null and without harm.
template <Allocator A>
void check_upstream_failure() {
  if constexpr (A::kTraits.pools || !A::kTraits.takes_upstream) {
    absent("asks no upstream for blocks of every size");
  } else {
    for (std::size_t successes = 0; successes < 12; ++successes) {
      Watched<A> subject;
      Random random(seed() + successes);
      std::vector<Block> live;
      subject.upstream.fail_after(successes, true);
      for (int i = 0; i < 3000; ++i) {
        const Block request = subject.requests.draw(random);
        const std::size_t failures = subject.upstream.failures();
        const Block block = subject.allocate(request);
        if (block) {
          live.push_back(block);
        } else if (subject.upstream.failures() > failures) {
          for (const Block& earlier : live) subject.check(earlier);
          subject.upstream.never_fail();
          require(static_cast<bool>(subject.allocate(request)),
                  "allocate(%zu, %zu) returned null again when upstream had recovered", request.size,
                  request.alignment);
          break;
        }
      }
      for (const Block& block : live) subject.release(block);
      check_invariants(subject.allocator);
    }
  }
}

template <Allocator A>
std::size_t limited_bytes(const A& subject) {
  return A::kTraits.takes_upstream ? subject.counts().reserved : subject.counts().live_bytes;
}

template <Allocator A>
void check_limit() {
  if constexpr (!A::kTraits.limits) {
    absent("claims no limits");
  } else {
    constexpr int kBlocks = 600;
    // The same requests of a subject without a limit: how much they need.
    std::size_t needed = 0;
    int served = 0;
    {
      Watched<A> unlimited;
      Random random(seed());
      for (int i = 0; i < kBlocks; ++i)
        served += static_cast<bool>(unlimited.allocate(unlimited.requests.draw(random)));
      needed = limited_bytes(unlimited.allocator);
    }
    for (std::size_t eighths = 0; eighths <= 8; ++eighths) {
      const std::size_t limit = needed / 8 * eighths + (eighths == 8 ? needed % 8 : 0);
      Watched<A> subject;
      const std::size_t bound = std::max(limit, limited_bytes(subject.allocator));
      subject.allocator.set_limit(limit);
      Random random(seed());
      int given = 0;
      Block refused;
      for (int i = 0; i < kBlocks; ++i) {
        const Block request = subject.requests.draw(random);
        if (subject.allocate(request))
          ++given;
        else
          refused = request;
        const std::size_t bytes = limited_bytes(subject.allocator);
        require(bytes <= bound, "with a limit of %zu bytes allocate(%zu, %zu) brought it to %zu", limit,
                request.size, request.alignment, bytes);
      }
      require(eighths < 8 || given == served, "a limit of the %zu bytes needed let %d of %d blocks through",
              limit, given, served);
      if (given == kBlocks || served < kBlocks) continue;
      subject.allocator.set_limit(SIZE_MAX);
      require(static_cast<bool>(subject.allocate(refused)),
              "allocate(%zu, %zu) returned null although the limit was lifted", refused.size,
              refused.alignment);
    }
    // A limit below what is held only refuses more.
    Watched<A> subject;
    Block held[16];
    for (Block& block : held) block = subject.allocate_typical(100);
    subject.allocator.set_limit(1);
    for (const Block& block : held)
      if (block) subject.check(block);
    const std::size_t before = limited_bytes(subject.allocator);
    for (int i = 0; i < 2000; ++i) subject.allocate_typical(100);
    require(limited_bytes(subject.allocator) <= before,
            "with a limit below the %zu bytes held it went to %zu", before, limited_bytes(subject.allocator));
  }
}

template <Allocator A>
void check_destruction() {
  if constexpr (!A::kTraits.takes_upstream) {
    absent("takes no upstream");
  } else {
    Upstream upstream;
    for (const unsigned blocks : {0u, 1u, 10u, 300u}) {
      {
        A subject = make<A>(&upstream, {.block_size = 48, .alignment = 16, .blocks = 16});
        for (unsigned i = 0; i < blocks; ++i) {
          void* block = subject.allocate(i % 48 + 1, 16);  // some are still handed out at the end
          if constexpr (A::kTraits.frees_individually)
            if ((i % 3 == 0 || !kGivesBackAll<A>)&&block != nullptr)
              subject.deallocate(block, i % 48 + 1, 16);
        }
      }
      require(upstream.live_blocks() == 0,
              "after its destruction with %u blocks, %zu of upstream's (%zu bytes) are still out", blocks,
              upstream.live_blocks(), upstream.live_bytes());
    }
  }
}

}  // namespace assay::suite::allocator
