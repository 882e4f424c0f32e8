// A small number for each thread that runs: no two threads have the same at one time, and a thread that ends
// leaves its number to the next. For arrays with one place for each thread.
//
// What the old holder of a number did happens before what the new one does. Threads beyond kThreadSlots have
// none, and neither has a thread while its thread-local objects are destroyed. Claiming is lock-free and
// O(kThreadSlots / 64); reading the number is one load.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

namespace assay {

constexpr unsigned kThreadSlots = 32;

class ThreadSlot {
 public:
  // Below kThreadSlots, or not claimed.
  static unsigned current() noexcept { return number_; }

  // The number, claimed if the thread has none yet; kThreadSlots when all are taken.
  [[gnu::noinline]] static unsigned claim() noexcept {
    if (number_ != kThreadSlots) return number_ < kThreadSlots ? number_ : kThreadSlots;
    std::uint32_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (taken == UINT32_MAX) return kThreadSlots;
    } while (
        !taken_.compare_exchange_weak(taken, taken | (taken + 1), std::memory_order_acquire,
                                      std::memory_order_relaxed));  // pairs with the release in ~Holder()
    number_ = static_cast<unsigned>(std::countr_one(taken));
    thread_local const Holder holder;
    return number_;
  }

 private:
  struct Holder {
    Holder() {}
    ~Holder() {
      const std::uint32_t mine = std::uint32_t{1} << number_;
      number_ = kThreadSlots + 1;                          // and never again
      taken_.fetch_and(~mine, std::memory_order_release);  // pairs with the acquire in claim()
    }
  };
  static_assert(kThreadSlots == 32, "one bit each in taken_");

  static inline constinit thread_local unsigned number_ = kThreadSlots;
  static inline constinit std::atomic<std::uint32_t> taken_{0};
};

}  // namespace assay
