// Keys that remember which value they were for: H-01 to H-10.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "suites/core/random.h"
#include "suites/keyed/clauses/access.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

template <class S>
void expect_all_dead(S& slab, const std::vector<typename S::Key>& keys, const char* when) {
  for (const auto& key : keys) expect_dead(slab, key, when);
}

constexpr const char* kNoGenerations = "claims no generations";

template <class Of>
void check_removed_keys() {
  if constexpr (!kClaims<Of>.checks_generations) {
    absent("%s", kNoGenerations);
  } else {
    using S = Store<Of, long>;
    for (const std::size_t most : {std::size_t{1}, std::size_t{2}, std::size_t{30}}) {
      S slab;
      std::vector<typename S::Key> live, dead;
      Random random(seed() + most);
      // Few enough steps that no slot is used 256 times: exhausted generations are another clause.
      for (int step = 0; step < 400; ++step) {
        if (live.size() < most && (live.empty() || random.one_in(2))) {
          live.push_back(put(slab, step));
          require(!among(dead, live.back()), "insert gave the key %s again", show(live.back()).text);
        } else {
          std::swap(live[random.below(live.size())], live.back());
          slab.remove(live.back());
          dead.push_back(live.back());
          live.pop_back();
        }
        if (step % 8 == 0) expect_all_dead(slab, dead, "after its slot was used again");
      }
      for (const auto& key : dead)
        require(!slab.remove(key).has_value(), "remove(%s) of a stale key gave a value", show(key).text);
      if (most == 1) expect_trap(slab, dead.front(), "slab[key] of a key whose slot was used again");
      require(slab.size() == live.size(), "stale keys removed %zu values", live.size() - slab.size());
    }
  }
}

// Empties a slab of 20 values by `empty`, fills it again and tries the old keys.
template <class Of, class Empty>
void check_emptied(const char* when, const Empty& empty) {
  using S = Store<Of, long>;
  S slab;
  std::vector<typename S::Key> dead;
  for (int round = 0; round < 4; ++round) {
    auto keys = fill(slab, 20);
    for (const std::size_t i : {3u, 11u}) {
      slab.remove(keys[i]);
      dead.push_back(keys[i]);
    }
    empty(slab);
    for (const auto& key : keys)
      if (!among(dead, key)) dead.push_back(key);
    require(slab.size() == 0, "%s, size() is %zu", when, slab.size());
    expect_all_dead(slab, dead, when);
  }
  for (const auto& key : fill(slab, 20))
    require(!among(dead, key), "%s, insert gave the key %s again", when, show(key).text);
  expect_all_dead(slab, dead, when);
}

template <class Of>
void check_cleared_keys() {
  if constexpr (!kClaims<Of>.checks_generations) {
    absent("%s", kNoGenerations);
  } else {
    check_emptied<Of>("after clear and new values", [](auto& slab) { slab.clear(); });
    if constexpr (kClaims<Of>.retains) {
      check_emptied<Of>("after drain and new values", [](auto& slab) {
        auto drain = slab.drain();
        while (drain.next().has_value()) continue;
      });
      check_emptied<Of>("after an abandoned drain and new values", [](auto& slab) { slab.drain().next(); });
      check_emptied<Of>("after retain and new values",
                        [](auto& slab) { slab.retain([](const auto&, const long&) { return false; }); });
    }
    if constexpr (std::movable<Store<Of, long>>) {
      Store<Of, long> slab;
      const auto keys = fill(slab, 5);
      const auto taken = std::move(slab);
      expect_all_dead(slab, keys, "moved from");
    }
  }
}

