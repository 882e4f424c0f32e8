// Stress: long churn whose footprint must level off, and teams of threads.
#pragma once

#include <cstddef>
#include <vector>

#include "suites/allocator/clauses/held_bytes.h"
#include "suites/allocator/clauses/threads.h"
#include "suites/allocator/subject.h"
#include "suites/core/clause.h"

namespace assay::suite::allocator {

// Size regimes in turn, over and over: what one leaves behind must serve the next. A leak is a slope.
template <Allocator A>
void churn_regimes() {
  if constexpr (!A::kTraits.frees_individually && !A::kTraits.resets) {
    absent("gives nothing back");
  } else {
    struct Regime {
      std::size_t smallest, largest;
    };
    static constexpr Regime kRegimes[] = {{1, 64}, {100, 1000}, {2000, 20'000}, {8, 5000}, {16, 16}};
    constexpr int kRounds = 24, kSettled = 8;
    Watched<A> subject({.block_size = 48, .alignment = 16, .blocks = 32});
    const int operations = A::kTraits.takes_upstream ? 100 : 1000;
    std::size_t settled = 0, latest = 0;
    for (int round = 0; round < kRounds; ++round) {
      Random random(seed() + static_cast<std::uint64_t>(round % 2));  // two mixes that come back
      std::size_t peak = 0;
      for (const Regime& regime : kRegimes) {
        std::vector<Block> live(40);
        for (int i = 0; i < operations; ++i) {
          Block& slot = live[random.below(live.size())];
          subject.release(slot);
          const std::size_t size = random.log_between(regime.smallest, regime.largest);
          slot = subject.allocate(A::kTraits.pools ? 1 + size % 48 : size, 8);
          if (i % 50 == 0) peak = std::max(peak, held_bytes(subject));
        }
        for (const Block& block : live) subject.release(block);
        if constexpr (A::kTraits.resets) subject.allocator.reset();
        if constexpr (A::kTraits.trims)
          if (round % 3 == 0) subject.allocator.trim();
      }
      (round < kSettled ? settled : latest) = std::max(round < kSettled ? settled : latest, peak);
    }
    check_invariants(subject.allocator);
    require(latest <= settled + settled / 4 + (64 << 10) + 2 * kSlack<A>,
            "%d rounds of the same churn held %zu bytes at the most, the %d before them %zu",
            kRounds - kSettled, latest, kSettled, settled);
  }
}

template <Allocator A>
void stress_threads() {
  if constexpr (!A::kTraits.thread_safe) {
    absent("claims no thread safety");
  } else {
    for (const unsigned threads : {2u, 3u, 4u, 8u}) {
      Watched<A, HeapUpstream> subject({.block_size = 40, .alignment = 8, .blocks = 16 * threads});
      share(subject, threads, static_cast<int>(16'000 / threads));
      check_invariants(subject.allocator);
      contend<A>(threads, 1500);
    }
  }
}

template <Allocator A>
struct StressClauses {
  Clause churn{"STRESS-1", ClauseClass::kViolation, "long churn",
               "What is held levels off when the same sizes come and go", &churn_regimes<A>};
  Clause threads{"STRESS-2", ClauseClass::kViolation, "teams of threads",
                 "Teams of 2 to 8 threads keep every block to one owner", &stress_threads<A>};
};

}  // namespace assay::suite::allocator
