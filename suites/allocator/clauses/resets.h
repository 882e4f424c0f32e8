// Giving up many blocks at once: reset, marks and rewind.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "suites/allocator/clauses/held_bytes.h"
#include "suites/allocator/subject.h"
#include "suites/core/forked.h"
#include "suites/core/trap.h"

namespace assay::suite::allocator {

template <Allocator A>
void check_reset_keeps_storage() {
  if constexpr (!A::kTraits.resets) {
    absent("claims no reset");
  } else {
    Watched<A> subject;
    constexpr int kCycles = 100'000, kWarm = 100;
    std::size_t calls = 0, bytes = 0;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      for (std::size_t i = 0; i < 8; ++i) {
        void* block = subject.allocator.allocate(8 + 7 * i, 8);
        if (block != nullptr) *static_cast<volatile char*>(block) = 1;
      }
      subject.allocator.reset();
      if (cycle == kWarm) {
        calls = subject.upstream.allocations();
        bytes = held_bytes(subject);
      } else if (cycle > kWarm && (cycle % 10'000 == 9'999 || cycle == 2 * kWarm)) {
        require(subject.upstream.allocations() == calls,
                "%d cycles of 8 small blocks took %zu blocks of upstream", cycle - kWarm,
                subject.upstream.allocations() - calls);
        require(held_bytes(subject) <= bytes + kSlack<A>, "%d cycles of 8 small blocks grew it by %zu bytes",
                cycle - kWarm, held_bytes(subject) - bytes);
      }
    }
    // Cycles of several chunks.
    std::size_t peak = 0;
    for (int cycle = 0; cycle < 60; ++cycle) {
      for (int i = 0; i < 100; ++i)
        if (void* block = subject.allocator.allocate(1000, 8); block != nullptr) std::memset(block, 1, 1000);
      if (cycle == 20) peak = held_bytes(subject);
      require(cycle <= 20 || held_bytes(subject) <= peak + kSlack<A>,
              "cycle %d of 100,000 bytes holds %zu bytes, cycle 20 %zu", cycle, held_bytes(subject), peak);
      subject.allocator.reset();
    }
    check_invariants(subject.allocator);
  }
}

// Reads through pointers that a reset or a rewind has made stale, in a child: a fault is as good as poison.
// Every word counts, since a partial poison leaves pointers that look good.
template <class Subject>
void require_stale_contents_gone(Subject& subject, const std::vector<Block>& stale, const char* what) {
  constexpr int kFound = 3;
  CapturedOutput output;
  const Ending ending = run_forked([&] {
    for (const Block& block : stale) {
      if (decltype(subject.allocator)::kTraits.takes_upstream &&
          !subject.upstream.contains(block.address, block.size))
        continue;
      LiveMap::Block record{};
      if (!subject.live.find(block.address, &record)) continue;
      for (std::size_t word = 0; word < block.size / 8; ++word) {
        const std::uint64_t old = pattern_word(record.seed, word);
        if (std::memcmp(static_cast<char*>(block.address) + 8 * word, &old, 8) == 0) _exit(kFound);
      }
    }
  });
  output.restore();
  require(ending.code != kFound, "a block holds a word of its old contents after %s", what);
}

template <Allocator A>
void check_stale_contents() {
  if constexpr (!A::kTraits.traps_misuse || !(A::kTraits.resets || A::kTraits.rewinds)) {
    absent("claims no detection of misuse, or neither reset nor rewind");
  } else {
    Watched<A> subject;
    std::vector<Block> stale;
    const auto take = [&] {
      for (int i = 0; i < 50; ++i)
        if (const Block block = subject.allocate(32, 16)) stale.push_back(block);
    };
    if constexpr (A::kTraits.rewinds) {
      const auto mark = subject.allocator.mark();
      take();
      subject.allocator.rewind(mark);
      require_stale_contents_gone(subject, stale, "rewind");
      for (const Block& block : stale) subject.forget(block);
      stale.clear();
    }
    if constexpr (A::kTraits.resets) {
      take();
      subject.allocator.reset();
      require_stale_contents_gone(subject, stale, "reset");
    }
  }
}

template <class Subject>
std::size_t live_bytes(const Subject& subject) {
  if constexpr (decltype(subject.allocator)::kTraits.counts) return subject.allocator.counts().live_bytes;
  return 0;
}

// What a rewind gives up is available again, over and over.
template <class Subject>
void require_rewind_frees(Subject& subject, int cycles, int blocks, std::size_t size) {
  constexpr int kWarm = 20;
  using A = std::remove_reference_t<decltype(subject.allocator)>;
  const auto mark = subject.allocator.mark();
  const std::size_t used = live_bytes(subject);
  std::size_t settled = 0;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    for (int i = 0; i < blocks; ++i)
      if (void* block = subject.allocator.allocate(size, 8); block != nullptr) std::memset(block, 1, size);
    if (cycle == kWarm) settled = held_bytes(subject);
    require(cycle <= kWarm || held_bytes(subject) <= settled + kSlack<A>,
            "%d cycles of %d blocks of %zu bytes and a rewind grew it by %zu bytes", cycle - kWarm, blocks,
            size, held_bytes(subject) - settled);
    subject.allocator.rewind(mark);
    require(live_bytes(subject) == used,
            "rewind after %d blocks of %zu bytes left %zu live bytes, at the mark there were %zu", blocks,
            size, live_bytes(subject), used);
  }
}

