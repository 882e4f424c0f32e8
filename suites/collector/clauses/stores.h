// The ways in which programs store references, each to be seen by the barrier; and GC-03.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

template <class H>
struct Slots {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(first);
    visit(second);
  }
  Member<H, Node<H>> first, second;
  long tag = 0;
};

// What is stored to: references of every kind of place.
template <class H>
struct Holder {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
    visit(ballast);
    visit(direct);
    visit(base);
    for (Member<H, Node<H>>& member : members) visit(member);
    nested.trace(visit);
    visit(array);
    visit(structures);
    visit(wide);
    visit(copied);
  }
  Member<H, Holder> next;
  Member<H, Node<H>> ballast, direct;
  Member<H, Cell<H, Node<H>>> base;
  Member<H, Node<H>> members[3];
  Slots<H> nested;
  Member<H, References<H>> array, wide;
  Member<H, Array<Slots<H>>> structures;
  Member<H, Node<H>> copied;
};

constexpr std::size_t kPlaces = 8, kWideElements = 5000;

template <class H>
void furnish(Mutator<H>& mutator, Root<H, Holder<H>>& holder) {
  using Reference = Member<H, Node<H>>;
  holder = made<Holder<H>>(mutator);
  References<H>* const array = made_array<Reference>(mutator, kPlaces);
  holder.get()->array = array;
  References<H>* const wide = made_array<Reference>(mutator, kWideElements);
  holder.get()->wide = wide;
  Array<Slots<H>>* const structures = made_array<Slots<H>>(mutator, kPlaces);
  holder.get()->structures = structures;
  Node<H>* const copied = made<Node<H>>(mutator, 0);
  holder.get()->copied = copied;
}

// `from` is an object that the reference may come by. Raw pointers: none of these makes anything.
template <class H>
struct StorePath {
  using N = Node<H>;
  using To = Holder<H>;
  const char* name;
  void (*store)(To& to, N* target, To& from);
  N* (*load)(To& to);
  // Changes what two places refer to, where that can be done in one.
  void (*exchange)(To& a, To& b) = nullptr;
};

