// What the suite of standard Allocators is given as `type`: a factory of allocators, or just a class template
// that can be default-constructed.
//
//   conformance_test(family = "standard_allocator", type = "my::Allocator", …)   // my::Allocator<T>()
//
// An allocator with state needs a factory, because the suite wants two that are unequal:
//
//   struct MyFactory {
//     template <class T> using type = MyAllocator<T>;
//     template <class T> type<T> make(int which);  // 0 or 1; equal for equal `which`
//     void refuse_next(int which);                 // optional: its next allocation finds no storage
//   };
//
// Stateless, OverResource and Over are factories for the usual kinds. `pointer` must be T*.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <type_traits>
#include <utility>

#include "allocators/concept.h"
#include "suites/core/upstream.h"

namespace assay::suite::standard_allocator {

// A sanitizer's operator new writes its records of a large block, and may end the program instead of failing.
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
inline constexpr bool kLargeBlocksAreCostly = true;
#else
inline constexpr bool kLargeBlocksAreCostly = false;
#endif

template <class Of>
concept Factory = std::default_initializable<Of> && requires(Of factory) {
  { factory.template make<int>(0) } -> std::same_as<typename Of::template type<int>>;
  { factory.template make<char>(1) } -> std::same_as<typename Of::template type<char>>;
};

template <class Of, class T>
using Subject = typename Of::template type<T>;

template <class Of, class T>
using Traits = std::allocator_traits<Subject<Of, T>>;

// A<T>(): all are equal.
template <template <class...> class A>
struct Stateless {
  template <class T>
  using type = A<T>;

  template <class T>
  type<T> make(int) {
    return type<T>();
  }
};

// A<T>(std::pmr::memory_resource*).
template <template <class...> class A>
struct OverResource {
  template <class T>
  using type = A<T>;

  template <class T>
  type<T> make(int which) {
    return type<T>(&resources[which]);
  }

  void refuse_next(int which) { resources[which].fail_after(0); }

  Upstream resources[2];
};

// An allocator of raw memory that fails on request; it claims no more than StandardAllocator needs.
template <Allocator Backing>
class Exhaustible {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = Backing::kTraits.frees_individually,
                                           .thread_safe = Backing::kTraits.thread_safe};

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (std::exchange(refuse_, false)) return nullptr;
    return backing_.allocate(size, alignment);
  }
  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
    if constexpr (Backing::kTraits.frees_individually) backing_.deallocate(block, size, alignment);
  }

  void refuse_next() { refuse_ = true; }

 private:
  Backing backing_;
  bool refuse_ = false;
};

// A<T, …>(Backing&), where Backing is an allocator of raw memory for any size (allocators/concept.h).
template <template <class...> class A, Allocator Backing>
struct Over {
  template <class T>
  using type = A<T, Exhaustible<Backing>>;

  template <class T>
  type<T> make(int which) {
    return type<T>(backings[which]);
  }

  void refuse_next(int which) { backings[which].refuse_next(); }

  Exhaustible<Backing> backings[2];
};

// Refers to a std::pmr::memory_resource, by default the default one, as std::pmr::polymorphic_allocator does.
template <class Of>
concept RefersToResource = std::default_initializable<Subject<Of, char>> &&
    requires(Subject<Of, char> allocator, std::pmr::memory_resource* resource) {
  { allocator.resource() } -> std::convertible_to<std::pmr::memory_resource*>;
  Subject<Of, char>(resource);
};

}  // namespace assay::suite::standard_allocator
