// What every check of this family is written with: the forms of locking under one name for both kinds of
// lock, and threads that take turns.
#pragma once

#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

#include "pointers/lock_concept.h"
#include "suites/core/clause.h"

namespace assay::suite::lock {

// `Of` is the SubjectOf that ASSAY_CLAUSES makes (suites/lock/clauses.h).
template <class Of, class T>
using LockOf = typename Of::template type<T>;

template <class Of>
inline constexpr LockTraits kClaims = LockOf<Of, long>::kTraits;

// The exclusive forms.
template <class L>
auto hold(L& lock) {
  if constexpr (L::kTraits.shares)
    return lock.write();
  else
    return lock.lock();
}
template <class L>
auto try_hold(L& lock) {
  if constexpr (L::kTraits.shares)
    return lock.try_write();
  else
    return lock.try_lock();
}
template <class L, class Span>
auto try_hold_for(L& lock, Span span) {
  if constexpr (L::kTraits.shares)
    return lock.try_write_for(span);
  else
    return lock.try_lock_for(span);
}
template <class L, class Time>
auto try_hold_until(L& lock, Time time) {
  if constexpr (L::kTraits.shares)
    return lock.try_write_until(time);
  else
    return lock.try_lock_until(time);
}
template <class L>
auto hold_poisoned(L& lock) {
  if constexpr (L::kTraits.shares)
    return lock.write_poisoned();
  else
    return lock.lock_poisoned();
}

template <class L>
using GuardOf = decltype(hold(std::declval<L&>()));

template <class L>
auto read_value(L& lock) {
  auto guard = hold(lock);
  return *guard;
}
template <class L>
void write_value(L& lock, typename L::value_type value) {
  auto guard = hold(lock);
  *guard = value;
}

// Leaves the processor to others.
inline void nap(long microseconds = 50) {
  const timespec span{0, microseconds * 1000};
  nanosleep(&span, nullptr);
}

// Waits for what another thread is about to say. It sleeps and does not poll: when a subject is at fault no
// thread has anything left to do, which the driver sees.
inline void await(const std::atomic<bool>& flag) {
  flag.wait(false, std::memory_order_acquire);  // pairs with the release in raise()
}
inline void raise(std::atomic<bool>& flag) {
  flag.store(true, std::memory_order_release);  // pairs with the acquire in await()
  flag.notify_all();
}
inline void await(const std::atomic<int>& arrived, int count) {
  for (int seen; (seen = arrived.load(std::memory_order_acquire)) < count;) arrived.wait(seen);
}
inline void arrive(std::atomic<int>& arrived) {
  arrived.fetch_add(1, std::memory_order_release);  // pairs with the acquire in await()
  arrived.notify_all();
}

// Calls body() on another thread and waits for its end: what a thread that holds nothing sees.
template <class Body>
void elsewhere(Body body) {
  std::thread(body).join();
}

// What an access gives to another thread that does not wait for it.
template <class L>
bool is_free(L& lock) {
  bool got = false;
  elsewhere([&] { got = try_hold(lock).has_value(); });
  return got;
}
template <class L>
bool is_readable(L& lock) {
  bool got = false;
  elsewhere([&] { got = lock.try_read().has_value(); });
  return got;
}

template <class L>
void read_elsewhere(L& lock) {
  elsewhere([&] { static_cast<void>(lock.read()); });
}

}  // namespace assay::suite::lock
