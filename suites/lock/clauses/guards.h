// Who holds the lock when its guard is handed on: LK-08.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "suites/lock/access.h"

namespace assay::suite::lock {

// make(lock) gives a guard that keeps writers out.
template <class L, class Make>
void check_moves_of(const char* kind, Make make) {
  using Guard = decltype(make(std::declval<L&>()));
  L one(1), two(2);
  {
    std::optional<Guard> outer;
    {
      Guard inner = make(one);
      outer.emplace(std::move(inner));
    }
    require(!is_free(one), "a %s guard that was moved from let go at the end of its scope", kind);
    require(**outer == 1, "a moved %s guard gives %ld instead of 1", kind, **outer);
    outer.reset();
    require(is_free(one), "the end of a moved %s guard did not let go", kind);
  }
  {
    Guard guard = make(one);
    guard = make(two);
    require(is_free(one), "assignment to a %s guard did not let go of its old lock", kind);
    require(!is_free(two), "assignment to a %s guard let go of the new lock", kind);
    require(*guard == 2, "an assigned %s guard gives %ld instead of 2", kind, *guard);
    Guard& alias = guard;
    guard = std::move(alias);
    require(!is_free(two) && *guard == 2, "a %s guard moved to itself let go", kind);
    std::vector<Guard> moved;
    moved.push_back(std::move(guard));
    moved.push_back(make(one));
    require(!is_free(one) && !is_free(two), "a %s guard in a vector let go", kind);
    std::swap(moved[0], moved[1]);
    require(*moved[0] == 1 && *moved[1] == 2, "swapped %s guards give each other's value", kind);
    moved.pop_back();
    require(!is_free(one) && is_free(two), "the end of one swapped %s guard let go of the other's lock",
            kind);
    const auto handed = std::make_unique<Guard>(std::move(moved[0]));
    moved.clear();
    require(!is_free(one), "a %s guard on the heap let go", kind);
  }
  require(is_free(one) && is_free(two), "a lock stayed held after its %s guard's end", kind);
}

template <class Of>
void check_moves() {
  using L = LockOf<Of, long>;
  check_moves_of<L>("exclusive", [](L& lock) { return hold(lock); });
  check_moves_of<L>("tried", [](L& lock) { return std::move(*try_hold(lock)); });
  if constexpr (kClaims<Of>.shares) check_moves_of<L>("reader's", [](L& lock) { return lock.read(); });
}

template <class Of>
struct GuardClauses {
  Clause moves{"LK-08", ClauseClass::kViolation, "pointers/lock_concept.h",
               "A guard that moves keeps the lock held, and its last place lets go, once", &check_moves<Of>};
};

}  // namespace assay::suite::lock
