// What an arena or pool of objects of one type claims and owes.
//
//   template <class T> class MyArena {
//     static constexpr assay::ObjectTraits kTraits{.destroys_individually = false, .destroys_the_rest =
//     true}; template <class... Arguments> T* create(Arguments&&... arguments);
//   };
//   static_assert(assay::ObjectAllocator<MyArena<int>>);
//
// create() returns null when no storage can be had; what T's constructor throws passes through and leaves the
// arena as it was. suites/object/ runs the clauses that the claims bring.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory_resource>

namespace assay {

enum class DestructionOrder { kUnspecified, kCreation, kReverse };

struct ObjectTraits {
  bool destroys_individually;  // destroy(object) runs its destructor and makes its storage available again
  bool destroys_the_rest;      // the arena's own destructor destroys what is still live, each once
  DestructionOrder order = DestructionOrder::kUnspecified;  // … in this order
  bool clears = false;                                      // clear() destroys all and keeps storage
  bool iterates = false;        // for_each(f) visits all live objects in order of creation
  bool creates_arrays = false;  // create_array(count, make)
  bool reentrant = false;       // constructors, and make, may create in the same arena
  bool takes_upstream = false;  // all storage comes from a std::pmr::memory_resource given to the constructor
  bool moves = false;           // the arena itself can be moved and swapped; its objects stay where they are
};

template <class S>
concept ObjectAllocatorCore = std::default_initializable<S> && requires(S objects) {
  typename S::value_type;
  { S::kTraits } -> std::convertible_to<const ObjectTraits&>;
  { objects.create() } -> std::same_as<typename S::value_type*>;
};

template <class S>
concept DestroysIndividually = requires(S objects, typename S::value_type* object) {
  { objects.destroy(object) }
  noexcept;
};

template <class S>
concept Clears = requires(S objects) {
  { objects.clear() }
  noexcept;
};

template <class S>
concept IteratesObjects = requires(S objects) {
  objects.for_each([](typename S::value_type&) {});
  { objects.size() } -> std::same_as<std::size_t>;
};

// `count` objects side by side, the i-th made from make(i); when that throws, those before it are destroyed
// and the arena is as it was. Null when no storage can be had.
template <class S>
concept CreatesArrays = requires(S objects, std::size_t count, typename S::value_type (*make)(std::size_t)) {
  { objects.create_array(count, make) } -> std::same_as<typename S::value_type*>;
};

template <class S>
concept ObjectAllocator = ObjectAllocatorCore<S> &&
    (!S::kTraits.destroys_individually || DestroysIndividually<S>)&&(!S::kTraits.clears || Clears<S>)&&(
        !S::kTraits.iterates ||
        IteratesObjects<S>)&&(!S::kTraits.creates_arrays ||
                              CreatesArrays<S>)&&(!S::kTraits.takes_upstream ||
                                                  std::constructible_from<
                                                      S, std::pmr::memory_resource*>)&&(!S::kTraits.moves ||
                                                                                        std::movable<S>);

}  // namespace assay
