// What every check of this family is written with: the subject for one value type, what its cells hold, and
// the report of a program that a conflict ends.
#pragma once

#include <signal.h>

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "pointers/cell_concept.h"
#include "suites/core/captured_output.h"
#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/core/trap.h"
#include "suites/core/witness.h"

namespace assay::suite::cell {

// `Of` is the SubjectOf that ASSAY_CLAUSES makes (suites/cell/clauses.h).
template <class Of, class T>
using Subject = typename Of::template type<T>;

template <class Of>
inline constexpr CellTraits kClaims = Subject<Of, long>::kTraits;

inline long number_of(long value) { return value; }
inline long number_of(const Witness& value) { return value.value(); }
inline long number_of(const std::unique_ptr<long>& value) { return value == nullptr ? 0 : *value; }

// The number of the value inside, by whatever way the subject has to look at it.
template <class C>
long look(const C& cell) {
  using T = typename C::value_type;
  if constexpr (C::kTraits.borrows) {
    return number_of(*cell.borrow());
  } else if constexpr (C::kTraits.sets && std::is_trivially_copyable_v<T>) {
    return number_of(cell.get());
  } else {
    T value = cell.replace(T());
    const long number = number_of(value);
    cell.replace(std::move(value));
    return number;
  }
}

template <class C>
void expect(const C& cell, long number, const char* when) {
  const long found = look(cell);
  require(found == number, "%s the cell holds %ld instead of %ld", when, found, number);
}

// Nobody has it borrowed.
template <class C>
void expect_free(const C& cell, const char* when) {
  if constexpr (C::kTraits.borrows)
    require(static_cast<bool>(cell.try_borrow_mut()), "%s the cell is still borrowed", when);
}

template <class C>
void expect_held(const C& cell, const char* when) {
  if constexpr (C::kTraits.borrows)
    require(!cell.try_borrow_mut(), "%s the cell is borrowed no longer", when);
}

// A guard that stays where it was made: no move of it is part of what is checked.
template <class Make>
auto keep(const Make& make) {
  using Guard = decltype(make());
  return std::unique_ptr<Guard>(new Guard(make()));
}

struct Report {
  char line[600];
};

// Runs `misuse` in a forked child, which must abort, and gives what it reported.
template <class Body>
Report report_of(const char* what, const Body& misuse) {
  Report report{};
  CapturedOutput output;
  const Ending ending = run_forked(misuse);
  output.restore();
  output.first_line(report.line);
  require(ending.signal == SIGABRT, "%s went unnoticed: %s instead of SIGABRT", what, describe(ending));
  return report;
}

}  // namespace assay::suite::cell
