// Finalizers: GC-07 to GC-09, GC-26 to GC-28.
#pragma once

#include <cstddef>
#include <vector>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

template <class H>
inline constexpr bool kFinalizesExactly = H::kTraits.finalizes&& kExact<H>;

// Counts its own finalizations and destructions, outside the heap.
struct Ends {
  explicit Ends(std::size_t objects) : finalized(objects, 0), destroyed(objects, 0) {}
  std::vector<int> finalized, destroyed;
};

template <class H>
struct Mortal {
  Mortal(Ends& ends_, std::size_t number_) : ends(&ends_), number(number_) {}
  ~Mortal() { ++ends->destroyed[number]; }
  void finalize(Mutator<H>&) noexcept {
    require(ends->finalized[number]++ == 0, "object %zu was finalized twice", number);
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
    visit(other);
  }
  Ends* ends;
  std::size_t number;
  Member<H, Mortal> next, other;
};

template <class H>
void check_finalized_once() {
  if constexpr (!kFinalizesExactly<H>) {
    absent("claims no finalizers, or is not precise");
  } else {
    constexpr std::size_t kObjects = 300;
    Ends ends(4 * kObjects);
    {
      H heap(told());
      Mutator<H> mutator(heap);
      Root<H, Array<Member<H, Mortal<H>>>> all(mutator);
      all = made_array<Member<H, Mortal<H>>>(mutator, kObjects);
      std::size_t number = 0;
      for (std::size_t round = 0; round < 4; ++round) {
        for (std::size_t i = 0; i < kObjects; ++i) {
          Mortal<H>* const object = made<Mortal<H>>(mutator, ends, number++);
          (*all.get())[i] = object;
        }
        // Most have lived through a collection, and some through several of any kind.
        for (std::size_t i = 0; i < 2 * round; ++i)
          mutator.collect(i % 2 == 0 ? Collection::kMajor : Collection::kMinor);
        for (std::size_t i = 0; i < number; ++i)
          require(ends.finalized[i] == (i < number - kObjects), "reachable object %zu was finalized", i);
        for (std::size_t i = 0; i < kObjects; i += 2) (*all.get())[i] = nullptr;
        mutator.collect(Collection::kMajor);
        const auto expect_all = [&](std::size_t odd) {
          for (std::size_t i = number - kObjects; i < number; ++i)
            require(ends.finalized[i] == (i % 2 == 0 || odd),
                    "object %zu was finalized %d times instead of %d", i, ends.finalized[i],
                    i % 2 == 0 || odd);
        };
        expect_all(0);
        mutator.collect(Collection::kMajor);
        expect_all(0);
        for (std::size_t i = 0; i < kObjects; ++i) (*all.get())[i] = nullptr;
        mutator.collect(Collection::kMajor);
        expect_all(1);
        collect_all(mutator);
        expect_all(1);
      }
      if constexpr (H::kTraits.destroys)
        for (std::size_t i = 0; i < number; ++i)
          require(ends.destroyed[i] == 1,
                  "finalized object %zu was destroyed %d times by two more collections", i,
                  ends.destroyed[i]);
    }
  }
}

template <class H>
void check_finalizer_cycles() {
  if constexpr (!kFinalizesExactly<H>) {
    absent("claims no finalizers, or is not precise");
  } else {
    constexpr std::size_t kObjects = 120;
    Ends ends(kObjects);
    {
      H heap(told());
      Mutator<H> mutator(heap);
      Root<H, Mortal<H>> head(mutator), last(mutator);
      std::size_t number = 0;
      for (std::size_t length = 2; number + length <= kObjects; ++length) {
        head = made<Mortal<H>>(mutator, ends, number++);
        last = head.get();
        for (std::size_t i = 1; i < length; ++i) {
          Mortal<H>* const fresh = made<Mortal<H>>(mutator, ends, number++);
          fresh->next = head.get();
          fresh->other = head.get();
          head = fresh;
        }
        if (length % 3 != 0) last.get()->next = head.get();  // a cycle, otherwise a chain
      }
      head = nullptr;
      last = nullptr;
      collect_all(mutator);
      for (std::size_t i = 0; i < number; ++i)
        require(ends.finalized[i] == 1,
                "object %zu of %zu in cycles and chains of finalizable objects was not finalized", i, number);
      collect_all(mutator);
      if constexpr (H::kTraits.destroys)
        for (std::size_t i = 0; i < number; ++i)
          require(ends.destroyed[i] == 1, "object %zu of %zu in cycles and chains was not reclaimed", i,
                  number);
    }
  }
}

