// What a cell claims and owes: a value that is changed through a shared, even const, reference (Cell,
// RefCell), or that is shared until it is changed (Cow).
//
//   template <class T> class MyCell {
//     static constexpr assay::CellTraits kTraits{.sets = true};
//     using value_type = T;
//     explicit MyCell(T value);
//     T get() const;
//     void set(T value) const;
//   };
//   static_assert(assay::CellLike<MyCell<int>>);
//
// A claim obliges: the concept demands the members that it needs, and suites/cell/ runs the clauses that it
// brings. const means shared here, not safe between threads: no cell is.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace assay {

struct CellTraits {
  bool sets = false;             // get() of trivially copyable T, set(): no reference to the value comes out
  bool replaces = false;         // replace(), take(), swap(), into_inner()
  bool copies = false;           // a copy is a cell of its own
  bool borrows = false;          // borrow(), borrow_mut(), and their forms with try_: guards
  bool clones_borrows = false;   // clone() of a reader's guard is one reader more
  bool maps_borrows = false;     // map(f) makes of a guard one of a part of the value
  bool names_holder = false;     // what ends a program for a conflict reports where a borrow was made
  bool traps_dangling = false;   // a cell that is destroyed while it is borrowed ends the program
  bool traps_empty = false;      // so does access through a guard that holds no borrow
  bool copies_on_write = false;  // borrow(value), own(value), to_mut(), into_owned(), is_borrowed()
  bool owns_views = false;       // C<std::string_view> owns a std::string
  std::size_t most_readers = 0;  // one more ends the program instead of wrapping; 0: out of reach
};

template <class C>
concept CellCore = requires {
  typename C::value_type;
  { C::kTraits } -> std::convertible_to<const CellTraits&>;
};

template <class C>
concept SetsValue = std::constructible_from<C, typename C::value_type> &&
    requires(const C cell, typename C::value_type value) {
  { cell.get() } -> std::same_as<typename C::value_type>;
  cell.set(std::move(value));
};

// take() leaves T(). A cell with borrows counts each of these as a writer.
template <class C>
concept ReplacesValue = std::constructible_from<C, typename C::value_type> &&
    requires(C cell, const C constant, typename C::value_type value) {
  { constant.replace(std::move(value)) } -> std::same_as<typename C::value_type>;
  { constant.take() } -> std::same_as<typename C::value_type>;
  constant.swap(constant);
  { std::move(cell).into_inner() } -> std::same_as<typename C::value_type>;
};

// A default guard holds no borrow, nor does one that was moved from; reset() ends what it holds.
template <class G, class T>
concept BorrowGuard = std::default_initializable<G> && std::movable<G> && !std::copyable<G> &&
                      requires(G guard, const G constant) {
  { *constant } -> std::same_as<T&>;
  { constant.operator->() } -> std::same_as<T*>;
  { static_cast<bool>(constant) }
  noexcept;
  { guard.reset() }
  noexcept;
};

// borrow() and borrow_mut() end the program in a conflict, those with try_ return a guard without a borrow.
template <class C>
concept BorrowsValue = std::constructible_from<C, typename C::value_type> && requires(const C cell) {
  { cell.borrow() } -> BorrowGuard<const typename C::value_type>;
  { cell.try_borrow() } -> BorrowGuard<const typename C::value_type>;
  { cell.borrow_mut() } -> BorrowGuard<typename C::value_type>;
  { cell.try_borrow_mut() } -> BorrowGuard<typename C::value_type>;
};

template <class C>
concept ClonesBorrows = requires(const C cell) {
  { cell.borrow().clone() } -> BorrowGuard<const typename C::value_type>;
};

template <class C>
concept MapsBorrows = requires(const C cell, const long& (*read)(const typename C::value_type&),
                               long& (*write)(typename C::value_type&)) {
  { cell.borrow().map(read) } -> BorrowGuard<const long>;
  { cell.borrow_mut().map(write) } -> BorrowGuard<long>;
};

// borrow() refers to a value that must outlive it, or its first write. Copies of a borrowed C are borrowed
// from the same value, of an owned one they own a copy.
template <class C>
concept CopiesWhenWritten = std::copyable<C> && std::equality_comparable<C> &&
    requires(C cow, const C constant, const typename C::value_type& value, typename C::Owned owned) {
  { C::borrow(value) } -> std::same_as<C>;
  { C::own(std::move(owned)) } -> std::same_as<C>;
  { *constant } -> std::convertible_to<const typename C::value_type&>;
  { cow.to_mut() } -> std::same_as<typename C::Owned&>;
  { std::move(cow).into_owned() } -> std::same_as<typename C::Owned>;
  { constant.is_borrowed() }
  noexcept->std::same_as<bool>;
};

// clang-format off
template <class C>
concept CellLike = CellCore<C> &&
    (!C::kTraits.sets || SetsValue<C>) &&
    (!C::kTraits.replaces || ReplacesValue<C>) &&
    (!C::kTraits.copies || std::copy_constructible<C>) &&
    (!C::kTraits.borrows || BorrowsValue<C>) &&
    (!C::kTraits.clones_borrows || (C::kTraits.borrows && ClonesBorrows<C>)) &&
    (!C::kTraits.maps_borrows || (C::kTraits.borrows && MapsBorrows<C>)) &&
    (!C::kTraits.copies_on_write || CopiesWhenWritten<C>);
// clang-format on

}  // namespace assay
