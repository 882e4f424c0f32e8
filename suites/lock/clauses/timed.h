// Waiting for so long and no longer: LK-05 to LK-07.
#pragma once

#include <chrono>
#include <limits>

#include "suites/lock/access.h"

namespace assay::suite::lock {

using std::chrono::microseconds, std::chrono::milliseconds;

// attempt(lock), with the lock held by another thread, must give nothing, and only after `span`.
template <class L, class Span, class Attempt>
void expect_timeout(L& lock, const char* form, Span span, Attempt attempt) {
  const auto guard = hold(lock);
  elsewhere([&] {
    const auto begin = std::chrono::steady_clock::now();
    const bool got = attempt(lock).has_value();
    const std::chrono::duration<double, std::micro> waited = std::chrono::steady_clock::now() - begin;
    const std::chrono::duration<double, std::micro> asked = span;
    require(!got, "%s got in while another thread was inside", form);
    require(waited >= asked, "%s gave up after %.1f microseconds instead of %.1f", form, waited.count(),
            asked.count());
  });
}

template <class Of>
void check_timeouts() {
  if constexpr (!kClaims<Of>.timed) {
    absent("claims no timed forms");
  } else {
    using L = LockOf<Of, long>;
    L lock;
    for (const microseconds span :
         {microseconds(-5000), microseconds(0), microseconds(1), microseconds(700), microseconds(3000)}) {
      expect_timeout(lock, "the form with a duration", span, [&](L& l) { return try_hold_for(l, span); });
      const auto until = [&]<class Clock>(Clock) {
        return [&, end = Clock::now() + span](L& l) { return try_hold_until(l, end); };
      };
      expect_timeout(lock, "the form with a steady time", microseconds(0),
                     until(std::chrono::steady_clock()));
      expect_timeout(lock, "the form with a time of day", microseconds(0),
                     until(std::chrono::system_clock()));
      if constexpr (kClaims<Of>.shares)
        expect_timeout(lock, "a reader's form with a duration", span,
                       [&](L& l) { return l.try_read_for(span); });
    }
    expect_timeout(lock, "the form with a fraction of a second", microseconds(1500),
                   [](L& l) { return try_hold_for(l, std::chrono::duration<double>(0.0015)); });
    const auto end = std::chrono::system_clock::now() + milliseconds(3);
    const auto guard = hold(lock);
    elsewhere([&] {
      require(!try_hold_until(lock, end).has_value(), "a timed form got in while another thread was inside");
      require(std::chrono::system_clock::now() >= end, "a timed form gave up before its time of day");
    });
  }
}

template <class L, class Attempt>
void expect_entry(const char* form, Attempt attempt) {
  L lock(0);
  require(attempt(lock).has_value(), "%s did not get in with nobody inside", form);
  std::atomic<bool> held{false};
  std::thread holder([&] {
    auto guard = hold(lock);
    raise(held);
    nap(300);
    *guard = 5;
  });
  await(held);
  {
    const auto guard = attempt(lock);
    require(guard.has_value(), "%s gave up though the holder left in time", form);
    require(!is_free(lock), "%s got in without keeping others out", form);
  }
  holder.join();
  require(read_value(lock) == 5, "%s got in before the holder had written", form);
  require(is_free(lock), "%s did not let go", form);
}

template <class Of>
void check_timed_entry() {
  if constexpr (!kClaims<Of>.timed) {
    absent("claims no timed forms");
  } else {
    using L = LockOf<Of, long>;
    using std::chrono::hours, std::chrono::seconds;
    expect_entry<L>("an hour's wait", [](L& lock) { return try_hold_for(lock, hours(1)); });
    expect_entry<L>("the longest wait in hours", [](L& lock) { return try_hold_for(lock, hours::max()); });
    expect_entry<L>("the longest wait in nanoseconds",
                    [](L& lock) { return try_hold_for(lock, std::chrono::nanoseconds::max()); });
    expect_entry<L>("an unbounded wait", [](L& lock) {
      return try_hold_for(lock, std::chrono::duration<double>(std::numeric_limits<double>::infinity()));
    });
    expect_entry<L>("the wait for the end of time", [](L& lock) {
      return try_hold_until(lock, std::chrono::steady_clock::time_point::max());
    });
    expect_entry<L>("the wait for a time of day", [](L& lock) {
      return try_hold_until(lock, std::chrono::system_clock::now() + hours(1));
    });
    if constexpr (kClaims<Of>.shares) {
      expect_entry<L>("a reader's hour", [](L& lock) { return lock.try_read_for(hours(1)); });
      expect_entry<L>("a reader's end of time", [](L& lock) {
        return lock.try_read_until(std::chrono::steady_clock::time_point::max());
      });
    }
  }
}

template <class Of>
void check_after_timeouts() {
  if constexpr (!kClaims<Of>.timed) {
    absent("claims no timed forms");
  } else {
    LockOf<Of, long> lock;
    const auto give_up = [&] {
      elsewhere([&] {
        require(!try_hold_for(lock, microseconds(300)).has_value(), "a timed form got in beside another");
      });
    };
    {
      const auto guard = hold(lock);
      for (int i = 0; i < 3; ++i) give_up();
    }
    require(is_free(lock), "after waits that were given up a free lock lets nobody in");
    if constexpr (kClaims<Of>.shares) {
      std::atomic<bool> read{false};
      std::thread sleeper;
      {
        const auto guard = lock.read();
        give_up();
        read_elsewhere(lock);  // hangs if a writer that gave up keeps readers out
        std::atomic<bool> begun{false};
        std::thread writer([&] {
          raise(begun);
          require(!try_hold_for(lock, milliseconds(25)).has_value(), "a writer got in beside a reader");
        });
        await(begun);
        nap(300);
        sleeper = std::thread([&] {  // sleeps behind the writer if writers go first
          const auto second = lock.read();
          raise(read);
        });
        writer.join();
        await(read);
        sleeper.join();
      }
      require(is_free(lock), "after a writer had given up a free lock lets nobody in");
    }
  }
}

template <class Of>
struct TimedClauses {
  Clause timeouts{"LK-05", ClauseClass::kViolation, "[thread.timedmutex.requirements]",
                  "A timed form gives up when its time has come, neither earlier nor never",
                  &check_timeouts<Of>};
  Clause entry{"LK-06", ClauseClass::kViolation, "[thread.timedmutex.requirements]",
               "A timed form gets in when the holder leaves in time, even with the longest of times",
               &check_timed_entry<Of>};
  Clause after{"LK-07", ClauseClass::kViolation, "pointers/lock_concept.h",
               "A wait that was given up leaves no trace: others get in, and those behind it are woken",
               &check_after_timeouts<Of>};
};

}  // namespace assay::suite::lock
