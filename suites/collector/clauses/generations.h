// Young and old: GC-43 to GC-45.
#pragma once

#include <cstddef>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

template <class H>
inline constexpr bool kSeesGenerations = H::kTraits.generational&& H::kTraits.destroys&& kExact<H>;

inline CollectorOptions aged(unsigned age) {
  CollectorOptions options;
  options.schedule = Schedule::kExplicit;
  options.promotion_age = age;
  return options;
}

// What died young is reclaimed by the next minor collection, what died old is not.
template <class H>
void check_promotion_age() {
  if constexpr (!kSeesGenerations<H>) {
    absent("claims no generations or no destructors, or is not precise");
  } else {
    for (const unsigned age : {0u, 1u, 2u, 3u}) {
      for (unsigned survived = 0; survived <= age + 2; ++survived) {
        H heap(aged(age));
        Mutator<H> mutator(heap);
        const long before = Tally::alive();
        Root<H, Probe<H>> objects(mutator);
        make_chain<Probe<H>>(mutator, objects, 0, 50);
        for (unsigned i = 0; i < survived; ++i) mutator.collect(Collection::kMinor);
        expect_chain(objects.get(), 0, 50, "after minor collections");
        objects = nullptr;
        mutator.collect(Collection::kMinor);
        const bool old = survived > age;
        require(Tally::alive() - before == (old ? 50 : 0),
                "of 50 objects that survived %u minor collections and died %ld are left after the next; the "
                "promotion age is %u",
                survived, Tally::alive() - before, age);
      }
    }
  }
}

// What a heap remembers of an old object that referred to young ones is of no use when the field refers to
// something else, or when the object is gone.
template <class H>
void check_stale_entries() {
  using References = Array<Member<H, Probe<H>>>;
  constexpr std::size_t kOld = 200, kElements = 220;  // more bytes than a heap puts off using again
  H heap(aged(3));
  Mutator<H> mutator(heap);
  Root<H, Array<Member<H, References>>> all(mutator);
  Root<H, Probe<H>> holder(mutator), other(mutator);
  all = made_array<Member<H, References>>(mutator, kOld);
  holder = made<Probe<H>>(mutator, 1);
  other = made<Probe<H>>(mutator, 2);
  mutator.collect(Collection::kMajor);
  const auto make_arrays = [&](bool keep) {
    for (std::size_t i = 0; i < kOld; ++i) {
      Root<H, References> array(mutator);
      array = made_array<Member<H, Probe<H>>>(mutator, kElements);
      if (keep) (*all.get())[i] = array.get();
      Probe<H>* const element = made<Probe<H>>(mutator, 10);
      (*array.get())[i] = element;
    }
  };
  const auto young = [&](long value) {
    Probe<H>* const object = made<Probe<H>>(mutator, value);
    holder.get()->left = object;
  };
  const auto age = [&] {
    for (int i = 0; i < 6; ++i) mutator.collect(Collection::kMinor);
  };
  for (int round = 0; round < 2; ++round) {
    age();
    const long before = Tally::alive();
    const auto expect_left = [&](long left, const char* what) {
      mutator.collect(Collection::kMinor);
      require(Tally::alive() - before == left,
              "a minor collection left %ld young objects instead of %ld when %s", Tally::alive() - before,
              left, what);
    };
    young(3);
    expect_left(1, "an old one referred to it");
    young(4);
    expect_left(1, "a store had overwritten the reference of an old one to another");
    expect_value(holder.get()->left.get(), 4, "stored over another in an old object");
    other.get()->left = holder.get()->left;
    holder.get()->left = nullptr;
    expect_left(1, "a copy of an old object's reference was left in another old one");
    expect_value(other.get()->left.get(), 4, "copied from one old object to another");
    other.get()->left = nullptr;
    expect_left(0, "the references of old ones to them were null by now");
    // Old objects die with the young ones that they refer to, and others take their cells, old ones or not.
    make_arrays(true);
    age();
    for (std::size_t i = 0; i < kOld; ++i) {
      Probe<H>* const element = made<Probe<H>>(mutator, 11);
      (*(*all.get())[i].get())[i + 1] = element;
    }
    expect_left(2 * kOld, "old arrays referred to them");
    for (auto& array : *all.get()) array = nullptr;
    mutator.collect(Collection::kMajor);
    require(Tally::alive() == before, "of %zu objects that dead old arrays referred to %ld are left",
            2 * kOld, Tally::alive() - before);
    for (int again = 0; again < 2; ++again) {
      make_arrays(false);
      expect_left(0, "all were garbage, in the place of dead old ones that had referred to young ones");
    }
    if constexpr (H::kTraits.verifies) mutator.verify();
  }
}

