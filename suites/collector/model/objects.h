// The objects of random programs. Each has a number by which the oracle knows it, a seal that is broken when
// it ends, and a value that programs change.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/array.h"
#include "suites/collector/model/oracle.h"
#include "suites/core/pattern.h"

namespace assay::suite::collector::model {

// What only some heaps have, and nothing in its place.
template <class H, class T, bool kHas>
struct WeakOf {
  struct type {};
};
template <class H, class T>
struct WeakOf<H, T, true> {
  using type = typename H::template Weak<T>;
};

template <class H>
class Graph;

template <class H>
struct Object {
  Object(Graph<H>& graph_, int number_, Kind kind)
      : graph(&graph_), number(static_cast<std::uint32_t>(number_)), seal(seal_of(number, kind)) {}
  Object(const Object&) = delete;

  static std::uint32_t seal_of(std::uint32_t number, Kind kind) {
    return (number * 0x9e3779b1 ^ static_cast<std::uint32_t>(kind)) | 1;
  }

  Graph<H>* graph;
  std::uint32_t number;
  volatile std::uint32_t seal;  // the end of an object is a store like any other
  std::uint64_t value = 0;
};

template <class H>
using Reference = typename H::template Member<Object<H>>;
template <class H>
using WeakReference = typename WeakOf<H, Object<H>, H::kTraits.has_weak>::type;

template <class H, Kind kKind, std::size_t kWords>
struct Filled : Object<H> {
  Filled(Graph<H>& graph_, int number_) : Object<H>(graph_, number_, kKind) {
    fill_pattern(words, sizeof words, this->number);
  }
  std::uint64_t words[kWords];
};
template <class H>
using Leaf = Filled<H, Kind::kLeaf, 1>;
template <class H>
using Blob = Filled<H, Kind::kBlob, 40>;

template <class H, std::size_t kCount>
struct WeakPart {
  WeakReference<H> weaks[kCount];
};
template <class H>
struct WeakPart<H, 0> {};

template <class H, Kind kKind, std::size_t kEdges, std::size_t kWeaks = 0>
struct Linked : Object<H>, WeakPart<H, kWeaks> {
  Linked(Graph<H>& graph_, int number_) : Object<H>(graph_, number_, kKind) {}
  // Stores to members of an object that nothing refers to yet.
  Linked(Graph<H>& graph_, int number_, Object<H>* first, Object<H>* second) : Linked(graph_, number_) {
    edges[0] = first;
    edges[1] = second;
  }
  template <class Visitor>
  void trace(Visitor& visit) {
    for (Reference<H>& edge : edges) visit(edge);
    if constexpr (kWeaks > 0 && H::kTraits.has_weak)
      for (WeakReference<H>& weak : this->weaks) visit(weak);
  }

  Reference<H> edges[kEdges];
};

template <class H>
using Pair = Linked<H, Kind::kPair, 2>;

template <class H>
struct Node : Linked<H, Kind::kNode, 3, 2> {
  using Linked<H, Kind::kNode, 3, 2>::Linked;
  ~Node() { this->graph->end(*this); }
};

template <class H>
struct Mortal : Linked<H, Kind::kMortal, 2, 1> {
  using Linked<H, Kind::kMortal, 2, 1>::Linked;
  ~Mortal() { this->graph->end(*this); }
  void finalize(typename H::Mutator& mutator) noexcept { this->graph->finalize(*this, mutator); }
};

template <class H>
struct Pinned : Linked<H, Kind::kPinned, 1> {
  static constexpr bool kPinned = true;
  using Linked<H, Kind::kPinned, 1>::Linked;
  ~Pinned() { this->graph->end(*this); }
};

// Makes its children while it is made, if it has some: half of them to begin members with, half to assign.
template <class H>
struct Tree : Object<H> {
  Tree(Graph<H>& graph_, int number_, std::size_t depth)
      : Object<H>(graph_, number_, Kind::kTree),
        edges{first(depth % 2 == 1, depth), child(depth % 2 == 1, 1, depth)} {
    if (depth == 0) return;
    for (std::size_t i = 0; i < 2 && depth % 2 == 0; ++i) edges[i] = child(true, i, depth);
    this->graph->end_construction(*this);
  }
  ~Tree() { this->graph->end(*this); }
  template <class Visitor>
  void trace(Visitor& visit) {
    for (Reference<H>& edge : edges) visit(edge);
  }

