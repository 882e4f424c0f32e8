// What keeps objects from outside the heap: GC-01, GC-02 and GC-15.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

// A Root in each of `depth` nested scopes, and a small tree at each.
template <class H>
void nest(Mutator<H>& mutator, long depth) {
  Root<H, Node<H>> root(mutator);
  root = made<Node<H>>(mutator, 10 * depth);
  Node<H>* child = made<Node<H>>(mutator, 10 * depth + 1);
  root.get()->left = child;
  child = made<Node<H>>(mutator, 10 * depth + 2);
  root.get()->right = child;
  if (depth % 60 == 0) mutator.collect(Collection::kMajor);
  if (depth % 60 == 30) mutator.collect(Collection::kMinor);
  if (depth > 0)
    nest<H>(mutator, depth - 1);
  else
    overwrite<Node<H>>(mutator);
  const char* const when = "with 300 Roots in nested scopes";
  expect_value(root.get(), 10 * depth, when);
  expect_value(root.get()->left.get(), 10 * depth + 1, when);
  expect_value(root.get()->right.get(), 10 * depth + 2, when);
}

template <class H>
void check_roots() {
  H heap(told());
  Mutator<H> mutator(heap);
  nest<H>(mutator, 300);
  mutator.collect(Collection::kMajor);
  Root<H, Node<H>> first(mutator), second(mutator);
  require(first.get() == nullptr, "a Root does not begin null");
  first = made<Node<H>>(mutator, 1);
  second = first.get();
  first = nullptr;
  require(first.get() == nullptr, "a Root is not null that null was assigned to");
  for (long value = 2; value < 20; ++value) {
    first = made<Node<H>>(mutator, value);
    mutator.collect(value % 3 == 0 ? Collection::kMinor : Collection::kMajor);
    overwrite<Node<H>>(mutator, 50);
    expect_value(first.get(), value, "after an assignment to its Root");
    expect_value(second.get(), 1, "whose first Root was given another object");
  }
  Random random(seed());
  make_graph<H>(mutator, first, 1500, random);
  const std::uint64_t print = fingerprint(first.get());
  for (const Collection kind : {Collection::kMinor, Collection::kMajor, Collection::kMinor,
                                Collection::kCompact, Collection::kMajor}) {
    mutator.collect(kind);
    overwrite<Node<H>>(mutator);
    require(fingerprint(first.get()) == print, "a collection changed a graph of 1,500 reachable objects");
  }
}

template <class H>
struct Base {
  explicit Base(long value_) : value(value_) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
  }
  Member<H, Base> next;
  long value;
};

template <class H>
struct Derived : Base<H> {
  explicit Derived(long value_) : Base<H>(value_) {
    std::memset(bytes, static_cast<int>(value_), sizeof bytes);
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    Base<H>::trace(visit);
    visit(own);
  }
  unsigned char bytes[150];
  Member<H, Node<H>> own;
};

template <class H>
void expect_derived(const Base<H>* base, long value) {
  require(base != nullptr && base->value == value, "object %ld of a derived type was lost", value);
  const auto* const object = static_cast<const Derived<H>*>(base);
  for (const unsigned char byte : object->bytes)
    require(byte == static_cast<unsigned char>(value), "the part of object %ld that its base has not changed",
            value);
  expect_value(object->own.get(), value + 1000,
               "referred to by a derived object that a base reference keeps");
}

