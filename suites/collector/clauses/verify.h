// The verifier: GC-50, GC-51 and GC-62.
#pragma once

#include <cstddef>
#include <cstring>

#include "suites/collector/clauses/marking.h"
#include "suites/core/trap.h"

namespace assay::suite::collector {

// Has the heap looked at from within constructors and finalizers.
template <class H>
struct Inspecting {
  Inspecting(Mutator<H>& mutator, bool throws) {
    mutator.verify();
    Node<H>* fresh = made<Node<H>>(mutator, 1);
    member = fresh;
    fresh = made<Node<H>>(mutator, 2);
    member.get()->left = fresh;
    mutator.verify();
    if (throws) throw 1;
  }
  void finalize(Mutator<H>& mutator) noexcept {
    Tally::count(Tally::finalized);
    mutator.verify();
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(member);
  }
  Member<H, Node<H>> member;
};

template <class H>
void check_verify_accepts() {
  if constexpr (!kClaims<H>.verifies) {
    absent("claims no verify()");
  } else {
    CollectorOptions options = told();
    options.slice = 1;
    H heap(options);
    Mutator<H> mutator(heap);
    mutator.verify();
    Root<H, Holder<H>> first(mutator), second(mutator);
    Root<H, Node<H>> graph(mutator);
    Random random(seed());
    furnish<H>(mutator, first);
    mutator.verify();
    for (int round = 0; round < 3; ++round) {
      make_graph<H>(mutator, graph, 200, random);
      furnish<H>(mutator, second);
      mutator.verify();
      first.get()->next = second.get();
      first.get()->ballast = graph.get();
      mutator.verify();
      if constexpr (H::kTraits.incremental) {
        bool ended = false;
        for (int i = 0; !ended; ++i) {
          ended = mutator.step();
          if (i < 12 || i % 64 == 0) mutator.verify();
          if (i % 5 == 0) first.get()->direct = i % 2 == 0 ? graph.get() : nullptr;
          if (i % 16 == 0) {
            made_array<long>(mutator, 8);
            mutator.verify();
          }
        }
      }
      for (const Collection kind :
           {Collection::kMinor, Collection::kMajor, Collection::kMinor, Collection::kCompact}) {
        mutator.collect(kind);
        mutator.verify();
        overwrite<Node<H>>(mutator, 30);
        mutator.verify();
        Node<H>* const fresh = made<Node<H>>(mutator, 1);
        first.get()->nested.second = fresh;
        mutator.verify();
      }
      for (int i = 0; i < 4; ++i) {
        try {
          made<Inspecting<H>>(mutator, mutator, i % 2 == 0);
        } catch (int) {
          mutator.verify();
        }
      }
      second = nullptr;
      first.get()->next = nullptr;
      mutator.collect(Collection::kMajor);
      mutator.verify();
    }
    first = nullptr;
    graph = nullptr;
    mutator.verify();
    collect_all(mutator);
    mutator.verify();
  }
}

enum class Damage { kWild, kZeroPage, kInterior, kOutside, kStale, kOtherHeap };

// As what writes beyond its bounds would leave it.
template <class Reference>
void damage(Reference& reference, const void* value) {
  static_assert(sizeof(Reference) <= sizeof value);
  std::memcpy(static_cast<void*>(&reference), &value, sizeof reference);
}

template <class H>
void verify_damaged(Damage what, bool in_array) {
  H heap(told());
  Mutator<H> mutator(heap);
  Root<H, Holder<H>> holder(mutator);
  furnish<H>(mutator, holder);
  Node<H>* const direct = made<Node<H>>(mutator, 1);
  holder.get()->direct = direct;
  mutator.collect(Collection::kMajor);
  mutator.verify();
  alignas(64) static char outside[256];
  const void* value = nullptr;
  switch (what) {
    case Damage::kWild:
      value = reinterpret_cast<const void*>(0x5a5a5a5a5a5a5a50);
      break;
    case Damage::kZeroPage:
      value = reinterpret_cast<const void*>(0x40);
      break;
    case Damage::kInterior:
      value = reinterpret_cast<const char*>(holder.get()->direct.get()) + 8;
      break;
    case Damage::kOutside:
      value = outside + 64;
      break;
    case Damage::kStale:
      value = made<Node<H>>(mutator, 2);
      collect_all(mutator);
      break;
    case Damage::kOtherHeap:
      if constexpr (H::kTraits.independent_heaps) {
        static H other(told());
        static Mutator<H> in_other(other);
        static Root<H, Node<H>> foreign(in_other);
        foreign = made<Node<H>>(in_other, 3);
        value = foreign.get();
      }
      break;
  }
  damage(in_array ? (*holder.get()->array.get())[3] : holder.get()->direct, value);
  mutator.verify();
  // Not the ends of the mutator and of the heap: these may find the damage too.
  _exit(0);
}

template <class H>
void check_verify_traps() {
  if constexpr (!kClaims<H>.verifies) {
    absent("claims no verify()");
  } else {
    for (const bool in_array : {false, true}) {
      const auto expect_trap = [&](const char* name, Damage what) {
        require_trap(name, [&] { verify_damaged<H>(what, in_array); });
      };
      expect_trap("a reference overwritten with 0x5a5a…", Damage::kWild);
      if constexpr (sizeof(Member<H, Node<H>>) == sizeof(void*)) {
        expect_trap("a reference overwritten with a small number", Damage::kZeroPage);
        expect_trap("a reference to the inside of an object", Damage::kInterior);
        expect_trap("a reference to no part of the heap", Damage::kOutside);
        if constexpr (kExact<H>) expect_trap("a reference to an object that is gone", Damage::kStale);
        if constexpr (H::kTraits.independent_heaps)
          expect_trap("a reference to an object of another heap", Damage::kOtherHeap);
      }
    }
  }
}

// Two that die, made at the beginning and at the end, so that most heaps reclaim them at different times.
template <int>
struct Doomed {
  explicit Doomed(bool& gone_) : gone(&gone_) {}
  ~Doomed() { *gone = true; }
  bool* gone;
  char body[8000];  // as large as what lies between, so that the second goes behind it
};
template <class H>
struct Places {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(first);
    visit(last);
  }
  Member<H, Doomed<0>> first;
  Member<H, Doomed<1>> last;
};

