// The end of a wait, as the kernel takes it: a time of CLOCK_MONOTONIC, which is std::chrono::steady_clock.
//
// Any duration will do: it is rounded up to nanoseconds, and one of more than thirty years never ends. Other
// clocks run at speeds of their own and may be set: who waits until one of their times must look at the clock
// again when the Deadline is over (wait_until).
#pragma once

#include <time.h>

#include <chrono>
#include <optional>

namespace assay {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline never() noexcept { return Deadline(); }

  template <class Rep, class Period>
  static Deadline after(std::chrono::duration<Rep, Period> span) noexcept {
    constexpr double kNever = 1e9;  // seconds
    const double seconds = std::chrono::duration<double>(span).count();
    if (seconds > kNever) return never();
    const auto now = Clock::now();
    return Deadline(seconds > 0 ? now + std::chrono::ceil<std::chrono::nanoseconds>(span) : now);
  }

  // The earlier of the two.
  Deadline or_after(std::chrono::nanoseconds span) const noexcept {
    const Deadline other = after(span);
    return !ends_ || other.end_ < end_ ? other : *this;
  }

  bool is_never() const noexcept { return !ends_; }
  bool over() const noexcept { return ends_ && Clock::now() >= end_; }

  std::optional<timespec> as_timespec() const noexcept {
    if (!ends_) return std::nullopt;
    const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(end_.time_since_epoch());
    return timespec{static_cast<time_t>(since.count() / 1'000'000'000),
                    static_cast<long>(since.count() % 1'000'000'000)};
  }

 private:
  Deadline() = default;
  explicit Deadline(Clock::time_point end) : end_(end), ends_(true) {}

  Clock::time_point end_;
  bool ends_ = false;
};

// Calls wait(Deadline) until it gives something or `time` has come on its own clock; at least once.
template <class Clock, class Duration, class Wait>
auto wait_until(const std::chrono::time_point<Clock, Duration>& time, Wait wait) {
  for (;;) {
    // As doubles first: a far time may have no place in the clock's own unit.
    using Seconds = std::chrono::duration<double>;
    const auto now = Clock::now();
    if (Seconds(time.time_since_epoch()) - Seconds(now.time_since_epoch()) > Seconds(1e9))
      return wait(Deadline::never());
    auto result = wait(time > now ? Deadline::after(time - now) : Deadline::after(Duration::zero()));
    if (result || Clock::now() >= time) return result;
  }
}

}  // namespace assay
