// What the suite is given: a heap of gc/concept.h. And what the checks put into it: objects that testify.
//
// A raw pointer is good until the next make(), step(), safepoint() or collect(): what a check needs for
// longer lies in a Root, so that the checks hold for heaps that move objects too. A conservative heap may
// take any word for a reference: of it the checks ask that most of the garbage goes, not all.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gc/concept.h"
#include "suites/core/clause.h"
#include "suites/core/random.h"

namespace assay::suite::collector {

template <class H>
inline constexpr CollectorTraits kClaims = H::kTraits;

// Of what is unreachable nothing is left by a full collection.
template <class H>
inline constexpr bool kExact = H::kTraits.reclaims&& H::kTraits.precise;

template <class H>
using Mutator = typename H::Mutator;
template <class H, class T>
using Root = typename H::template Root<T>;
template <class H, class T>
using Persistent = typename H::template Persistent<T>;
template <class H, class T>
using Member = typename H::template Member<T>;
template <class H, class T>
using Weak = typename H::template Weak<T>;

// Of all objects of this process. Destructors and finalizers may run on any mutator.
struct Tally {
  // Relaxed: read by checks when the threads that count are at rest, ordered by what brought them there.
  static inline std::atomic<long> made{0}, destroyed{0}, finalized{0};
  static long alive() {
    return made.load(std::memory_order_relaxed) - destroyed.load(std::memory_order_relaxed);
  }
  static void count(std::atomic<long>& number) { number.fetch_add(1, std::memory_order_relaxed); }
};

// Two references, and a value under a seal that shows when the cell was given to another or to none.
template <class H, class Self>
class Cell {
 public:
  explicit Cell(long value = 0) : value_(value), seal_(~value) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(left);
    visit(right);
  }

  long value() const {
    if (seal_ != ~value_) violated("the object %ld at %p was overwritten or destroyed", value_, place());
    return value_;
  }

  Member<H, Self> left, right;

 protected:
  void end() {
    if (seal_ != ~value_) violated("what was destroyed at %p is no object, or no longer", place());
    seal_ = value_;
  }

 private:
  const void* place() const { return static_cast<const void*>(this); }
  long value_;
  volatile long seal_;  // the end of an object is a store like any other
};

template <class H>
struct Node : Cell<H, Node<H>> {
  using Cell<H, Node<H>>::Cell;
};

// Counted, and destroyed where the heap destroys.
template <class H>
struct Probe : Cell<H, Probe<H>> {
  explicit Probe(long value = 0) : Cell<H, Probe<H>>(value) { Tally::count(Tally::made); }
  Probe(const Probe&) = delete;
  ~Probe() {
    this->end();
    Tally::count(Tally::destroyed);
  }
};

template <class H>
using References = Array<Member<H, Node<H>>>;

// Without collections of its own accord.
inline CollectorOptions told() {
  CollectorOptions options;
  options.schedule = Schedule::kExplicit;
  return options;
}

// Where a check asks for an object, there is room for it.
template <class T, class M, class... Arguments>
T* made(M& mutator, Arguments&&... arguments) {
  T* const object = mutator.template make<T>(std::forward<Arguments>(arguments)...);
  require(object != nullptr, "make() of %zu bytes is null, and the heap has no limit", sizeof(T));
  return object;
}
template <class T, class M>
Array<T>* made_array(M& mutator, std::size_t size) {
  auto* const array = mutator.template make_array<T>(size);
  require(array != nullptr, "make_array(%zu) is null, and the heap has no limit", size);
  require(array->size() == size, "make_array(%zu) has %zu elements", size, array->size());
  return array;
}

template <class H, class T>
Persistent<H, T> persistent(Mutator<H>& mutator, T* object) {
  return Persistent<H, T>(mutator, object);
}

constexpr long kRubbish = -7'777'777;

// Takes cells that came free, so that who still refers to one finds something else in it.
template <class T, class M>
void overwrite(M& mutator, int objects = 300) {
  for (int i = 0; i < objects; ++i) made<T>(mutator, kRubbish);
}

template <class T>
void expect_value(const T* object, long value, const char* when) {
  require(object != nullptr, "%s, the reference to object %ld is null", when, value);
  const long found = object->value();
  require(found == value, "%s, object %ld is in the place of %ld", when, found, value);
}

