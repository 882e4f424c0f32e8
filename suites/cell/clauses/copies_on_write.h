// A value that is borrowed until it is written: CE-22 to CE-30.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "suites/cell/subject.h"

namespace assay::suite::cell {

// Copies made since the last call.
inline long copies_made() { return std::exchange(Witness::copied, 0); }

template <class C>
void expect_borrowed(const C& cow, const typename C::value_type& value, const char* when) {
  require(cow.is_borrowed(), "%s it is not borrowed", when);
  require(&*cow == &value, "%s it reads another object than the one it borrows", when);
}

template <class C>
void expect_owned(const C& cow, long number, const char* when) {
  require(!cow.is_borrowed(), "%s it is borrowed", when);
  const long found = number_of(*cow);
  require(found == number, "%s its value is %ld instead of %ld", when, found, number);
}

template <class Of>
void check_borrowing() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    const Witness source(4);
    copies_made();
    {
      const auto cow = Subject<Of, Witness>::borrow(source);
      expect_borrowed(cow, source, "after borrow()");
      require(cow.is_borrowed() && number_of(*cow) == 4, "reading changed it");
    }
    require(copies_made() == 0 && Witness::live == 1, "borrowing and reading made a copy");
    long number = 1;
    const auto cow = Subject<Of, long>::borrow(number);
    expect_borrowed(cow, number, "of a number");
    number = 2;
    require(*cow == 2, "what its owner changed reads %ld instead of 2", *cow);
  }
}

template <class Of>
void check_first_write() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    const Witness source(4);
    auto cow = Subject<Of, Witness>::borrow(source);
    copies_made();
    cow.to_mut() = Witness(5);
    require(copies_made() == 1, "the first write did not make one copy");
    expect_owned(cow, 5, "after a write");
    require(source.value() == 4, "a write changed the source to %ld", source.value());
    for (long number = 6; number < 9; ++number) {
      cow.to_mut() = Witness(number);
      expect_owned(cow, number, "after a later write");
    }
    const long later = copies_made();
    require(later == 0, "later writes made %ld copies", later);
    require(Witness::live == 2, "there are %ld objects, not the source and its copy", Witness::live);
  }
}

template <class Of>
void check_owning() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    Witness value(4);
    copies_made();
    auto cow = Subject<Of, Witness>::own(std::move(value));
    expect_owned(cow, 4, "after own()");
    const Witness* place = &*cow;
    cow.to_mut() = Witness(5);
    expect_owned(cow, 5, "written,");
    require(&*cow == place, "a write moved an owned value");
    require(copies_made() == 0, "owning and writing made a copy");
  }
}

template <class Of>
void check_into_owned() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    const Witness source(4);
    auto borrowed = Subject<Of, Witness>::borrow(source);
    auto owned = Subject<Of, Witness>::own(Witness(5));
    copies_made();
    const Witness second = std::move(owned).into_owned();
    require(second.value() == 5, "into_owned() gave %ld instead of 5", second.value());
    require(copies_made() == 0, "into_owned() copied an owned value");
    const Witness first = std::move(borrowed).into_owned();
    require(first.value() == 4, "into_owned() of a borrowed one gave %ld instead of 4", first.value());
    require(copies_made() == 1, "into_owned() of a borrowed one did not make one copy");
    require(source.value() == 4, "into_owned() changed the source to %ld", source.value());
  }
}

template <class Of>
void check_copies_of_cows() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    using C = Subject<Of, Witness>;
    const Witness source(4), another(5);
    const auto borrowed = C::borrow(source);
    copies_made();
    auto copy = borrowed;
    expect_borrowed(copy, source, "a copy of a borrowed one:");
    require(copies_made() == 0, "a copy of a borrowed one copied the value");

    auto owned = C::own(Witness(6));
    copies_made();
    auto second = owned;
    require(copies_made() == 1, "a copy of an owned one did not copy the value once");
    owned.to_mut() = Witness(7);
    expect_owned(second, 6, "after a write to what it was copied from");
    copy = second;
    expect_owned(copy, 6, "assigned from an owned one:");
    second.to_mut() = Witness(8);
    expect_owned(copy, 6, "after a write to what it was assigned from");
    copy = borrowed;
    expect_borrowed(copy, source, "assigned from a borrowed one:");
    auto& same = second;
    second = same;
    expect_owned(second, 8, "assigned to itself:");
  }
}

