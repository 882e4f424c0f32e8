// Failures in the middle: every allocation of an operation fails in turn, and every construction throws.
#pragma once

#include <optional>

#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

// A value of two parts, either of which may throw.
struct Parts {
  Parts() : Parts(0) {}
  explicit Parts(long value) : first(value), second(value) {}
  Witness first, second;
};

template <class P>
void expect_parts(const P& pointer, long value, const char* when) {
  require(pointer.get() != nullptr, "%s, the pointer owns nothing", when);
  require(pointer.get()->first.value() == value && pointer.get()->second.value() == value,
          "%s, the value has changed", when);
}

// The operations. `guarded` runs one of them under a fault, and says whether it went through.
template <class Of>
struct Operations {
  using P = Subject<Of, Parts>;

  template <class Guarded>
  static void make(const Guarded& guarded) {
    P pointer = P::make(1L);
    if (!guarded([&] { pointer = P::make(2L); }))
      expect_parts(pointer, 1, "after an assignment of a make() that failed");
    else
      expect_parts(pointer, 2, "after an assignment of make()");
  }

  template <class Guarded>
  static void make_array(const Guarded& guarded) {
    using Array = Subject<Of, Parts[]>;
    Array array = Array::make_array(2);
    const bool done = guarded([&] { array = Array::make_array(5); });
    require(array.size() == (done ? 5u : 2u), "after make_array %s, size() is %zu",
            done ? "succeeded" : "failed", array.size());
  }

  template <class Guarded>
  static void make_cyclic(const Guarded& guarded) {
    using Weak = typename P::Weak;
    Parts (*const make)(const Weak&) = [](const Weak& self) {
      const Weak copy = self;
      return Parts(copy.upgrade().get() == nullptr ? 3 : 0);
    };
    P pointer = P::make(1L);
    const bool done = guarded([&] { pointer = P::make_cyclic(make); });
    expect_parts(pointer, done ? 3 : 1, "after an assignment of make_cyclic");
  }

  template <class Guarded>
  static void make_mut_shared(const Guarded& guarded) {
    P pointer = P::make(1L);
    const P copy = pointer;
    const bool done = guarded([&] { pointer.make_mut(); });
    require((pointer.get() == copy.get()) == !done,
            "make_mut() of a shared object failed and changed the pointer");
    expect_owners(copy, done ? 1 : 2, "after make_mut() of a shared object");
    expect_parts(pointer, 1, "after make_mut() of a shared object");
    expect_parts(copy, 1, "of the other owner, after make_mut() of a shared object");
  }

  // The value is moved: a move that throws may leave it in pieces, but owned once.
  template <class Guarded>
  static void make_mut_with_weak(const Guarded& guarded) {
    P pointer = P::make(1L);
    const typename P::Weak weak = pointer.downgrade();
    if (guarded([&] { pointer.make_mut(); })) {
      expect_parts(pointer, 1, "after make_mut() with a Weak");
      require(weak.upgrade().get() == nullptr, "a Weak did not expire in make_mut()");
    } else {
      require(pointer.get() != nullptr, "make_mut() with a Weak failed, and the pointer owns nothing");
    }
  }

  template <class Guarded>
  static void try_unwrap(const Guarded& guarded) {
    P pointer = P::make(1L);
    guarded([&] {
      const std::optional<Parts> value = P::try_unwrap(std::move(pointer));
      require(value.has_value() && value->second.value() == 1, "try_unwrap lost the value");
    });
  }

  // `fault` makes a scenario of each: fault(name, operation) calls operation(guarded) until nothing fails.
  template <class Fault>
  static void for_each(const Fault& fault) {
    constexpr PointerTraits kTraits = kClaims<Of>;
    fault("make", [](const auto& guarded) { make(guarded); });
    if constexpr (kTraits.has_arrays) fault("make_array", [](const auto& guarded) { make_array(guarded); });
    if constexpr (kTraits.makes_cyclic)
      fault("make_cyclic", [](const auto& guarded) { make_cyclic(guarded); });
    if constexpr (kTraits.copies_on_write && kTraits.shares)
      fault("make_mut of a shared object", [](const auto& guarded) { make_mut_shared(guarded); });
    if constexpr (kTraits.copies_on_write && kTraits.has_weak)
      fault("make_mut with a Weak", [](const auto& guarded) { make_mut_with_weak(guarded); });
    if constexpr (kTraits.unwraps) fault("try_unwrap", [](const auto& guarded) { try_unwrap(guarded); });
  }
};