  Reference<H> edges[2];

 private:
  Object<H>* first(bool now, std::size_t depth) {
    if (depth > 0) this->graph->begin_construction(*this);
    return child(now, 0, depth);
  }
  Object<H>* child(bool now, std::size_t at, std::size_t depth) {
    return now ? this->graph->make_child(*this, at, depth - 1) : nullptr;
  }
};

template <class H, Kind kKind, class Element>
struct Holder : Object<H> {
  Holder(Graph<H>& graph_, int number_) : Object<H>(graph_, number_, kKind) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(array);
  }
  using element_type = Element;
  typename H::template Member<Array<Element>> array;
};

template <class H>
struct Record {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(strong);
    if constexpr (H::kTraits.has_weak) visit(weak);
  }
  long value;
  Reference<H> strong;
  WeakReference<H> weak;
};

template <class H>
using Table = Holder<H, Kind::kTable, Reference<H>>;
template <class H>
using Text = Holder<H, Kind::kText, std::uint64_t>;
template <class H>
using Watchers = Holder<H, Kind::kWatchers, WeakReference<H>>;
template <class H>
using Register = Holder<H, Kind::kRegister, Record<H>>;

// The parts of an object of known kind. Arrays are no Objects, so that addresses are void*.
template <class H, class T>
T* as(void* address) {
  return static_cast<T*>(static_cast<Object<H>*>(address));
}

template <class H>
Reference<H>& edge_of(void* address, Kind kind, std::size_t at) {
  switch (kind) {
    case Kind::kPair:
      return as<H, Pair<H>>(address)->edges[at];
    case Kind::kNode:
      return as<H, Node<H>>(address)->edges[at];
    case Kind::kMortal:
      return as<H, Mortal<H>>(address)->edges[at];
    case Kind::kPinned:
      return as<H, Pinned<H>>(address)->edges[at];
    case Kind::kTree:
      return as<H, Tree<H>>(address)->edges[at];
    case Kind::kReferences:
      return (*static_cast<Array<Reference<H>>*>(address))[at];
    case Kind::kRecords:
      return (*static_cast<Array<Record<H>>*>(address))[at].strong;
    default:
      __builtin_unreachable();
  }
}

template <class H>
WeakReference<H>& weak_of(void* address, Kind kind, std::size_t at) {
  switch (kind) {
    case Kind::kNode:
      return as<H, Node<H>>(address)->weaks[at];
    case Kind::kMortal:
      return as<H, Mortal<H>>(address)->weaks[at];
    case Kind::kWeaks:
      return (*static_cast<Array<WeakReference<H>>*>(address))[at];
    case Kind::kRecords:
      return (*static_cast<Array<Record<H>>*>(address))[at].weak;
    default:
      __builtin_unreachable();
  }
}

// Calls visit(member) with the reference of a holder to its array.
template <class H, class Visit>
decltype(auto) with_array(void* holder, Kind kind, const Visit& visit) {
  switch (kind) {
    case Kind::kTable:
      return visit(as<H, Table<H>>(holder)->array);
    case Kind::kText:
      return visit(as<H, Text<H>>(holder)->array);
    case Kind::kWatchers:
      return visit(as<H, Watchers<H>>(holder)->array);
    case Kind::kRegister:
      return visit(as<H, Register<H>>(holder)->array);
    default:
      __builtin_unreachable();
  }
}

}  // namespace assay::suite::collector::model
