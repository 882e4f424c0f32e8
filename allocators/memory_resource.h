// AllocatorResource<A>: any allocator of this library as a std::pmr::memory_resource, so that std::pmr's
// containers and all code that takes a resource can use it.
//
// Idea. The two interfaces differ in three things only: a resource throws where an allocator returns null, it
// has to give two live zero-size blocks different addresses, and it can be asked whether it equals another.
//
//   std::pmr::vector ──→ memory_resource ──virtual──→ AllocatorResource<A> ──inlined──→ A
//                                                     │ A, or A& ··············→ an A of the user's
//
//   AllocatorResource<BumpArena> frame;               owns its arena; arguments go to A's constructor
//   AllocatorResource<BumpArena&> also(arena);        refers to one, which must outlive it
//   std::pmr::vector<int> numbers(&frame);
//   numbers = {}; frame.allocator().reset();          what the allocator can do beyond a resource stays there
//
// Invariants.
// I1  Two resources are equal only when blocks of one may be given to the other: when they are one object,
//     refer to one allocator, or are of a type without state.
// I2  A request for 0 bytes is one for 1 byte, on both ways.
// I3  Allocators that free nothing singly never see a deallocate.
//
// Costs: one virtual call over those of A, no storage beyond A. A is a member, so that no second pointer is
// followed. Thread-safe as A is. What a resource may be asked and A does not give (larger blocks, stricter
// alignments) throws std::bad_alloc, as does an exhausted upstream: A keeps its upstream's exceptions inside.
//
// It does not reset: release() of the standard's resources gives storage back upstream, while reset() of an
// allocator keeps it, and who wants that calls it by its name. It adds no lock.
// Source: [mem.res.private], [mem.res.eq].
#pragma once

#include <cstddef>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

#include "allocators/concept.h"
#include "allocators/resource_concept.h"
#include "allocators/system_allocator.h"

namespace assay {

template <class A>
requires Allocator<std::remove_reference_t<A>>
class AllocatorResource final : public std::pmr::memory_resource {
  using Subject = std::remove_reference_t<A>;
  static constexpr AllocatorTraits kOf = Subject::kTraits;

 public:
  static constexpr ResourceTraits kTraits{.takes_upstream = kOf.takes_upstream,
                                          .thread_safe = kOf.thread_safe};

  AllocatorResource() requires(!std::is_reference_v<A>) = default;
  explicit AllocatorResource(std::pmr::memory_resource* upstream) requires(kOf.takes_upstream && !kOf.pools &&
                                                                           !std::is_reference_v<A>)
      : allocator_(upstream) {}
  explicit AllocatorResource(std::pmr::memory_resource* upstream) requires(kOf.takes_upstream&& kOf.pools &&
                                                                           !std::is_reference_v<A>)
      : allocator_(PoolGeometry{}, upstream) {}
  template <class... Arguments>
  explicit AllocatorResource(std::in_place_t,
                             Arguments&&... arguments) requires std::is_constructible_v<A, Arguments...>
      : allocator_(std::forward<Arguments>(arguments)...) {}
  explicit AllocatorResource(Subject& allocator) requires std::is_reference_v<A> : allocator_(allocator) {}

  // The resource cannot be copied or moved: containers hold its address.
  AllocatorResource(const AllocatorResource&) = delete;
  AllocatorResource& operator=(const AllocatorResource&) = delete;

  Subject& allocator() { return allocator_; }
  const Subject& allocator() const { return allocator_; }

  void check_invariants() const requires requires(const Subject& a) { a.check_invariants(); }
  { allocator_.check_invariants(); }

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    void* block = allocator_.allocate(size + (size == 0), alignment);
    if (block == nullptr) [[unlikely]]
      throw std::bad_alloc();
    return block;
  }

  void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
    if constexpr (kOf.frees_individually) allocator_.deallocate(block, size + (size == 0), alignment);
  }

  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    if (this == &other) return true;
    if constexpr (std::is_empty_v<A>)
      return dynamic_cast<const AllocatorResource*>(&other) != nullptr;
    else if constexpr (std::is_reference_v<A>) {
      const auto* same = dynamic_cast<const AllocatorResource*>(&other);
      return same != nullptr && &same->allocator_ == &allocator_;
    } else {
      return false;
    }
  }

  [[no_unique_address]] A allocator_;
};

template <class A>
AllocatorResource(A&) -> AllocatorResource<A&>;

static_assert(MemoryResource<AllocatorResource<SystemAllocator>>);

}  // namespace assay
