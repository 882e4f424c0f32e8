// Finding values by key and keys by value: S-06 to S-11.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "suites/core/random.h"
#include "suites/core/trap.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

// slab[key], where the claim is that it finds dead keys.
template <class S>
void expect_trap(S& slab, const typename S::Key& key, const char* what) {
  if constexpr (S::kTraits.traps_misuse)
    require_trap(what, [&] { return static_cast<volatile long&>(slab[key]); });
}

template <class Of>
void check_remove() {
  Store<Of, long> slab;
  const auto keys = fill(slab, 20);
  for (const std::size_t i : {19u, 0u, 7u, 8u, 18u}) {
    const std::optional<long> removed = slab.remove(keys[i]);
    require(removed.has_value(), "remove(%s) of a live key returned nothing", show(keys[i]).text);
    require(*removed == static_cast<long>(i), "remove(%s) returned %ld instead of %zu", show(keys[i]).text,
            *removed, i);
    require(!slab.remove(keys[i]).has_value(), "the second remove(%s) returned a value", show(keys[i]).text);
    expect_dead(slab, keys[i], "after remove");
  }
  for (const std::size_t i : {1u, 6u, 9u, 17u})
    expect(slab, keys[i], static_cast<long>(i), "after other removes");
  if constexpr (kClaims<Of>.traps_misuse)
    require(slab[keys[1]] == 1, "slab[%s] is not its value", show(keys[1]).text);
  expect_trap(slab, keys[7], "slab[key] of a removed key");
  if constexpr (std::integral<typename Store<Of, long>::Key>)
    expect_trap(slab, static_cast<typename Store<Of, long>::Key>(-1), "slab[key] of the largest key");
  slab.clear();
  expect_trap(slab, keys[1], "slab[key] of a cleared slab");

  Store<Of, std::unique_ptr<long>> owners;
  const auto key = owners.insert(std::make_unique<long>(42));
  const std::optional<std::unique_ptr<long>> owner = owners.remove(key);
  require(owner.has_value() && *owner != nullptr && **owner == 42, "remove returned no move-only value");
}

// Integers around the used range and at the edges of narrower types.
template <class S>
std::vector<typename S::Key> odd_keys(const S& slab) {
  using Key = typename S::Key;
  std::vector<Key> odd;
  if constexpr (std::integral<Key>) {
    std::vector<std::uint64_t> numbers{SIZE_MAX,   SIZE_MAX - 1,     SIZE_MAX / 2,     SIZE_MAX / 2 + 1,
                                       1ULL << 32, (1ULL << 32) + 1, (1ULL << 32) - 1, 1ULL << 31,
                                       1ULL << 16, 1ULL << 48};
    if constexpr (S::kTraits.dense_keys)
      for (std::uint64_t i = 0; i < 3; ++i) numbers.push_back(slab.size() + i);
    if constexpr (S::kTraits.dense_keys && S::kTraits.reserves)
      for (const std::uint64_t number : {slab.capacity(), slab.capacity() + 1}) numbers.push_back(number);
    for (const std::uint64_t number : numbers)
      if (static_cast<std::uint64_t>(static_cast<Key>(number)) == number)
        odd.push_back(static_cast<Key>(number));
  }
  return odd;
}

template <class Of>
void check_dead_keys() {
  using S = Store<Of, long>;
  S slab;
  for (const auto& key : odd_keys(slab)) {
    expect_dead(slab, key, "in an empty slab");
    require(!slab.remove(key).has_value(), "remove(%s) from an empty slab gave a value", show(key).text);
  }
  const auto keys = fill(slab, 20);
  auto beyond = odd_keys(slab);
  S larger;  // whose last keys are out of this one's range
  for (const auto& key : fill(larger, 50)) beyond.push_back(key);
  std::vector<typename S::Key> removed;
  for (const std::size_t i : {5u, 0u, 19u, 6u}) {
    removed.push_back(keys[i]);
    slab.remove(keys[i]);
  }
  for (const auto& key : removed) expect_dead(slab, key, "after remove");
  for (const auto& key : beyond) {
    if (among(keys, key)) continue;
    expect_dead(slab, key, "never given out");
    require(!slab.remove(key).has_value(), "remove(%s) of a key never given out gave a value",
            show(key).text);
  }
  for (const std::size_t i : {1u, 4u, 7u, 18u})
    expect(slab, keys[i], static_cast<long>(i), "beside dead keys");
}

template <class Of>
void check_reserved_keys() {
  if constexpr (!kClaims<Of>.dense_keys || !kClaims<Of>.reserves) {
    absent("claims no dense keys with reserved room");
  } else {
    using S = Store<Of, long>;
    using Key = typename S::Key;
    S slab;
    reserve_room(slab, 100);
    const Key first = put(slab, 5);
    for (std::size_t i = 1; i < 100; ++i) {
      const Key key = static_cast<Key>(i);
      expect_dead(slab, key, "reserved but never used");
      require(!slab.remove(key).has_value(), "remove(%zu) of a reserved key gave a value", i);
      if constexpr (kClaims<Of>.gets_many) {
        const Key both[] = {first, key};
        long* values[] = {nullptr, nullptr};
        require(!slab.get_many(both, values), "get_many accepted the reserved key %zu", i);
      }
    }
    require(slab.size() == 1, "probing reserved keys changed size() to %zu", slab.size());
    expect(slab, first, 5, "beside reserved keys");
  }
}

