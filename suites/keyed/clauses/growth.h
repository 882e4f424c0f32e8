// Room and where values lie in it: S-16 to S-19.
#pragma once

#include <cstdint>
#include <new>
#include <stdexcept>
#include <vector>

#include "suites/keyed/store.h"

namespace assay::suite::keyed {

template <class Of>
void check_shrink() {
  if constexpr (!kClaims<Of>.reserves) {
    absent("claims no room of its own");
  } else {
    using S = Store<Of, long>;
    for (const bool tail_vacant : {false, true}) {
      S slab;
      const auto keys = fill(slab, 40);
      reserve_room(slab, 100);
      std::vector<std::size_t> gaps{3, 21, 11, 0};
      if (tail_vacant)
        for (std::size_t i = 30; i < 40; ++i) gaps.push_back(i);
      std::vector<typename S::Key> vacated;
      for (const std::size_t i : gaps) {
        slab.remove(keys[i]);
        vacated.push_back(keys[i]);
      }
      slab.shrink_to_fit();
      const std::size_t size = slab.size();
      require(size == 40 - gaps.size(), "shrink_to_fit changed size() to %zu", size);
      require(slab.capacity() >= size, "capacity() shrank to %zu for %zu values", slab.capacity(), size);
      for (std::size_t i = 0; i < 40; ++i) {
        if (!among(vacated, keys[i]))
          expect(slab, keys[i], static_cast<long>(i), "after shrink_to_fit");
        else
          expect_dead(slab, keys[i], "after shrink_to_fit");
      }
      std::vector<typename S::Key> given;
      for (std::size_t i = 0; i < gaps.size(); ++i) {
        const auto key = put(slab, 500 + static_cast<long>(i));
        require(!among(given, key), "after shrink_to_fit insert gave %s twice", show(key).text);
        if constexpr (S::kTraits.dense_keys)
          require(among(vacated, key), "after shrink_to_fit insert gave %s with vacant keys left",
                  show(key).text);
        given.push_back(key);
      }
      for (std::size_t i = 0; i < given.size(); ++i)
        expect(slab, given[i], 500 + static_cast<long>(i), "inserted after shrink_to_fit");
      for (std::size_t i = 0; i < 40; ++i)
        if (!among(vacated, keys[i]))
          expect(slab, keys[i], static_cast<long>(i), "after the vacant keys were used");
      check_invariants(slab);
    }
    S empty;
    empty.shrink_to_fit();
    expect(empty, put(empty, 4), 4, "after an empty slab shrank");
  }
}

enum class Answer { kAgree, kRefuse, kThrow };

template <class Of>
void check_compact_with(Answer last, std::size_t agreed) {
  using S = Store<Of, long>;
  using Key = typename S::Key;
  struct Stop {};
  S slab;
  auto keys = fill(slab, 24);
  std::vector<Key> vacant;
  for (const std::size_t i : {2u, 20u, 7u, 0u, 15u, 3u, 23u}) {
    slab.remove(keys[i]);
    vacant.push_back(keys[i]);
    keys[i] = keys[1];  // so that only live keys are in the list
  }
  const std::size_t size = slab.size();
  std::size_t asked = 0;
  try {
    slab.compact([&](long& value, const Key& from, const Key& to) {
      require(value >= 0 && value < 24 && keys[static_cast<std::size_t>(value)] == from,
              "compact told of %ld at %s, which is not its key", value, show(from).text);
      for (const Key& key : keys)
        require(!(key == to), "compact moves to %s, which is a live key", show(to).text);
      if constexpr (std::integral<Key>)
        require(to < from, "compact moves from %s to %s", show(from).text, show(to).text);
      if (asked++ == agreed) {
        if (last == Answer::kThrow) throw Stop();
        if (last == Answer::kRefuse) return false;
      }
      keys[static_cast<std::size_t>(value)] = to;
      return true;
    });
  } catch (const Stop&) {
  }
  const char* when = last == Answer::kAgree    ? "compacted"
                     : last == Answer::kRefuse ? "after compact was refused a move"
                                               : "after compact's callback threw";
  require(slab.size() == size, "%s, size() is %zu instead of %zu", when, slab.size(), size);
  for (std::size_t i = 0; i < 24; ++i)
    if (i == 1 || !(keys[i] == keys[1])) expect(slab, keys[i], static_cast<long>(i), when);
  check_invariants(slab);
  if constexpr (S::kTraits.dense_keys) {
    if (last == Answer::kAgree)
      for (const Key& key : keys)
        require(static_cast<std::size_t>(key) < size, "compacted, %zu values reach up to key %s", size,
                show(key).text);
  }
  for (long i = 0; i < 20; ++i) {
    const Key key = put(slab, 100 + i);
    require(!among(keys, key), "%s, insert gave %s, which is live", when, show(key).text);
    if constexpr (S::kTraits.dense_keys)
      require(static_cast<std::size_t>(key) < size + static_cast<std::size_t>(i) + 1 + vacant.size(),
              "%s, insert gave %s and left vacant keys behind", when, show(key).text);
    expect(slab, key, 100 + i, when);
    keys.push_back(key);
  }
  check_invariants(slab);
}

template <class Of>
void check_compact() {
  if constexpr (!kClaims<Of>.compacts) {
    absent("claims no compact");
  } else {
    check_compact_with<Of>(Answer::kAgree, 0);
    for (std::size_t agreed = 0; agreed < 5; ++agreed) {
      check_compact_with<Of>(Answer::kRefuse, agreed);
      check_compact_with<Of>(Answer::kThrow, agreed);
    }
  }
}

template <class S>
void expect_refused_reserve(S& slab, std::size_t n) {
  const std::size_t size = slab.size(), capacity = slab.capacity();
  bool refused = false;
  try {
    slab.reserve(n);
  } catch (const std::bad_alloc&) {
    refused = true;
  } catch (const std::length_error&) {
    refused = true;
  }
  require(refused, "reserve(%zu) with %zu values inside returned", n, size);
  require(slab.size() == size && slab.capacity() == capacity, "the refused reserve(%zu) changed the slab", n);
}

template <class Of>
void check_reserve() {
  if constexpr (!kClaims<Of>.reserves) {
    absent("claims no room of its own");
  } else {
    using S = Store<Of, long>;
    for (const int gaps : {0, 4}) {
      S slab;
      auto keys = fill(slab, 12);
      for (; keys.size() > static_cast<std::size_t>(12 - gaps); keys.pop_back())
        slab.remove(keys[keys.size() - 1]);
      reserve_room(slab, 50);
      const std::size_t capacity = slab.capacity();
      require(capacity >= slab.size() + 50, "reserve(50) with %zu values inside: capacity() is %zu",
              slab.size(), capacity);
      std::vector<const long*> places;
      for (const auto& key : keys) places.push_back(slab.get(key));
      for (long i = 0; i < 50; ++i) put(slab, i);
      require(slab.capacity() == capacity, "capacity() went from %zu to %zu in spite of reserve", capacity,
              slab.capacity());
      for (std::size_t i = 0; i < keys.size(); ++i)
        require(slab.get(keys[i]) == places[i], "value %zu was moved in spite of reserve", i);
      slab.reserve(0);
      require(slab.capacity() == capacity, "reserve(0) changed capacity()");
      // No array of that many values can be: above PTRDIFF_MAX bytes, or wrapped around when added to size().
      for (const std::size_t n :
           {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - slab.size(), SIZE_MAX - slab.size() + 1,
            SIZE_MAX / sizeof(long), std::size_t{PTRDIFF_MAX}, PTRDIFF_MAX / sizeof(long) + 1})
        expect_refused_reserve(slab, n);
      for (std::size_t i = 0; i < keys.size(); ++i)
        expect(slab, keys[i], static_cast<long>(i), "after refused reserves");
    }
  }
}

// Beyond the sizes at which an allocator begins to extend a block in place, or to map it elsewhere.
template <class Of>
void check_growth() {
  Store<Of, long> slab;
  std::vector<std::pair<typename Store<Of, long>::Key, long>> live;
  bool bounded = false;
  for (long value = 0; value < 20'000; ++value) {
    const auto key = put_if_room(slab, value);
    bounded = !key.has_value();
    if (bounded) break;
    live.emplace_back(*key, value);
    if (value % 7 == 6) {  // gaps, some of which are open when it grows
      const std::size_t at = static_cast<std::size_t>(value) * 5 / 8 % live.size();
      slab.remove(live[at].first);
      live[at] = live.back();
      live.pop_back();
    }
    if ((value & (value + 1)) == 0 || (value < 600 && value % 100 == 0))
      for (const auto& [given, expected] : live) expect(slab, given, expected, "while it grew");
  }
  for (const auto& [key, expected] : live) expect(slab, key, expected, "after it grew");
  if constexpr (kClaims<Of>.reserves) {  // the one growth that may find gaps
    if (!bounded) {
      for (int i = 0; i < 20; ++i) {
        slab.remove(live.back().first);
        live.pop_back();
      }
      reserve_room(slab, 2 * live.size());
      for (long value = 20'000; value < 20'100; ++value) live.emplace_back(put(slab, value), value);
      for (const auto& [key, expected] : live) expect(slab, key, expected, "after reserve(), with gaps");
    }
  }
  check_invariants(slab);
}

template <class Of>
struct GrowthClauses {
  Clause shrink{"S-16", ClauseClass::kViolation, "slab: shrink_to_fit",
                "shrink_to_fit changes no key and loses no vacant one", &check_shrink<Of>};
  Clause compact{"S-17", ClauseClass::kViolation, "slab: compact",
                 "compact tells of each move before it is made, and a refusal or exception keeps every value",
                 &check_compact<Of>};
  Clause reserve{"S-18", ClauseClass::kViolation, "slab: reserve",
                 "After reserve(n) the next n inserts move nothing, and a reserve that overflows is refused",
                 &check_reserve<Of>};
  Clause growth{"S-19", ClauseClass::kViolation, "slab: Capacity and reallocation",
                "Growth keeps every key and its value", &check_growth<Of>};
};

}  // namespace assay::suite::keyed
