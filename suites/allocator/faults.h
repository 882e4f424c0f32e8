// Faults: an upstream that fails at each of its calls in turn, and subjects driven to the end of what they
// have.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include "suites/allocator/driven_blocks.h"
#include "suites/allocator/model.h"
#include "suites/allocator/programs.h"
#include "suites/core/clause.h"

namespace assay::suite::allocator {

// The same program for every n: the n-th call of upstream fails, alone or with all that follow. Nothing but
// null may come of it.
template <Allocator A>
void fail_every_call() {
  if constexpr (!A::kTraits.takes_upstream) {
    absent("takes no upstream");
  } else {
    constexpr std::size_t kLength = 120, kMost = 120;
    const Dialect<A> dialect{
        .geometry = {.block_size = 24, .alignment = 8, .blocks = 12}, .largest = 3000, .slots = 60};
    typename Dialect<A>::Operation program[kLength];
    Random random(seed());
    dialect.generate(random, program, kLength);
    bool serves_in_the_end = true;
    const auto run = [&](std::size_t successes, bool for_good) {  // false when nothing failed
      Upstream upstream;
      upstream.fail_after(successes, for_good);
      try {
        Blocks<A> blocks(upstream, dialect.geometry);
        std::size_t seen = 0;
        for (const auto& operation : program) {
          Dialect<A>::apply(blocks, operation);
          if (upstream.failures() == seen) continue;
          blocks.check_all();
          seen = upstream.failures();
        }
        upstream.never_fail();
        blocks.give_back_all();
        const bool serves = blocks.serves();
        if (upstream.failures() == 0) serves_in_the_end = serves;
        require(serves || !serves_in_the_end,
                "call %zu of upstream failed: afterwards it serves no block of 16 bytes", successes + 1);
      } catch (const std::bad_alloc&) {  // of the constructor
        require(upstream.failures() > 0, "the constructor threw without a failure of upstream");
      }
      require(upstream.live_blocks() == 0, "call %zu of upstream failed: %zu of its blocks never come back",
              successes + 1, upstream.live_blocks());
      return upstream.failures() > 0;
    };
    run(SIZE_MAX, false);
    for (std::size_t successes = 0; successes < kMost; ++successes) {
      const bool failed = run(successes, false);
      if (!run(successes, true) && !failed) return;
    }
  }
}

// Takes until nothing is to be had, sees that all is intact, gives up something and takes again.
template <Allocator A>
void exhaust() {
  {
    Upstream upstream;
    {
      Watched<A> subject(upstream, {.block_size = 24, .alignment = 8, .blocks = 64});
      Random random(seed());
      upstream.fail_after(6, true);
      for (int round = 0; round < 8; ++round) {
        std::vector<Block> live;
        for (int refused = 0; refused < 30 && live.size() < 1500;) {
          const Block block = subject.allocate(subject.requests.draw(random));
          if (block)
            live.push_back(block);
          else
            ++refused;
        }
        for (const Block& block : live) subject.check(block);
        check_invariants(subject.allocator);
        if constexpr (A::kTraits.frees_individually) {
          for (std::size_t i = 0; i < live.size(); i += 7) {
            const std::size_t held = upstream.live_bytes();
            subject.release(live[i]);
            if (upstream.live_bytes() < held)
              continue;  // it went back to upstream, which has no more to give
            const Block again = subject.allocate(live[i].size, live[i].alignment);
            require(static_cast<bool>(again),
                    "exhausted, it refused (%zu, %zu) just after such a block came back", live[i].size,
                    live[i].alignment);
            subject.release(again);
          }
          for (std::size_t i = 0; i < live.size(); ++i)
            if (i % 7 != 0) subject.release(live[i]);
        } else if constexpr (A::kTraits.resets) {
          for (const Block& block : live) subject.forget(block);
          subject.allocator.reset();
          const Block block = subject.allocate_typical(1);
          require(live.empty() || block, "exhausted and reset, it has no byte");
          subject.forget(block);
          subject.allocator.reset();
        } else {
          break;
        }
        check_invariants(subject.allocator);
      }
    }
    require(upstream.live_blocks() == 0, "exhausted and destroyed, it left %zu blocks of upstream out",
            upstream.live_blocks());
  }
  if constexpr (A::kTraits.limits) {
    Blocks<A> blocks({.block_size = 24, .alignment = 8, .blocks = 64});
    const bool serves = blocks.serves();
    Random random(seed());
    const Requests<A> requests({.block_size = 24, .alignment = 8, .blocks = 64});
    for (int round = 0; round < 30; ++round) {
      blocks.limit_to(random.log_between(1, 20'000));
      for (unsigned slot = 0; slot < Blocks<A>::kSlots; ++slot) {
        const Block request = requests.draw(random);
        blocks.allocate(slot, request.size, request.alignment);
      }
      blocks.check_all();
      blocks.give_back_all();  // and lifts the limit
      require(blocks.serves() || !serves, "after a limit was reached and lifted it serves no block");
    }
  }
}

template <Allocator A>
struct FaultClauses {
  Clause every_call{"FAULTS-1", ClauseClass::kViolation, "failure injection at every call",
                    "Whichever call of upstream fails, blocks stay intact and nothing leaks",
                    &fail_every_call<A>};
  Clause exhaustion{"FAULTS-2", ClauseClass::kViolation, "exhaustion",
                    "At its limit or exhausted the subject refuses, and serves again when blocks come back",
                    &exhaust<A>};
};

}  // namespace assay::suite::allocator
