// A standard Allocator over any allocator of raw memory, so that containers can live in it.
//
// Idea. The allocator of a container is a handle: a pointer to the allocator that does the work. Copies and
// rebinds hold the same pointer, so each can free what another allocated.
//
//   std::vector<T, StandardAllocator<T, A>>          A (BumpArena, BlockPool, …)
//     [begin|end|capacity|*] ───────────────────────▶ allocate(size, alignment)
//                         ╰ StandardAllocator        deallocate(block, size, alignment)
//
// Invariants.
//   I1  Two are equal exactly when they refer to the same A, whatever their value types.
//   I2  The A outlives every container, and every copy of the handle.
//
// Propagation. A handle goes with the memory: on move assignment and swap it propagates, so both take O(1),
// never move elements one by one, and swapping containers of two arenas is defined. On copy assignment it
// does not: where a container lives is the choice of whoever made it, and copying contents into it does not
// change that. Copy construction copies the handle: the copy lives beside the original, where std::pmr would
// go back to the default resource without a word.
//
// Costs. One pointer in each container. allocate() is A's plus the comparisons for overflow, for none and for
// null, of which a constant n leaves the last; over an A that frees nothing individually deallocate() is no
// instruction.
//
// What it does not do. No default construction: there is no A to refer to. It does not keep A alive. Elements
// are not given the allocator (std::scoped_allocator_adaptor does that).
//
// Errors: std::bad_array_new_length when the bytes of n objects cannot be counted, std::bad_alloc when A has
// none. Thread-safe where A is. Source: [allocator.requirements].
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include "allocators/concept.h"
#include "allocators/system_allocator.h"

namespace assay {

template <class T, Allocator A>
class StandardAllocator {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = std::false_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  using is_always_equal = std::false_type;

  // Implicit, so that std::vector<T, StandardAllocator<T, A>> v(arena) is a vector in the arena.
  StandardAllocator(A& allocator) noexcept : allocator_(&allocator) {}
  template <class U>
  StandardAllocator(const StandardAllocator<U, A>& other) noexcept : allocator_(&other.allocator()) {}

  [[nodiscard]] T* allocate(std::size_t n) {
    if (n > PTRDIFF_MAX / sizeof(T)) refuse_length();
    void* block = allocator_->allocate(size_of(n), alignof(T));
    if (block == nullptr) refuse();
    return static_cast<T*>(block);
  }

  void deallocate(T* block, std::size_t n) noexcept {
    if constexpr (A::kTraits.frees_individually) {
      allocator_->deallocate(block, size_of(n), alignof(T));
    } else {
      static_cast<void>(block);
      static_cast<void>(n);
    }
  }

  A& allocator() const noexcept { return *allocator_; }

  template <class U>
  friend bool operator==(const StandardAllocator& a, const StandardAllocator<U, A>& b) noexcept {
    return &a.allocator() == &b.allocator();
  }

 private:
  // No objects take one byte: what A does with none is its own choice, and may be null.
  static constexpr std::size_t size_of(std::size_t n) { return n == 0 ? 1 : n * sizeof(T); }

  [[noreturn, gnu::cold, gnu::noinline]] static void refuse_length() { throw std::bad_array_new_length(); }
  [[noreturn, gnu::cold, gnu::noinline]] static void refuse() { throw std::bad_alloc(); }

  A* allocator_;
};

static_assert(std::is_nothrow_copy_constructible_v<StandardAllocator<int, SystemAllocator>>);
static_assert(
    std::is_same_v<std::allocator_traits<StandardAllocator<int, SystemAllocator>>::rebind_alloc<char>,
                   StandardAllocator<char, SystemAllocator>>);

}  // namespace assay