// Compares all that it reaches with what it was, and may make itself reachable again.
template <class H>
struct Remembering {
  Remembering(Node<H>* graph_, Probe<H>* probe, Root<H, Remembering>* keeper_) : keeper(keeper_) {
    graph = graph_;
    chain = probe;
    print = fingerprint(graph.get());
  }
  void finalize(Mutator<H>&) noexcept {
    Tally::count(Tally::finalized);
    expect_sound("in a finalizer");
    if (peer.get() != nullptr) peer.get()->expect_sound("in the finalizer of another");
    if (keeper != nullptr) *keeper = this;
  }
  void expect_sound(const char* when) const {
    require(fingerprint(graph.get()) == print, "%s, what the finalizable object reaches has changed", when);
    expect_chain(chain.get(), 0, 12, when);
    if (numbers.get() == nullptr) return;
    for (const long number : *numbers.get())
      require(number == 77, "%s, an array has changed that the finalizable object reaches", when);
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(graph);
    visit(chain);
    visit(numbers);
    visit(peer);
  }
  Member<H, Node<H>> graph;
  Member<H, Probe<H>> chain;
  Member<H, Array<long>> numbers;
  Member<H, Remembering> peer;
  Root<H, Remembering>* keeper;
  std::uint64_t print = 0;
};

template <class H>
void make_remembering(Mutator<H>& mutator, Root<H, Remembering<H>>& made_last, int size,
                      Root<H, Remembering<H>>* keeper, Random& random) {
  Root<H, Node<H>> graph(mutator);
  Root<H, Probe<H>> chain(mutator);
  Root<H, Array<long>> numbers(mutator);
  make_graph<H>(mutator, graph, size, random);
  make_chain<Probe<H>>(mutator, chain, 0, 12);
  numbers = made_array<long>(mutator, 50);
  for (long& number : *numbers.get()) number = 77;
  Remembering<H>* const object = made<Remembering<H>>(mutator, graph.get(), chain.get(), keeper);
  object->numbers = numbers.get();
  object->peer = made_last.get();
  made_last = object;
}

template <class H>
void check_finalizer_graph() {
  if constexpr (!kFinalizesExactly<H>) {
    absent("claims no finalizers, or is not precise");
  } else {
    Random random(seed());
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Remembering<H>> last(mutator);
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 15; ++i) make_remembering<H>(mutator, last, 40, nullptr, random);
      for (int i = 0; i < round; ++i) mutator.collect(i == 0 ? Collection::kMinor : Collection::kMajor);
      last = nullptr;
      collect_all(mutator);
      require(Tally::finalized.load() == 15 * (round + 1), "of %d unreachable objects %ld were finalized",
              15 * (round + 1), Tally::finalized.load());
    }
    collect_all(mutator);
    if constexpr (H::kTraits.destroys)
      require(Tally::alive() == 0, "%ld objects that finalizable ones referred to are left", Tally::alive());
  }
}

template <class H>
void check_resurrection() {
  if constexpr (!kFinalizesExactly<H>) {
    absent("claims no finalizers, or is not precise");
  } else {
    Random random(seed() + 1);
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Remembering<H>> keeper(mutator), last(mutator);
    for (const int before : {0, 1, 3}) {
      keeper = nullptr;
      collect_all(mutator);
      Tally::finalized.store(0);
      // Its peer is kept by it alone, and has been finalized too.
      make_remembering<H>(mutator, last, 60, nullptr, random);
      make_remembering<H>(mutator, last, 60, &keeper, random);
      for (int i = 0; i < before; ++i) mutator.collect(i == 1 ? Collection::kMajor : Collection::kMinor);
      last = nullptr;
      mutator.collect(Collection::kMajor);
      require(keeper.get() != nullptr, "the finalizer of an unreachable object did not run");
      for (const Collection kind : {Collection::kMinor, Collection::kMajor, Collection::kCompact,
                                    Collection::kMinor, Collection::kMajor}) {
        overwrite<Node<H>>(mutator, 150);
        overwrite<Probe<H>>(mutator, 30);
        const char* const when = "after a finalizer made it reachable again";
        keeper.get()->expect_sound(when);
        require(keeper.get()->peer.get() != nullptr, "%s, an object lost its reference to another", when);
        keeper.get()->peer.get()->expect_sound(when);
        mutator.collect(kind);
      }
    }
  }
}

template <class H>
struct Returning {
  Returning(Root<H, Returning>& keeper_, long number_) : keeper(&keeper_), number(number_) {
    Tally::count(Tally::made);
  }
  ~Returning() { Tally::count(Tally::destroyed); }
  void finalize(Mutator<H>&) noexcept {
    Tally::count(Tally::finalized);
    next = keeper->get();
    *keeper = this;
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
  }
  Root<H, Returning>* keeper;
  long number;
  Member<H, Returning> next;
};

