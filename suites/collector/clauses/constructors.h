// Objects whose constructors throw, make others, and are given raw pointers: GC-12, GC-16 and GC-17.
#pragma once

#include <vector>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

inline CollectorOptions at_every_allocation() {
  CollectorOptions options;
  options.schedule = Schedule::kEveryAllocation;
  return options;
}

struct ConstructorThrow {};

// Throws after it has made and referred to others.
template <class H>
struct Throwing {
  Throwing(Mutator<H>& mutator, Node<H>* given, bool throws) {
    before = given;
    Node<H>* const made_here = made<Node<H>>(mutator, 2);
    after = made_here;
    Tally::count(Tally::made);
    if (throws) throw ConstructorThrow();
    whole = true;
  }
  ~Throwing() {
    require(whole, "an object whose constructor threw was destroyed");
    Tally::count(Tally::destroyed);
  }
  void finalize(Mutator<H>&) noexcept {
    require(whole, "an object whose constructor threw was finalized");
    Tally::count(Tally::finalized);
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(before);
    visit(after);
  }
  Member<H, Node<H>> before, after;
  bool whole = false;
};

template <class H>
void check_throwing() {
  for (const CollectorOptions& options : {told(), at_every_allocation()}) {
    {
      H heap(options);
      Mutator<H> mutator(heap);
      Root<H, Node<H>> kept(mutator), list(mutator);
      kept = made<Node<H>>(mutator, 1);
      make_chain<Node<H>>(mutator, list, 100, 50);
      Root<H, Throwing<H>> sound(mutator);
      int thrown = 0;
      for (int i = 0; i < 60; ++i) {
        const bool throws = i % 3 != 0;
        Root<H, Throwing<H>> object(mutator);
        try {
          object = made<Throwing<H>>(mutator, mutator, kept.get(), throws);
          if (i == 30) sound = object.get();
        } catch (const ConstructorThrow&) {
          ++thrown;
        }
        require((object.get() == nullptr) == throws, "make() %s the exception of a constructor",
                throws ? "swallowed" : "made up");
        if (i % 10 == 0) mutator.collect(Collection::kMajor);
        if (i % 10 == 5) mutator.collect(Collection::kMinor);
        if constexpr (H::kTraits.verifies) mutator.verify();
      }
      require(thrown == 40, "of 40 exceptions in constructors %d arrived", thrown);
      collect_all(mutator);
      mutator.collect(Collection::kMajor);
      overwrite<Node<H>>(mutator);
      expect_value(kept.get(), 1, "after constructors that threw");
      expect_chain(list.get(), 100, 50, "after constructors that threw");
      require(sound.get()->whole, "an object is not whole after constructors of others threw");
      expect_value(sound.get()->before.get(), 1, "after constructors of others threw");
      expect_value(sound.get()->after.get(), 2, "after constructors of others threw");
      if constexpr (kExact<H> && H::kTraits.destroys)
        require(Tally::destroyed.load() == 19, "of 19 whole unreachable objects %ld were destroyed",
                Tally::destroyed.load());
    }
    if constexpr (H::kTraits.destroys)
      require(Tally::destroyed.load() == 20,
              "of 20 whole objects and 40 whose constructors threw %ld were destroyed at last",
              Tally::destroyed.load());
    Tally::destroyed.store(0);
  }
}

// A tree whose every node makes its children while it is made itself.
template <class H>
struct Tree {
  Tree(Mutator<H>& mutator, long number, int depth) : value(number) {
    first = made<Node<H>>(mutator, -number);
    if (depth == 0) return;
    left = made<Tree>(mutator, mutator, 2 * number, depth - 1);
    for (int i = 0; i < 2; ++i) made<Node<H>>(mutator, kRubbish);
    right = made<Tree>(mutator, mutator, 2 * number + 1, depth - 1);
    middle = made<Node<H>>(mutator, number);
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(left);
    visit(middle);
    visit(right);
    visit(first);
  }
  Member<H, Tree> left, right;
  Member<H, Node<H>> middle, first;
  long value;
};