template <class H>
void check_whole_objects() {
  H heap(told());
  Mutator<H> mutator(heap);
  Root<H, Base<H>> list(mutator);
  for (long value = 0; value < 40; ++value) {
    Root<H, Derived<H>> fresh(mutator);
    fresh = made<Derived<H>>(mutator, value);
    Node<H>* const own = made<Node<H>>(mutator, value + 1000);
    fresh.get()->own = own;
    fresh.get()->next = list.get();
    list = fresh.get();
  }
  Root<H, References<H>> array(mutator);
  constexpr std::size_t kElements = 3000;
  array = made_array<Member<H, Node<H>>>(mutator, kElements);
  for (std::size_t i = 0; i < kElements; ++i) {
    Node<H>* const node = made<Node<H>>(mutator, static_cast<long>(i));
    (*array.get())[i] = node;
  }
  for (const Collection kind : {Collection::kMajor, Collection::kMinor, Collection::kMajor}) {
    mutator.collect(kind);
    overwrite<Node<H>>(mutator);
    overwrite<Derived<H>>(mutator, 50);
    const Base<H>* object = list.get();
    for (long value = 39; value >= 0; --value, object = object->next.get()) expect_derived<H>(object, value);
    for (std::size_t i = 0; i < kElements; ++i)
      expect_value((*array.get())[i].get(), static_cast<long>(i), "an element of an array that a Root keeps");
  }
}

// Persistents in a member, in containers that move them about, and on the heap of the C++ program.
template <class H>
struct Owner {
  Persistent<H, Node<H>> object;
};

template <class H>
Persistent<H, Node<H>> returned(Mutator<H>& mutator, long value) {
  Persistent<H, Node<H>> object = persistent<H>(mutator, made<Node<H>>(mutator, value));
  return object;
}

// From one that refers to another object, from itself, from one of null and back, and in chains. What it
// referred to before is no longer kept by it.
template <class H>
void check_assigned_persistents() {
  H heap(told());
  Mutator<H> mutator(heap);
  using P = Persistent<H, Probe<H>>;
  P first(mutator), second(mutator), third(mutator), null(mutator);
  collect_all(mutator);
  const long before = alive(heap);
  const auto fresh = [&](P& place, long value) { place = made<Probe<H>>(mutator, value); };
  const auto expect_kept = [&](long kept, const char* what) {
    collect_all(mutator);
    overwrite<Node<H>>(mutator, 30);
    if constexpr (kSeesReclaiming<H> && H::kTraits.precise)
      require(alive(heap) - before == kept, "after %s, Persistents keep %ld objects instead of %ld", what,
              alive(heap) - before, kept);
  };
  fresh(first, 1);
  fresh(second, 2);
  first = second;
  expect_kept(1, "one Persistent was assigned to another");
  expect_value(first.get(), 2, "assigned from a Persistent");
  fresh(second, 3);
  expect_kept(2, "the Persistent that another was assigned from was given a new object");
  expect_value(first.get(), 2, "assigned from a Persistent that refers to another by now");
  expect_value(second.get(), 3, "whose Persistent was assigned to another before");
  P& self = first;
  first = self;
  expect_kept(2, "a Persistent was assigned to itself");
  expect_value(first.get(), 2, "whose Persistent was assigned to itself");
  fresh(third, 4);
  first = second = third;
  expect_kept(1, "a chain of assignments");
  for (const P* each : {&first, &second, &third}) expect_value(each->get(), 4, "in a chain of assignments");
  third = null;
  second = null;
  require(second.get() == nullptr && third.get() == nullptr,
          "a Persistent is not null that one of null was assigned to");
  expect_kept(1, "two of three Persistents were assigned one of null");
  expect_value(first.get(), 4, "whose other Persistents were assigned one of null");
  second = std::move(first);
  expect_value(second.get(), 4, "assigned from a Persistent that is moved");
  first = null;
  null = second;
  second = first;
  expect_kept(1, "the object went to the Persistent that was of null");
  expect_value(null.get(), 4, "assigned to a Persistent of null");
  {
    P brief(mutator, made<Probe<H>>(mutator, 5));
    null = brief;
  }
  expect_kept(1, "the Persistent ended that another was assigned from");
  expect_value(null.get(), 5, "whose first Persistent has ended");
  null = third;
  expect_kept(0, "the last Persistent was assigned one of null");
}

