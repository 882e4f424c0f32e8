// For tests that wait for another thread, or for the kernel: one that waits in vain fails instead of hanging.
#pragma once

#include <chrono>
#include <thread>

namespace assay::testing {

// As long as nothing sound takes on the busiest machine, and less than what a test is given.
inline constexpr std::chrono::seconds kPatience{20};

// Asks, yielding, until the condition holds: false if it did not in that time.
template <class Condition>
bool eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace assay::testing
