// What a raw-memory allocator claims and owes: one traits record and one concept for the family.
//
//   struct MyPool {
//     static constexpr assay::AllocatorTraits kTraits{.frees_individually = true, .thread_safe = false};
//     void* allocate(std::size_t size, std::size_t alignment) noexcept;
//     void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept;
//   };
//   static_assert(assay::Allocator<MyPool>);
//
// A claim obliges: the concept demands the members that a claim needs, and suites/allocator/ runs the clauses
// that it brings. `alignment` is a power of two; `size` is in bytes; null means that the request cannot be
// met.
#pragma once

#include <concepts>
#include <cstddef>

namespace assay {

struct AllocatorTraits {
  bool frees_individually;  // deallocate makes the storage of one block available again
  bool thread_safe;         // all members may be called by several threads at a time
};

template <class A>
concept AllocatorCore = std::default_initializable<A> && requires(A allocator, std::size_t n) {
  { A::kTraits } -> std::convertible_to<const AllocatorTraits&>;
  { allocator.allocate(n, n) }
  noexcept->std::same_as<void*>;
};

template <class A>
concept FreesIndividually = requires(A allocator, void* block, std::size_t n) {
  { allocator.deallocate(block, n, n) }
  noexcept;
};

template <class A>
concept Allocator = AllocatorCore<A> &&(!A::kTraits.frees_individually || FreesIndividually<A>);

}  // namespace assay
