// Which keys are handed out: S-01 to S-05, and S-24.
#pragma once

#include <utility>
#include <vector>

#include "suites/core/random.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

template <class Of>
void check_distinct_keys() {
  using S = Store<Of, long>;
  constexpr std::size_t kMost = 128;
  S slab;
  std::vector<std::pair<typename S::Key, long>> live;
  Random random(seed());
  for (long step = 0; step < 6000; ++step) {
    const bool growing = step / 200 % 2 == 0;  // so that long free lists are made and used up
    if (live.size() < kMost && (live.empty() || random.one_in(4) != growing)) {
      const auto key = put(slab, step);
      for (const auto& [other, value] : live)
        if (other == key) violated("insert returned %s, the key of a live value", show(key).text);
      live.emplace_back(key, step);
      expect(slab, key, step, "after insert");
    } else if (!live.empty()) {
      std::swap(live[random.below(live.size())], live.back());
      slab.remove(live.back().first);
      live.pop_back();
    }
    if (step % 50 == 0)
      for (const auto& [key, value] : live) expect(slab, key, value, "after other keys came and went");
  }
  check_invariants(slab);
}

template <class Of>
void check_dense_keys() {
  if constexpr (!kClaims<Of>.dense_keys) {
    absent("claims no dense keys");
  } else {
    Store<Of, long> slab;
    for (std::size_t i = 0; i < 128; ++i) {
      const auto key = put(slab, static_cast<long>(i));
      require(static_cast<std::size_t>(key) == i, "insert number %zu gave the key %s", i, show(key).text);
    }
  }
}

template <class Of>
void check_last_removed_first() {
  if constexpr (!kClaims<Of>.dense_keys) {
    absent("claims no dense keys");
  } else {
    Store<Of, long> slab;
    auto keys = fill(slab, 16);
    for (const auto& order : {std::vector<std::size_t>{3, 9, 5}, {15, 0}, {7}, {1, 2, 14, 13, 8}}) {
      for (const std::size_t i : order) slab.remove(keys[i]);
      for (auto i = order.rbegin(); i != order.rend(); ++i) {
        const auto key = put(slab, 0);
        require(key == keys[*i], "the last key removed was %s, insert gave %s", show(keys[*i]).text,
                show(key).text);
      }
    }
  }
}

template <class S>
void expect_prediction(S& slab, const char* state) {
  for (int i = 0; i < 3; ++i) {
    const auto predicted = std::as_const(slab).vacant_key();
    const auto key = put(slab, i);
    require(key == predicted, "%s: vacant_key() was %s, insert gave %s", state, show(predicted).text,
            show(key).text);
  }
  const auto predicted = std::as_const(slab).vacant_key();
  auto entry = slab.vacant_entry();
  const auto key = entry.key();
  require(key == predicted, "%s: vacant_key() was %s, vacant_entry().key() is %s", state,
          show(predicted).text, show(key).text);
  const long& value = entry.insert(77);
  require(slab.get(key) == &value, "%s: the vacant entry's value is not at its key", state);
  expect(slab, key, 77, state);
}

template <class Of>
void check_vacant_key() {
  if constexpr (!kClaims<Of>.has_vacant_entry) {
    absent("claims no vacant entry");
  } else {
    constexpr KeyedTraits kTraits = kClaims<Of>;
    Store<Of, long> slab;
    expect_prediction(slab, "empty");
    auto keys = fill(slab, 30);
    if constexpr (kTraits.reserves) {
      for (long i = 0; i < 30 && slab.size() < slab.capacity(); ++i) put(slab, i);
      expect_prediction(slab, "at capacity");
    }
    for (const int i : {4, 17, 9, 28, 11, 2}) slab.remove(keys[static_cast<std::size_t>(i)]);
    expect_prediction(slab, "fragmented");
    if constexpr (kTraits.reserves) {
      slab.shrink_to_fit();
      expect_prediction(slab, "after shrink_to_fit");
      slab.remove(keys[20]);
      reserve_room(slab, 10);
      expect_prediction(slab, "after reserve");
    }
    if constexpr (kTraits.copies) {
      auto copy = slab;
      copy.remove(keys[21]);
      copy.remove(keys[19]);
      expect_prediction(copy, "copied");
    }
    if constexpr (kTraits.retains) {
      slab.retain([](const auto&, long& value) { return value % 3 != 0; });
      expect_prediction(slab, "after retain");
    }
    if constexpr (kTraits.compacts) {
      slab.remove(slab.vacant_key());
      slab.compact([](long&, const auto&, const auto&) { return true; });
      expect_prediction(slab, "compacted");
    }
    slab.clear();
    expect_prediction(slab, "cleared");
    check_invariants(slab);
  }
}

