// A slab made from another, or from pairs: S-20 and S-21.
#pragma once

#include <algorithm>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "suites/core/random.h"
#include "suites/core/upstream.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

template <class Of>
void check_rebuilt(const std::vector<std::pair<std::size_t, long>>& given) {
  using S = Store<Of, long>;
  using Key = typename S::Key;
  std::vector<std::pair<Key, long>> pairs;
  std::vector<std::pair<Key, long>> last;  // of equal keys
  std::size_t end = 0;
  for (const auto& [number, value] : given) {
    const Key key = static_cast<Key>(number);
    end = std::max(end, number + 1);
    pairs.emplace_back(key, value);
    std::erase_if(last, [&](const auto& pair) { return pair.first == key; });
    last.emplace_back(key, value);
  }
  std::optional<S> made;
  try {
    made.emplace(S::from_pairs(pairs));
  } catch (const std::bad_alloc&) {
    skipped("the subject has no room for keys below %zu", end);
  }
  S& slab = *made;
  require(slab.size() == last.size(), "from_pairs of %zu different keys made %zu values", last.size(),
          slab.size());
  for (const auto& [key, value] : last) expect(slab, key, value, "rebuilt from pairs");
  const std::size_t gaps = end - last.size();
  for (std::size_t i = 0; i < gaps; ++i) {
    const Key key = put(slab, 1000 + static_cast<long>(i));
    require(static_cast<std::size_t>(key) < end, "insert gave %s with %zu gaps left below %zu",
            show(key).text, gaps - i, end);
    for (const auto& pair : last)
      if (pair.first == key) violated("insert gave %s, which is live", show(key).text);
    last.emplace_back(key, 1000 + static_cast<long>(i));
  }
  const Key next = put(slab, 0);
  require(static_cast<std::size_t>(next) == end, "with every gap filled insert gave %s instead of %zu",
          show(next).text, end);
  for (const auto& [key, value] : last) expect(slab, key, value, "after every gap was filled");
  check_invariants(slab);
}

template <class Of>
void check_from_pairs() {
  if constexpr (!kClaims<Of>.rebuilds || !kClaims<Of>.dense_keys) {
    absent("claims no construction from pairs");
  } else {
    check_rebuilt<Of>({});
    check_rebuilt<Of>({{0, 5}});
    check_rebuilt<Of>({{6, 5}});
    check_rebuilt<Of>({{3, 1}, {3, 2}, {3, 3}});
    std::vector<std::pair<std::size_t, long>> permutation{{0, 10}, {2, 12}, {5, 15}, {9, 19}};
    do check_rebuilt<Of>(permutation);
    while (std::next_permutation(permutation.begin(), permutation.end()));
    Random random(seed());
    for (int round = 0; round < 20; ++round) {
      std::vector<std::pair<std::size_t, long>> pairs;
      for (long i = 0; i < 25; ++i) pairs.emplace_back(random.below(40), i);
      check_rebuilt<Of>(pairs);
    }
  }
}

// Values 0 … n - 1 with every third removed, so that the free list has an order of its own.
template <class S>
std::vector<typename S::Key> make_source(S& slab, long n) {
  auto keys = fill(slab, n);
  std::vector<typename S::Key> left;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (i % 3 != 1) left.push_back(keys[i]);
  for (std::size_t i = 1; i < keys.size(); i += 6) slab.remove(keys[i]);
  for (std::size_t i = 4; i < keys.size(); i += 6) slab.remove(keys[i]);
  return left;
}

template <class S>
void expect_copy(S& copy, S& original, const std::vector<typename S::Key>& keys, const char* how) {
  require(copy.size() == original.size(), "%s: size() is %zu instead of %zu", how, copy.size(),
          original.size());
  for (const auto& key : keys) {
    expect(copy, key, value_of(*original.get(key)), how);
    require(copy.get(key) != original.get(key), "%s: both slabs share the value at %s", how, show(key).text);
  }
  for (long i = 0; i < 12; ++i) {
    const auto expected = put(original, 900 + i), key = put(copy, 800 + i);
    require(key == expected, "%s: the copy's next key is %s, the original's %s", how, show(key).text,
            show(expected).text);
    expect(original, expected, 900 + i, how);
    expect(copy, key, 800 + i, how);
  }
  check_invariants(copy);
}

