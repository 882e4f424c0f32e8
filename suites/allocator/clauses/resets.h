// Giving up many blocks at once: reset, marks and rewind.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <vector>

#include "suites/allocator/subject.h"
#include "suites/core/footprint.h"
#include "suites/core/forked.h"
#include "suites/core/trap.h"

namespace assay::suite::allocator {

// What the subject holds, as its upstream sees it, or else the system.
template <class Subject>
std::size_t held_bytes(const Subject& subject) {
  if constexpr (decltype(subject.allocator)::kTraits.takes_upstream) return subject.upstream.live_bytes();
  return resident_bytes();
}
// How much more than before is no growth: of the process, what else it may have touched.
template <Allocator A>
constexpr std::size_t kSlack = A::kTraits.takes_upstream ? 0 : 1 << 20;

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
template <class Subject>
void require_stale_contents_gone(Subject& subject, const std::vector<Block>& stale, const char* what) {
  constexpr int kFound = 3;
  CapturedOutput output;
  const Ending ending = run_forked([&] {
    for (const Block& block : stale) {
      if (decltype(subject.allocator)::kTraits.takes_upstream &&
          !subject.upstream.contains(block.address, 16))
        continue;
      LiveMap::Block record;
      if (subject.live.find(block.address, &record) &&
          LiveMap::compare(block.address, 16, record.seed) == nullptr)
        _exit(kFound);
    }
  });
  output.restore();
  require(ending.code != kFound, "a block holds its old contents after %s", what);
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

template <Allocator A>
void check_nested_marks() {
  if constexpr (!A::kTraits.rewinds) {
    absent("claims no rewind");
  } else {
    constexpr std::size_t kDepth = 50;
    Watched<A> subject;
    Random random(seed());
    std::vector<typename A::Mark> marks;
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
    };
    fill(levels[0]);
    for (std::size_t depth = 0; depth < kDepth; ++depth) {
      marks.push_back(subject.allocator.mark());
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
    // What is given up is available again.
    const auto mark = subject.allocator.mark();
    std::size_t settled = 0;
    for (int cycle = 0; cycle < 200; ++cycle) {
      for (int i = 0; i < 100; ++i)
        if (void* block = subject.allocator.allocate(500, 8); block != nullptr) std::memset(block, 1, 500);
      if (cycle == 20) settled = held_bytes(subject);
      require(cycle <= 20 || held_bytes(subject) <= settled + kSlack<A>,
              "%d cycles of 50,000 bytes and a rewind grew it by %zu bytes", cycle - 20,
              held_bytes(subject) - settled);
      subject.allocator.rewind(mark);
    }
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