template <class H>
std::span<const StorePath<H>> store_paths() {
  using N = Node<H>;
  using To = Holder<H>;
  static constexpr auto load_direct = [](To& to) { return to.direct.get(); };
  static constexpr auto load_element = [](To& to) { return (*to.array.get())[1].get(); };
  static constexpr StorePath<H> kPaths[] = {
      {"assignment of a pointer", [](To& to, N* target, To&) { to.direct = target; }, load_direct},
      {"assignment of null, then of a pointer",
       [](To& to, N* target, To&) {
         to.direct = nullptr;
         to.direct = target;
       },
       load_direct},
      {"assignment of another reference",
       [](To& to, N* target, To& from) {
         from.direct = target;
         const Member<H, N>& source = from.direct;
         to.direct = source;
         from.direct = nullptr;
       },
       load_direct},
      {"assignment of a reference that is moved",
       [](To& to, N* target, To& from) {
         from.direct = target;
         to.direct = std::move(from.direct);
         from.direct = nullptr;
       },
       load_direct},
      {"std::swap",
       [](To& to, N* target, To& from) {
         from.direct = target;
         std::swap(to.direct, from.direct);
         from.direct = nullptr;
       },
       load_direct, [](To& a, To& b) { std::swap(a.direct, b.direct); }},
      {"swap, found by lookup",
       [](To& to, N* target, To& from) {
         using std::swap;
         from.direct = target;
         swap(from.direct, to.direct);
         from.direct = nullptr;
       },
       load_direct,
       [](To& a, To& b) {
         using std::swap;
         swap(a.direct, b.direct);
       }},
      {"std::exchange", [](To& to, N* target, To&) { static_cast<void>(std::exchange(to.direct, target)); },
       load_direct},
      {"assignment to a reference to a base", [](To& to, N* target, To&) { to.base = target; },
       [](To& to) { return static_cast<N*>(to.base.get()); }},
      {"assignment to an element of a member array", [](To& to, N* target, To&) { to.members[2] = target; },
       [](To& to) { return to.members[2].get(); }},
      {"assignment to a structure in an object",
       [](To& to, N* target, To&) {
         Slots<H> slots;  // outside the heap
         slots.second = target;
         to.nested = slots;
       },
       [](To& to) { return to.nested.second.get(); }},
      {"assignment to an element of an array", [](To& to, N* target, To&) { (*to.array.get())[1] = target; },
       load_element},
      {"assignment to elements of a large array",
       [](To& to, N* target, To&) {
         // One of three places, far from each other; the others get null.
         const std::size_t place = target == nullptr ? 0 : static_cast<std::size_t>(target->value()) % 3;
         for (std::size_t i = 0; i < 3; ++i) {
           const std::size_t at = (place + i) % 3;
           (*to.wide.get())[at * (kWideElements / 2 - 1)] = i == 0 ? target : nullptr;
         }
       },
       [](To& to) {
         for (std::size_t at = 0; at < 2; ++at)
           if (N* const target = (*to.wide.get())[at * (kWideElements / 2 - 1)].get(); target != nullptr)
             return target;
         return (*to.wide.get())[kWideElements - 2].get();
       }},
      {"std::fill",
       [](To& to, N* target, To&) { std::fill(to.array.get()->begin(), to.array.get()->end(), target); },
       load_element},
      {"std::copy",
       [](To& to, N* target, To& from) {
         (*from.array.get())[1] = target;
         std::copy(from.array.get()->begin(), from.array.get()->end(), to.array.get()->begin());
         (*from.array.get())[1] = nullptr;
       },
       load_element},
      {"std::move of a range",
       [](To& to, N* target, To& from) {
         (*from.array.get())[3] = target;
         std::move(from.array.get()->begin() + 2, from.array.get()->end(), to.array.get()->begin());
         (*from.array.get())[3] = nullptr;
       },
       load_element},
      {"std::swap_ranges",
       [](To& to, N* target, To& from) {
         (*from.array.get())[1] = target;
         std::swap_ranges(to.array.get()->begin(), to.array.get()->end(), from.array.get()->begin());
         (*from.array.get())[1] = nullptr;
       },
       load_element,
       [](To& a, To& b) {
         std::swap_ranges(a.array.get()->begin(), a.array.get()->end(), b.array.get()->begin());
       }},
      {"assignment to a member of a structure in an array",
       [](To& to, N* target, To&) { (*to.structures.get())[2].first = target; },
       [](To& to) { return (*to.structures.get())[2].first.get(); }},
      {"assignment of a structure in an array",
       [](To& to, N* target, To& from) {
         (*from.structures.get())[5].second = target;
         (*to.structures.get())[6] = (*from.structures.get())[5];
         (*from.structures.get())[5].second = nullptr;
       },
       [](To& to) { return (*to.structures.get())[6].second.get(); }},
      {"assignment of a whole object",
       [](To& to, N* target, To& from) {
         from.copied.get()->right = target;
         *to.copied.get() = *from.copied.get();
         from.copied.get()->right = nullptr;
       },
       [](To& to) { return to.copied.get()->right.get(); }},
  };
  return kPaths;
}

// Makes objects old that a Root refers to: more minor collections than the promotion age.
template <class H>
void make_old(Mutator<H>& mutator) {
  for (int i = 0; i < 4; ++i) mutator.collect(Collection::kMinor);
}

