// Compaction: GC-39 to GC-42.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suites/collector/clauses/roots.h"

namespace assay::suite::collector {

// `scattered` objects of which each `gap`-th stays, as elements of `kept`.
template <class T, class M, class R>
void scatter(M& mutator, R& kept, std::size_t scattered, std::size_t gap) {
  for (std::size_t i = 0; i < scattered; ++i) {
    T* const object = made<T>(mutator, static_cast<long>(i));
    if (i % gap == 0) (*kept.get())[i / gap] = object;
  }
}

template <class H>
void check_moved_contents() {
  if constexpr (!kClaims<H>.moves) {
    absent("moves nothing");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    constexpr std::size_t kScattered = 12'000, kGap = 12, kKept = kScattered / kGap;
    Root<H, References<H>> kept(mutator);
    Root<H, Node<H>> graph(mutator), element(mutator);
    Root<H, Array<Member<H, Array<long>>>> arrays(mutator);
    Root<H, Base<H>> derived(mutator);
    Random random(seed());
    kept = made_array<Member<H, Node<H>>>(mutator, kKept);
    arrays = made_array<Member<H, Array<long>>>(mutator, 100);
    bool any_moved = false;
    for (int round = 0; round < 3; ++round) {
      scatter<Node<H>>(mutator, kept, kScattered, kGap);
      make_graph<H>(mutator, graph, 600, random);
      for (std::size_t i = 0; i < kKept; ++i) {
        (*kept.get())[i].get()->left = (*kept.get())[(i * 7 + 3) % kKept].get();
        (*kept.get())[i].get()->right = i % 10 == 0 ? graph.get() : nullptr;
      }
      for (std::size_t i = 0; i < 1000; ++i) {
        Array<long>* const array = made_array<long>(mutator, 20 + i % 3 * 40);
        for (long& number : *array) number = static_cast<long>(i);
        if (i % 10 == 0) (*arrays.get())[i / 10] = array;
      }
      derived = nullptr;
      for (long i = 0; i < 200; ++i) {
        Root<H, Derived<H>> object(mutator);
        object = made<Derived<H>>(mutator, i);
        Node<H>* const own = made<Node<H>>(mutator, i + 1000);
        object.get()->own = own;
        if (i % 20 != 0) continue;
        object.get()->next = derived.get();
        derived = object.get();
      }
      element = (*kept.get())[kKept / 2].get();
      std::vector<std::uintptr_t> places;
      for (const auto& reference : *kept.get())
        places.push_back(reinterpret_cast<std::uintptr_t>(reference.get()));
      const std::uint64_t print = fingerprint((*kept.get())[0].get()), graph_print = fingerprint(graph.get());
      for (int again = 0; again < 2; ++again) {
        mutator.collect(Collection::kCompact);
        overwrite<Node<H>>(mutator, 500);
        require(fingerprint((*kept.get())[0].get()) == print,
                "a compaction changed a graph of 1,600 objects");
        require(fingerprint(graph.get()) == graph_print, "a compaction changed a graph of 600 objects");
        require(element.get() == (*kept.get())[kKept / 2].get(),
                "after a compaction a Root and a Member that referred to one object refer to two");
        for (std::size_t i = 0; i < kKept; ++i) {
          const Node<H>* const node = (*kept.get())[i].get();
          expect_value(node, static_cast<long>(i * kGap), "after a compaction");
          require(node->left.get() == (*kept.get())[(i * 7 + 3) % kKept].get(),
                  "after a compaction a Member refers to another object than before");
          any_moved |= reinterpret_cast<std::uintptr_t>(node) != places[i];
        }
        for (std::size_t i = 0; i < 100; ++i) {
          const Array<long>* const array = (*arrays.get())[i].get();
          require(array->size() == 20 + i * 10 % 3 * 40, "a compaction changed the size of an array");
          for (std::size_t at = 0; at < array->size(); ++at)
            require((*array)[at] == static_cast<long>(i * 10), "a compaction changed an element of an array");
        }
        const Base<H>* at = derived.get();
        for (long value = 180; value >= 0; value -= 20, at = at->next.get()) expect_derived<H>(at, value);
      }
      mutator.collect(round == 0 ? Collection::kMinor : Collection::kMajor);
      require(fingerprint((*kept.get())[0].get()) == print,
              "a collection after a compaction changed a graph");
    }
    require(any_moved, "claims to move objects, and moved none of 1,000 among 11,000 that are gone");
    if constexpr (H::kTraits.counts)
      require(heap.stats().moved_objects > 0, "objects were moved, and moved_objects is 0");
  }
}

template <class H>
void check_moved_handles() {
  if constexpr (!kClaims<H>.moves) {
    absent("moves nothing");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    constexpr std::size_t kScattered = 6000, kGap = 20, kKept = kScattered / kGap;
    Root<H, References<H>> kept(mutator);
    kept = made_array<Member<H, Node<H>>>(mutator, kKept);
    scatter<Node<H>>(mutator, kept, kScattered, kGap);
    std::vector<Persistent<H, Node<H>>> handles;
    Persistent<H, References<H>> array = persistent<H>(mutator, kept.get());
    for (std::size_t i = 0; i < kKept; ++i) {
      handles.push_back(persistent<H>(mutator, (*kept.get())[i].get()));
      if (i % 2 == 0) (*kept.get())[i] = nullptr;  // the handle is all that there is
    }
    const auto expect_handles = [&] {
      require(array.get() == kept.get(),
              "after a compaction a Persistent and a Root refer to different arrays");
      for (std::size_t i = 0; i < kKept; ++i) {
        expect_value(handles[i].get(), static_cast<long>(i * kGap), "that a Persistent refers to, compacted");
        if (i % 2 == 1)
          require(handles[i].get() == (*kept.get())[i].get(),
                  "after a compaction a Persistent and a Member that referred to one object refer to two");
      }
    };
    if constexpr (H::kTraits.has_weak) {
      Root<H, Array<Weak<H, Node<H>>>> weaks(mutator);
      weaks = made_array<Weak<H, Node<H>>>(mutator, 2 * kKept);
      for (std::size_t i = 0; i < kKept; ++i) {
        (*weaks.get())[i] = handles[i].get();
        Node<H>* const dead = made<Node<H>>(mutator, kRubbish);
        (*weaks.get())[kKept + i] = dead;
      }
      for (int again = 0; again < 2; ++again) {
        mutator.collect(Collection::kCompact);
        overwrite<Node<H>>(mutator, 400);
        expect_handles();
        for (std::size_t i = 0; i < kKept; ++i) {
          require((*weaks.get())[i].get() == handles[i].get(),
                  "after a compaction a Weak and a Persistent that referred to one object do not");
          if constexpr (kExact<H>)
            require((*weaks.get())[kKept + i].get() == nullptr,
                    "after a compaction a Weak of an object that is gone is not null");
        }
      }
    }
    mutator.collect(Collection::kCompact);
    overwrite<Node<H>>(mutator, 400);
    expect_handles();
  }
}

template <class H>
struct Pinned {
  static constexpr bool kPinned = true;
  explicit Pinned(long value_) : value(value_) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
    visit(movable);
  }
  Member<H, Pinned> next;
  Member<H, Node<H>> movable;
  long value;
};