template <class Of>
void check_moves_of_cows() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    using C = Subject<Of, Witness>;
    const Witness source(4);
    {
      auto borrowed = C::borrow(source);
      auto owned = C::own(Witness(5)), another = C::own(Witness(6));
      copies_made();
      auto first = std::move(borrowed);
      expect_borrowed(first, source, "moved:");
      auto second = std::move(owned);
      expect_owned(second, 5, "moved:");
      first = std::move(second);
      expect_owned(first, 5, "assigned by a move over a borrowed one:");
      first = std::move(another);
      expect_owned(first, 6, "assigned by a move over an owned one:");
      auto& same = first;
      first = std::move(same);
      expect_owned(first, 6, "moved to itself:");
      first = C::borrow(source);
      expect_borrowed(first, source, "assigned a borrowed one over an owned one:");
      require(copies_made() == 0, "a move made a copy");
    }
    require(Witness::live == 1, "%ld objects outlived what was moved", Witness::live - 1);
  }
}

template <class Of>
void check_throwing_write() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    const Witness source(4);
    {
      auto cow = Subject<Of, Witness>::borrow(source);
      Witness::throw_after = 0;
      try {
        static_cast<void>(cow.to_mut());
        violated("to_mut() swallowed what the copy threw");
      } catch (const WitnessThrow&) {
      }
      expect_borrowed(cow, source, "after a copy that threw");
      require(source.value() == 4, "a copy that threw changed the source to %ld", source.value());
      cow.to_mut() = Witness(5);
      expect_owned(cow, 5, "written after a copy that threw:");
    }
    require(Witness::live == 1, "after a copy that threw %ld objects are left over", Witness::live - 1);
  }
}

template <class Of>
void check_views() {
  if constexpr (!kClaims<Of>.owns_views) {
    absent("claims no views");
  } else {
    using C = Subject<Of, std::string_view>;
    const std::string source = "GET /index.html";
    auto cow = C::borrow(source);
    require((*cow).data() == source.data() && (*cow).size() == source.size(),
            "a borrowed view is not that of its source");
    std::string& text = cow.to_mut();
    require(text == source, "the copy of a view is \"%s\"", text.c_str());
    text.append(100, '!');
    require((*cow).size() == source.size() + 100, "after a write through to_mut() the view has %zu bytes",
            (*cow).size());
    require(*cow == text, "after a write through to_mut() the view is of another text");
    require(source == "GET /index.html", "a write changed the source to \"%s\"", source.c_str());
    const std::string owned = std::move(cow).into_owned();
    require(owned == source + std::string(100, '!'), "into_owned() gave \"%s\"", owned.c_str());
  }
}

template <class Of>
void check_equality() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    using C = Subject<Of, Witness>;
    const Witness four(4), other_four(4), five(5);
    require(C::borrow(four) == C::borrow(other_four), "two borrowed ones of equal values differ");
    require(C::borrow(four) == C::own(Witness(4)), "a borrowed and an owned one of equal values differ");
    require(!(C::borrow(four) == C::borrow(five)), "two borrowed ones of different values are equal");
    require(!(C::own(Witness(4)) == C::borrow(five)),
            "an owned and a borrowed one of different values are equal");
  }
}

template <class Of>
struct CopyOnWriteClauses {
  Clause borrowing{"CE-22", ClauseClass::kViolation, "std::borrow::Cow: Borrowed",
                   "A borrowed one reads the very object and copies nothing", &check_borrowing<Of>};
  Clause first_write{"CE-23", ClauseClass::kViolation, "std::borrow::Cow: to_mut",
                     "to_mut() copies at the first write only, and the source stays as it was",
                     &check_first_write<Of>};
  Clause owning{"CE-24", ClauseClass::kViolation, "std::borrow::Cow: Owned",
                "An owned value is read and written where it is, without a copy", &check_owning<Of>};
  Clause into_owned{"CE-25", ClauseClass::kViolation, "std::borrow::Cow: into_owned",
                    "into_owned() moves an owned value out and copies a borrowed one once",
                    &check_into_owned<Of>};
  Clause copies{"CE-26", ClauseClass::kViolation, "std::borrow::Cow: Clone",
                "A copy of a borrowed one borrows the same object, of an owned one it owns a copy",
                &check_copies_of_cows<Of>};
  Clause moves{"CE-27", ClauseClass::kViolation, "std::borrow::Cow",
               "A move keeps what is borrowed or owned, and destroys what it takes the place of",
               &check_moves_of_cows<Of>};
  Clause throwing{"CE-28", ClauseClass::kViolation, "std::borrow::Cow: to_mut; CONTRACT SP-07",
                  "to_mut() whose copy throws leaves it borrowed and its source intact",
                  &check_throwing_write<Of>};
  Clause views{"CE-29", ClauseClass::kViolation, "std::borrow::Cow<str>",
               "A view that owns its text after a write shows that text as it is", &check_views<Of>};
  Clause equality{"CE-30", ClauseClass::kViolation, "std::borrow::Cow: PartialEq",
                  "Equality is that of the values, borrowed or owned", &check_equality<Of>};
};

}  // namespace assay::suite::cell
