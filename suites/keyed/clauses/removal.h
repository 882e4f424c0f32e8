// Visiting values and removing many: S-12 to S-15.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "suites/core/random.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

// Subsets of n positions that make every kind of gap: bit i of a word says whether position i goes.
inline std::vector<std::uint64_t> gap_patterns(std::size_t n) {
  const std::uint64_t all = (std::uint64_t{1} << n) - 1;
  std::vector<std::uint64_t> patterns{0,
                                      1,
                                      std::uint64_t{1} << (n - 1),
                                      0x5555555555555555 & all,
                                      0xaaaaaaaaaaaaaaaa & all,
                                      0x00ff00ff00ff00ff & all,
                                      all & ~std::uint64_t{1},
                                      all >> 1,
                                      all & ~(std::uint64_t{1} << (n / 2)),
                                      all};
  Random random(seed());
  for (int i = 0; i < 8; ++i) patterns.push_back(random.next() & all);
  return patterns;
}

inline bool goes(std::uint64_t pattern, std::size_t position) { return (pattern >> position & 1) != 0; }

// A slab of n values from which those of the pattern were removed; keys[i] is or was that of value i.
template <class S>
std::vector<typename S::Key> fill_with_gaps(S& slab, std::size_t n, std::uint64_t pattern) {
  auto keys = fill(slab, static_cast<long>(n));
  for (std::size_t i = 0; i < n; ++i)
    if (goes(pattern, i)) slab.remove(keys[i]);
  return keys;
}

constexpr std::size_t kGapped = 32;

template <class Of>
void check_iteration() {
  if constexpr (!kClaims<Of>.iterates) {
    absent("claims no iteration");
  } else {
    for (const std::uint64_t pattern : gap_patterns(kGapped)) {
      using S = Store<Of, long>;
      using Key = typename S::Key;
      S slab;
      const auto keys = fill_with_gaps(slab, kGapped, pattern);
      std::vector<Key> visited;
      std::multiset<long> values, expected;
      slab.for_each([&](Key key, long& value) {
        if constexpr (std::integral<Key>) {
          require(slab.get(key) == &value, "for_each gave the key %s to another key's value", show(key).text);
          if (!visited.empty() && !(visited.back() < key))
            violated("for_each went from %s to %s", show(visited.back()).text, show(key).text);
        }
        visited.push_back(key);
        values.insert(value);
      });
      for (std::size_t i = 0; i < kGapped; ++i)
        if (!goes(pattern, i)) expected.insert(static_cast<long>(i));
      require(values == expected, "for_each visited %zu values, not each of the %zu live ones once",
              values.size(), expected.size());
    }
  }
}

template <class Of>
void check_retain() {
  if constexpr (!kClaims<Of>.retains) {
    absent("claims no retain");
  } else {
    using S = Store<Of, long>;
    using Key = typename S::Key;
    struct Stop {};
    const auto patterns = gap_patterns(kGapped);
    for (std::size_t round = 0; round < patterns.size() * 2; ++round) {
      const std::uint64_t gaps = patterns[round % patterns.size()];
      const std::uint64_t unwanted = patterns[(round * 7 + 3) % patterns.size()];
      const bool throwing = round >= patterns.size();
      S slab;
      const auto keys = fill_with_gaps(slab, kGapped, gaps);
      std::uint64_t seen = 0;
      std::size_t left_to_see = throwing ? round % 9 : SIZE_MAX;
      try {
        slab.retain([&](Key key, long& value) {
          require(value >= 0 && value < static_cast<long>(kGapped), "retain showed a value %ld", value);
          const auto i = static_cast<std::size_t>(value);
          require(key == keys[i], "retain showed value %zu with another key", i);
          require(!goes(seen, i), "retain showed value %zu twice", i);
          if (left_to_see-- == 0) throw Stop();
          seen |= std::uint64_t{1} << i;
          return !goes(unwanted, i);
        });
      } catch (const Stop&) {
      }
      std::size_t live = 0;
      const bool stopped = left_to_see == SIZE_MAX && throwing;
      for (std::size_t i = 0; i < kGapped; ++i) {
        if (goes(gaps, i)) continue;
        if (!stopped) require(goes(seen, i), "retain never showed value %zu", i);
        if (!goes(seen, i) || !goes(unwanted, i))
          expect(slab, keys[i], static_cast<long>(i),
                 stopped ? "after retain's predicate threw" : "retained");
        else if (!stopped)
          expect_dead(slab, keys[i], "after retain");
        live += slab.contains(keys[i]);
      }
      require(slab.size() == live, "after retain size() is %zu, with %zu live values", slab.size(), live);
      check_invariants(slab);
    }
  }
}

