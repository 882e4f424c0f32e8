// How many handles there are to one storage: for handles of one thread (LocalCount), or of many
// (AtomicCount).
//
// A count starts with its first handle. Four bytes: 2^32 - 1 handles of one thread, 2^31 - 1 of many. One
// more ends the program in every build, because a count that wraps frees bytes that are in use. An atomic
// count has been added to when it finds out; from half of its range on it finds out, and the other half is
// room for all threads that add before the program ends.
//
// While glibc says that the process has one thread, an atomic count needs no locked instruction: clone and
// drop of a handle then take a fifth of the time. From the second thread on that costs a load and a branch
// that is always guessed right. Threads that clone(2) itself has made are not known to glibc, and a signal
// handler must not clone or drop handles. libstdc++'s std::shared_ptr relies on the same.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "zerocopy/misuse.h"

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace assay::zerocopy {

[[noreturn, gnu::cold, gnu::noinline]] inline void too_many_handles() {
  misuse("Storage I3", "too many handles: one more would not be counted");
}

[[gnu::always_inline]] inline bool has_one_thread() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

template <std::unsigned_integral Word = std::uint32_t>
class LocalCount {
 public:
  static constexpr bool kThreads = false;
  static constexpr std::size_t kMost = std::numeric_limits<Word>::max();

  [[gnu::always_inline]] void add() noexcept {
    if (++count_ == 0) [[unlikely]]
      too_many_handles();
  }
  // True: that was the last one.
  [[gnu::always_inline]] bool drop() noexcept { return --count_ == 0; }
  bool is_one() const noexcept { return count_ == 1; }

 private:
  Word count_ = 1;
};

template <std::unsigned_integral Word = std::uint32_t>
class AtomicCount {
  using Signed = std::make_signed_t<Word>;

 public:
  static constexpr bool kThreads = true;
  static constexpr std::size_t kMost = std::numeric_limits<Signed>::max();

  // The highest bit is the processor's sign flag: no comparison, and no value to fetch.
  [[gnu::always_inline]] void add() noexcept {
    if (has_one_thread()) {
      if (is_too_many(add_alone(1))) [[unlikely]]
        too_many_handles();
      // Relaxed: who clones a handle has one, which keeps the storage, and got it in some order already.
    } else if (is_too_many(static_cast<Word>(count_.fetch_add(1, std::memory_order_relaxed) + 1)))
        [[unlikely]] {
      too_many_handles();
    }
  }
  // True: that was the last one, and all that was done through the others comes before.
  [[gnu::always_inline]] bool drop() noexcept {
    if (has_one_thread()) return add_alone(static_cast<Word>(-1)) == 0;
    // Release: what was done through this handle comes before the storage ends or is written by who finds
    // that it is alone; pairs with the acquire loads below.
    if (count_.fetch_sub(1, std::memory_order_release) != 1) return false;
    // Acquire: pairs with the releases of all other drops, whose release sequences the last one continues. A
    // load, where a fence would do, because ThreadSanitizer does not know fences.
    static_cast<void>(count_.load(std::memory_order_acquire));
    return true;
  }
  // Acquire: pairs with the release in drop(), so that the caller may write to what others have read. Nobody
  // can add to a count of one but the caller.
  bool is_one() const noexcept { return count_.load(std::memory_order_acquire) == 1; }

 private:
  static bool is_too_many(Word count) noexcept { return static_cast<Signed>(count) < 0; }

  // Relaxed: there is no other thread.
  [[gnu::always_inline]] Word add_alone(Word change) noexcept {
    const Word count = static_cast<Word>(count_.load(std::memory_order_relaxed) + change);
    count_.store(count, std::memory_order_relaxed);
    return count;
  }

  std::atomic<Word> count_{1};
};

}  // namespace assay::zerocopy
