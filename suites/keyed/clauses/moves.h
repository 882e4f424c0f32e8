// A slab that is moved to another: S-25. The clause is this suite's own; Rust's slab has the language's
// moves.
#pragma once

#include <utility>
#include <vector>

#include "suites/core/upstream.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

// A slab beside what it must hold.
template <class S>
struct Held {
  explicit Held(Upstream& upstream) : slab(make_over<S>(upstream)) {}

  // Up to n further values, as far as a bounded subject has room, and every third of them removed again.
  void fill(long n) {
    for (long i = 0; i < n; ++i) {
      const auto key = put_if_room(slab, next_);
      if (!key.has_value()) break;
      live.emplace_back(*key, next_++);
    }
    for (std::size_t i = live.size() / 3; i-- > 0;) {
      slab.remove(live[2 * i].first);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(2 * i));
    }
  }

  void check(const char* when) {
    require(slab.size() == live.size(), "%s, size() is %zu instead of %zu", when, slab.size(), live.size());
    for (const auto& [key, value] : live) expect(slab, key, value, when);
    check_invariants(slab);
  }

  // It was moved from: as good as new, though its keys need not begin anew.
  void expect_left_empty(const std::vector<std::pair<typename S::Key, long>>& taken, const char* when) {
    live.clear();
    check(when);
    for (const auto& [key, value] : taken) expect_dead(slab, key, when);
    if (!taken.empty())
      require(!slab.remove(taken.front().first).has_value(), "%s, remove gave a value", when);
    slab.clear();
  }

  S slab;
  std::vector<std::pair<typename S::Key, long>> live;

 private:
  long next_ = 1;
};

inline void expect_witnesses(std::size_t values, const char* when) {
  require(Witness::live == static_cast<long>(values), "%s, %ld objects are alive for %zu values", when,
          Witness::live, values);
}

// Whichever upstream the target draws on afterwards, each gets its own blocks back (Upstream sees to it).
template <class S>
void check_move_assignment(long target_size, long source_size, bool one_upstream) {
  Upstream ours, theirs;
  {
    Held<S> source(theirs), target(one_upstream ? theirs : ours);
    source.fill(source_size);
    target.fill(target_size);
    for (int turn = 0; turn < 2; ++turn) {  // there, and back over new values
      Held<S>&from = turn == 0 ? source : target, &to = turn == 0 ? target : source;
      to.slab = std::move(from.slab);
      to.live = from.live;
      expect_witnesses(to.live.size(), "after a move assignment");
      to.check("after a move assignment");
      from.expect_left_empty(to.live, "after it was moved from");
      from.fill(12);
      from.check("filled after it was moved from");
      to.fill(70);  // it grows
      to.check("filled after a move assignment");
      from.check("after the slab it was moved to was filled");
      expect_witnesses(to.live.size() + from.live.size(),
                       "after both slabs of a move assignment were filled");
    }
  }
  expect_witnesses(0, "when both slabs of a move assignment are gone");
  require(ours.live_blocks() + theirs.live_blocks() == 0,
          "after a move assignment %zu and %zu blocks of the two upstreams never came back",
          ours.live_blocks(), theirs.live_blocks());
}

template <class S>
void check_move_construction(long size) {
  Upstream upstream;
  {
    Held<S> source(upstream);
    source.fill(size);
    const auto live = source.live;
    {
      S taken(std::move(source.slab));
      require(taken.size() == live.size(), "move construction took %zu of %zu values", taken.size(),
              live.size());
      for (const auto& [key, value] : live) expect(taken, key, value, "after a move construction");
      expect_witnesses(live.size(), "after a move construction");
      source.expect_left_empty(live, "after a move construction from it");
      check_invariants(taken);
    }
    source.fill(30);
    source.check("filled after a move construction from it");
    expect_witnesses(source.live.size(), "when the slab that was moved to is gone");
  }
  expect_witnesses(0, "when both slabs of a move construction are gone");
  require(upstream.live_blocks() == 0, "after a move construction %zu blocks of upstream never came back",
          upstream.live_blocks());
}

template <class Of>
void check_moves() {
  using S = Store<Of, Witness>;
  if constexpr (!S::kTraits.moves) {
    absent("claims no moves");
  } else {
    for (const long source_size : {0, 1, 20}) {
      check_move_construction<S>(source_size);
      for (const long target_size : {0, 5, 60})
        for (const bool one_upstream : {false, true})
          check_move_assignment<S>(target_size, source_size, one_upstream);
    }
  }
}

template <class Of>
struct MoveClauses {
  Clause moves{
      "S-25", ClauseClass::kViolation, "allocators/keyed_concept.h: moves",
      "A move takes every key and value along, ends what it replaces and leaves a usable, empty slab",
      &check_moves<Of>};
};

}  // namespace assay::suite::keyed
