// Every mutant of the family of standard Allocators over a std::pmr::memory_resource: one sound allocator,
// and one defect for each clause that only such allocators have (suites/core/mutation.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

inline const Mutation copy_stays("copy_stays");
inline const Mutation wrong_exception("wrong_exception");
inline const Mutation length_in_32_bits("length_in_32_bits");
inline const Mutation swallows_failure("swallows_failure");
inline const Mutation translates_failure("translates_failure");
inline const Mutation pairs_are_left_out("pairs_are_left_out");
inline const Mutation elements_are_left_out("elements_are_left_out");

template <class T>
constexpr bool kPair = false;
template <class A, class B>
constexpr bool kPair<std::pair<A, B>> = true;

template <class T>
class MutantPolymorphicOf {
 public:
  using value_type = T;

  MutantPolymorphicOf() noexcept : MutantPolymorphicOf(std::pmr::get_default_resource()) {}
  explicit MutantPolymorphicOf(std::pmr::memory_resource* resource) noexcept : resource_(resource) {}
  template <class U>
  MutantPolymorphicOf(const MutantPolymorphicOf<U>& other) noexcept : resource_(other.resource()) {}

  T* allocate(std::size_t n) {
    if (n > SIZE_MAX / sizeof(T)) {
      if (wrong_exception) throw std::length_error("n");
      throw std::bad_array_new_length();
    }
    const std::size_t bytes = n * sizeof(T);
    try {
      return static_cast<T*>(
          resource_->allocate(length_in_32_bits ? static_cast<std::uint32_t>(bytes) : bytes, alignof(T)));
    } catch (const std::bad_alloc&) {
      if (swallows_failure) return nullptr;
      if (translates_failure) throw std::bad_alloc();
      throw;
    }
  }
  void deallocate(T* block, std::size_t n) noexcept {
    resource_->deallocate(block, n * sizeof(T), alignof(T));
  }

  template <class U, class... Arguments>
  void construct(U* object, Arguments&&... arguments) {
    if constexpr (std::is_constructible_v<U, Arguments...>)
      if (elements_are_left_out || (pairs_are_left_out && kPair<U>)) {
        ::new (static_cast<void*>(object)) U(std::forward<Arguments>(arguments)...);
        return;
      }
    std::uninitialized_construct_using_allocator(object, *this, std::forward<Arguments>(arguments)...);
  }

  MutantPolymorphicOf select_on_container_copy_construction() const {
    return MutantPolymorphicOf(copy_stays ? resource_ : std::pmr::get_default_resource());
  }

  std::pmr::memory_resource* resource() const { return resource_; }

  friend bool operator==(const MutantPolymorphicOf& a, const MutantPolymorphicOf& b) noexcept {
    return *a.resource_ == *b.resource_;
  }

 private:
  std::pmr::memory_resource* resource_;
};

}  // namespace assay::mutant
