// Weak references: GC-22, GC-23 and GC-25.
#pragma once

#include <cstddef>
#include <vector>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

template <class H>
struct Watcher {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(weak);
    visit(self);
    visit(other);
    visit(strong);
  }
  Weak<H, Node<H>> weak;
  Weak<H, Watcher> self, other;
  Member<H, Node<H>> strong;
};

template <class H>
void expect_cleared(const void* target, const char* what) {
  if constexpr (kExact<H>) require(target == nullptr, "a Weak of %s is not null", what);
}

// Half of the targets die: each is watched from two arrays, so that what one word holds the other shows.
template <class H>
void check_weak_arrays(Mutator<H>& mutator) {
  using WeakArray = Array<Weak<H, Node<H>>>;
  constexpr std::size_t kTargets = 700;
  Root<H, WeakArray> weaks(mutator), others(mutator);
  Root<H, References<H>> targets(mutator);
  weaks = made_array<Weak<H, Node<H>>>(mutator, kTargets);
  others = made_array<Weak<H, Node<H>>>(mutator, kTargets);
  targets = made_array<Member<H, Node<H>>>(mutator, kTargets);
  for (std::size_t i = 0; i < kTargets; ++i) {
    require((*weaks.get())[i].get() == nullptr, "a Weak in an array does not begin null");
    Node<H>* const target = made<Node<H>>(mutator, static_cast<long>(i));
    (*weaks.get())[i] = target;
    (*others.get())[i] = target;
    (*targets.get())[i] = target;
  }
  for (std::size_t step = 1; step < 9; ++step) {
    for (std::size_t i = 0; i < kTargets; i += step) (*targets.get())[i] = nullptr;
    if (step == 1)  // nobody has looked yet: half come back
      for (std::size_t i = 1; i < kTargets; i += 2) {
        Node<H>* const target = (*weaks.get())[i].get();
        expect_value(target, static_cast<long>(i), "read from a Weak before any collection");
        (*targets.get())[i] = target;
      }
    mutator.collect(Collection::kMajor);
    overwrite<Node<H>>(mutator, 100);
    for (std::size_t i = 0; i < kTargets; ++i) {
      const Node<H>* const target = (*targets.get())[i].get();
      if (target == nullptr) {
        expect_cleared<H>((*weaks.get())[i].get(), "an object that is gone, in an array,");
        expect_cleared<H>((*others.get())[i].get(), "an object that is gone, in an array,");
      } else {
        require((*weaks.get())[i].get() == target && (*others.get())[i].get() == target,
                "a Weak of an object that is reachable refers to another or to none");
        expect_value(target, static_cast<long>(i), "that Weaks in arrays refer to");
      }
    }
  }
}

template <class H>
void check_weak() {
  if constexpr (!kClaims<H>.has_weak) {
    absent("claims no weak references");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Watcher<H>> watcher(mutator), second(mutator);
    Root<H, Node<H>> target(mutator);
    watcher = made<Watcher<H>>(mutator);
    require(watcher.get()->weak.get() == nullptr, "a Weak does not begin null");
    target = made<Node<H>>(mutator, 1);
    watcher.get()->weak = target.get();
    watcher.get()->self = watcher.get();
    second = made<Watcher<H>>(mutator);
    second.get()->self = second.get();
    second.get()->other = watcher.get();
    watcher.get()->other = second.get();
    second.get()->weak = target.get();
    for (int i = 0; i < 4; ++i) {
      mutator.collect(i % 2 == 0 ? Collection::kMajor : Collection::kMinor);
      overwrite<Node<H>>(mutator, 50);
      require(watcher.get()->weak.get() == target.get() && second.get()->weak.get() == target.get(),
              "a Weak of an object that is reachable refers to another or to none");
      expect_value(target.get(), 1, "that a Weak refers to");
      require(watcher.get()->self.get() == watcher.get(), "a Weak of its own object was changed");
      require(watcher.get()->other.get() == second.get(), "a Weak was changed whose object refers back");
      require(second.get()->other.get() == watcher.get(), "a Weak was changed whose object refers back");
    }
    // The second watcher goes, and what it watches stays; what both watch goes.
    second = nullptr;
    mutator.collect(Collection::kMajor);
    expect_cleared<H>(watcher.get()->other.get(), "an object that refers back by a Weak");
    require(watcher.get()->weak.get() == target.get(), "a Weak was cleared with another that is unreachable");
    target = nullptr;
    mutator.collect(Collection::kMajor);
    overwrite<Node<H>>(mutator, 50);
    expect_cleared<H>(watcher.get()->weak.get(), "an object that is gone");
    // The only strong reference is beside the Weak; then it goes.
    Node<H>* const fresh = made<Node<H>>(mutator, 2);
    watcher.get()->weak = fresh;
    watcher.get()->strong = fresh;
    collect_all(mutator);
    overwrite<Node<H>>(mutator, 50);
    expect_value(watcher.get()->weak.get(), 2, "that a Weak and a Member of one object refer to");
    watcher.get()->weak = nullptr;
    require(watcher.get()->weak.get() == nullptr, "a Weak is not null that null was assigned to");
    watcher.get()->weak = watcher.get()->strong.get();
    watcher.get()->strong = nullptr;
    mutator.collect(Collection::kMajor);
    overwrite<Node<H>>(mutator, 50);
    expect_cleared<H>(watcher.get()->weak.get(), "an object that is gone");
    require(watcher.get()->self.get() == watcher.get(), "a Weak of its own object was changed");
    check_weak_arrays<H>(mutator);
  }
}