template <class Of>
void check_drain() {
  if constexpr (!kClaims<Of>.retains) {
    absent("claims no drain");
  } else {
    using S = Store<Of, long>;
    for (const std::uint64_t gaps : gap_patterns(kGapped)) {
      for (const std::size_t taken : {std::size_t{0}, std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
        S slab;
        const auto keys = fill_with_gaps(slab, kGapped, gaps);
        const std::size_t size = slab.size();
        std::size_t capacity = 0;
        if constexpr (S::kTraits.reserves) capacity = slab.capacity();
        std::uint64_t seen = 0;
        std::size_t count = 0;
        {
          auto drain = slab.drain();
          while (count < taken) {
            const std::optional<long> value = drain.next();
            if (!value.has_value()) break;
            require(*value >= 0 && *value < static_cast<long>(kGapped) &&
                        !goes(gaps | seen, static_cast<std::size_t>(*value)),
                    "drain yielded %ld, which is not live or came before", *value);
            seen |= std::uint64_t{1} << *value;
            ++count;
          }
        }
        if (taken == SIZE_MAX) require(count == size, "drain yielded %zu of %zu values", count, size);
        require(slab.size() == 0, "%zu values are left after a drain that yielded %zu of %zu", slab.size(),
                count, size);
        for (const auto& key : keys) expect_dead(slab, key, "after drain");
        if constexpr (S::kTraits.reserves)
          require(slab.capacity() == capacity, "drain changed capacity() from %zu to %zu", capacity,
                  slab.capacity());
        check_invariants(slab);
        expect(slab, put(slab, 8), 8, "inserted after drain");
      }
    }
  }
}

template <class Of>
void check_clear() {
  using S = Store<Of, long>;
  for (const std::uint64_t gaps : gap_patterns(kGapped)) {
    S slab;
    const auto keys = fill_with_gaps(slab, kGapped, gaps);
    std::size_t capacity = 0;
    if constexpr (S::kTraits.reserves) capacity = slab.capacity();
    slab.clear();
    require(slab.size() == 0, "after clear size() is %zu", slab.size());
    for (const auto& key : keys) expect_dead(slab, key, "after clear");
    if constexpr (S::kTraits.reserves)
      require(slab.capacity() == capacity, "clear changed capacity() from %zu to %zu", capacity,
              slab.capacity());
    for (std::size_t i = 0; i < kGapped + 4; ++i) {
      const auto key = put(slab, 1);
      if constexpr (S::kTraits.dense_keys)
        require(static_cast<std::size_t>(key) == i, "insert number %zu after clear gave the key %s", i,
                show(key).text);
    }
    slab.clear();
    slab.clear();
    check_invariants(slab);
  }
}

template <class Of>
struct RemovalClauses {
  Clause iteration{"S-12", ClauseClass::kViolation, "slab: iter",
                   "Iteration visits every live value once, in increasing order of keys",
                   &check_iteration<Of>};
  Clause retain{"S-13", ClauseClass::kViolation, "slab: retain",
                "retain shows every value once and removes exactly those its predicate refuses",
                &check_retain<Of>};
  Clause drain{"S-14", ClauseClass::kViolation, "slab: drain",
               "drain yields every value and leaves the slab empty with its room, even if it is abandoned",
               &check_drain<Of>};
  Clause clear{"S-15", ClauseClass::kViolation, "slab: clear",
               "clear leaves no live key, keeps the room and starts dense keys at 0 again", &check_clear<Of>};
};

}  // namespace assay::suite::keyed