template <class H>
void expect_tree(const Tree<H>* tree, long number, int depth) {
  const char* const when = "made by the constructor of another";
  require(tree != nullptr && tree->value == number, "object %ld was lost, %s", number, when);
  expect_value(tree->first.get(), -number, when);
  if (depth == 0) return;
  expect_value(tree->middle.get(), number, when);
  expect_tree<H>(tree->left.get(), 2 * number, depth - 1);
  expect_tree<H>(tree->right.get(), 2 * number + 1, depth - 1);
}

template <class H>
void check_under_construction() {
  CollectorOptions small;
  small.least_headroom = std::size_t{32} << 10;
  small.nursery = std::size_t{16} << 10;
  for (const CollectorOptions& options : {at_every_allocation(), small}) {
    H heap(options);
    Mutator<H> mutator(heap);
    Root<H, Tree<H>> one(mutator), another(mutator);
    one = made<Tree<H>>(mutator, mutator, 1, 6);
    another = made<Tree<H>>(mutator, mutator, 1, 6);
    for (int i = 0; i < 3; ++i) {
      expect_tree<H>(one.get(), 1, 6);
      expect_tree<H>(another.get(), 1, 6);
      mutator.collect(Collection::kMajor);
      overwrite<Node<H>>(mutator, 100);
    }
  }
}

template <class H>
struct Wrapping {
  explicit Wrapping(long number) : value(number) {}
  Wrapping(Wrapping* given, long number) : value(number) { inner = given; }
  Wrapping(Array<long>* given, long number) : value(number) { numbers = given; }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(inner);
    visit(numbers);
  }
  Member<H, Wrapping> inner;
  Member<H, Array<long>> numbers;
  long value;
};

// Nothing but the argument refers to the inner objects while the outer one is allocated.
template <class H>
void check_arguments() {
  CollectorOptions generations = told();
  generations.schedule = Schedule::kEveryAllocation;
  generations.promotion_age = 0;
  for (const CollectorOptions& options : {at_every_allocation(), generations}) {
    H heap(options);
    Mutator<H> mutator(heap);
    for (long i = 0; i < 60; ++i) {
      Root<H, Wrapping<H>> outer(mutator);
      using W = Wrapping<H>;
      if (i % 2 == 0) {
        outer = made<W>(mutator, made<W>(mutator, made<W>(mutator, 100 * i), 100 * i + 1), 100 * i + 2);
      } else {
        Array<long>* const numbers = made_array<long>(mutator, 20);
        for (std::size_t at = 0; at < 20; ++at) (*numbers)[at] = i;
        outer = made<W>(mutator, made<W>(mutator, numbers, 100 * i + 1), 100 * i + 2);
      }
      overwrite<W>(mutator, 4);
      overwrite<W>(mutator, 4);
      for (int at = 0; at < 2; ++at) {
        made_array<long>(mutator, 20);
        mutator.collect(Collection::kMajor);
      }
      const char* const when = "an object that was an argument of make() was lost";
      const W* const middle = outer.get()->inner.get();
      require(outer.get()->value == 100 * i + 2, "the object with the arguments was lost");
      require(middle != nullptr && middle->value == 100 * i + 1, "%s", when);
      if (i % 2 == 0)
        require(middle->inner.get() != nullptr && middle->inner.get()->value == 100 * i, "%s", when);
      else
        for (std::size_t at = 0; at < 20; ++at) require((*middle->numbers.get())[at] == i, "%s", when);
    }
  }
}

template <class H>
struct ConstructorClauses {
  Clause throwing{"GC-12", ClauseClass::kViolation, "CONTRACT GC-12; [except.ctor]",
                  "A constructor that throws leaves a sound heap, and its object is neither destroyed nor "
                  "finalized",
                  &check_throwing<H>};
  Clause under_construction{"GC-16", ClauseClass::kViolation, "gc/concept.h",
                            "An object under construction, and what it refers to, survive collections that "
                            "its constructor causes",
                            &check_under_construction<H>};
  Clause arguments{"GC-17", ClauseClass::kViolation, "gc/concept.h",
                   "A raw pointer passed to make() is good in the constructor until that makes something",
                   &check_arguments<H>};
};

}  // namespace assay::suite::collector
