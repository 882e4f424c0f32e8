// Long use at several occupancies: contents stay, and room that was enough stays enough.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "suites/core/random.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

constexpr std::size_t kPlaces = 1000;

template <class S>
std::size_t room(const S& slab) {
  if constexpr (S::kTraits.reserves) return slab.capacity();
  return 0;
}

// Slots whose generations are used up are given up for new ones: after 100 uses or more.
template <class S>
constexpr std::size_t retired(std::size_t insertions) {
  return S::kTraits.checks_generations ? 2 * (insertions / 100) : 0;
}

template <class S>
void churn_at(std::size_t percent) {
  S slab;
  std::vector<std::pair<typename S::Key, long>> live;
  Random random(seed() + percent);
  const std::size_t target = kPlaces * percent / 100;
  const auto check_all = [&] {
    require(slab.size() == live.size(), "size() is %zu, with %zu live values", slab.size(), live.size());
    for (const auto& [key, value] : live) expect(slab, key, value, "in a long churn");
    check_invariants(slab);
  };
  const auto insert = [&](long value) {
    live.emplace_back(put(slab, value), value);
    if constexpr (S::kTraits.dense_keys)
      if (static_cast<std::size_t>(live.back().first) >= kPlaces)
        violated("with never more than %zu live values insert gave %s", kPlaces,
                 show(live.back().first).text);
  };
  for (long value = 0; value < static_cast<long>(kPlaces); ++value) insert(value);
  const auto remove = [&] {
    std::swap(live[random.below(live.size())], live.back());
    const auto removed = slab.remove(live.back().first);
    if (!removed.has_value() || value_of(*removed) != live.back().second)
      violated("remove(%s) did not return value %ld", show(live.back().first).text, live.back().second);
    live.pop_back();
  };
  const std::size_t settled = room(slab);
  while (live.size() > target) remove();
  for (long step = 0; step < 100'000; ++step) {
    if (live.size() <= target / 2 || (live.size() < kPlaces && random.below(2 * target) >= live.size()))
      insert(step);
    else
      remove();
    if (step % 10'000 == 0) check_all();
  }
  check_all();
  require(room(slab) <= settled + retired<S>(100'000),
          "capacity() grew from %zu to %zu with never more than %zu live values", settled, room(slab),
          kPlaces);
}

template <class Of>
void check_churn() {
  for (const std::size_t percent : {10u, 50u, 90u}) churn_at<Store<Of, long>>(percent);
}

template <class Of>
void check_drained_to_zero() {
  using S = Store<Of, Witness>;
  {
    S slab;
    std::vector<typename S::Key> keys;
    std::size_t settled = 0;
    Random random(seed());
    for (long cycle = 0; cycle < 60; ++cycle) {
      for (long i = 0; i < static_cast<long>(kPlaces); ++i) keys.push_back(put(slab, i));
      if (cycle == 0) settled = room(slab);
      for (; !keys.empty(); keys.pop_back()) {
        std::swap(keys[random.below(keys.size())], keys.back());
        if (!slab.remove(keys.back()).has_value())
          violated("cycle %ld: remove(%s) of a live key gave nothing", cycle, show(keys.back()).text);
      }
      require(slab.size() == 0 && Witness::live == 0,
              "drained to zero, size() is %zu and %ld objects are alive", slab.size(), Witness::live);
      check_invariants(slab);
    }
    require(room(slab) == settled, "60 cycles of %zu values changed capacity() from %zu to %zu", kPlaces,
            settled, room(slab));
  }
  require(Witness::live == 0, "%ld values outlived their slab", Witness::live);
}

template <class Of>
void check_many() {
  using S = Store<Of, long>;
  constexpr long kMany = 100'000;
  S slab;
  std::vector<typename S::Key> keys;
  for (long i = 0; i < kMany; ++i) keys.push_back(put(slab, i));
  for (std::size_t i = 0; i < keys.size(); i += 2) slab.remove(keys[i]);
  for (std::size_t i = 0; i < keys.size(); i += 4) keys[i] = put(slab, static_cast<long>(i));
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (i % 4 != 2) expect(slab, keys[i], static_cast<long>(i), "among many");
  if constexpr (S::kTraits.dense_keys)
    for (const auto& key : keys)
      require(static_cast<long>(key) < kMany, "%ld values reach up to key %s", kMany, show(key).text);
  check_invariants(slab);
}

template <class Of>
struct StressClauses {
  Clause churn{"STRESS-1", ClauseClass::kViolation, "oracle of keys and values",
               "100,000 insertions and removals at 10, 50 and 90 % occupancy keep every value and the room",
               &check_churn<Of>};
  Clause drained{"STRESS-2", ClauseClass::kViolation, "oracle of keys and values",
                 "A slab that is filled and drained over and over needs no more room and keeps nothing",
                 &check_drained_to_zero<Of>};
  Clause many{"STRESS-3", ClauseClass::kViolation, "oracle of keys and values",
              "100,000 values keep their keys while half of them are replaced", &check_many<Of>};
};

}  // namespace assay::suite::keyed
