// A value that is changed through a shared reference: values go in and out of a Cell, references never do.
//
// Idea. What makes shared mutation dangerous is a reference into the value that is still in use when the
// value changes. A Cell gives none, so that set() through a const Cell needs no check and costs a store.
//
//   Cell<T>  │ value │      sizeof(T), nothing beside it
//
// Invariants
//   I1  no reference to the value leaves the cell
//   I2  the new value is in place before the old one is destroyed: a destructor that comes back to the cell
//       finds a whole value
//
// Costs. get and set: a load and a store. replace, take: two moves. swap: three.
//
// Why get() wants a trivially copyable T: any other copy constructor is code that sees the value by reference
// and might come back to set() it. replace() and take() give such a value out; T's own moves are not to touch
// the cell. An ordinary cell in C++ is a mutable member: it may be borrowed by accident, this cannot.
//
// What it does not do. It is not for threads: const means shared, not synchronised. A T that is large, or
// cannot be moved, belongs in a RefCell.
//
// Source: std::cell::Cell of Rust.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "pointers/cell_concept.h"

namespace assay {

template <class T>
class Cell {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a cell is for a value that changes");

 public:
  static constexpr CellTraits kTraits{
      .sets = true, .replaces = true, .copies = std::is_trivially_copyable_v<T>};
  using value_type = T;

  Cell() requires std::default_initializable<T> : value_() {}
  explicit Cell(T value) noexcept(std::is_nothrow_move_constructible_v<T>) : value_(std::move(value)) {}
  template <class... Arguments>
  explicit Cell(std::in_place_t, Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}

  Cell(const Cell&) requires std::is_trivially_copyable_v<T>
  = default;
  Cell(Cell&&) = default;
  Cell& operator=(const Cell&) requires std::is_trivially_copyable_v<T>
  = default;
  Cell& operator=(Cell&&) requires std::is_trivially_copyable_v<T>
  = default;
  Cell& operator=(Cell&& other) noexcept(kMoves) requires(!std::is_trivially_copyable_v<T>) {
    if (this != &other) set(std::move(other.value_));
    return *this;
  }
  ~Cell() = default;

  T get() const noexcept requires std::is_trivially_copyable_v<T> { return value_; }

  void set(T value) const noexcept(kMoves) { static_cast<void>(replace(std::move(value))); }

  // The old value.
  T replace(T value) const noexcept(kMoves) { return std::exchange(value_, std::move(value)); }

  // The value; T() stays.
  T take() const requires std::default_initializable<T> { return replace(T()); }

  // With itself too.
  void swap(const Cell& other) const noexcept(kMoves) {
    if (this != &other) std::ranges::swap(value_, other.value_);
  }

  // set(f(get())); returns what it set.
  template <class F>
  T update(F&& f) const requires std::is_trivially_copyable_v<T> {
    const T value = std::forward<F>(f)(get());
    set(value);
    return value;
  }

  T into_inner() && noexcept(std::is_nothrow_move_constructible_v<T>) { return std::move(value_); }

 private:
  static constexpr bool kMoves =
      std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

  mutable T value_;
};

static_assert(sizeof(Cell<char>) == 1 && sizeof(Cell<long>) == sizeof(long));
static_assert(CellLike<Cell<int>>);

}  // namespace assay
