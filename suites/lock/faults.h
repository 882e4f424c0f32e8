// Values that throw, at every step: FAULTS-1.
#pragma once

#include <utility>

#include "suites/core/witness.h"
#include "suites/lock/access.h"

namespace assay::suite::lock {

// step() with a throw after so many constructions, until it gets by without one. What was alive before it is
// alive after it.
template <class Step>
void throw_everywhere(const char* what, Step step) {
  const long before = Witness::live;
  for (long successes = 0;; ++successes) {
    Witness::throw_after = successes;
    bool threw = false;
    try {
      step();
    } catch (const WitnessThrow&) {
      threw = true;
    }
    Witness::throw_after = -1;
    require(Witness::live == before, "%s that threw after %ld constructions left %ld values more", what,
            successes, Witness::live - before);
    if (!threw) return;
    require(successes < 20, "%s constructs without end", what);
  }
}

template <class Of>
void check_throwing_values() {
  using L = LockOf<Of, Witness>;
  throw_everywhere("a lock made of nothing", [] { L lock; });
  throw_everywhere("a lock made in place", [] { L lock(std::in_place, 4L); });
  throw_everywhere("a lock made of a value", [] { L lock(Witness(4)); });
  throw_everywhere("into_inner()", [] {
    L lock(std::in_place, 4L);
    const Witness inner = std::move(lock).into_inner();
    require(inner.value() == 4, "into_inner() gave %ld", inner.value());
  });
  L lock(std::in_place, 1L);
  throw_everywhere("with() that returns a copy", [&] {
    if constexpr (kClaims<Of>.poisons)
      if (lock.is_poisoned()) hold_poisoned(lock).clear_poison();
    const Witness copy = lock.with([](Witness& value) { return value; });
    require(copy.value() == 1, "with() gave %ld", copy.value());
  });
  require(is_free(lock), "values that threw kept the lock held");
}

template <class Of>
struct FaultClauses {
  Clause values{"FAULTS-1", ClauseClass::kViolation, "pointers/lock_concept.h",
                "A value whose constructors throw is leaked nowhere and keeps no lock held",
                &check_throwing_values<Of>};
};

}  // namespace assay::suite::lock