template <class Of>
void check_get_many() {
  if constexpr (!kClaims<Of>.gets_many) {
    absent("claims no access to many values");
  } else {
    using S = Store<Of, long>;
    using Key = typename S::Key;
    S slab;
    auto keys = fill(slab, 12);
    const Key vacant = keys.back();
    slab.remove(vacant);
    const std::vector<Key> good{keys[7], keys[0], keys[10], keys[3]};
    long* values[4];
    require(slab.get_many(good, values), "get_many of four live keys failed");
    for (std::size_t i = 0; i < 4; ++i)
      require(values[i] == slab.get(good[i]), "get_many's value %zu is not that of get", i);
    require(slab.get_many(std::span<const Key>(), std::span<long*>()), "get_many of no keys failed");

    std::vector<Key> bad{vacant};
    if constexpr (std::integral<Key>) bad.push_back(static_cast<Key>(-1));
    for (std::size_t at = 0; at < 4; ++at) {
      const std::size_t twin = (at + 2) % 4;
      bad.push_back(good[twin]);
      for (const Key& key : bad) {
        std::vector<Key> asked = good;
        asked[at] = key;
        long untouched = 0;
        long* got[4] = {&untouched, &untouched, &untouched, &untouched};
        require(!slab.get_many(asked, got), "get_many with %s at position %zu succeeded", show(key).text, at);
        for (const long* pointer : got)
          require(pointer == &untouched, "get_many failed at position %zu after it had given values", at);
      }
      bad.pop_back();
    }
  }
}

struct Empty {
  Empty() = default;
  explicit Empty(long) {}
};

template <class S>
void check_key_of_each(S& slab) {
  using T = typename S::value_type;
  const auto keys = fill(slab, 24);
  for (const std::size_t i : {0u, 9u, 10u}) slab.remove(keys[i]);
  for (const auto& key : keys) {
    const T* value = slab.get(key);
    if (value == nullptr) continue;
    const auto found = std::as_const(slab).key_of(*value);
    require(found.has_value(), "key_of did not find the value at %s", show(key).text);
    require(*found == key, "key_of the value at %s is %s", show(key).text, show(*found).text);
  }
}

template <class Of>
void check_key_of() {
  if constexpr (!kClaims<Of>.finds_keys) {
    absent("claims no way from values to keys");
  } else {
    Store<Of, long> slab, other;
    Store<Of, Empty> empties;
    check_key_of_each(slab);
    check_key_of_each(empties);
    const auto local = std::make_unique<long>(3);
    const auto beside = fill(other, 3);
    require(!slab.key_of(*local).has_value(), "key_of found a value outside");
    require(!slab.key_of(*other.get(beside[1])).has_value(), "key_of found another slab's value");
    const long automatic = 3;
    require(!slab.key_of(automatic).has_value(), "key_of found an automatic variable");
    const auto removed = fill(slab, 5)[2];
    const long* vacated = slab.get(removed);
    slab.remove(removed);
    require(!slab.key_of(*vacated).has_value(), "key_of found a value that was removed");
    require(!Store<Of, long>().key_of(*local).has_value(), "key_of found a value in an empty slab");
  }
}

template <class Of>
void check_size() {
  using S = Store<Of, long>;
  S slab;
  std::vector<typename S::Key> live, dead;
  Random random(seed());
  const auto compare = [&](const char* what) {
    require(slab.size() == live.size(), "after %s size() is %zu, with %zu live values", what, slab.size(),
            live.size());
    if constexpr (requires { slab.empty(); })
      require(slab.empty() == live.empty(), "after %s empty() disagrees with size()", what);
    if constexpr (S::kTraits.reserves)
      require(slab.capacity() >= slab.size(), "after %s capacity() %zu is below size() %zu", what,
              slab.capacity(), slab.size());
  };
  compare("construction");
  for (int step = 0; step < 1000; ++step) {
    if (live.size() < 40 && random.one_in(2)) {
      live.push_back(put(slab, step));
      std::erase(dead, live.back());
      compare("insert");
    } else if (!live.empty()) {
      std::swap(live[random.below(live.size())], live.back());
      slab.remove(live.back());
      dead.push_back(live.back());
      live.pop_back();
      compare("remove");
    }
    if (!dead.empty()) {
      slab.remove(dead[random.below(dead.size())]);
      compare("remove of a dead key");
    }
    if (random.one_in(100)) {
      slab.clear();
      live.clear();
      dead.clear();
      compare("clear");
    }
  }
}

template <class Of>
struct AccessClauses {
  Clause remove{"S-06", ClauseClass::kViolation, "slab: remove, try_remove",
                "remove returns the value and vacates its key: a second one finds nothing, and slab[key] "
                "traps where that is claimed",
                &check_remove<Of>};
  Clause dead{
      "S-07", ClauseClass::kViolation, "slab: get, contains, try_remove",
      "Keys that are vacant, out of range or at the limits of their type find nothing and never fault",
      &check_dead_keys<Of>};
  Clause reserved{"S-08", ClauseClass::kViolation, "RUSTSEC-2025-0047",
                  "Keys are held against the entries in use, not against the room reserved",
                  &check_reserved_keys<Of>};
  Clause many{"S-09", ClauseClass::kViolation, "slab: get_disjoint_mut",
              "get_many refuses a vacant, foreign or repeated key before it gives any value",
              &check_get_many<Of>};
  Clause key_of{"S-10", ClauseClass::kViolation, "slab: key_of",
                "key_of is the inverse of get and refuses values that are not inside", &check_key_of<Of>};
  Clause size{"S-11", ClauseClass::kViolation, "slab: len, is_empty, capacity",
              "size() is the number of live values, and capacity() is no less", &check_size<Of>};
};

}  // namespace assay::suite::keyed
