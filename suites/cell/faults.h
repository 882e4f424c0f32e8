// Failures in the middle: every construction that an operation makes throws once.
#pragma once

#include <concepts>
#include <utility>

#include "suites/cell/subject.h"

namespace assay::suite::cell {

// For n = 0, 1, …: lets the construction after n further ones throw in `operate(subjects)`, of subjects that
// `Make` makes anew, and calls judge(subjects) when it did.
template <class Subjects, class Operate, class Judge>
void throw_at_every_step(const Operate& operate, const Judge& judge) {
  const long before = Witness::live;
  for (long n = 0;; ++n) {
    bool threw = false;
    {
      Subjects subjects;
      Witness::throw_after = n;
      try {
        operate(subjects);
      } catch (const WitnessThrow&) {
        threw = true;
      }
      Witness::throw_after = -1;
      if (threw) judge(subjects);
    }
    require(Witness::live == before, "an operation that threw at step %ld left %ld objects", n,
            Witness::live - before);
    if (!threw) return;
  }
}

template <class C>
struct TwoCells {
  C first{Witness(1)}, second{Witness(2)};
};

// Each holds what it held, or what it was to hold.
template <class C>
void expect_whole(TwoCells<C>& cells, const char* operation) {
  for (const C* cell : {&cells.first, &cells.second}) {
    expect_free(*cell, operation);
    const long number = look(*cell);
    require(number >= 0 && number <= 3, "%s that threw left %ld", operation, number);
  }
}

template <class Of>
void check_throwing_cells() {
  constexpr CellTraits kTraits = kClaims<Of>;
  if constexpr (!kTraits.sets && !kTraits.replaces && !kTraits.copies) {
    absent("claims no operation that constructs a value");
  } else {
    using C = Subject<Of, Witness>;
    using Two = TwoCells<C>;
    const auto whole = [](const char* operation) {
      return [operation](Two& cells) { expect_whole(cells, operation); };
    };
    if constexpr (kTraits.sets)
      throw_at_every_step<Two>([](Two& cells) { cells.first.set(Witness(3)); }, whole("set()"));
    if constexpr (kTraits.replaces) {
      throw_at_every_step<Two>([](Two& cells) { cells.first.replace(Witness(3)); }, whole("replace()"));
      throw_at_every_step<Two>([](Two& cells) { cells.first.take(); }, whole("take()"));
      throw_at_every_step<Two>([](Two& cells) { cells.first.swap(cells.second); }, whole("swap()"));
      throw_at_every_step<Two>([](Two& cells) { std::move(cells.first).into_inner(); },
                               whole("into_inner()"));
    }
    if constexpr (C::kTraits.copies) {
      throw_at_every_step<Two>([](Two& cells) { const C copy = cells.first; }, whole("a copy"));
      if constexpr (std::copyable<C>)
        throw_at_every_step<Two>([](Two& cells) { cells.first = cells.second; }, whole("an assignment"));
    }
  }
}

inline const Witness& source_of_faults() {
  static const Witness source(7);
  return source;
}

template <class C>
struct TwoCows {
  C borrowed = C::borrow(source_of_faults()), owned = C::own(Witness(1));
};

template <class Of>
void check_throwing_cows() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no copy on write");
  } else {
    using C = Subject<Of, Witness>;
    using Two = TwoCows<C>;
    const Witness& source = source_of_faults();
    const auto readable = [&source](const char* operation) {
      return [&source, operation](Two& cows) {
        for (const C* cow : {&cows.borrowed, &cows.owned}) {
          const long number = number_of(**cow);
          require(number == 7 || number == 1, "%s that threw left %ld", operation, number);
          require(!cow->is_borrowed() || &**cow == &source, "%s that threw left another source", operation);
        }
        require(source.value() == 7, "%s that threw changed the source to %ld", operation, source.value());
        require(number_of(cows.borrowed.to_mut()) == number_of(*cows.borrowed), "a write after %s that threw",
                operation);
      };
    };
    const auto unchanged = [&](const char* operation) {
      return [&source, operation, after = readable(operation)](Two& cows) {
        require(cows.borrowed.is_borrowed() && &*cows.borrowed == &source,
                "%s that threw changed what is borrowed", operation);
        after(cows);
      };
    };
    throw_at_every_step<Two>([](Two& cows) { cows.borrowed.to_mut(); }, unchanged("to_mut()"));
    throw_at_every_step<Two>([](Two& cows) { std::move(cows.borrowed).into_owned(); },
                             unchanged("into_owned()"));
    throw_at_every_step<Two>([](Two& cows) { std::move(cows.owned).into_owned(); },
                             unchanged("into_owned() of an owned one"));
    throw_at_every_step<Two>([](Two& cows) { const C copy = cows.owned; }, unchanged("a copy"));
    throw_at_every_step<Two>([](Two& cows) { cows.borrowed = cows.owned; }, readable("an assignment"));
    throw_at_every_step<Two>([](Two& cows) { cows.owned = cows.borrowed; }, readable("an assignment"));
    throw_at_every_step<Two>([](Two& cows) { cows.borrowed = std::move(cows.owned); }, readable("a move"));
    throw_at_every_step<Two>([](Two& cows) { cows.owned = C::own(Witness(7)); }, readable("own()"));
  }
}

template <class Of>
struct FaultClauses {
  Clause cells{"FAULTS-1", ClauseClass::kViolation, "[res.on.exception.handling]",
               "A cell whose operation throws at its n-th construction has a whole value and no borrow",
               &check_throwing_cells<Of>};
  Clause cows{"FAULTS-2", ClauseClass::kViolation, "[res.on.exception.handling]; CONTRACT SP-07",
              "A copy on write that throws at its n-th construction leaves what can be read and written",
              &check_throwing_cows<Of>};
};

}  // namespace assay::suite::cell