// Its body, or its length, may have it allocated among the old; its constructor may last until it is.
template <class H>
struct Big {
  explicit Big(Node<H>* target) : reference() { reference = target; }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(reference);
  }
  char body[50'000];
  Member<H, Node<H>> reference;
};
template <class H>
struct Slow {
  Slow(Mutator<H>& mutator, long value) : initialised(late(mutator, value)) {
    Node<H>* const target = late(mutator, value);
    assigned = target;
  }
  static Node<H>* late(Mutator<H>& mutator, long value) {
    for (int i = 0; i < 12; ++i) made<Node<H>>(mutator, kRubbish);  // a collection each
    return made<Node<H>>(mutator, value);
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(initialised);
    visit(assigned);
  }
  Member<H, Node<H>> initialised, assigned;
};
// The last that it does is to initialise a reference.
template <class H>
struct LastInitialised {
  LastInitialised(Mutator<H>& mutator, long value) : reference(Slow<H>::late(mutator, value)) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(reference);
  }
  Member<H, Node<H>> reference;
};

template <class H>
void check_constructor_stores() {
  {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Big<H>> big(mutator);
    Root<H, References<H>> wide(mutator);
    big = made<Big<H>>(mutator, made<Node<H>>(mutator, 1));
    wide = made_array<Member<H, Node<H>>>(mutator, 20'000);
    Node<H>* const target = made<Node<H>>(mutator, 2);
    (*wide.get())[19'999] = target;
    for (int i = 0; i < 3; ++i) {
      mutator.collect(Collection::kMinor);
      overwrite<Node<H>>(mutator, 100);
      expect_value(big.get()->reference.get(), 1, "stored by the constructor of a large object");
      expect_value((*wide.get())[19'999].get(), 2, "stored to a large new array");
    }
  }
  CollectorOptions options;
  options.schedule = Schedule::kEveryAllocation;
  H heap(options);
  Mutator<H> mutator(heap);
  Root<H, Slow<H>> slow(mutator);
  Root<H, LastInitialised<H>> last(mutator);
  const char* const when = "stored by a constructor that lasted for many collections";
  for (int i = 0; i < 6; ++i) {
    if (i % 3 == 0) slow = made<Slow<H>>(mutator, mutator, 3);
    expect_value(slow.get()->initialised.get(), 3, when);
    expect_value(slow.get()->assigned.get(), 3, when);
    if (i % 3 == 0) last = made<LastInitialised<H>>(mutator, mutator, 4);
    for (int again = 0; again < 3; ++again) {
      mutator.collect(Collection::kMinor);
      overwrite<Node<H>>(mutator, 10);
      expect_value(last.get()->reference.get(), 4, when);
      expect_value(slow.get()->initialised.get(), 3, when);
      expect_value(slow.get()->assigned.get(), 3, when);
    }
  }
}

template <class H>
void check_old_to_young() {
  if constexpr (!kClaims<H>.generational) {
    absent("claims no generations");
  } else {
    for (const StorePath<H>& path : store_paths<H>()) {
      H heap(told());
      Mutator<H> mutator(heap);
      Root<H, Holder<H>> to(mutator), from(mutator);
      furnish<H>(mutator, to);
      make_old<H>(mutator);
      // Again when the reference before is old or gone, and what the heap remembers has been used.
      for (long round = 0; round < 3; ++round) {
        furnish<H>(mutator, from);
        path.store(*to.get(), made<Node<H>>(mutator, 100 + round), *from.get());
        from = nullptr;
        for (int i = 0; i < 3; ++i) {
          mutator.collect(Collection::kMinor);
          overwrite<Node<H>>(mutator, 60);
          const Node<H>* const found = path.load(*to.get());
          require(found != nullptr, "the reference stored by %s is null", path.name);
          require(found->value() == 100 + round,
                  "what an old object refers to by %s was reclaimed by a minor collection", path.name);
        }
      }
    }
    check_constructor_stores<H>();
  }
}

template <class H>
struct StoreClauses {
  Clause old_to_young{"GC-03", ClauseClass::kViolation, "CONTRACT GC-03; Ungar 1984",
                      "A young object that only an old one refers to survives minor collections, however the "
                      "reference was stored",
                      &check_old_to_young<H>};
};

}  // namespace assay::suite::collector
