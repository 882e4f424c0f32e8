// Growing and shrinking blocks: contents, ranges, alignment, and failure that changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/allocator/clauses/blocks.h"
#include "suites/allocator/subject.h"

namespace assay::suite::allocator {

template <Allocator A>
void check_grow_latest() {
  if constexpr (!A::kTraits.resizes) {
    absent("claims no resize");
  } else {
    Watched<A, HeapUpstream> subject;
    for (const std::size_t size : Sizes{1, 7, 8, 24, 100, 1000, 5000})
      for (const std::size_t more : {std::size_t{1}, size + 3, std::size_t{4096}})
        for (const std::size_t alignment : Sizes{1, 8, 64}) {
          Block latest = subject.allocate(size, alignment);
          if (!latest) continue;
          if (const Block grown = subject.resize(latest, size + more, alignment)) latest = grown;
          const Block next = subject.allocate(more, 1);
          subject.check(latest);
          subject.release(next);
          subject.release(latest);
        }
    check_invariants(subject.allocator);
  }
}

// The blocks next to the end of a chunk, where reading more than the old size is a fault.
template <Allocator A>
void check_grow_copies_old_size() {
  if constexpr (!A::kTraits.resizes) {
    absent("claims no resize");
  } else {
    constexpr std::size_t kSmall = 48, kLarge = 1 << 17;
    Watched<A> subject;
    Block previous[4];
    std::size_t calls = subject.upstream.allocations();
    int chunks = 0;
    for (std::size_t i = 0; i < 3000 && chunks < 3; ++i) {
      const Block block = subject.allocate(kSmall, 8);
      if (subject.upstream.allocations() != calls || i == 2999) {
        for (Block& last : previous) {
          if (!last) continue;
          if (const Block grown = subject.resize(last, kLarge, 8)) last = grown;
          subject.release(last);
          last = {};
        }
        ++chunks;
        calls = subject.upstream.allocations();
      }
      subject.release(previous[i % 4]);
      previous[i % 4] = block;
    }
    for (const Block& block : previous) subject.release(block);
    check_invariants(subject.allocator);
  }
}

template <Allocator A>
void check_shrink() {
  if constexpr (!A::kTraits.resizes) {
    absent("claims no resize");
  } else {
    Watched<A, HeapUpstream> subject;
    Random random(seed());
    for (int i = 0; i < 3000; ++i) {
      const std::size_t size = random.log_between(3, 3000) | 1;
      const std::size_t smaller = random.one_in(2) ? size / 2 + 1 + random.below(3) : random.between(1, size);
      const std::size_t alignment = random.one_in(2) ? 1 : std::size_t{1} << random.below(9);
      Block block = subject.allocate(size, 1);
      if (!block) break;
      const Block next = random.one_in(2) ? subject.allocate(16, 1) : Block{};
      if (const Block shrunk = subject.resize(block, std::min(smaller, size), alignment)) block = shrunk;
      const Block after = subject.allocate(16, 1);
      subject.check(block);
      subject.release(next);
      subject.release(after);
      subject.release(block);
    }
    check_invariants(subject.allocator);
  }
}

template <Allocator A>
void check_resize_alignment() {
  if constexpr (!A::kTraits.resizes) {
    absent("claims no resize");
  } else {
    Watched<A, HeapUpstream> subject;
    for (const std::size_t size : Sizes{1, 24, 100, 1000})
      for (std::size_t from = 1; from <= kLargestAlignment; from *= 4)
        for (std::size_t to = 1; to <= kLargestAlignment; to *= 2)
          for (const std::size_t resized : {std::size_t{1}, size, size + 1, 3 * size})
            for (const bool latest : {true, false}) {
              const Block spacer = subject.allocate(1, 1);  // so that no alignment comes by itself
              Block block = subject.allocate(size, from);
              if (!block) break;
              const Block next = latest ? Block{} : subject.allocate(8, 1);
              if (const Block moved = subject.resize(block, resized, to)) {
                require(reinterpret_cast<std::uintptr_t>(moved.address) % to == 0,
                        "resize from (%zu, %zu) to (%zu, %zu) returned %p", size, from, resized, to,
                        moved.address);
                block = moved;
              }
              subject.release(next);
              subject.release(block);
              subject.release(spacer);
            }
  }
}

template <Allocator A>
void check_resize_failure() {
  if constexpr (!A::kTraits.resizes) {
    absent("claims no resize");
  } else {
    Watched<A> subject;
    for (const std::size_t size : Sizes{1, 24, 1000}) {
      for (const bool latest : {true, false}) {
        Block block = subject.allocate(size, 8);
        if (!block) continue;
        const Block neighbour = latest ? Block{} : subject.allocate(24, 8);
        for (const std::size_t huge :
             {SIZE_MAX, SIZE_MAX - 16, SIZE_MAX - 4096, std::size_t{PTRDIFF_MAX} + 1})
          for (const std::size_t alignment : Sizes{1, 8, 4096}) {
            const Block impossible = subject.resize(block, huge, alignment);
            require(!impossible, "resize to (%zu, %zu) returned %p", huge, alignment, impossible.address);
          }
        subject.upstream.fail_after(0, true);
        if (const Block grown = subject.resize(block, 4 << 20, 8)) block = grown;
        if (const Block moved = subject.resize(block, size, 4096)) block = moved;
        const Block another = subject.allocate(16, 8);  // must not lie where the block still is
        subject.upstream.never_fail();
        const Block next = subject.allocate(24, 8);
        subject.check(block);
        if (const Block grown = subject.resize(block, 2 * size, 8)) block = grown;
        for (const Block& each : {block, neighbour, another, next}) subject.release(each);
      }
    }
    check_invariants(subject.allocator);
  }
}

}  // namespace assay::suite::allocator
