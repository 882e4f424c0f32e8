// BoxIn<T, A>: a Box whose object lies in a block of an allocator.
//
//   BoxIn │ object │ allocator │       Two words; the allocator must outlive it.
//             ▼
//         │ object │                   Nothing lies beside the object: a pool of blocks of sizeof(T) serves.
//
// I1  a BoxIn is null or the only owner of an object that make() constructed in a block of its allocator
//
// Why two words: with the allocator's address in the block instead, each drop has to wait for it, and a
// pool's allocate and deallocate took 9 ns, now 5. An allocator that cannot free individually keeps the
// block. Otherwise as Box (box.h), but that a BoxIn does not convert to a base, as the allocator is told the
// size of what it gets back.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "allocators/concept.h"
#include "pointers/block_storage.h"
#include "pointers/concept.h"
#include "pointers/drop_stack.h"
#include "pointers/elements.h"

namespace assay {

template <class T, Allocator A>
class BoxIn {
  using Stored = std::remove_const_t<T>;
  using Storage = AllocatorStorage<A>;

 public:
  static constexpr PointerTraits kTraits{.shares = false,
                                         .unwraps = std::is_move_constructible_v<T>,
                                         .proves_unique = true,
                                         .drops_deep_chains = true};
  using element_type = T;

  // Throws std::bad_alloc, and what T throws.
  template <class... Arguments>
  [[gnu::always_inline]] static BoxIn make(A& allocator, Arguments&&... arguments) {
    const Storage storage{&allocator};
    void* const block = storage.allocate(sizeof(T), alignof(T));
    try {
      return BoxIn(construct_object<Stored>(block, std::forward<Arguments>(arguments)...), &allocator);
    } catch (...) {
      storage.deallocate(block, sizeof(T), alignof(T));
      throw;
    }
  }

  BoxIn() noexcept = default;
  BoxIn(BoxIn&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), allocator_(other.allocator_) {}
  BoxIn& operator=(BoxIn&& other) noexcept {
    BoxIn(std::move(other)).swap(*this);
    return *this;
  }
  [[gnu::always_inline]] ~BoxIn() {
    if (object_ == nullptr) return;
    void* const object = const_cast<Stored*>(object_);
    if constexpr (std::is_trivially_destructible_v<T>)
      end(object, allocator_);
    else
      DropStack::drop<&end>(object, allocator_);
  }

  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *expect_object(); }
  T* operator->() const noexcept { return expect_object(); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

  void reset() noexcept { BoxIn().swap(*this); }
  void swap(BoxIn& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(allocator_, other.allocator_);
  }
  friend void swap(BoxIn& a, BoxIn& b) noexcept { a.swap(b); }
  friend bool operator==(const BoxIn& a, const BoxIn& b) noexcept { return a.object_ == b.object_; }

  static std::optional<T> try_unwrap(BoxIn&& box) {
    std::optional<T> value;
    if (box.object_ == nullptr) return value;
    value.emplace(std::move(*box.object_));
    box.reset();
    return value;
  }
  T* get_mut() noexcept { return object_; }

 private:
  BoxIn(T* object, A* allocator) noexcept : object_(object), allocator_(allocator) {}

  static void end(void* object, void* allocator) noexcept {
    std::destroy_at(static_cast<Stored*>(object));
    Storage{static_cast<A*>(allocator)}.deallocate(object, sizeof(T), alignof(T));
  }

  T* expect_object() const noexcept {
    if constexpr (kChecked)
      if (object_ == nullptr) trap("BoxIn I1", "a BoxIn that owns nothing has no object");
    return object_;
  }

  T* object_ = nullptr;
  A* allocator_ = nullptr;
};

}  // namespace assay