// As a store without a barrier behind the marker would leave it.
template <class Reference>
void overwrite_unseen(Reference& place, const Reference& with) {
  std::memcpy(static_cast<void*>(&place), static_cast<const void*>(&with), sizeof with);
}

// Shows one to verify() after each step, and for that alone, until it is reclaimed: when marking has begun it
// was garbage. When marking may still come by verify() cannot tell, but when the other is gone that is over.
template <class H>
void verify_doomed(bool shows_first) {
  H heap(eager<H>());
  Mutator<H> mutator(heap);
  bool first_gone = false, last_gone = false;
  Root<H, Places<H>> places(mutator);
  Root<H, Doomed<0>> first(mutator);
  Root<H, Doomed<1>> last(mutator);
  Root<H, Array<Member<H, Array<long>>>> ballast(mutator);  // so that sweeping takes several steps
  constexpr std::size_t kBallast = 600;
  places = made<Places<H>>(mutator);
  first = made<Doomed<0>>(mutator, first_gone);
  ballast = made_array<Member<H, Array<long>>>(mutator, kBallast);
  for (std::size_t i = 0; i < kBallast; ++i) {
    Array<long>* const array = made_array<long>(mutator, 1000);
    (*ballast.get())[i] = array;
  }
  last = made<Doomed<1>>(mutator, last_gone);
  Places<H> shown;  // outside the heap, where nobody sees it
  const Places<H> null;
  if (shows_first)
    shown.first = first.get();
  else
    shown.last = last.get();
  first = nullptr;
  last = nullptr;
  const bool &gone = shows_first ? first_gone : last_gone, &other_gone = shows_first ? last_gone : first_gone;
  for (int i = 0; i < kMostSteps; ++i) {
    advance<H>(mutator);
    if (gone) break;
    mutator.verify();  // a marker on another thread rests now
    overwrite_unseen(places.get()->first, shown.first);
    overwrite_unseen(places.get()->last, shown.last);
    mutator.verify();
    require(!other_gone, "verify() accepts a reachable object that the collection under way will reclaim");
    overwrite_unseen(places.get()->first, null.first);
    overwrite_unseen(places.get()->last, null.last);
  }
  _exit(0);
}

template <class H>
void check_verify_marking() {
  if constexpr (!kClaims<H>.verifies || !kMarksBeside<H> || !kClaims<H>.destroys || !kExact<H>) {
    absent("claims no verify(), no marking beside the program or no destructors, or is not precise");
  } else {
    bool trapped = false;
    for (const bool shows_first : {true, false}) {
      CapturedOutput output;
      const Ending ending = run_forked([shows_first] { verify_doomed<H>(shows_first); });
      output.restore();
      char line[200];
      const bool named = output.first_line(line) && names_an_invariant(line);
      require(ending.clean() || (ending.signal == SIGABRT && named),
              "a reachable object without a mark ended verify() with %s and without an invariant",
              describe(ending));
      trapped |= !ending.clean();
    }
    if (!trapped) absent("reclaims all in one step, before which nobody can tell");
  }
}

template <class H>
struct VerifyClauses {
  Clause accepts{"GC-50", ClauseClass::kViolation, "gc/concept.h",
                 "verify() accepts a sound heap at any time", &check_verify_accepts<H>};
  Clause traps{"GC-51", ClauseClass::kViolation, "gc/concept.h",
               "verify() traps on a reference that leads to no object", &check_verify_traps<H>};
  Clause marking{"GC-62", ClauseClass::kViolation, "gc/concept.h",
                 "verify() traps when a reachable object is about to be reclaimed, before that happens",
                 &check_verify_marking<H>};
};

}  // namespace assay::suite::collector