template <class Of>
void check_dropped_entry() {
  if constexpr (!kClaims<Of>.has_vacant_entry) {
    absent("claims no vacant entry");
  } else {
    using S = Store<Of, long>;
    S slab, twin;
    const auto drop = [&] {
      const auto size = slab.size();
      std::size_t capacity = 0;
      if constexpr (kClaims<Of>.reserves) capacity = slab.capacity();
      const auto key = slab.vacant_entry().key();
      expect_dead(slab, key, "after its vacant entry was dropped");
      require(slab.size() == size, "a dropped vacant entry changed size() from %zu to %zu", size,
              slab.size());
      // Room may be made for the entry, but not twice.
      if constexpr (kClaims<Of>.reserves)
        require(slab.capacity() == capacity || size == capacity,
                "a dropped vacant entry changed capacity() from %zu to %zu", capacity, slab.capacity());
    };
    const auto insert = [&](long value) {
      const auto key = put(slab, value), expected = put(twin, value);
      require(key == expected, "after a dropped vacant entry insert gave %s instead of %s", show(key).text,
              show(expected).text);
      return key;
    };
    std::vector<typename S::Key> keys;
    for (long i = 0; i < 20; ++i) {
      drop();
      keys.push_back(insert(i));
    }
    for (const std::size_t i : {6u, 3u, 12u}) {
      slab.remove(keys[i]);
      twin.remove(keys[i]);
      drop();
      drop();
    }
    for (long i = 0; i < 5; ++i) {
      insert(i);
      drop();
    }
    check_invariants(slab);
  }
}

template <class Of>
void check_stale_key() {
  Store<Of, long> slab;
  const auto keys = fill(slab, 3);
  slab.remove(keys[1]);
  const auto key = put(slab, 99);
  const long* found = slab.get(keys[1]);
  if (found == nullptr) chose("a stale key finds nothing");
  require(*found == 99, "a stale key finds %ld, which is no live value", *found);
  chose(key == keys[1] ? "a stale key finds the value that reuses it" : "a stale key finds another value");
}

template <class Of>
struct KeyClauses {
  Clause distinct{"S-01", ClauseClass::kViolation, "slab: insert",
                  "insert returns the key of no other live value, and get finds the value there",
                  &check_distinct_keys<Of>};
  Clause dense{"S-02", ClauseClass::kViolation, "slab: Capacity and reallocation",
               "An empty slab's keys are 0, 1, 2, … as long as nothing is removed", &check_dense_keys<Of>};
  Clause order{"S-03", ClauseClass::kViolation, "slab: implementation, relied upon by its tests",
               "Vacated keys are given again, the last removed first", &check_last_removed_first<Of>};
  Clause prediction{"S-04", ClauseClass::kViolation, "slab: vacant_key, vacant_entry",
                    "vacant_key() and vacant_entry().key() are the key of the next insert, in every state",
                    &check_vacant_key<Of>};
  Clause dropped{"S-05", ClauseClass::kViolation, "slab: vacant_entry",
                 "A vacant entry that is dropped unused changes nothing", &check_dropped_entry<Of>};
  Clause stale{"S-24", ClauseClass::kImplementation, "slab: remove",
               "What a stale key finds after its key was given again", &check_stale_key<Of>};
};

}  // namespace assay::suite::keyed
