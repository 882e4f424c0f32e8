// What a garbage-collected heap claims and owes, and how types are written that any of them can hold.
//
//   template <class Heap>
//   struct Node {
//     typename Heap::template Member<Node> next;                     // stores go through the barrier
//     long value = 0;
//     template <class Visitor>
//     void trace(Visitor& visit) { visit(next); }                    // every reference, each exactly once
//   };
//
//   MarkSweepHeap heap;
//   MarkSweepHeap::Mutator mutator(heap);                            // attaches this thread
//   MarkSweepHeap::Root<Node<MarkSweepHeap>> list(mutator);          // a scoped root
//   auto* node = mutator.make<Node<MarkSweepHeap>>();                // null: the heap is at its limit
//   node->next = list.get();
//   list = node;
//
// Rules for who uses a heap
//   - A raw T* is good until the thread's next make, safepoint, step or collect, unless a Root, a Persistent
//     or a reachable Member refers to the object; with a heap that moves objects, until then at most. A raw
//     pointer that was passed to a constructor is good until the constructor makes something; what is passed
//     by reference must not lie in an object that only raw pointers keep.
//   - Root(mutator, T* = nullptr) is scoped: those of one mutator end in the reverse order of their
//     beginning, on its thread. Persistent(mutator, T* = nullptr) lives anywhere, is copied and moved freely,
//     and ends before its heap.
//   - trace() visits every Member and Weak of the object, each once, changes and makes nothing, does not
//     throw, and works on an object whose bytes are all zero: constructors that make objects may be
//     interrupted by a collection. A type without references needs no trace(). Objects lie where a
//     Member<Base> says, so that bases begin where the object does.
//   - A constructor that throws leaves no Member, Weak or root that refers to its object.
//   - ~T runs once, after the object was found unreachable, on the thread of a mutator. It reads no other
//     object of the heap and makes none. finalize(Mutator&) runs once, before that, while the object and all
//     that it reaches are as they were; it may make objects and make its own object reachable again, which is
//     then reclaimed without another finalize() when it is unreachable again. Both must not throw. Their
//     order is unspecified. Weak references are cleared before any finalizer runs. What is left when the heap
//     ends is destroyed, not finalized.
//   - A type with `static constexpr bool kPinned = true` is not moved. All others are moved by memcpy.
//
// A claim obliges: the concept demands the members that it needs, and suites/collector/ runs the clauses that
// it brings.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "gc/array.h"
#include "gc/options.h"

namespace assay {

struct CollectorTraits {
  bool precise = true;             // a full collection leaves nothing that is unreachable
  bool reclaims = true;            // otherwise it never frees: a control for the suites
  bool moves = false;              // collect(kCompact) may give objects other addresses
  bool generational = false;       // collect(kMinor) looks at young objects only
  bool incremental = false;        // step() does a bounded part of a collection
  bool concurrent = false;         // collects beside running mutators, on threads of its own
  bool threads = false;            // several mutators, each on its thread
  bool independent_heaps = false;  // several heaps at a time
  bool has_weak = false;           // Weak<T> is cleared when its object is found unreachable
  bool destroys = false;           // ~T of what is reclaimed
  bool finalizes = false;          // T::finalize(Mutator&)
  bool limits = false;             // CollectorOptions::limit, and make() is null at it
  bool gives_back = false;         // memory returns to the system when objects are gone
  bool counts = false;             // stats() is exact after collect(kMajor)
  bool verifies = false;           // verify() traps when the heap is damaged
};

// What one call collects. A heap that has no such collection does the next larger one.
enum class Collection { kMinor, kMajor, kCompact };

// Ever, unless it says otherwise.
struct CollectorStats {
  std::uint64_t allocated_objects = 0, allocated_bytes = 0;  // bytes of cells, with what rounding adds
  std::uint64_t reclaimed_objects = 0;
  std::uint64_t live_objects = 0, live_bytes = 0;  // found by the last collection of the whole heap
  std::uint64_t held_bytes = 0;                    // now: memory from the system for objects and their tables
  std::uint64_t most_held_bytes = 0;
  std::uint64_t minor_collections = 0, major_collections = 0;
  std::uint64_t promoted_objects = 0, moved_objects = 0;
};

namespace collector_concept {

// Stands for the types of users.
template <class H>
struct Object {
  typename H::template Member<Object> member;
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(member);
  }
};

template <class Reference, class T>
concept RefersTo = std::default_initializable<Reference> && std::is_trivially_destructible_v<Reference> &&
    requires(Reference reference, const Reference constant, T* object) {
  reference = object;
  reference = nullptr;
  { constant.get() } -> std::same_as<T*>;
};

}  // namespace collector_concept

template <class H>
concept CollectorCore = std::constructible_from<H, const CollectorOptions&> &&
    std::default_initializable<H> && std::constructible_from<typename H::Mutator, H&> &&
    requires(H heap, const H constant, typename H::Mutator mutator, collector_concept::Object<H>* object) {
  { H::kTraits } -> std::convertible_to<const CollectorTraits&>;
  requires collector_concept::RefersTo<typename H::template Member<collector_concept::Object<H>>,
                                       collector_concept::Object<H>>;
  typename H::template Root<collector_concept::Object<H>>;
  typename H::template Persistent<collector_concept::Object<H>>;
  { mutator.template make<collector_concept::Object<H>>() } -> std::same_as<collector_concept::Object<H>*>;
  { mutator.template make_array<long>(std::size_t{1}) } -> std::same_as<Array<long>*>;
  mutator.collect(Collection::kMajor);  // when it returns, all is done, finalizers have run too
  mutator.safepoint();                  // where a heap may collect; also in make()
  { constant.stats() } -> std::same_as<CollectorStats>;
};

// One slice: begins a collection if none is under way; true if that ended one.
template <class H>
concept StepsCollector = requires(typename H::Mutator mutator) {
  { mutator.step() } -> std::same_as<bool>;
};

template <class H>
concept HasWeakMembers = collector_concept::RefersTo<typename H::template Weak<collector_concept::Object<H>>,
                                                     collector_concept::Object<H>>;

// By a mutator whose others, if any, are at safepoints or parked. At any time, in a collection too.
template <class H>
concept VerifiesHeap = requires(typename H::Mutator mutator) {
  mutator.verify();
};

// A thread that blocks outside the heap parks its mutator, so that collections do not wait for it.
template <class H>
concept ParksMutators = requires(typename H::Mutator mutator) {
  mutator.park();
  mutator.unpark();
};

// clang-format off
template <class H>
concept Collector =
    CollectorCore<H> &&
    (!H::kTraits.incremental || StepsCollector<H>) &&
    (!H::kTraits.has_weak || HasWeakMembers<H>) &&
    (!H::kTraits.verifies || VerifiesHeap<H>) &&
    (!H::kTraits.threads || ParksMutators<H>);
// clang-format on

}  // namespace assay