// The objects that there are, by their destructors or else by stats() after the last full collection; only
// Probes count in both. Checks compare two of these.
template <class H>
inline constexpr bool kSeesReclaiming = H::kTraits.reclaims && (H::kTraits.destroys || H::kTraits.counts);

template <class H>
long alive(const H& heap) {
  if constexpr (H::kTraits.destroys)
    return Tally::alive();
  else
    return static_cast<long>(heap.stats().live_objects);
}

// `before` objects, then `dropped` more, which are garbage.
template <class H>
void expect_gone(const H& heap, long before, long dropped, const char* what) {
  const long left = alive(heap) - before;
  require(left >= 0, "%s, %ld objects went that are reachable", what, -left);
  if constexpr (H::kTraits.precise)
    require(left == 0, "%s, %ld of %ld unreachable objects are left", what, left, dropped);
  else
    require(left <= dropped / 5, "%s, %ld of %ld unreachable objects are left", what, left, dropped);
}

template <class M>
void collect_all(M& mutator) {
  mutator.collect(Collection::kMajor);
  mutator.collect(Collection::kMajor);
}

// `length` objects from `first` on, each referring to the next: first, first + 1, …
template <class T, class M, class R>
void make_chain(M& mutator, R& head, long first, int length) {
  head = nullptr;
  for (int i = length - 1; i >= 0; --i) {
    T* const object = made<T>(mutator, first + i);
    object->left = head.get();
    head = object;
  }
}
template <class T>
void expect_chain(const T* head, long first, int length, const char* when) {
  for (int i = 0; i < length; ++i, head = head->left.get()) expect_value(head, first + i, when);
  require(head == nullptr, "%s, the chain of %d objects has one more", when, length);
}

// Lets go of a chain. Of a conservative heap, link by link: any word may keep one object, none shall keep
// all.
template <class H, class R>
void drop_chain(R& head) {
  if constexpr (!H::kTraits.precise) {
    for (auto* at = head.get(); at != nullptr;) {
      auto* const next = at->left.get();
      at->left = nullptr;
      at = next;
    }
  }
  head = nullptr;
}

// `count` objects with references among them at random, all reachable from `root`.
template <class H, class R>
void make_graph(Mutator<H>& mutator, R& root, int count, Random& random) {
  Root<H, References<H>> all(mutator);
  all = made_array<Member<H, Node<H>>>(mutator, static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Node<H>* const node = made<Node<H>>(mutator, i);
    const auto at = static_cast<std::size_t>(i);
    (*all.get())[at] = node;
    // A tree, and as many references across.
    if (i > 0) node->right = (*all.get())[random.below(at)].get();
    if (i > 0) {
      Node<H>* parent = (*all.get())[(at - 1) / 2].get();
      (at % 2 == 1 ? parent->left : parent->right) = node;
    }
  }
  root = (*all.get())[0].get();
}

// Of what is reachable from `root`: values and references, whatever the addresses are.
template <class T>
std::uint64_t fingerprint(const T* root) {
  std::unordered_map<const T*, std::size_t> place;
  std::vector<const T*> order;
  const auto number = [&](const T* object) -> std::uint64_t {
    if (object == nullptr) return 0;
    const auto [at, fresh] = place.emplace(object, order.size() + 1);
    if (fresh) order.push_back(object);
    return at->second;
  };
  number(root);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const T* const object = order[i];
    for (const std::uint64_t word : {static_cast<std::uint64_t>(object->value()), number(object->left.get()),
                                     number(object->right.get())})
      hash = (hash ^ word) * 0x9e3779b97f4a7c15 + (hash >> 29);
  }
  return hash ^ order.size();
}

// Marking beside the program goes on: by a step, or by what makes a concurrent heap collect. True if a
// collection ended, as far as that is known.
template <class H>
inline constexpr bool kMarksBeside = H::kTraits.incremental || H::kTraits.concurrent;

template <class H>
CollectorOptions eager() {
  CollectorOptions options;
  options.schedule = H::kTraits.incremental ? Schedule::kExplicit : Schedule::kPaced;
  options.slice = 1;
  options.least_headroom = std::size_t{64} << 10;
  options.headroom_percent = 10;
  return options;
}
template <class H>
bool advance(Mutator<H>& mutator) {
  if constexpr (H::kTraits.incremental) {
    return mutator.step();
  } else {
    for (int i = 0; i < 20; ++i) made_array<long>(mutator, 60);
    mutator.safepoint();
    return false;
  }
}

}  // namespace assay::suite::collector
