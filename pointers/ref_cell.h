// A value that has many readers or one writer at a time, which is checked when it is borrowed.
//
// Idea. borrow() and borrow_mut() count themselves in the cell and return a guard; what they cannot allow
// ends the program, or is nothing from try_borrow() and try_borrow_mut(). All of them are const: a shared
// object is changed where the shape of a program does not show that nobody else looks at it, as in a graph.
//
//   RefCell<T>  │ value … │ count │          Ref, RefMut  │ value* │ count* │      two words
//                           4 bytes: 0 free, n readers, or the least number: a writer
//
// Invariants (the count's own: borrow_state.h)
//   I1  there is one writer and no reader, or no writer and any number of readers
//   I2  most_readers is never exceeded: one more ends the program in borrow() and clone(), before it wraps
//   I3  a cell outlives its borrows
//   I4  a guard that holds no borrow (moved from, reset, refused) is not read through
// I1 and I2 end the program in every build, I3 and I4 in a checked one; elsewhere to break them is undefined.
//
// A program that breaks I1 ends with "assay: RefCell I1: borrow_mut() while a reader borrows the value"; in a
// checked build with file and line of both, of a borrow that is still held.
//
// Costs. borrow(): load, add, store, branch; its end: a decrement in memory. borrow_mut(): compare with zero,
// store; its end: a store. A guard that stays in one function is in registers, and its test for null is gone.
// The sign alone tells whether a reader may enter (borrow_state.h, I2), for which the writer is the least
// number and not -1. Guards are two words, as in Rust, so that one of a part (map) is as large as any.
// RefCell<T, std::int8_t> has one byte beside T instead of four, and 127 readers.
// Measured against Rust's, in one interleaved run: borrow() and its end take 0.98 of the time, borrow_mut()
// 0.85, a graph of 10,000 nodes 0.93.
//
// What it does not do. It is not for threads (Mutex and RwLock are), and knows one writer only: a RefMut is
// mapped, not split. It finds conflicts when they happen, not when the program is compiled.
//
// Source: std::cell::RefCell of Rust.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "pointers/borrow_state.h"
#include "pointers/cell_concept.h"

namespace assay {

template <class T, std::signed_integral Count>
class RefCell;

// A guard: T const of a reader, another T of the writer.
template <class T, std::signed_integral Count>
class [[nodiscard]] BorrowOf {
  static constexpr bool kWrites = !std::is_const_v<T>;

 public:
  // Holds no borrow, and neither does one that was moved from.
  BorrowOf() noexcept = default;

  explicit operator bool() const noexcept { return borrow_.state() != nullptr; }
  T& operator*() const noexcept { return *held(); }
  T* operator->() const noexcept { return held(); }
  void reset() noexcept { borrow_.end(); }

  // One reader more.
  BorrowOf clone(CallSite at = CallSite::current()) const requires(!kWrites) {
    static_cast<void>(held());
    if (!borrow_.state()->try_read()) [[unlikely]]
      borrow_.state()->report("clone()", at);
    return BorrowOf(value_, *borrow_.state(), at);
  }

  // A guard of what f(value) refers to, a part of the value; this one holds nothing then. When f throws all
  // is as it was.
  template <class F>
  auto map(F&& f) && {
    using Part = std::invoke_result_t<F, T&>;
    static_assert(std::is_lvalue_reference_v<Part>, "map(f) wants a reference to a part from f");
    Part part = std::forward<F>(f)(*held());
    return BorrowOf<std::remove_reference_t<Part>, Count>(std::addressof(part), std::move(borrow_));
  }

 private:
  template <class, std::signed_integral>
  friend class BorrowOf;
  template <class, std::signed_integral>
  friend class RefCell;
  using Held = Borrow<Count, kWrites>;

  [[gnu::always_inline]] BorrowOf(T* value, BorrowState<Count>& state, CallSite at) noexcept
      : value_(value), borrow_(state, at) {}
  BorrowOf(T* value, Held&& borrow) noexcept : value_(value), borrow_(std::move(borrow)) {}

  [[gnu::always_inline]] T* held() const noexcept {
    if constexpr (kChecked)
      if (borrow_.state() == nullptr) trap("RefCell I4", "a guard that holds no borrow was used");
    return value_;
  }

