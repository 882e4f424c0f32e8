// Constructors that throw, inside others that make objects.
#pragma once

#include "suites/collector/subject.h"

namespace assay::suite::collector {

// Its constructor makes objects, and each may throw, before, between and after.
struct ConstructionFailure {};

template <class H>
struct Fragile : Cell<H, Fragile<H>> {
  static inline long throw_after = -1;  // -1: never
  static inline bool threw = false;

  Fragile(Mutator<H>& mutator, int depth) : Cell<H, Fragile>(depth) {
    step();
    if (depth > 0) {
      this->left = made<Fragile>(mutator, mutator, depth - 1);
      step();
      this->right = made<Fragile>(mutator, mutator, depth - 1);
      step();
    }
    Tally::count(Tally::made);
    whole = true;
  }
  Fragile(const Fragile&) = delete;
  ~Fragile() {
    require(whole, "an object was destroyed whose constructor threw");
    this->end();
    Tally::count(Tally::destroyed);
  }
  void finalize(Mutator<H>&) noexcept {
    require(whole, "an object was finalized whose constructor threw");
    Tally::count(Tally::finalized);
  }
  static void step() {
    if (throw_after >= 0 && throw_after-- == 0) {
      threw = true;
      throw ConstructionFailure();
    }
  }
  volatile bool whole = false;  // what is no object is not read otherwise
};

template <class H>
void expect_tree(const Fragile<H>* tree, int depth) {
  expect_value(tree, depth, "after constructors threw");
  if (depth == 0) return;
  expect_tree<H>(tree->left.get(), depth - 1);
  expect_tree<H>(tree->right.get(), depth - 1);
}

template <class H>
void check_throwing_constructors() {
  constexpr int kDepth = 3;
  for (const Schedule schedule : {Schedule::kExplicit, Schedule::kEveryAllocation}) {
    CollectorOptions options;
    options.schedule = schedule;
    H heap(options);
    Mutator<H> mutator(heap);
    Root<H, Fragile<H>> tree(mutator);
    tree = made<Fragile<H>>(mutator, mutator, kDepth);
    const long kept = Tally::alive();
    for (long n = 0;; ++n) {
      Fragile<H>::throw_after = n;
      Fragile<H>::threw = false;
      bool arrived = false;
      Root<H, Fragile<H>> other(mutator);
      try {
        other = made<Fragile<H>>(mutator, mutator, kDepth);
      } catch (const ConstructionFailure&) {
        arrived = true;
      }
      require(arrived == Fragile<H>::threw, "make() did not pass on what a constructor threw");
      Fragile<H>::throw_after = -1;
      if constexpr (H::kTraits.verifies) mutator.verify();
      if (n % 2 == 0) mutator.collect(Collection::kMinor);
      overwrite<Node<H>>(mutator, schedule == Schedule::kExplicit ? 100 : 3);
      expect_tree<H>(tree.get(), kDepth);
      other = nullptr;
      // Those of its children that have a finalizer go with the second.
      collect_all(mutator);
      if constexpr (H::kTraits.verifies) mutator.verify();
      if constexpr (H::kTraits.reclaims && H::kTraits.precise && H::kTraits.destroys)
        require(Tally::alive() == kept, "construction %ld threw, and %ld objects are left of it", n,
                Tally::alive() - kept);
      if (!arrived) break;
    }
    expect_tree<H>(tree.get(), kDepth);
  }
}

}  // namespace assay::suite::collector
