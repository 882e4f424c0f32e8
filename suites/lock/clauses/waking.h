// Threads that sleep for a lock, and who must wake them: LK-22 to LK-24.
#pragma once

#include <atomic>
#include <cstdint>

#include "suites/core/on_threads.h"
#include "suites/core/random.h"
#include "suites/core/trap.h"
#include "suites/lock/access.h"

namespace assay::suite::lock {

// Holders sleep inside, so that those who wait fall asleep as well. A lost wake-up is a hang.
template <class Of>
void check_wake_ups() {
  for (const unsigned threads : {2u, 3u, 5u, 16u}) {
    LockOf<Of, long> lock(0);
    std::atomic<long> entries{0};
    on_threads(threads, [&](unsigned member) {
      Random random(seed() + member);
      for (unsigned i = 0; i < 240 / threads; ++i) {
        const auto guard = hold(lock);
        entries.fetch_add(1, std::memory_order_relaxed);
        if (random.one_in(4)) nap(30);
        if (random.one_in(4)) std::this_thread::yield();
      }
    });
    require(entries == static_cast<long>(240 / threads * threads), "some of %u threads did not get in",
            threads);
  }
}

template <class Of>
void check_waiting_readers() {
  if constexpr (!kClaims<Of>.shares) {
    absent("claims no readers");
  } else {
    LockOf<Of, long> lock(0);
    for (int round = 0; round < 12; ++round) {
      std::atomic<int> begun{0}, inside{0};
      std::vector<std::thread> threads;
      {
        auto guard = lock.write();
        for (int i = 0; i < 5; ++i)
          threads.emplace_back([&] {
            arrive(begun);
            const auto mine = lock.read();
            arrive(inside);
            await(inside, 5);  // all of them at one time
          });
        if (round % 3 == 0)
          threads.emplace_back([&] {
            arrive(begun);
            auto mine = lock.write();
            ++*mine;
          });
        await(begun, static_cast<int>(threads.size()));
        nap(400);
        require(inside.load() == 0, "a reader got in beside the writer");
      }
      for (std::thread& thread : threads) thread.join();
      require(is_free(lock), "the lock stayed closed after all had gone");
    }
    // Writers that wait for readers.
    for (int round = 0; round < 8; ++round) {
      std::vector<std::thread> threads;
      std::atomic<int> begun{0}, written{0};
      {
        auto first = lock.read();
        const auto second = lock.read();
        for (int i = 0; i < 4; ++i)
          threads.emplace_back([&] {
            arrive(begun);
            const auto mine = lock.write();
            written.fetch_add(1);
          });
        await(begun, 4);
        nap(300);
        { const auto gone = std::move(first); }
        nap(50);
        require(written.load() == 0, "a writer got in beside a reader");
      }
      for (std::thread& thread : threads) thread.join();
      require(is_readable(lock) && is_free(lock), "the lock stayed closed after all writers had gone");
    }
  }
}

template <class Of>
void check_relocking() {
  if constexpr (!kClaims<Of>.traps_relocking) {
    absent("claims nothing about a thread that locks what it holds");
  } else {
    LockOf<Of, long> lock;
    require_trap("a thread that locks what it holds", [&] {
      const auto guard = hold(lock);
      const auto again = hold(lock);
    });
    if constexpr (kClaims<Of>.shares)
      require_trap("a writer that reads what it holds", [&] {
        const auto guard = lock.write();
        const auto again = lock.read();
      });
    const auto guard = hold(lock);
    require(!try_hold(lock).has_value(), "a try form let a thread in twice");
    elsewhere([&] { require(!try_hold(lock).has_value(), "a try form let another thread in"); });
  }
}

template <class Of>
struct WakingClauses {
  Clause wake_ups{"LK-22", ClauseClass::kViolation, "Drepper, Futexes are tricky",
                  "Of 2 to 16 threads that wait for each other none sleeps for ever", &check_wake_ups<Of>};
  Clause readers{"LK-23", ClauseClass::kViolation, "[thread.sharedmutex.requirements]",
                 "Who leaves wakes all readers that waited for it, or a writer, and the last writer does too",
                 &check_waiting_readers<Of>};
  Clause relocking{"LK-24", ClauseClass::kViolation, "pointers/lock_concept.h",
                   "A thread that locks what it holds exclusively ends the program, and a try form gives "
                   "nothing",
                   &check_relocking<Of>};
};

}  // namespace assay::suite::lock