  T* value_ = nullptr;
  Held borrow_;
};

template <class T, std::signed_integral Count = std::int32_t>
using Ref = BorrowOf<const T, Count>;
template <class T, std::signed_integral Count = std::int32_t>
using RefMut = BorrowOf<T, Count>;

template <class T, std::signed_integral Count = std::int32_t>
class RefCell {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a cell is for a value that changes");

 public:
  static constexpr CellTraits kTraits{.replaces = true,
                                      .copies = std::copy_constructible<T>,
                                      .borrows = true,
                                      .clones_borrows = true,
                                      .maps_borrows = true,
                                      .names_holder = kChecked,
                                      .traps_dangling = kChecked,
                                      .traps_empty = kChecked,
                                      .most_readers = BorrowState<Count>::kMostReaders};
  using value_type = T;
  using Ref = assay::Ref<T, Count>;
  using RefMut = assay::RefMut<T, Count>;

  RefCell() requires std::default_initializable<T> : value_() {}
  explicit RefCell(T value) noexcept(std::is_nothrow_move_constructible_v<T>) : value_(std::move(value)) {}
  template <class... Arguments>
  explicit RefCell(std::in_place_t, Arguments&&... arguments)
      : value_(std::forward<Arguments>(arguments)...) {}

  // A copy reads the other cell, a move writes it: both end the program in a conflict, as assignment does.
  RefCell(const RefCell& other, CallSite at = CallSite::current()) requires std::copy_constructible<T>
      : value_(*other.borrow(at)) {}
  RefCell(RefCell&& other,
          CallSite at = CallSite::current()) noexcept(std::is_nothrow_move_constructible_v<T>)
      : value_(std::move(*other.borrow_mut(at))) {}
  RefCell& operator=(RefCell other) noexcept(kMoves) {
    static_cast<void>(replace(std::move(other.value_)));
    return *this;
  }
  ~RefCell() = default;

  // Ends the program while there is a writer.
  [[gnu::always_inline]] Ref borrow(CallSite at = CallSite::current()) const {
    if (!state_.try_read()) [[unlikely]]
      state_.report("borrow()", at);
    return Ref(std::addressof(value_), state_, at);
  }

  // Ends the program while there is a reader or a writer.
  [[gnu::always_inline]] RefMut borrow_mut(CallSite at = CallSite::current()) const {
    if (!state_.try_write()) [[unlikely]]
      state_.report("borrow_mut()", at);
    return RefMut(std::addressof(value_), state_, at);
  }

  // Nothing in these cases; try_borrow() nothing with most_readers either.
  [[gnu::always_inline]] Ref try_borrow(CallSite at = CallSite::current()) const noexcept {
    return state_.try_read() ? Ref(std::addressof(value_), state_, at) : Ref();
  }
  [[gnu::always_inline]] RefMut try_borrow_mut(CallSite at = CallSite::current()) const noexcept {
    return state_.try_write() ? RefMut(std::addressof(value_), state_, at) : RefMut();
  }

  // As a writer. The old value: it is destroyed when the cell has the new one and no borrow is held.
  T replace(T value, CallSite at = CallSite::current()) const noexcept(kMoves) {
    return std::exchange(*borrow_mut(at), std::move(value));
  }

  // The value; T() stays.
  T take(CallSite at = CallSite::current()) const requires std::default_initializable<T> {
    return replace(T(), at);
  }

  // Ends the program for a cell and itself too: two writers.
  void swap(const RefCell& other, CallSite at = CallSite::current()) const noexcept(kMoves) {
    const RefMut mine = borrow_mut(at), theirs = other.borrow_mut(at);
    std::ranges::swap(*mine, *theirs);
  }

  T into_inner(CallSite at = CallSite::current()) && noexcept(std::is_nothrow_move_constructible_v<T>) {
    return std::move(*borrow_mut(at));
  }

 private:
  static constexpr bool kMoves =
      std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

  mutable T value_;
  mutable BorrowState<Count> state_;  // last, so that I3 is looked at while the value is still there
};

// For small values and few readers.
template <class T>
using SmallRefCell = RefCell<T, std::int8_t>;

static_assert(kChecked ||
              (sizeof(RefCell<int>) == sizeof(int) + 4 && sizeof(RefCell<char, std::int8_t>) == 2));
static_assert(kChecked || sizeof(Ref<int>) == 2 * sizeof(void*));
static_assert(CellLike<RefCell<int>>);

}  // namespace assay