template <class S>
void check_throwing_assignment(long target_size, long source_size, long throw_after) {
  S source, target;
  const auto source_keys = make_source(source, source_size), old_keys = make_source(target, target_size);
  Witness::throw_after = throw_after;
  bool threw = false;
  try {
    target = source;
  } catch (const WitnessThrow&) {
    threw = true;
  }
  Witness::throw_after = -1;
  std::size_t old = 0, fresh = 0;
  for (const auto& key : old_keys) old += target.contains(key);
  for (const auto& key : source_keys) fresh += !among(old_keys, key) && target.contains(key);
  if (threw)  // it may hold old values, new ones, or some of both
    require(target.size() == old || target.size() == old + fresh,
            "a throwing copy assignment left size() at %zu with %zu old and %zu new values", target.size(),
            old, fresh);
  else
    require(target.size() == source.size(), "copy assignment left size() at %zu instead of %zu",
            target.size(), source.size());
  require(Witness::live == static_cast<long>(source.size() + target.size()),
          "%s copy assignment left %ld values for two slabs of %zu and %zu", threw ? "a throwing" : "the",
          Witness::live, source.size(), target.size());
  for (const auto& key : source_keys) require(source.contains(key), "copying took a value from its source");
  check_invariants(target);
}

// A copy assignment from a slab of another upstream: whichever is drawn on afterwards, each gets its own
// blocks back, and the copy outlives its source.
template <class S>
void check_assignment_between_upstreams(long target_size, long source_size) {
  Upstream ours, theirs;
  {
    S target = make_over<S>(ours);
    make_source(target, target_size);
    std::vector<std::pair<typename S::Key, long>> expected;
    {
      S source = make_over<S>(theirs);
      for (const auto& key : make_source(source, source_size))
        expected.emplace_back(key, value_of(*source.get(key)));
      target = source;
      for (const auto& [key, value] : expected) expect(source, key, value, "copied to another upstream");
      require(Witness::live == static_cast<long>(source.size() + target.size()),
              "copy assignment between upstreams left %ld values for two slabs of %zu and %zu", Witness::live,
              source.size(), target.size());
    }
    require(target.size() == expected.size(), "copy assignment between upstreams left %zu of %zu values",
            target.size(), expected.size());
    for (long i = 0; i < 100; ++i) expected.emplace_back(put(target, 900 + i), 900 + i);
    for (const auto& [key, value] : expected) expect(target, key, value, "copied from another upstream");
    check_invariants(target);
  }
  require(Witness::live == 0, "%ld values outlived their slabs on two upstreams", Witness::live);
  require(ours.live_blocks() + theirs.live_blocks() == 0,
          "after copy assignment between upstreams, %zu and %zu blocks never came back", ours.live_blocks(),
          theirs.live_blocks());
}

template <class Of>
void check_copies() {
  if constexpr (!kClaims<Of>.copies) {
    absent("claims no copies");
  } else {
    using S = Store<Of, long>;
    for (const long target_size : {0, 3, 60}) {
      S original, target;
      const auto keys = make_source(original, 20);
      make_source(target, target_size);
      S copy = original, other = original;
      target = original;
      expect_copy(copy, original, keys, "copy construction");
      const S& same = other;
      other = same;
      S moved = std::move(copy = other);
      expect_copy(target, other, keys, "copy assignment");
      original = moved;
      expect_copy(moved, original, keys, "move construction");
    }
    using W = Store<Of, Witness>;
    if constexpr (W::kTraits.copies) {
      for (long n = 0; n < 20; ++n) {
        W source;
        make_source(source, 20);
        const auto size = static_cast<long>(source.size());
        Witness::throw_after = n;
        try {
          const W copy = source;
          Witness::throw_after = -1;
          require(Witness::live == 2 * size, "a copy of %ld values made %ld", size, Witness::live - size);
        } catch (const WitnessThrow&) {
        }
        Witness::throw_after = -1;
        require(Witness::live == size, "a copy that threw or died left %ld values", Witness::live - size);
      }
      for (const long target_size : {0, 6, 50})
        for (long n = 0; n < 16; n += 3) check_throwing_assignment<W>(target_size, 18, n);
      require(Witness::live == 0, "%ld values outlived their slabs", Witness::live);
      for (const long target_size : {0, 5, 40})
        for (const long source_size : {0, 20})
          check_assignment_between_upstreams<W>(target_size, source_size);
    }
  }
}

template <class Of>
struct CopyClauses {
  Clause pairs{
      "S-20", ClauseClass::kViolation, "slab: FromIterator",
      "Construction from pairs in any order, with gaps and repeated keys, leaves each gap vacant once",
      &check_from_pairs<Of>};
  Clause copies{"S-21", ClauseClass::kViolation, "slab: Clone",
                "A copy has the same keys and gives the same future ones, and one that throws leaks nothing",
                &check_copies<Of>};
};

}  // namespace assay::suite::keyed
