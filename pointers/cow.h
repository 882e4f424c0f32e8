// A value that is borrowed until it is first written: most readers never pay for a copy.
//
// Idea. A function that only sometimes changes what it got returns a Cow: of the value that it was given, or
// of one of its own. to_mut() makes the copy that a write needs, once.
//
//   Cow<T>                 │ const T*  or  T                        │ owns │
//   Cow<std::string_view>  │ std::string_view  or  std::string      │ owns │
//
// Invariants
//   I1  owns: the Cow has a value of its own, which no other refers to; otherwise it has not changed, and
//   never
//       will change, the value that it borrows
//   I2  at most one copy is made, by the first to_mut() or into_owned() of a borrowed Cow
//   I3  a copy that throws leaves the Cow as it was
//
// Costs. Reading: a test and a load. to_mut() of an owned value: a test. Size: the larger of the two, and a
// flag. The copy is constructed where it stays. What is borrowed must outlive the Cow or its first write;
// temporaries are refused.
//
// Views. Where what is borrowed and what is owned are of different types, OwnedForm tells both: string views
// own a string, std::span<const T> a std::vector<T>.
//
// What it does not do. It never gives an owned value back to be shared: Rc::make_mut copies when others hold
// it. Not for threads, except that several may read one.
//
// Source: std::borrow::Cow of Rust.
#pragma once

#include <concepts>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pointers/cell_concept.h"

namespace assay {

// What a Cow<T> borrows and owns, and how both are read. The borrowed form is trivially copyable.
template <class T>
struct OwnedForm {
  using Borrowed = const T*;
  using Owned = T;
  using View = const T&;
  static Borrowed borrow(View value) noexcept { return std::addressof(value); }
  static View view(Borrowed value) noexcept { return *value; }
  static View view_owned(const Owned& value) noexcept { return value; }
  static Owned copy(Borrowed value) { return *value; }
};

template <class Character, class Traits>
struct OwnedForm<std::basic_string_view<Character, Traits>> {
  using Borrowed = std::basic_string_view<Character, Traits>;
  using Owned = std::basic_string<Character, Traits>;
  using View = Borrowed;
  static Borrowed borrow(View value) noexcept { return value; }
  static View view(Borrowed value) noexcept { return value; }
  static View view_owned(const Owned& value) noexcept { return value; }
  static Owned copy(Borrowed value) { return Owned(value); }
};

template <class T>
struct OwnedForm<std::span<const T>> {
  using Borrowed = std::span<const T>;
  using Owned = std::vector<T>;
  using View = Borrowed;
  static Borrowed borrow(View value) noexcept { return value; }
  static View view(Borrowed value) noexcept { return value; }
  static View view_owned(const Owned& value) noexcept { return value; }
  static Owned copy(Borrowed value) { return Owned(value.begin(), value.end()); }
};

template <class T>
class Cow {
  using Form = OwnedForm<T>;
  using Borrowed = typename Form::Borrowed;
  static_assert(std::is_trivially_copyable_v<Borrowed>);

 public:
  static constexpr CellTraits kTraits{.copies_on_write = true, .owns_views = true};
  using value_type = T;
  using Owned = typename Form::Owned;
  using View = typename Form::View;  // const T&, or T where that is a view

  [[nodiscard]] static Cow borrow(View value) noexcept { return Cow(Form::borrow(value)); }
  template <class Temporary>
  requires std::convertible_to<Temporary*, const Owned*>
  static Cow borrow(const Temporary&&) = delete;
  // What is no Owned would be converted, and the result borrowed.
  template <class Other>
  requires(std::is_reference_v<View> &&
           !std::convertible_to<std::remove_reference_t<Other>*, const Owned*>) static Cow
      borrow(Other&&) = delete;
  [[nodiscard]] static Cow own(Owned value) noexcept(std::is_nothrow_move_constructible_v<Owned>) {
    return Cow(std::in_place, std::move(value));
  }

  // A copy of a borrowed Cow borrows the same value.
  Cow(const Cow& other) : owns_(other.owns_) {
    if (owns_)
      std::construct_at(std::addressof(owned_), other.owned_);
    else
      std::construct_at(std::addressof(borrowed_), other.borrowed_);
  }
  // Leaves a Cow of the same kind, with what T's move leaves.
  Cow(Cow&& other) noexcept(std::is_nothrow_move_constructible_v<Owned>) : owns_(other.owns_) {
    if (owns_)
      std::construct_at(std::addressof(owned_), std::move(other.owned_));
    else
      std::construct_at(std::addressof(borrowed_), other.borrowed_);
  }
  Cow& operator=(const Cow& other) {
    if (this != &other) *this = Cow(other);
    return *this;
  }
  Cow& operator=(Cow&& other) noexcept(kMoves) {
    if (this == &other) return *this;
    if (!other.owns_)
      borrow_instead(other.borrowed_);
    else if (owns_)
      owned_ = std::move(other.owned_);
    else
      own_instead([&other]() -> Owned { return std::move(other.owned_); });
    return *this;
  }
  ~Cow() {
    if (owns_) std::destroy_at(std::addressof(owned_));
  }

  bool is_borrowed() const noexcept { return !owns_; }

  // Until the next write, move or end of this, and of the borrowed value.
  View operator*() const noexcept { return owns_ ? Form::view_owned(owned_) : Form::view(borrowed_); }
  const T* operator->() const noexcept requires std::is_reference_v<View> { return std::addressof(**this); }

  // Own from now on. Throws what a copy throws.
  Owned& to_mut() {
    if (!owns_) own_instead([this] { return Form::copy(borrowed_); });
    return owned_;
  }

  // The value if it is owned, a copy otherwise.
  Owned into_owned() && {
    if (!owns_) return Form::copy(borrowed_);
    return std::move(owned_);
  }

  // Of the values, whoever owns them.
  friend bool operator==(const Cow& a, const Cow& b) requires std::equality_comparable<T> { return *a == *b; }

 private:
  static constexpr bool kMoves =
      std::is_nothrow_move_constructible_v<Owned> && std::is_nothrow_move_assignable_v<Owned>;

  explicit Cow(Borrowed borrowed) noexcept : borrowed_(borrowed), owns_(false) {}
  Cow(std::in_place_t, Owned&& value) : owned_(std::move(value)), owns_(true) {}

  void borrow_instead(Borrowed borrowed) noexcept {
    if (owns_) std::destroy_at(std::addressof(owned_));
    std::construct_at(std::addressof(borrowed_), borrowed);
    owns_ = false;
  }

  // Of a borrowed Cow. `make` constructs the value where it stays, over what is borrowed; that comes back
  // when it throws.
  template <class Make>
  void own_instead(const Make& make) {
    struct Restore {
      Cow* cow;
      const Borrowed borrowed;
      ~Restore() {
        if (cow != nullptr) std::construct_at(std::addressof(cow->borrowed_), borrowed);
      }
    } restore{this, borrowed_};
    ::new (static_cast<void*>(std::addressof(owned_))) Owned(make());
    restore.cow = nullptr;
    owns_ = true;
  }

  union {
    Borrowed borrowed_;
    Owned owned_;
  };
  bool owns_;
};

static_assert(sizeof(Cow<std::string_view>) == sizeof(std::string) + sizeof(void*));
static_assert(CellLike<Cow<int>>);

}  // namespace assay