template <class H>
void check_minor_garbage() {
  if constexpr (!kSeesGenerations<H>) {
    absent("claims no generations or no destructors, or is not precise");
  } else {
    H heap(aged(3));
    Mutator<H> mutator(heap);
    Root<H, Probe<H>> old(mutator), young(mutator);
    for (int round = 0; round < 3; ++round) {
      const long before = Tally::alive();
      make_chain<Probe<H>>(mutator, old, 0, 100);
      for (int i = 0; i < 6; ++i) mutator.collect(Collection::kMinor);
      // Cycles too, and garbage beside what stays.
      make_chain<Probe<H>>(mutator, young, 100, 200);
      Probe<H>* middle = young.get();
      for (int i = 0; i < 100; ++i) middle = middle->left.get();
      young.get()->right = middle;
      young = middle;
      old = nullptr;
      mutator.collect(Collection::kMinor);
      require(Tally::alive() == before + 200,
              "after a minor collection with 100 young objects of garbage and 100 old ones %ld are left",
              Tally::alive() - before - 100);
      expect_chain(young.get(), 200, 100, "after a minor collection");
      young = nullptr;
      mutator.collect(Collection::kMinor);
      mutator.collect(Collection::kMinor);
      require(Tally::alive() == before + 100,
              "of 100 old objects that are garbage minor collections left %ld", Tally::alive() - before);
      mutator.collect(Collection::kMajor);
      require(Tally::alive() == before, "of 100 old objects that are garbage a full collection left %ld",
              Tally::alive() - before);
    }
    check_stale_entries<H>();
  }
}

// No store tells the heap of these references once their object is old.
template <class H>
void check_promoted_references() {
  if constexpr (!kClaims<H>.generational) {
    absent("claims no generations");
  } else {
    for (const unsigned age : {0u, 1u, 2u, 3u}) {
      for (unsigned later = 0; later <= age + 1; ++later) {
        H heap(aged(age));
        Mutator<H> mutator(heap);
        Root<H, Node<H>> object(mutator);
        Root<H, References<H>> array(mutator);
        object = made<Node<H>>(mutator, 1);
        array = made_array<Member<H, Node<H>>>(mutator, 30);
        for (unsigned i = 0; i < later; ++i) mutator.collect(Collection::kMinor);
        Node<H>* fresh = made<Node<H>>(mutator, 2);
        object.get()->left = fresh;
        for (int i = 0; i < 2; ++i) {  // overwritten: only the last counts
          fresh = made<Node<H>>(mutator, 3);
          (*array.get())[29] = fresh;
        }
        fresh = made<Node<H>>(mutator, 4);
        object.get()->left.get()->left = fresh;
        for (unsigned i = 0; i < age + 5; ++i) {
          mutator.collect(Collection::kMinor);
          overwrite<Node<H>>(mutator, 60);
          const char* const when = "which an object refers to that became old before it";
          expect_value(object.get(), 1, "after minor collections");
          expect_value(object.get()->left.get(), 2, when);
          expect_value((*array.get())[29].get(), 3, when);
          expect_value(object.get()->left.get()->left.get(), 4, when);
        }
        mutator.collect(Collection::kMajor);
        overwrite<Node<H>>(mutator, 60);
        expect_value(object.get()->left.get()->left.get(), 4, "after minor collections and a full one");
      }
    }
  }
}

template <class H>
struct GenerationClauses {
  Clause age{"GC-43", ClauseClass::kViolation, "gc/options.h",
             "An object is young for promotion_age minor collections, and old after the next",
             &check_promotion_age<H>};
  Clause garbage{"GC-44", ClauseClass::kViolation, "gc/concept.h",
                 "A minor collection reclaims young garbage and no old garbage, a full one both",
                 &check_minor_garbage<H>};
  Clause promoted{"GC-45", ClauseClass::kViolation, "Ungar 1984",
                  "What becomes old keeps the young objects that it refers to",
                  &check_promoted_references<H>};
};

}  // namespace assay::suite::collector