template <class H>
void check_old_weak() {
  if constexpr (!kClaims<H>.has_weak || !kClaims<H>.generational) {
    absent("claims no weak references, or no generations");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Array<Weak<H, Node<H>>>> weaks(mutator);
    Root<H, Watcher<H>> watcher(mutator), in_old(mutator);
    Root<H, References<H>> kept(mutator);
    weaks = made_array<Weak<H, Node<H>>>(mutator, 64);
    watcher = made<Watcher<H>>(mutator);
    Node<H>* const old = made<Node<H>>(mutator, 7);
    watcher.get()->strong = old;
    watcher.get()->weak = old;
    for (int i = 0; i < 4; ++i) mutator.collect(Collection::kMinor);
    for (int round = 0; round < 4; ++round) {
      kept = made_array<Member<H, Node<H>>>(mutator, 64);
      for (std::size_t i = 0; i < 64; ++i) {
        Node<H>* const target = made<Node<H>>(mutator, static_cast<long>(i));
        (*weaks.get())[i] = target;
        if (i % 2 == 0) (*kept.get())[i] = target;
      }
      in_old = made<Watcher<H>>(mutator);
      watcher.get()->other = in_old.get();
      if (round % 2 == 0) in_old = nullptr;
      for (int minor = 0; minor < 3; ++minor) {
        mutator.collect(Collection::kMinor);
        overwrite<Node<H>>(mutator, 60);
        for (std::size_t i = 0; i < 64; ++i) {
          if (i % 2 == 0)
            require((*weaks.get())[i].get() == (*kept.get())[i].get(),
                    "a minor collection changed the Weak of an object that is reachable");
          else
            expect_cleared<H>((*weaks.get())[i].get(),
                              "a young object, in an old one, after a minor collection");
        }
        if (round % 2 == 0)
          expect_cleared<H>(watcher.get()->other.get(),
                            "a young object, in an old one, after a minor collection");
        else
          require(watcher.get()->other.get() == in_old.get(),
                  "a minor collection changed the Weak of an object that is reachable");
        expect_value(watcher.get()->weak.get(), 7, "an old object whose Weak is in an old one");
      }
    }
  }
}

// Its finalizer looks at the Weaks of all, and makes some reachable again.
template <class H>
struct Watched {
  Watched(long number_, Root<H, Array<Weak<H, Watched>>>& watchers_, Root<H, Watched>& keeper_)
      : number(number_), watchers(&watchers_), keeper(&keeper_) {}
  void finalize(Mutator<H>&) noexcept {
    Tally::count(Tally::finalized);
    for (std::size_t i = 0; i < watchers->get()->size(); ++i) {
      const Watched* const seen = (*watchers->get())[i].get();
      require(seen == nullptr || seen->number < 0, "a finalizer sees a Weak of unreachable object %zu", i);
    }
    if (number == 3) *keeper = this;
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
    visit(held);
    visit(to_live);
    visit(to_dead);
    visit(to_held);
  }
  long number;
  Root<H, Array<Weak<H, Watched>>>* watchers;
  Root<H, Watched>* keeper;
  Member<H, Watched> next;
  Member<H, Node<H>> held;
  Weak<H, Node<H>> to_live, to_dead, to_held;
};

