// What exceptions do to a lock: LK-09 to LK-13.
#pragma once

#include <chrono>
#include <exception>
#include <utility>

#include "pointers/lock_concept.h"
#include "suites/lock/access.h"

namespace assay::suite::lock {

struct Thrown {};

template <class L>
void poison(L& lock, long value) {
  try {
    auto guard = hold(lock);
    *guard = value;
    throw Thrown();
  } catch (const Thrown&) {
  }
}

template <class L, class Form>
void expect_poisoned(L& lock, const char* form, Form attempt) {
  try {
    attempt();
  } catch (const Poisoned&) {
    bool got = false;
    elsewhere([&] {
      try {
        got = try_hold(lock).has_value();
      } catch (const Poisoned&) {
        got = true;  // it would have got in
      }
    });
    require(got, "%s refused a poisoned lock and left it held", form);
    return;
  }
  violated("%s of a poisoned lock did not throw Poisoned", form);
}

template <class L>
void expect_poisoned(L& lock) {
  using std::chrono::seconds;
  require(lock.is_poisoned(), "is_poisoned() is false after an exception left a guard's scope");
  expect_poisoned(lock, "the waiting form", [&] { static_cast<void>(hold(lock)); });
  expect_poisoned(lock, "the try form", [&] { static_cast<void>(try_hold(lock)); });
  expect_poisoned(lock, "with()", [&] { lock.with([](long&) {}); });
  expect_poisoned(lock, "get_mut()", [&] { lock.get_mut(); });
  if constexpr (L::kTraits.timed) {
    expect_poisoned(lock, "the timed form", [&] { static_cast<void>(try_hold_for(lock, seconds(9))); });
    expect_poisoned(lock, "the form with a time",
                    [&] { static_cast<void>(try_hold_until(lock, std::chrono::steady_clock::now())); });
  }
  if constexpr (L::kTraits.shares) {
    expect_poisoned(lock, "read()", [&] { static_cast<void>(lock.read()); });
    expect_poisoned(lock, "with_read()", [&] { lock.with_read([](const long&) {}); });
    expect_poisoned(lock, "try_read()", [&] { static_cast<void>(lock.try_read()); });
    if constexpr (L::kTraits.timed)
      expect_poisoned(lock, "try_read_for()", [&] { static_cast<void>(lock.try_read_for(seconds(9))); });
  }
}

template <class Of>
void check_poisoning() {
  if constexpr (!kClaims<Of>.poisons) {
    absent("claims no poisoning");
  } else {
    LockOf<Of, long> lock(1), other(2);
    poison(lock, 41);
    expect_poisoned(lock);
    require(!other.is_poisoned() && is_free(other), "one poisoned lock poisoned another");
    elsewhere([&] {
      auto guard = hold_poisoned(lock);
      require(guard.poisoned(), "a guard of a poisoned lock does not say so");
      require(*guard == 41, "a poisoned lock's value is %ld instead of 41", *guard);
    });
    if constexpr (kClaims<Of>.shares) {
      auto guard = lock.read_poisoned();
      require(*guard == 41, "a poisoned lock gives readers %ld instead of 41", *guard);
    }
    {
      auto guard = hold_poisoned(other);
      require(!guard.poisoned() && *guard == 2, "a sound lock's guard says that it is poisoned");
    }
    LockOf<Of, long> waited_for(1);  // poisoned while others wait
    std::atomic<bool> held{false};
    std::thread thrower([&] {
      try {
        auto guard = hold(waited_for);
        raise(held);
        nap(300);
        throw Thrown();
      } catch (const Thrown&) {
      }
    });
    await(held);
    expect_poisoned(waited_for, "the waiting form", [&] { static_cast<void>(hold(waited_for)); });
    thrower.join();
  }
}

template <class Of>
void check_clearing() {
  if constexpr (!kClaims<Of>.poisons) {
    absent("claims no poisoning");
  } else {
    LockOf<Of, long> lock(1);
    for (long round = 0; round < 3; ++round) {
      poison(lock, round);
      for (int i = 0; i < 3; ++i) {
        auto guard = hold_poisoned(lock);  // without clearing it
        require(guard.poisoned(), "a lock was sound again after %d guards of the poisoned one", i);
      }
      if constexpr (kClaims<Of>.shares) static_cast<void>(lock.read_poisoned());
      require(lock.is_poisoned(), "a lock was sound again without clear_poison()");
      {
        auto guard = hold_poisoned(lock);
        guard.clear_poison();
        require(!guard.poisoned(), "a guard still says poisoned after clear_poison()");
        *guard = 10 + round;
      }
      require(!lock.is_poisoned(), "a lock is still poisoned after clear_poison()");
      require(read_value(lock) == 10 + round, "after clear_poison() the value is not the one written");
      require(is_free(lock), "clear_poison() left the lock held");
      require(lock.get_mut() == 10 + round, "after clear_poison() get_mut() gives another value");
      if constexpr (kClaims<Of>.shares) require(is_readable(lock), "after clear_poison() no reader gets in");
    }
  }
}

// Locks in its destructor, while an exception may be on its way.
template <class L>
struct Visitor {
  L& lock;
  ~Visitor() {
    auto guard = hold(lock);
    ++*guard;
  }
};

template <class Of>
void check_no_poison() {
  if constexpr (!kClaims<Of>.poisons) {
    absent("claims no poisoning");
  } else {
    LockOf<Of, long> lock(0);
    try {
      const Visitor<LockOf<Of, long>> visitor{lock};
      throw Thrown();
    } catch (const Thrown&) {
    }
    require(!lock.is_poisoned(), "a guard that came and went during unwinding poisoned the lock");
    {
      auto guard = hold(lock);
      try {
        throw Thrown();
      } catch (const Thrown&) {
      }
      *guard += 1;
    }
    require(!lock.is_poisoned(), "an exception that was caught in a guard's scope poisoned the lock");
    try {
      throw Thrown();
    } catch (const Thrown&) {
      auto guard = hold(lock);
      *guard += 1;
    }
    require(!lock.is_poisoned(), "a guard in a handler poisoned the lock");
    std::optional<GuardOf<LockOf<Of, long>>> kept;
    try {
      kept.emplace(hold(lock));
      throw Thrown();
    } catch (const Thrown&) {
    }
    kept.reset();
    require(!lock.is_poisoned(), "an exception that a guard outlived poisoned the lock");
    require(read_value(lock) == 3, "three changes in the face of exceptions left %ld", read_value(lock));
  }
}

// Throws through a guard, and catches it, in its destructor.
template <class L>
struct ThrowingVisitor {
  L& lock;
  ~ThrowingVisitor() {
    try {
      auto guard = hold(lock);
      throw Thrown();
    } catch (const Thrown&) {
    }
  }
};

template <class Of>
void check_nested_poison() {
  if constexpr (!kClaims<Of>.poisons) {
    absent("claims no poisoning");
  } else {
    using L = LockOf<Of, long>;
    L lock(0), outer(0);
    try {
      auto guard = hold(outer);
      const ThrowingVisitor<L> visitor{lock};
      throw Thrown();
    } catch (const Thrown&) {
    }
    require(lock.is_poisoned(), "an exception that left a guard's scope during unwinding did not poison");
    require(outer.is_poisoned(), "an exception did not poison after another one was caught on its way");
  }
}

template <class Of>
void check_readers_do_not_poison() {
  if constexpr (!kClaims<Of>.poisons || !kClaims<Of>.shares) {
    absent("claims no poisoning, or no readers");
  } else {
    LockOf<Of, long> lock(6);
    for (int i = 0; i < 2; ++i) {
      try {
        const auto guard = lock.read();
        throw Thrown();
      } catch (const Thrown&) {
      }
      require(!lock.is_poisoned(), "an exception that left a reader's scope poisoned the lock");
      require(is_free(lock), "an exception that left a reader's scope kept the lock held");
    }
    require(read_value(lock) == 6, "readers changed the value");
  }
}

template <class Of>
struct PoisonClauses {
  Clause poisoning{"LK-09", ClauseClass::kViolation, "Rust std::sync, Poisoning",
                   "An exception that leaves an exclusive guard's scope poisons the lock: every form reports "
                   "it and lets go, and the value stays within reach",
                   &check_poisoning<Of>};
  Clause clearing{"LK-10", ClauseClass::kViolation, "Rust std::sync::Mutex::clear_poison",
                  "A lock stays poisoned until clear_poison(), and is sound from then on",
                  &check_clearing<Of>};
  Clause sound{"LK-11", ClauseClass::kViolation, "Rust std::sync, Poisoning; [except.uncaught]",
               "No exception poisons a lock but one that ends a guard: not one caught inside, not one on its "
               "way when the guard began",
               &check_no_poison<Of>};
  Clause nested{"LK-12", ClauseClass::kViolation, "[except.uncaught]",
                "An exception that ends a guard in a destructor poisons even while another one is on its way",
                &check_nested_poison<Of>};
  Clause readers{"LK-13", ClauseClass::kViolation, "Rust std::sync::RwLock, Poisoning",
                 "An exception that ends a reader's guard poisons nothing", &check_readers_do_not_poison<Of>};
};

}  // namespace assay::suite::lock
