// Failures in the middle: every construction that an operation makes throws once, and every allocation that
// it makes of its upstream.
#pragma once

#include <algorithm>
#include <concepts>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "suites/core/upstream.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

// A slab that an operation failed on, beside what it held before: 16 values, or as many as a bounded subject
// holds but two.
template <class S>
struct Before {
  explicit Before(S& slab_) : slab(slab_) {
    for (long i = 0; i < 20; ++i) {
      const auto key = put_if_room(slab, i);
      if (!key.has_value()) break;
      keys.emplace_back(*key, i);
    }
    if (keys.size() < 6) skipped("the subject holds no more than %zu values", keys.size());
    for (const std::size_t i : {16u, 11u, 5u, 2u}) {
      if (i >= keys.size()) continue;
      slab.remove(keys[i].first);
      keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(i));
    }
    room = slab.size() + 1;
  }

  // That succeeds unless the subject is bounded, and full.
  void add(typename S::Key key, long value) {
    keys.emplace_back(key, value);
    room = std::max(room, slab.size());
  }

  void expect_unchanged(const char* operation) {
    require(slab.size() == keys.size(), "%s failed and left %zu of %zu values", operation, slab.size(),
            keys.size());
    expect_consistent(operation);
  }

  // Some values may be gone; those that are left are whole, and there is no other object.
  void expect_consistent(const char* operation) {
    std::size_t live = 0;
    for (const auto& [key, value] : keys) {
      if (!slab.contains(key)) continue;
      expect(slab, key, value, operation);
      ++live;
    }
    require(slab.size() == live, "%s failed: size() is %zu, with %zu live values", operation, slab.size(),
            live);
    require(Witness::live == static_cast<long>(live), "%s failed: %ld objects are alive for %zu values",
            operation, Witness::live, live);
    check_invariants(slab);
    const auto key = put_if_room(slab, 70);
    if (!key.has_value()) {
      require(live >= room || S::kTraits.checks_generations,
              "%s failed, and now there is no room for another than %zu values; there was for %zu", operation,
              live, room);
      return;
    }
    expect(slab, *key, 70, "inserted after a failure");
    slab.remove(*key);
  }

  S& slab;
  std::vector<std::pair<typename S::Key, long>> keys;
  std::size_t room = 0;  // it is known to hold as many values
};

// Whether `operation` threw because a bounded subject is full: what was not asked of it to fail.
template <class Operation>
bool is_refused(const Operation& operation) {
  try {
    operation();
    return false;
  } catch (const std::bad_alloc&) {
    return true;
  } catch (const std::length_error&) {
    return true;
  }
}

// For n = 0, 1, …: makes a slab, lets the construction after n further ones throw in `operate`, and `judge`s.
template <class S, class Operate, class Judge>
void throw_at_every_step(const Operate& operate, const Judge& judge) {
  for (long n = 0;; ++n) {
    bool threw = false;
    {
      S slab;
      Before<S> before(slab);
      Witness::throw_after = n;
      bool refused = false;
      try {
        refused = is_refused([&] { operate(slab, before); });
      } catch (const WitnessThrow&) {
        threw = true;
      }
      Witness::throw_after = -1;
      if (threw || refused) judge(before);
    }
    require(Witness::live == 0, "%ld values outlived a slab whose operation threw at step %ld", Witness::live,
            n);
    if (!threw) return;
  }
}

template <class Of>
void check_throwing_insertion() {
  using S = Store<Of, Witness>;
  const auto unchanged = [](Before<S>& before) { before.expect_unchanged("a throwing insertion"); };
  // Into a vacant key, and until it has grown.
  throw_at_every_step<S>([](S& slab, auto&) { slab.insert(Witness(50)); }, unchanged);
  const auto until_grown = [](auto insert) {
    return [insert](S& slab, Before<S>& before) {
      const long pause = std::exchange(Witness::throw_after, -1);
      for (long i = 0; i < 44; ++i) {
        const auto key = put_if_room(slab, 100 + i);
        if (!key.has_value()) break;
        before.add(*key, 100 + i);
      }
      Witness::throw_after = pause;
      for (long i = 0; i < 40; ++i) before.add(insert(slab, 200 + i), 200 + i);
    };
  };
  throw_at_every_step<S>(until_grown([](S& slab, long i) { return slab.insert(Witness(i)); }), unchanged);
  if constexpr (S::kTraits.emplaces)
    throw_at_every_step<S>(until_grown([](S& slab, long i) { return slab.emplace(i); }), unchanged);
  if constexpr (S::kTraits.has_vacant_entry)
    throw_at_every_step<S>(until_grown([](S& slab, long i) {
                             auto entry = slab.vacant_entry();
                             const auto key = entry.key();
                             entry.insert(Witness(i));
                             return key;
                           }),
                           unchanged);
  if constexpr (S::kTraits.reserves)
    throw_at_every_step<S>([](S& slab, auto&) { slab.reserve(1000); }, unchanged);
}