template <class H>
void check_pinned() {
  if constexpr (!kClaims<H>.moves) {
    absent("moves nothing");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Pinned<H>> pinned(mutator), fresh(mutator);
    std::vector<std::uintptr_t> places;  // not addresses that a conservative heap would find
    constexpr long kKept = 150;
    const auto hidden = [](const void* address) { return ~reinterpret_cast<std::uintptr_t>(address); };
    for (long i = 0; i < kKept * 10; ++i) {
      fresh = made<Pinned<H>>(mutator, i);
      Node<H>* const movable = made<Node<H>>(mutator, i);
      fresh.get()->movable = movable;
      if (i % 10 != 0) continue;
      fresh.get()->next = pinned.get();
      pinned = fresh.get();
      places.push_back(hidden(fresh.get()));
    }
    fresh = nullptr;
    for (int round = 0; round < 3; ++round) {
      mutator.collect(Collection::kCompact);
      overwrite<Pinned<H>>(mutator, 100);
      overwrite<Node<H>>(mutator, 300);
      const Pinned<H>* at = pinned.get();
      for (long i = kKept - 1; i >= 0; --i, at = at->next.get()) {
        require(hidden(at) == places[static_cast<std::size_t>(i)], "an object of a pinned type was moved");
        require(at->value == i * 10, "an object of a pinned type was overwritten");
        expect_value(at->movable.get(), i * 10, "that an object of a pinned type refers to, compacted");
      }
    }
  }
}

template <class H>
void check_compacts() {
  if constexpr (!kClaims<H>.moves || !kClaims<H>.gives_back) {
    absent("moves nothing, or claims to give no memory back");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    constexpr std::size_t kScattered = 40'000, kGap = 25, kKept = kScattered / kGap;
    Root<H, References<H>> kept(mutator);
    kept = made_array<Member<H, Node<H>>>(mutator, kKept);
    scatter<Node<H>>(mutator, kept, kScattered, kGap);
    const std::uint64_t full = heap.stats().held_bytes;
    collect_all(mutator);
    const std::uint64_t scattered = heap.stats().held_bytes;
    mutator.collect(Collection::kCompact);
    const CollectorStats stats = heap.stats();
    note("%llu KiB held, %llu after a collection, %llu after a compaction",
         static_cast<unsigned long long>(full >> 10), static_cast<unsigned long long>(scattered >> 10),
         static_cast<unsigned long long>(stats.held_bytes >> 10));
    require(stats.held_bytes <= full / 3,
            "%llu bytes are held for each 25th of %zu objects, and %llu were for all",
            static_cast<unsigned long long>(stats.held_bytes), kScattered,
            static_cast<unsigned long long>(full));
    for (std::size_t i = 0; i < kKept; ++i)
      expect_value((*kept.get())[i].get(), static_cast<long>(i * kGap), "after a compaction");
  }
}

template <class H>
struct MoveClauses {
  Clause contents{"GC-39", ClauseClass::kViolation, "gc/concept.h",
                  "A compaction changes addresses only: contents, members, arrays and roots are as before",
                  &check_moved_contents<H>};
  Clause handles{"GC-40", ClauseClass::kViolation, "gc/concept.h",
                 "A compaction updates Persistents and Weaks", &check_moved_handles<H>};
  Clause pinned{"GC-41", ClauseClass::kViolation, "gc/concept.h",
                "Objects of pinned types keep their addresses", &check_pinned<H>};
  Clause compacts{"GC-42", ClauseClass::kViolation, "gc/concept.h; Saunders 1974",
                  "A compaction moves scattered objects together and gives the rest of the memory back",
                  &check_compacts<H>};
};

}  // namespace assay::suite::collector