// Runs `operation` with the n-th step failing, n = 0, 1, … until none does; and again, so that leaks show.
template <class Failure, class Arm, class Disarm, class Operation>
void fail_at_every_step(const char* name, const Arm& arm, const Disarm& disarm, const Operation& operation) {
  require_no_growth(name, [&] {
    for (long step = 0;; ++step) {
      bool failed = false;
      operation([&](const auto& under_fault) {
        bool arrived = false;
        arm(step);
        try {
          under_fault();
        } catch (const Failure&) {
          arrived = true;
        }
        failed = disarm() || arrived;
        return !arrived;
      });
      expect_alive(0, name);
      if (!failed) return;
      if (step > 1000) violated("%s goes on failing when nothing is made to fail", name);
    }
  });
}

template <class Of>
void check_failing_allocations() {
  Operations<Of>::for_each([](const char* name, const auto& operation) {
    fail_at_every_step<std::bad_alloc>(
        name, [](long step) { Heap::fail_after(step); }, [] { return Heap::never_fail(); }, operation);
  });
  if constexpr (kClaims<Of>.takes_allocator) {
    using P = Subject<Of, Parts>;
    Upstream upstream;
    Source source(upstream);
    for (std::size_t step = 0; step < 4; ++step) {
      {
        auto pointer = P::make_in(source, 1L);
        const std::size_t failures = upstream.failures();
        upstream.fail_after(step);
        bool refused = false;
        try {
          pointer = P::make_in(source, 2L);
        } catch (const std::bad_alloc&) {
          refused = true;
        }
        upstream.never_fail();
        require(refused == (upstream.failures() > failures),
                "make_in did not throw std::bad_alloc exactly when the allocator had nothing");
        expect_parts(pointer, refused ? 1 : 2, "after an assignment of make_in");
      }
      expect_alive(0, "after make_in");
      require(upstream.live_blocks() == 0, "after make_in, %zu blocks of the allocator are left",
              upstream.live_blocks());
    }
  }
}

template <class Of>
void check_throwing_values() {
  Operations<Of>::for_each([](const char* name, const auto& operation) {
    fail_at_every_step<WitnessThrow>(
        name, [](long step) { Witness::throw_after = step; },
        [] {
          const bool unused = Witness::throw_after >= 0;
          Witness::throw_after = -1;
          return !unused;
        },
        operation);
  });
  if constexpr (kClaims<Of>.takes_allocator) {
    using P = Subject<Of, Parts>;
    Upstream upstream;
    Source source(upstream);
    for (long step = 0; step < 4; ++step) {
      bool threw = false;
      Witness::throw_after = step;
      try {
        const auto pointer = P::make_in(source, 1L);
      } catch (const WitnessThrow&) {
        threw = true;
      }
      Witness::throw_after = -1;
      require(threw == (step < 2), "make_in did not pass on what a constructor threw");
      expect_alive(0, "after a constructor threw in make_in");
      require(upstream.live_blocks() == 0, "a constructor that threw in make_in left %zu blocks",
              upstream.live_blocks());
    }
  }
}

template <class Of>
struct FaultClauses {
  Clause allocations{
      "FAULTS-1", ClauseClass::kViolation, "[res.on.exception.handling]",
      "An operation whose n-th allocation fails throws std::bad_alloc and leaves all as it was",
      &check_failing_allocations<Of>};
  Clause values{"FAULTS-2", ClauseClass::kViolation, "[res.on.exception.handling]",
                "No operation whose n-th construction throws leaks storage or a value, or destroys one twice",
                &check_throwing_values<Of>};
};

}  // namespace assay::suite::pointer