template <class H>
void check_returned_once() {
  if constexpr (!kFinalizesExactly<H>) {
    absent("claims no finalizers, or is not precise");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Returning<H>> keeper(mutator);
    constexpr long kObjects = 50;
    for (long round = 1; round <= 3; ++round) {
      for (long i = 0; i < kObjects; ++i) made<Returning<H>>(mutator, keeper, i);
      mutator.collect(Collection::kMajor);
      require(Tally::finalized.load() == round * kObjects, "%ld objects were finalized instead of %ld",
              Tally::finalized.load(), round * kObjects);
      for (long i = 0; i < round; ++i) mutator.collect(Collection::kMajor);
      long count = 0;
      for (const Returning<H>* at = keeper.get(); at != nullptr; at = at->next.get()) ++count;
      require(count == kObjects, "of %ld objects that finalizers made reachable %ld are", kObjects, count);
      if constexpr (H::kTraits.destroys)
        require(Tally::alive() == kObjects, "of %ld objects that finalizers made reachable %ld are left",
                kObjects, Tally::alive());
      keeper = nullptr;
      collect_all(mutator);
      require(keeper.get() == nullptr && Tally::finalized.load() == round * kObjects,
              "objects were finalized again that finalizers had made reachable");
      if constexpr (H::kTraits.destroys)
        require(Tally::alive() == 0,
                "%ld of %ld objects that were finalized and reachable again were not reclaimed",
                Tally::alive(), kObjects);
    }
  }
}

// Its finalizer makes rings of objects, a few that are kept, and others like itself.
template <class H>
struct Busy {
  Busy(Root<H, Probe<H>>& kept_, int generations_) : kept(&kept_), generations(generations_) {
    Tally::count(Tally::made);
  }
  ~Busy() { Tally::count(Tally::destroyed); }
  void finalize(Mutator<H>& mutator) noexcept {
    Tally::count(Tally::finalized);
    // Not this object after the first make().
    Root<H, Probe<H>>& list = *kept;
    const int left = generations;
    Root<H, Probe<H>> first(mutator), second(mutator);
    for (int i = 0; i < 20; ++i) {
      first = made<Probe<H>>(mutator, 1);
      second = made<Probe<H>>(mutator, 2);
      first.get()->left = second.get();
      second.get()->left = first.get();
    }
    Probe<H>* const fresh = made<Probe<H>>(mutator, 3);
    fresh->left = list.get();
    list = fresh;
    if (left > 0) made<Busy>(mutator, list, left - 1);
  }
  Root<H, Probe<H>>* kept;
  int generations;
};

template <class H>
void check_working_finalizers() {
  if constexpr (!kFinalizesExactly<H>) {
    absent("claims no finalizers, or is not precise");
  } else {
    for (const Schedule schedule : {Schedule::kExplicit, Schedule::kEveryAllocation}) {
      Tally::made = Tally::destroyed = Tally::finalized = 0;
      CollectorOptions options;
      options.schedule = schedule;
      H heap(options);
      Mutator<H> mutator(heap);
      Root<H, Probe<H>> kept(mutator);
      constexpr int kObjects = 8, kGenerations = 3;
      for (int i = 0; i < kObjects; ++i) made<Busy<H>>(mutator, kept, kGenerations);
      for (int i = 0; i < 2 * kGenerations + 4; ++i) mutator.collect(Collection::kMajor);
      constexpr long kAll = kObjects * (kGenerations + 1);
      require(Tally::finalized.load() == kAll,
              "%ld objects that finalizers made were finalized, instead of %ld",
              Tally::finalized.load() - kObjects, kAll - kObjects);
      long count = 0;
      for (const Probe<H>* at = kept.get(); at != nullptr; at = at->left.get(), ++count)
        expect_value(at, 3, "made by a finalizer");
      require(count == kAll, "of %ld objects that finalizers made and kept %ld are left", kAll, count);
      collect_all(mutator);
      if constexpr (H::kTraits.destroys)
        require(Tally::alive() == kAll, "of %ld objects that finalizers made in cycles %ld are left",
                40 * kAll, Tally::alive() - kAll);
    }
  }
}

template <class H>
struct FinalizerClauses {
  Clause once{"GC-07", ClauseClass::kViolation, "CONTRACT GC-07",
              "finalize() runs once, for unreachable objects only, before the collection returns",
              &check_finalized_once<H>};
  Clause resurrection{"GC-08", ClauseClass::kViolation, "CONTRACT GC-08",
                      "A finalizer that makes its object reachable again keeps all that the object reaches",
                      &check_resurrection<H>};
  Clause busy{
      "GC-09", ClauseClass::kViolation, "CONTRACT GC-09",
      "A finalizer may make objects, store them and build cycles, which are reclaimed when unreachable",
      &check_working_finalizers<H>};
  Clause graph{"GC-26", ClauseClass::kViolation, "gc/concept.h",
               "A finalizer finds its object, and all that it reaches, as it was", &check_finalizer_graph<H>};
  Clause cycles{"GC-27", ClauseClass::kViolation, "gc/concept.h; Boehm 2003",
                "Finalizable objects that refer to one another, in chains and cycles, are all finalized",
                &check_finalizer_cycles<H>};
  Clause returned{"GC-28", ClauseClass::kViolation, "gc/concept.h",
                  "An object that its finalizer made reachable is not finalized again, and is reclaimed when "
                  "unreachable",
                  &check_returned_once<H>};
};

}  // namespace assay::suite::collector