template <class H>
void check_persistents() {
  check_assigned_persistents<H>();
  H heap(told());
  Mutator<H> mutator(heap);
  std::vector<Persistent<H, Node<H>>> grown;
  for (long value = 0; value < 200; ++value) grown.push_back(returned<H>(mutator, value));
  auto copy = std::make_unique<Persistent<H, Node<H>>>(grown[7]);
  const std::vector<Persistent<H, Node<H>>> copies = grown;
  std::optional<Persistent<H, Node<H>>> moved(std::move(grown[8]));
  Owner<H> owner{grown[9]}, other = owner, assigned{grown[0]}, moved_to{grown[0]};
  assigned = other;
  moved_to.object = std::move(grown[10]);
  using std::swap;
  swap(grown[11], grown[12]);
  std::swap(grown[13], grown[14]);
  Persistent<H, Node<H>>& self = grown[15];
  self = *&self;
  grown[16] = nullptr;
  require(grown[16].get() == nullptr, "a Persistent is not null that null was assigned to");
  owner.object = made<Node<H>>(mutator, 300);
  const auto expect_all = [&](const char* when) {
    expect_value(copy->get(), 7, when);
    expect_value(moved->get(), 8, when);
    expect_value(owner.object.get(), 300, when);
    expect_value(other.object.get(), 9, when);
    expect_value(assigned.object.get(), 9, when);
    expect_value(moved_to.object.get(), 10, when);
    expect_value(grown[11].get(), 12, when);
    expect_value(grown[12].get(), 11, when);
    expect_value(grown[13].get(), 14, when);
    expect_value(grown[14].get(), 13, when);
    expect_value(grown[15].get(), 15, when);
    for (std::size_t i = 17; i < 200; ++i) expect_value(grown[i].get(), static_cast<long>(i), when);
  };
  mutator.collect(Collection::kMinor);
  overwrite<Node<H>>(mutator, 50);
  mutator.collect(Collection::kMajor);
  overwrite<Node<H>>(mutator);
  expect_all("that a Persistent refers to");
  for (std::size_t i = 0; i < 200; ++i)
    expect_value(copies[i].get(), static_cast<long>(i), "that the copy of a Persistent refers to");
  // The originals end before their copies, the copies of copies last.
  auto last = std::make_unique<std::vector<Persistent<H, Node<H>>>>(copies);
  grown.erase(grown.begin() + 20, grown.begin() + 120);
  for (std::size_t i = 20; i < 100; ++i)
    expect_value(grown[i].get(), static_cast<long>(i + 100), "that a Persistent refers to");
  grown.clear();
  owner.object = nullptr;
  collect_all(mutator);
  overwrite<Node<H>>(mutator);
  for (std::size_t i = 0; i < 200; ++i)
    expect_value((*last)[i].get(), static_cast<long>(i), "whose other Persistents have ended");
  expect_value(copy->get(), 7, "whose other Persistents have ended");
  if constexpr (kSeesReclaiming<H>) {
    mutator.collect(Collection::kMajor);
    const long before = alive(heap);
    {
      std::vector<Persistent<H, Probe<H>>> dropped;
      for (long value = 0; value < 100; ++value)
        dropped.push_back(persistent<H>(mutator, made<Probe<H>>(mutator, value)));
      const auto again = dropped;
      for (auto& object : dropped) object = nullptr;
    }
    collect_all(mutator);
    expect_gone(heap, before, 100, "after their Persistents ended");
  }
}

template <class H>
struct RootClauses {
  Clause roots{"GC-01", ClauseClass::kViolation, "CONTRACT GC-01",
               "What Roots refer to, and all that it reaches, survives every collection unchanged",
               &check_roots<H>};
  Clause whole{"GC-02", ClauseClass::kViolation, "CONTRACT GC-02",
               "A reference keeps the whole object: of a derived type, and every element of an array",
               &check_whole_objects<H>};
  Clause persistents{"GC-15", ClauseClass::kViolation, "gc/concept.h",
                     "A Persistent is a root wherever it lives, copied, moved, assigned and swapped",
                     &check_persistents<H>};
};

}  // namespace assay::suite::collector
