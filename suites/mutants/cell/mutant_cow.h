// A copy on write, written to be seen to be right: a source, or a value of its own. cell_defects.h switches
// its defects on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "pointers/cell_concept.h"
#include "suites/mutants/cell/cell_defects.h"

namespace assay::mutant {

template <class T>
class MutantCow {
  static constexpr bool kIsView = std::is_same_v<T, std::string_view>;
  static constexpr bool kIsSmall = std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(long) && !kIsView;

 public:
  static constexpr CellTraits kTraits{.copies_on_write = true, .owns_views = true};
  using value_type = T;
  using Owned = std::conditional_t<kIsView, std::string, T>;
  using Source = std::conditional_t<kIsView, T, const T*>;
  using View = std::conditional_t<kIsView, T, const T&>;

  static MutantCow borrow(const T& value) {
    MutantCow cow;
    if constexpr (kIsView)
      cow.source_ = value;
    else if (kIsSmall && small_values_are_copied_at_once)
      cow.source_ = new T(value);
    else
      cow.source_ = &value;
    return cow;
  }
  static MutantCow own(Owned value) {
    MutantCow cow;
    if (own_copies)
      cow.owned_.emplace(std::as_const(value));
    else
      cow.owned_.emplace(std::move(value));
    return cow;
  }

  MutantCow(const MutantCow& other) : source_(other.source_), was_borrowed_(other.was_borrowed_) {
    if (other.owned_.has_value()) {
      if constexpr (!kIsView) {
        if (copy_of_an_owned_one_borrows) {
          source_ = &*other.owned_;
          return;
        }
      }
      owned_.emplace(*other.owned_);
    } else if (copy_of_a_borrowed_one_owns) {
      to_mut();
    }
  }
  MutantCow(MutantCow&&) = default;
  MutantCow& operator=(const MutantCow& other) {
    if (this != &other) *this = MutantCow(other);
    return *this;
  }
  MutantCow& operator=(MutantCow&& other) {
    if (this == &other) return *this;
    if (move_assignment_leaks && owned_.has_value()) new Owned(std::move(*owned_));
    if (!other.owned_.has_value())
      owned_.reset();
    else if (owned_.has_value())
      *owned_ = std::move(*other.owned_);
    else
      owned_.emplace(std::move(*other.owned_));
    source_ = other.source_;
    was_borrowed_ = other.was_borrowed_;
    copied_view_ = other.copied_view_;
    return *this;
  }
  ~MutantCow() = default;

  bool is_borrowed() const noexcept { return source_.has_value(); }

  View operator*() const {
    if constexpr (kIsView) {
      if (source_.has_value()) return *source_;
      return view_is_that_of_the_copy ? copied_view_ : std::string_view(*owned_);
    } else {
      return source_.has_value() ? **source_ : *owned_;
    }
  }

  Owned& to_mut() {
    if (second_write_copies_again && was_borrowed_ && owned_.has_value()) {
      const Owned again(std::as_const(*owned_));
      return *owned_;
    }
    if (source_.has_value()) {
      const Source source = *source_;
      if (throwing_copy_loses_the_source) source_.reset();
      owned_.emplace(copy_of(source));
      source_.reset();
      was_borrowed_ = true;
      if constexpr (kIsView) copied_view_ = *owned_;
    }
    return *owned_;
  }

  Owned into_owned() && {
    if (source_.has_value()) {
      if (throwing_into_owned_leaks) {
        auto* spare = new Owned(copy_of(*source_));
        Owned value(std::move(*spare));
        delete spare;
        return value;
      }
      return Owned(copy_of(*source_));
    }
    if (into_owned_copies_an_owned_value) return std::as_const(*owned_);
    return std::move(*owned_);
  }

  friend bool operator==(const MutantCow& a, const MutantCow& b) {
    if (equality_asks_who_owns && a.is_borrowed() != b.is_borrowed()) return false;
    return *a == *b;
  }

 private:
  MutantCow() = default;

  static decltype(auto) copy_of(const Source& source) {
    if constexpr (kIsView)
      return Owned(source);
    else
      return *source;
  }

  std::optional<Source> source_;
  std::optional<Owned> owned_;    // where there is no source
  bool was_borrowed_ = false;     // for second_write_copies_again
  std::string_view copied_view_;  // for view_is_that_of_the_copy
};

static_assert(CellLike<MutantCow<int>>);

}  // namespace assay::mutant
