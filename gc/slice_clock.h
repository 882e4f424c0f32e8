// When a slice of work is over, in CPU time of the thread.
//
// Reading that clock is a system call. Wall time is read without one, and CPU time does not run faster:
// before the wall clock has advanced by what is left, the slice cannot be over.
#pragma once

#include <time.h>

#include <cstdint>

namespace assay::gc {

// In nanoseconds.
inline std::uint64_t read_clock(clockid_t clock) noexcept {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

class SliceClock {
 public:
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;

  // Begins now.
  explicit SliceClock(std::uint64_t nanoseconds) noexcept {
    if (nanoseconds > kUnlimited / 2) return;
    end_ = read_clock(CLOCK_THREAD_CPUTIME_ID) + nanoseconds;
    look_ = read_clock(CLOCK_MONOTONIC) + nanoseconds;
  }

  bool over() noexcept {
    if (end_ == kUnlimited) return false;
    const std::uint64_t wall = read_clock(CLOCK_MONOTONIC);
    if (wall < look_) return false;
    const std::uint64_t now = read_clock(CLOCK_THREAD_CPUTIME_ID);
    if (now >= end_) return true;
    look_ = wall + (end_ - now);
    return false;
  }

 private:
  std::uint64_t end_ = kUnlimited;  // of the thread's clock
  std::uint64_t look_ = 0;          // of the wall clock: not over before
};

}  // namespace assay::gc