template <class Of>
void check_moved_keys() {
  using S = Store<Of, long>;
  constexpr KeyedTraits kTraits = S::kTraits;
  if constexpr (!kTraits.checks_generations || !(kTraits.copies || kTraits.compacts)) {
    absent("claims no generations that survive a copy or a move to another slot");
  } else {
    S slab;
    const auto keys = fill(slab, 20);
    std::vector<typename S::Key> dead;
    for (const std::size_t i : {0u, 1u, 5u, 6u, 13u}) {
      slab.remove(keys[i]);
      dead.push_back(keys[i]);
    }
    if constexpr (kTraits.copies) {
      S copy = slab;
      expect_all_dead(copy, dead, "in a copy");
      for (long i = 0; i < 8; ++i) put(copy, i);
      expect_all_dead(copy, dead, "in a copy with new values");
      S assigned;
      put(assigned, 1);
      assigned = slab;
      for (long i = 0; i < 8; ++i) put(assigned, i);
      expect_all_dead(assigned, dead, "in an assigned copy with new values");
    }
    if constexpr (kTraits.compacts) {
      slab.compact([&](long&, const auto& from, const auto&) {
        dead.push_back(from);
        return true;
      });
      expect_all_dead(slab, dead, "compacted");
      for (long i = 0; i < 12; ++i) put(slab, i);
      expect_all_dead(slab, dead, "compacted, with new values");
    }
    if constexpr (kTraits.reserves) {
      const auto last = put(slab, 5), before = put(slab, 6);
      slab.remove(last);
      slab.remove(before);
      dead.insert(dead.end(), {last, before});
      slab.shrink_to_fit();
      for (long i = 0; i < 12; ++i) put(slab, i);
      expect_all_dead(slab, dead, "after shrink_to_fit, with new values");
    }
  }
}

template <class Of>
void check_null_key() {
  if constexpr (!kClaims<Of>.default_key_is_null) {
    absent("claims no null key");
  } else {
    using S = Store<Of, long>;
    using Key = typename S::Key;
    S slab;
    const Key null{};
    require(null == Key{}, "two null keys differ");
    const auto expect_null = [&](const char* when) {
      expect_dead(slab, null, when);
      require(!slab.remove(null).has_value(), "%s, remove of the null key gave a value", when);
      if constexpr (S::kTraits.gets_many) {
        const Key keys[] = {null};
        long* values[] = {nullptr};
        require(!slab.get_many(keys, values), "%s, get_many of the null key gave a value", when);
      }
    };
    expect_null("in an empty slab, the null key");
    for (long i = 0; i < 100; ++i) {
      const Key key = put(slab, i);
      require(!(key == null), "insert number %ld gave the null key", i);
    }
    expect_null("in a full slab, the null key");
    slab.clear();
    Key key = put(slab, 1);
    for (long i = 0; i < 300; ++i) {  // past the end of a generation of 8 bits
      slab.remove(key);
      key = put(slab, i);
      require(!(key == null), "reuse number %ld of a slot gave the null key", i);
    }
    expect_null("after many reuses, the null key");
    expect_trap(slab, null, "slab[Key{}]");
  }
}

template <class Of>
void check_exhausted_generations() {
  if constexpr (!kClaims<Of>.checks_generations) {
    absent("%s", kNoGenerations);
  } else {
    using S = Store<Of, long>;
    // Past the end of 16 bits. A key that comes back after any number of reuses but the last few is found:
    // the keys tried are as many as the reuses between two trials.
    constexpr std::size_t kReuses = 70'000, kTried = 300;
    S slab;
    put(slab, 0);
    std::vector<typename S::Key> dead;
    const auto expect_dead_among = [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i)
        require(!slab.contains(dead[i]) && slab.get(dead[i]) == nullptr,
                "a key is valid again after %zu reuses of its slot", dead.size() - i);
    };
    std::optional<typename S::Key> key = put(slab, 1);
    while (dead.size() < kReuses) {
      slab.remove(*key);
      dead.push_back(*key);
      key = put_if_room(slab, 1);
      if (!key.has_value()) break;  // a bounded subject, all of whose slots are used up
      if (dead.size() <= kTried) {
        expect_dead_among(0, dead.size());
      } else if (dead.size() % kTried == 0) {
        expect_dead_among(0, kTried);
        expect_dead_among(dead.size() - kTried, dead.size());
      }
    }
    expect_dead_among(0, dead.size());
    note("%zu reuses of one slot repeated no key", dead.size());
    check_invariants(slab);
  }
}

