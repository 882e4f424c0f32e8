// A small number for each thread that runs: no two threads have the same at one time, and a thread that ends
// leaves its number to the next. For arrays with one place for each thread.
//
// All code of a process must share the numbers: the class has default visibility, lest a library built with
// -fvisibility=hidden has numbers of its own and gives one to a thread that another thread has elsewhere.
// Nor may a linker option (-Bsymbolic, a version script) keep a copy within one library.
//
// What the old holder of a number did happens before what the new one does. Threads beyond kThreadSlots have
// none, and neither has a thread while its thread-local objects are destroyed. Claiming is lock-free and
// O(1), but the C++ runtime may call malloc for it, once in a thread; reading the number is one load. A
// thread that claims a number only in a destructor of pthread_key_create(), after its thread-local objects
// are gone, keeps it for good: the runtime destroys no thread-local object later on.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

namespace assay {

constexpr unsigned kThreadSlots = 32;

class [[gnu::visibility("default")]] ThreadSlot {
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
