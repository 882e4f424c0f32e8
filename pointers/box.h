// Box<T>: the only owner of an object on the heap.
//
// Idea. A pointer that deletes. Nothing lies beside the object: a Box<T> may give up its object to `delete`,
// and take one that came from `new`.
//
//   Box ──→ │ object │          Box<T[]> ──→ │ length │ element 0 │ element 1 │ …
//
// Invariants
//   I1  a Box is null or points to an object that `delete` may end, and no other Box does
//   I2  Box<T[]>: the length lies in front of the elements, in the same block
//   I3  a Box has its new state before the old object is let go: destructors may use the Box
//
// Costs: those of new and delete. Types with a destructor cost a look at thread-local storage more, so that a
// list of a million boxes, or a tree of any depth, ends on little stack (drop_stack.h, also for the order of
// destruction there). sizeof is a word; an array has a word more in its block, or its alignment if that is
// more.
//
// A value of any size is made in place: from arguments, or by make_with(f) from what f() returns, without a
// copy on the stack. A Box of a class converts to one of its base if that has a virtual destructor. Storage
// from an allocator: make_in() returns a BoxIn (box_in.h), as there is no room for the allocator here.
//
// What it does not do. No deleters. Not thread-safe, but may be handed from thread to thread. T must be
// complete where a Box may be dropped, not before.
// Source: Rust's std::boxed::Box; std::unique_ptr.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "allocators/concept.h"
#include "pointers/alias.h"
#include "pointers/box_array.h"
#include "pointers/box_in.h"
#include "pointers/concept.h"
#include "pointers/drop_stack.h"

namespace assay {

// What `delete` through a To* does to an object that is a From: the same with other qualifiers, or all of it.
template <class From, class To>
concept DeletableAs = std::is_convertible_v<From*, To*> &&
    (std::same_as<std::remove_cv_t<From>, std::remove_cv_t<To>> || std::has_virtual_destructor_v<To>);

template <class T>
class Box {
  static_assert(!std::is_bounded_array_v<T>, "arrays are T[] here, of a length known at run time");
  static_assert(!std::is_void_v<T> && !std::is_reference_v<T>);

 public:
  static constexpr PointerTraits kTraits{.shares = false,
                                         .unwraps = std::is_move_constructible_v<T>,
                                         .proves_unique = true,
                                         .gives_raw = true,
                                         .aliases = true,
                                         .converts = true,
                                         .has_arrays = true,
                                         .takes_allocator = true,
                                         .drops_deep_chains = true};
  using element_type = T;

  template <class... Arguments>
  [[gnu::always_inline]] static Box make(Arguments&&... arguments) {
    if constexpr (std::is_constructible_v<T, Arguments...>)
      return Box(new T(std::forward<Arguments>(arguments)...));
    else
      return Box(new T{std::forward<Arguments>(arguments)...});
  }
  template <class F>
  [[gnu::always_inline]] static Box make_with(F&& f) {
    return Box(new T(std::forward<F>(f)()));
  }
  template <Allocator A, class... Arguments>
  static BoxIn<T, A> make_in(A& allocator, Arguments&&... arguments) {
    return BoxIn<T, A>::make(allocator, std::forward<Arguments>(arguments)...);
  }

  Box() noexcept = default;
  Box(std::nullptr_t) noexcept {}
  [[gnu::always_inline]] Box(Box&& other) noexcept : object_(other.into_raw()) {}
  template <class U>
  requires(!std::same_as<U, T> && DeletableAs<U, T>) Box(Box<U>&& other)
  noexcept : object_(other.into_raw()) {}
  Box& operator=(Box&& other) noexcept {
    Box(std::move(other)).swap(*this);
    return *this;
  }
  [[gnu::always_inline]] ~Box() { drop(object_); }

  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *expect_object(); }
  T* operator->() const noexcept { return expect_object(); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

  void reset() noexcept { drop(std::exchange(object_, nullptr)); }
  void swap(Box& other) noexcept { std::swap(object_, other.object_); }
  friend void swap(Box& a, Box& b) noexcept { a.swap(b); }
  friend bool operator==(const Box&, const Box&) noexcept = default;

  static std::optional<T> try_unwrap(Box&& box) {
    std::optional<T> value;
    if (box.object_ == nullptr) return value;
    value.emplace(std::move(*box.object_));
    box.reset();
    return value;
  }
  T* get_mut() noexcept { return object_; }

  T* into_raw() noexcept { return std::exchange(object_, nullptr); }
  // The object lives for as long as the program. Must own something.
  T& leak() && noexcept {
    expect_object();
    return *into_raw();
  }
  // Also of an object from `new`.
  static Box from_raw(T* object) noexcept { return Box(object); }

  template <class U>
  Alias<U, Box> alias(U* part) && noexcept {
    return {std::move(*this), part};
  }

 private:
  template <class>
  friend class Box;

  explicit Box(T* object) noexcept : object_(object) {}

  // Types without a destructor own nothing, so that no chain goes through them.
  [[gnu::always_inline]] static void drop(T* object) noexcept {
    if (object == nullptr) return;
    if constexpr (std::is_trivially_destructible_v<T>)
      delete object;
    else
      DropStack::drop<&end>(const_cast<std::remove_cv_t<T>*>(object));
  }
  static void end(void* object) noexcept { delete static_cast<T*>(object); }

  T* expect_object() const noexcept {
    if constexpr (kChecked)
      if (object_ == nullptr) trap("Box I1", "a Box that owns nothing has no object");
    return object_;
  }

  T* object_ = nullptr;
};

static_assert(sizeof(Box<int>) == sizeof(void*) && sizeof(Box<int[]>) == sizeof(void*));
static_assert(Pointer<Box<int>> && Pointer<Box<int[]>>);

}  // namespace assay