template <class H>
void check_weak_and_finalizers() {
  if constexpr (!kClaims<H>.has_weak || !kClaims<H>.finalizes || !kExact<H>) {
    absent("claims no weak references or no finalizers, or is not precise");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    constexpr std::size_t kObjects = 8;
    Root<H, Array<Weak<H, Watched<H>>>> watchers(mutator);
    Root<H, Watched<H>> keeper(mutator), chain(mutator), live_one(mutator);
    Root<H, Node<H>> live(mutator);
    watchers = made_array<Weak<H, Watched<H>>>(mutator, kObjects + 1);
    live = made<Node<H>>(mutator, 1);
    live_one = made<Watched<H>>(mutator, -1, watchers, keeper);
    (*watchers.get())[kObjects] = live_one.get();
    for (long i = 0; i < static_cast<long>(kObjects); ++i) {
      Watched<H>* fresh = made<Watched<H>>(mutator, i, watchers, keeper);
      fresh->next = chain.get();
      chain = fresh;
      Node<H>* const dead = made<Node<H>>(mutator, 2);
      chain.get()->to_dead = dead;
      Node<H>* const held = made<Node<H>>(mutator, 10 + i);
      chain.get()->held = held;
      chain.get()->to_held = held;
      chain.get()->to_live = live.get();
      (*watchers.get())[static_cast<std::size_t>(i)] = chain.get();
    }
    chain = nullptr;
    mutator.collect(Collection::kMajor);
    require(Tally::finalized.load() == kObjects, "%ld of %zu unreachable objects were finalized",
            Tally::finalized.load(), kObjects);
    const auto expect_sound = [&](const char* when) {
      require(keeper.get() != nullptr && keeper.get()->number == 3, "%s, the object is lost", when);
      long number = 3;
      for (const Watched<H>* at = keeper.get(); at != nullptr; at = at->next.get(), --number) {
        require(at->number == number, "%s, object %ld is lost", when, number);
        expect_value(at->held.get(), 10 + number, when);
        require(at->to_live.get() == live.get(), "%s, a Weak of a reachable object was changed", when);
        require(at->to_dead.get() == nullptr, "%s, a Weak of an object that is gone is not null", when);
        require(at->to_held.get() == nullptr || at->to_held.get() == at->held.get(),
                "%s, a Weak refers to another object than before", when);
      }
      require(number == -1, "%s, %ld objects are lost", when, number + 1);
      for (std::size_t i = 0; i < kObjects; ++i)
        require((*watchers.get())[i].get() == nullptr, "%s, a Weak of a finalized object is not null", when);
      require((*watchers.get())[kObjects].get() == live_one.get(),
              "%s, a Weak of a reachable object was changed", when);
      expect_value(live.get(), 1, when);
    };
    const char* const when = "after a finalizer made an object reachable again";
    overwrite<Node<H>>(mutator);
    expect_sound(when);
    for (int i = 0; i < 3; ++i) {
      // Weaks of it can be made again, and serve as before.
      keeper.get()->to_held = keeper.get()->held.get();
      mutator.collect(i == 1 ? Collection::kMinor : Collection::kMajor);
      overwrite<Node<H>>(mutator, 100);
      expect_sound(when);
      require(keeper.get()->to_held.get() != nullptr, "%s, a Weak of a reachable object is null", when);
    }
    require(Tally::finalized.load() == kObjects, "objects were finalized again");
  }
}

template <class H>
struct WeakClauses {
  Clause weak{
      "GC-22", ClauseClass::kViolation, "gc/concept.h",
      "A Weak is null after the collection that found its object unreachable, and its object until then",
      &check_weak<H>};
  Clause old{"GC-23", ClauseClass::kViolation, "gc/concept.h",
             "A minor collection clears the Weaks of old objects whose young targets died, and no others",
             &check_old_weak<H>};
  Clause finalizers{"GC-25", ClauseClass::kViolation, "CONTRACT GC-07, GC-08; gc/concept.h",
                    "Weak references are cleared before any finalizer runs, and are exact in objects that "
                    "finalizers keep",
                    &check_weak_and_finalizers<H>};
};

}  // namespace assay::suite::collector