template <class Of>
void check_foreign_keys() {
  if constexpr (!kClaims<Of>.checks_generations) {
    absent("%s", kNoGenerations);
  } else {
    Store<Of, long> slab, other;
    fill(slab, 7);
    const auto foreign = fill(other, 7);
    const bool accepted =
        std::any_of(foreign.begin(), foreign.end(), [&](const auto& key) { return slab.contains(key); });
    chose(accepted ? "a foreign key is accepted where it equals one of the slab's own"
                   : "foreign keys are rejected");
  }
}

template <class Of>
void check_many_of_one_slot() {
  if constexpr (!kClaims<Of>.checks_generations || !kClaims<Of>.gets_many) {
    absent("claims no generations with access to many values");
  } else {
    using S = Store<Of, long>;
    S slab;
    const auto keys = fill(slab, 4);
    slab.remove(keys[2]);
    const auto fresh = put(slab, 9);
    for (const auto& asked : {std::vector{fresh, keys[2]}, {keys[2], fresh}, {keys[0], keys[2]}}) {
      long* values[] = {nullptr, nullptr};
      require(!slab.get_many(asked, values), "get_many accepted a stale key of a slot in use");
      require(values[0] == nullptr && values[1] == nullptr, "get_many gave a value beside a stale key");
    }
  }
}

template <class Of>
void check_iterated_keys() {
  using S = Store<Of, long>;
  if constexpr (!S::kTraits.checks_generations || !S::kTraits.iterates) {
    absent("claims no generations with iteration");
  } else {
    S slab;
    const auto keys = fill(slab, 20);
    for (const std::size_t i : {3u, 7u, 8u, 19u}) slab.remove(keys[i]);
    put(slab, 50);
    put(slab, 51);
    slab.for_each([&](const typename S::Key& key, long& value) {
      require(slab.contains(key), "for_each gave %s, which is no live key", show(key).text);
      require(slab.get(key) == &value, "for_each gave %s, the key of another value", show(key).text);
    });
  }
}

template <class Of>
struct GenerationClauses {
  Clause removed{"H-01", ClauseClass::kViolation, "slotmap, generational-arena",
                 "A removed value's key is never valid again, whoever uses its slot",
                 &check_removed_keys<Of>};
  Clause cleared{"H-02", ClauseClass::kViolation, "generational-arena #30, #44; slotmap #69",
                 "Nor is a key from before clear, drain or retain", &check_cleared_keys<Of>};
  Clause moved{"H-03", ClauseClass::kViolation, "slotmap",
               "Nor is it in a copy, or after compact or shrink_to_fit", &check_moved_keys<Of>};
  Clause null{"H-04", ClauseClass::kViolation, "slotmap: Key::null",
              "The default key is never valid, and all default keys are equal", &check_null_key<Of>};
  Clause exhausted{"H-05", ClauseClass::kViolation, "slotmap: Performance characteristics",
                   "A slot that has used up its generations makes no old key valid",
                   &check_exhausted_generations<Of>};
  Clause foreign{"H-06", ClauseClass::kImplementation, "slotmap",
                 "Whether a key of another slab of the same type is accepted", &check_foreign_keys<Of>};
  Clause many{"H-07", ClauseClass::kViolation, "RediSearch #8408",
              "get_many of two keys for one slot, of different generations, gives nothing",
              &check_many_of_one_slot<Of>};
  Clause secondary{"H-08", ClauseClass::kViolation, "slotmap: SecondaryMap",
                   "A secondary map drops the entries of dead keys and keeps the newest",
                   [] { absent("claims no secondary map"); }};
  Clause iterated{"H-09", ClauseClass::kViolation, "slotmap: iter", "Iteration gives keys that are valid",
                  &check_iterated_keys<Of>};
  Clause pinned{"H-10", ClauseClass::kViolation, "sharded-slab: guards",
                "A value that is in use by one thread outlives its removal by another",
                [] { absent("claims no use by several threads"); }};
};

}  // namespace assay::suite::keyed
