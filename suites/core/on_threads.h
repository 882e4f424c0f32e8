// Several threads that do something at the same time, for checks.
#pragma once

#include <sched.h>

#include <atomic>
#include <thread>
#include <vector>

namespace assay::suite {

// Calls body(member) on so many new threads, which begin together, and returns when all have returned.
template <class Body>
void on_threads(unsigned count, const Body& body) {
  std::atomic<unsigned> missing{count};
  std::vector<std::thread> threads;
  for (unsigned member = 0; member < count; ++member)
    threads.emplace_back([&, member] {
      // Relaxed: nothing is handed over, and a check that looks for races must not be ordered by this.
      missing.fetch_sub(1, std::memory_order_relaxed);
      while (missing.load(std::memory_order_relaxed) != 0) sched_yield();
      body(member);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace assay::suite
