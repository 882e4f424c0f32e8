// Construction and destruction of values: S-22 and S-23.
#pragma once

#include <vector>

#include "suites/keyed/store.h"

namespace assay::suite::keyed {

inline void expect_alive(long values, const char* when) {
  require(Witness::live == values, "%s, %ld objects are alive for %ld values", when, Witness::live, values);
}

template <class Of>
void check_destructors() {
  using S = Store<Of, Witness>;
  {
    S slab;
    std::vector<typename S::Key> keys;
    for (long i = 0; i < 50; ++i) {
      keys.push_back(put(slab, i));
      expect_alive(i + 1, "after insert");
    }
    long left = 50;
    for (const std::size_t i : {0u, 49u, 20u, 21u, 19u}) {
      slab.remove(keys[i]);
      expect_alive(--left, "after remove");
      slab.remove(keys[i]);
      expect_alive(left, "after a second remove");
    }
    if constexpr (S::kTraits.has_vacant_entry) {
      const long constructed = Witness::constructed;
      static_cast<void>(slab.vacant_entry().key());
      static_cast<void>(slab.vacant_key());
      require(Witness::constructed == constructed, "an unused vacant entry constructed a value");
    }
    if constexpr (S::kTraits.reserves) {
      reserve_room(slab, 200);
      expect_alive(left, "after reserve");
      slab.shrink_to_fit();
      expect_alive(left, "after shrink_to_fit");
    }
    for (long i = 0; i < 8; ++i) put(slab, i);
    expect_alive(left + 8, "after vacant keys were used");
    slab.clear();
    expect_alive(0, "after clear");
    keys.clear();
    for (long i = 0; i < 30; ++i) keys.push_back(put(slab, i));
    for (const std::size_t i : {29u, 4u, 5u}) slab.remove(keys[i]);
    expect_alive(27, "after clear and new values");
  }
  require(Witness::live == 0, "%ld values outlived their slab", Witness::live);
  require(Witness::constructed == Witness::destroyed, "%ld constructions and %ld destructions",
          Witness::constructed, Witness::destroyed);
}

// What a throwing construction must leave alone, beside a twin to which it did not happen.
template <class S>
class Undisturbed {
 public:
  void put_both(long value) {
    const auto key = put_if_room(slab, value), expected = put_if_room(twin_, value);
    if constexpr (S::kTraits.dense_keys) {
      require(key.has_value() == expected.has_value(), "after an emplace that threw insert %s at %zu values",
              expected.has_value() ? "fails" : "does not fail", slab.size());
      if (key != expected)
        violated("after an emplace that threw insert gave %s instead of %s", show(*key).text,
                 show(*expected).text);
    }
    if (key.has_value()) live_.emplace_back(*key, value);
  }
  void remove_both(std::size_t at) {
    if (at >= live_.size()) return;  // a bounded subject
    slab.remove(live_[at].first);
    twin_.remove(live_[at].first);
    live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  // Each construction that emplace makes throws once. A bounded subject may be full.
  void throw_at_each_step() {
    bool full = false;
    for (long n = 0; !full; ++n) {
      const std::size_t size = slab.size();
      Witness::throw_after = n;
      try {
        const auto key = slab.emplace(1234L);
        Witness::throw_after = -1;
        expect(slab, key, 1234, "emplaced");
        slab.remove(key);
        if constexpr (S::kTraits.dense_keys) {  // the twin's free list has then seen the same
          twin_.remove(put(twin_, 1234));
        }
        return;
      } catch (const WitnessThrow&) {
      } catch (const std::bad_alloc&) {
        full = true;
      }
      Witness::throw_after = -1;
      require(slab.size() == size, "an emplace that threw changed size() from %zu to %zu", size, slab.size());
      for (const auto& [key, value] : live_) expect(slab, key, value, "after an emplace that threw");
      require(Witness::live == static_cast<long>(slab.size() + twin_.size()),
              "an emplace that threw leaked or lost %ld values",
              Witness::live - static_cast<long>(slab.size() + twin_.size()));
    }
  }
  S slab;

 private:
  S twin_;
  std::vector<std::pair<typename S::Key, long>> live_;
};

template <class Of>
void check_throwing_emplace() {
  using S = Store<Of, Witness>;
  if constexpr (!S::kTraits.emplaces) {
    absent("claims no emplace");
  } else {
    Undisturbed<S> both;
    both.throw_at_each_step();
    for (long i = 0; i < 20; ++i) {
      both.put_both(i);
      both.throw_at_each_step();
    }
    for (const std::size_t i : {4u, 15u, 0u, 9u}) {
      both.remove_both(i);
      both.throw_at_each_step();
    }
    for (long i = 0; i < 8; ++i) {
      both.put_both(100 + i);
      both.throw_at_each_step();
    }
    check_invariants(both.slab);
  }
}

template <class Of>
struct ValueClauses {
  Clause destructors{"S-22", ClauseClass::kViolation, "slab: remove, clear, Drop",
                     "Every value is destroyed once, when it is removed, cleared or outlived by its slab",
                     &check_destructors<Of>};
  Clause throwing{"S-23", ClauseClass::kViolation, "slab: VacantEntry::insert",
                  "A constructor that throws in emplace leaves the key vacant and the next keys as they were",
                  &check_throwing_emplace<Of>};
};

}  // namespace assay::suite::keyed
