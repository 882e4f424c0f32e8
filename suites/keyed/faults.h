// Failures in the middle: every construction that an operation makes throws once, and every allocation that
// it makes of its upstream.
#pragma once

#include <concepts>
#include <memory_resource>
#include <new>
#include <utility>
#include <vector>

#include "suites/core/upstream.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

// A slab that an operation failed on, beside what it held before.
template <class S>
struct Before {
  explicit Before(S& slab_) : slab(slab_) {
    for (long i = 0; i < 20; ++i) keys.emplace_back(slab.insert(Witness(i)), i);
    for (const std::size_t i : {16u, 11u, 5u, 2u}) {
      slab.remove(keys[i].first);
      keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(i));
    }
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
    const auto key = slab.insert(Witness(70));
    expect(slab, key, 70, "inserted after a failure");
    slab.remove(key);
  }

  S& slab;
  std::vector<std::pair<typename S::Key, long>> keys;
};

// For n = 0, 1, …: makes a slab, lets the construction after n further ones throw in `operate`, and `judge`s.
template <class S, class Operate, class Judge>
void throw_at_every_step(const Operate& operate, const Judge& judge) {
  for (long n = 0;; ++n) {
    bool threw = false;
    {
      S slab;
      Before<S> before(slab);
      Witness::throw_after = n;
      try {
        operate(slab, before);
      } catch (const WitnessThrow&) {
        threw = true;
      }
      Witness::throw_after = -1;
      if (threw) judge(before);
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
      for (long i = 0; i < 44; ++i) before.keys.emplace_back(slab.insert(Witness(100 + i)), 100 + i);
      Witness::throw_after = pause;
      for (long i = 0; i < 40; ++i) before.keys.emplace_back(insert(slab, 200 + i), 200 + i);
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
  throw_at_every_step<S>([](S& slab, auto& before) { slab.remove(before.keys[7].first); }, consistent);
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
        const S slab = S::from_pairs(pairs);
      } catch (const WitnessThrow&) {
        threw = 1;
      }
      Witness::throw_after = -1;
      require(Witness::live == 12, "from_pairs that threw at step %ld left %ld values", n,
              Witness::live - 12);
    }
  }
}

// Lets every allocation of `operate` fail in turn; whatever fails must leave the slab as it was.
template <class S, class Operate>
void fail_at_every_allocation(const char* name, const Operate& operate) {
  for (std::size_t n = 0;; ++n) {
    Upstream upstream;
    bool failed = false;
    {
      S slab(static_cast<std::pmr::memory_resource*>(&upstream));
      Before<S> before(slab);
      upstream.fail_after(n);
      try {
        operate(slab, before);
      } catch (const UpstreamFailure&) {
        failed = true;
      }
      const bool unnoticed = !failed && upstream.failures() > 0;  // such as a shrink that makes do
      upstream.never_fail();
      if (failed || unnoticed) before.expect_unchanged(name);
      failed = failed || unnoticed;
    }
    require(upstream.live_blocks() == 0, "after %s that failed %zu blocks of upstream are left", name,
            upstream.live_blocks());
    require(Witness::live == 0, "after %s that failed %ld values are left", name, Witness::live);
    if (!failed) return;
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
      for (long i = 0; i < 200; ++i) before.keys.emplace_back(slab.insert(Witness(100 + i)), 100 + i);
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