// The latest block grows or shrinks where it is after a mark, whose position it then ends before or behind.
// Resized since the mark, it is given up with the rest.
template <Allocator A>
void rewind_past_resizes() {
  if constexpr (A::kTraits.resizes) {
    Watched<A> subject;
    for (const std::size_t from : Sizes{16, 200, 3000, 10'000})
      for (const std::size_t to : Sizes{1, 40, 100, 2900, 20'000}) {
        const Block earlier = subject.allocate(50, 8);
        const Block latest = subject.allocate(from, 8);
        if (!earlier || !latest) return;
        const auto mark = subject.allocator.mark();
        bool given_up = false;
        for (int again = 0; again < 3; ++again) {
          if (!given_up) {
            if (const Block resized = subject.resize(latest, to, 8)) {
              given_up = true;
              subject.forget(resized);
            }
          }
          for (const std::size_t size : {std::size_t{24}, from + to}) {
            if (again == 0) break;  // the rewind comes just after the resize
            const Block later = subject.allocate(size, 8);
            if (!later) continue;
            subject.check(later);
            subject.forget(later);
          }
          subject.allocator.rewind(mark);
          check_invariants(subject.allocator);
          subject.check(earlier);
          if (!given_up) subject.check(latest);
        }
        const Block after[] = {subject.allocate(24, 8), subject.allocate(from + to, 8)};
        subject.check(earlier);
        for (const Block& block : after)
          if (block) subject.check(block);
      }
  }
}

template <Allocator A>
void check_nested_marks() {
  if constexpr (!A::kTraits.rewinds) {
    absent("claims no rewind");
  } else {
    constexpr std::size_t kDepth = 50;
    Watched<A> subject;
    Random random(seed());
    std::vector<typename A::Mark> marks;
    std::vector<std::size_t> used;          // live bytes at each mark, where they are known
    std::vector<Block> levels[kDepth + 1];  // level i: after i marks
    const auto fill = [&](std::vector<Block>& level) {
      for (int i = 0; i < 12; ++i)
        if (const Block block = subject.allocate(subject.requests.draw(random))) level.push_back(block);
    };
    const auto rewind_to = [&](std::size_t depth) {
      for (std::size_t level = depth + 1; level <= kDepth; ++level) {
        for (const Block& block : levels[level]) {
          subject.check(block);
          subject.forget(block);
        }
        levels[level].clear();
      }
      subject.allocator.rewind(marks[depth]);
      require(live_bytes(subject) == used[depth],
              "rewind to mark %zu left %zu live bytes, at the mark there were %zu", depth,
              live_bytes(subject), used[depth]);
    };
    fill(levels[0]);
    for (std::size_t depth = 0; depth < kDepth; ++depth) {
      marks.push_back(subject.allocator.mark());
      used.push_back(live_bytes(subject));
      fill(levels[depth + 1]);
    }
    for (std::size_t depth = kDepth; depth > 0;) {
      depth -= random.between(1, std::min<std::size_t>(depth, 3));  // one mark or several at once
      for (int again = 0; again < 2; ++again) {                     // the same mark stays good
        rewind_to(depth);
        fill(levels[depth + 1]);
      }
      for (std::size_t level = 0; level <= depth; ++level)
        for (const Block& block : levels[level]) subject.check(block);
      check_invariants(subject.allocator);
    }
    require_rewind_frees(subject, 200, 100, 500);
    require_rewind_frees(subject, 60, 4, 100'000);
    for (const std::size_t size : Sizes{500, 100'000}) {  // to the mark of an empty subject
      Watched<A> fresh;
      require_rewind_frees(fresh, size == 500 ? 200 : 60, size == 500 ? 100 : 4, size);
    }
    rewind_past_resizes<A>();
  }
}

template <Allocator A>
void check_mark_misuse() {
  if constexpr (!A::kTraits.traps_misuse || !A::kTraits.rewinds) {
    absent("claims no detection of misuse, or no rewind");
  } else {
    Watched<A> subject, other;
    const auto take = [](Watched<A>& from, int blocks) {
      for (int i = 0; i < blocks; ++i) from.allocate_typical(100);
    };
    take(subject, 3);
    take(other, 3);
    const auto first = subject.allocator.mark();
    take(subject, 3);
    const auto second = subject.allocator.mark();
    take(subject, 3);
    const auto foreign = other.allocator.mark();
    const auto take_unwatched = [&] {  // where the oracle still knows what was given up
      for (int i = 0; i < 50; ++i)
        if (subject.allocator.allocate(100, 8) == nullptr) break;
    };
    require_trap("rewind to the mark of another allocator", [&] { subject.allocator.rewind(foreign); });
    require_trap("rewind to a mark that an earlier rewind has made void", [&] {
      subject.allocator.rewind(first);
      subject.allocator.rewind(second);
    });
    require_trap("rewind to a void mark when as much is allocated again", [&] {
      subject.allocator.rewind(first);
      take_unwatched();
      subject.allocator.rewind(second);
    });
    if constexpr (A::kTraits.resets)
      require_trap("rewind to a mark from before a reset", [&] {
        subject.allocator.reset();
        take_unwatched();
        subject.allocator.rewind(first);
      });
  }
}

}  // namespace assay::suite::allocator