template <class Of>
void check_throwing_bulk() {
  using S = Store<Of, Witness>;
  using Key = typename S::Key;
  const auto consistent = [](Before<S>& before) { before.expect_consistent("a throwing operation"); };
  throw_at_every_step<S>([](S& slab, auto& before) { slab.remove(before.keys[3].first); }, consistent);
  if constexpr (S::kTraits.reserves)
    throw_at_every_step<S>([](S& slab, auto&) { slab.shrink_to_fit(); },
                           [](Before<S>& before) { before.expect_unchanged("a throwing shrink_to_fit"); });
  if constexpr (S::kTraits.retains) {
    throw_at_every_step<S>(
        [](S& slab, auto&) {
          slab.retain([](const Key&, Witness& value) {
            const Witness copy = value;  // throws in the predicate
            return copy.value() % 2 == 0;
          });
        },
        consistent);
    throw_at_every_step<S>(
        [](S& slab, auto&) {
          auto drain = slab.drain();
          while (drain.next().has_value()) continue;
        },
        consistent);
  }
  if constexpr (S::kTraits.compacts) {
    const auto track = [](Before<S>& before, Witness& value, const Key& to) {
      const Witness copy = value;  // throws in the callback
      for (auto& [key, number] : before.keys)
        if (number == copy.value()) key = to;
    };
    // What the callback agreed to may not have happened when the value's own move threw.
    std::vector<std::pair<Key, long>> old;
    throw_at_every_step<S>(
        [&](S& slab, Before<S>& before) {
          old = before.keys;
          slab.compact([&](Witness& value, const Key&, const Key& to) {
            track(before, value, to);
            return true;
          });
        },
        [&](Before<S>& before) {
          for (std::size_t i = 0; i < old.size(); ++i)
            if (!before.slab.contains(before.keys[i].first)) before.keys[i].first = old[i].first;
          before.expect_unchanged("a throwing compact");
        });
  }
  if constexpr (S::kTraits.rebuilds) {
    for (long n = 0, threw = 1; threw != 0; ++n) {
      std::vector<std::pair<Key, Witness>> pairs;
      for (long i = 0; i < 12; ++i) pairs.emplace_back(static_cast<Key>(i * 5 % 11), Witness(i));
      Witness::throw_after = n;
      threw = 0;
      try {
        is_refused([&] { const S slab = S::from_pairs(pairs); });
      } catch (const WitnessThrow&) {
        threw = 1;
      }
      Witness::throw_after = -1;
      require(Witness::live == 12, "from_pairs that threw at step %ld left %ld values", n,
              Witness::live - 12);
    }
  }
}

// Lets every allocation of `operate` fail in turn; whatever fails must leave the slab as it was, and so must
// what a bounded subject refuses.
template <class S, class Operate>
void fail_at_every_allocation(const char* name, const Operate& operate) {
  for (std::size_t n = 0;; ++n) {
    Upstream upstream;
    {
      S slab(static_cast<std::pmr::memory_resource*>(&upstream));
      Before<S> before(slab);
      upstream.fail_after(n);
      const bool refused = is_refused([&] { operate(slab, before); });
      upstream.never_fail();
      if (refused || upstream.failures() > 0) before.expect_unchanged(name);  // a shrink may make do
    }
    require(upstream.live_blocks() == 0, "after %s that failed %zu blocks of upstream are left", name,
            upstream.live_blocks());
    require(Witness::live == 0, "after %s that failed %ld values are left", name, Witness::live);
    if (upstream.failures() == 0) return;
  }
}

template <class Of>
void check_failing_upstream() {
  using S = Store<Of, Witness>;
  if constexpr (!std::constructible_from<S, std::pmr::memory_resource*>) {
    absent("takes no memory_resource");
  } else {
    using Key = typename S::Key;
    fail_at_every_allocation<S>("an insertion", [](S& slab, Before<S>& before) {
      for (long i = 0; i < 200; ++i) before.add(slab.insert(Witness(100 + i)), 100 + i);
    });
    if constexpr (S::kTraits.reserves) {
      fail_at_every_allocation<S>("reserve", [](S& slab, auto&) { slab.reserve(500); });
      fail_at_every_allocation<S>("shrink_to_fit", [](S& slab, auto&) { slab.shrink_to_fit(); });
    }
    if constexpr (S::kTraits.copies) {
      fail_at_every_allocation<S>("a copy", [](S& slab, auto&) { const S copy = slab; });
      fail_at_every_allocation<S>("an assignment", [](S& slab, auto&) {
        S copy(slab);
        copy.remove(copy.insert(Witness(3)));
        copy = slab;
      });
    }
    if constexpr (S::kTraits.compacts) {
      const auto follow = [](S& slab, Before<S>& before) {
        slab.compact([&](Witness& value, const Key&, const Key& to) {
          for (auto& [key, number] : before.keys)
            if (number == value.value()) key = to;
          return true;
        });
      };
      fail_at_every_allocation<S>("compact", follow);
    }
  }
}

template <class Of>
struct FaultClauses {
  Clause insertion{"FAULTS-1", ClauseClass::kViolation, "allocators/keyed_concept.h: insert",
                   "An insertion or reserve whose n-th construction throws leaves the slab as it was",
                   &check_throwing_insertion<Of>};
  Clause bulk{"FAULTS-2", ClauseClass::kViolation, "[res.on.exception.handling]",
              "No operation whose n-th construction throws leaks a value or destroys one twice",
              &check_throwing_bulk<Of>};
  Clause upstream{"FAULTS-3", ClauseClass::kViolation, "allocators/keyed_concept.h: insert",
                  "An operation whose n-th allocation fails leaves the slab as it was",
                  &check_failing_upstream<Of>};
};

}  // namespace assay::suite::keyed
