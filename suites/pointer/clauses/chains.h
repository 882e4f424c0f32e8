// Chains of owners, which must not be destroyed by recursion: SP-09.
#pragma once

#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

struct Tally {
  Tally() = default;
  Tally(const Tally&) = delete;
  ~Tally() { ++destroyed; }
  static inline long destroyed = 0;
};

template <class Of>
struct Link {
  explicit Link(Subject<Of, Link> next_) : next(std::move(next_)) {}
  Tally tally;
  Subject<Of, Link> next;
};

template <class Of>
struct Knot {
  Knot(Subject<Of, Knot> left_, Subject<Of, Knot> right_)
      : left(std::move(left_)), right(std::move(right_)) {}
  Tally tally;
  Subject<Of, Knot> left, right;
};

// Owners of two types in turn, one of them among the elements of a container.
template <class Of>
struct Odd;
template <class Of>
struct Even {
  explicit Even(Subject<Of, Odd<Of>> next_) : next(std::move(next_)) {}
  Tally tally;
  Subject<Of, Odd<Of>> next;
};
template <class Of>
struct Odd {
  explicit Odd(Subject<Of, Even<Of>> next) { children.push_back(std::move(next)); }
  Tally tally;
  std::vector<Subject<Of, Even<Of>>> children;
};

template <class Of>
struct Returning {
  explicit Returning(Subject<Of, Returning> next_) : next(std::move(next_)) {}
  Tally tally;
  Subject<Of, Returning> next;
  typename Subject<Of, Returning>::Weak previous;
};

struct Vehicle {
  virtual ~Vehicle() = default;
};
template <class Of>
struct Trailer : Vehicle {
  explicit Trailer(Subject<Of, Vehicle> next_) : next(std::move(next_)) {}
  Tally tally;
  Subject<Of, Vehicle> next;
};

template <class P>
P chain_of(long links) {
  P head;
  for (long i = 0; i < links; ++i) head = P::make(std::move(head));
  return head;
}

inline void expect_destroyed(long count, const char* when) {
  require(Tally::destroyed == count, "%s, %ld objects were destroyed instead of %ld", when, Tally::destroyed,
          count);
  Tally::destroyed = 0;
}

constexpr long kMillion = 1'000'000, kDeep = 20'000;

template <class Of>
void drop_chains() {
  using P = Subject<Of, Link<Of>>;
  P head = chain_of<P>(kMillion);
  head.reset();
  expect_destroyed(kMillion, "after reset() of a chain");
  static_cast<void>(chain_of<P>(kDeep));
  expect_destroyed(kDeep, "after the end of a chain's owner");
  head = chain_of<P>(kDeep);
  head = P::make(P());
  expect_destroyed(kDeep, "after an assignment to a chain's owner");
  head = chain_of<P>(kDeep);
  expect_destroyed(1, "after an assignment of a chain");
  if constexpr (P::kTraits.shares) {
    P middle = head;
    for (long i = 0; i < kDeep / 2; ++i) middle = middle.get()->next;
    head.reset();
    expect_destroyed(kDeep / 2, "after reset() of a chain with an owner in the middle");
    const P other = P::make(P());
    middle = other;
    expect_destroyed(kDeep - kDeep / 2, "after an assignment to the owner in the middle");
  } else {
    head.reset();
    expect_destroyed(kDeep, "after reset() of a chain");
  }
}

template <class Of>
void drop_trees() {
  using P = Subject<Of, Knot<Of>>;
  for (const int shape : {0, 1, 2}) {  // deep on the left, on the right, in turn
    P root;
    for (long i = 0; i < kDeep; ++i) {
      P leaf = P::make(P(), P());
      const bool left = shape == 0 || (shape == 2 && i % 2 == 0);
      root = left ? P::make(std::move(root), std::move(leaf)) : P::make(std::move(leaf), std::move(root));
    }
    root.reset();
    expect_destroyed(2 * kDeep, "after reset() of a deep tree");
  }
}

template <class Of>
void drop_mixed_chains() {
  using P = Subject<Of, Even<Of>>;
  using Q = Subject<Of, Odd<Of>>;
  P head;
  for (long i = 0; i < kDeep; ++i) {
    Q odd = Q::make(std::move(head));
    head = P::make(std::move(odd));
  }
  head.reset();
  expect_destroyed(2 * kDeep, "after reset() of a chain of two types");
  if constexpr (kClaims<Of>.has_weak) {
    using R = Subject<Of, Returning<Of>>;
    R first;
    for (long i = 0; i < kDeep; ++i) {
      R before = R::make(first);
      if (first.get() != nullptr) first.get()->previous = before.downgrade();
      first = std::move(before);
    }
    first.reset();
    expect_destroyed(kDeep, "after reset() of a chain with Weaks back");
  }
  if constexpr (kClaims<Of>.converts) {
    using V = Subject<Of, Vehicle>;
    V engine;
    for (long i = 0; i < kDeep; ++i) engine = V(Subject<Of, Trailer<Of>>::make(std::move(engine)));
    engine.reset();  // that the whole of each is destroyed is the business of another clause
    Tally::destroyed = 0;
  }
}

template <class Of>
void check_deep_chains() {
  if constexpr (!kClaims<Of>.drops_deep_chains) {
    absent("claims no destruction of deep chains");
  } else {
    on_small_stack("the end of a chain of owners", [] { drop_chains<Of>(); });
    on_small_stack("the end of a deep tree of owners", [] { drop_trees<Of>(); });
    on_small_stack("the end of a chain of several types", [] { drop_mixed_chains<Of>(); });
  }
}

template <class Of>
struct ChainClauses {
  Clause deep{"SP-09", ClauseClass::kQuality, "pointers/concept.h: drops_deep_chains",
              "A chain of a million owners and a deep tree are destroyed on a stack of 256 KiB",
              &check_deep_chains<Of>};
};

}  // namespace assay::suite::pointer
