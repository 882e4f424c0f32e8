// Misuse that ends the program, and what it reports: CE-15 to CE-21.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "suites/cell/subject.h"

namespace assay::suite::cell {

template <class Of>
void check_conflicts() {
  if constexpr (!kClaims<Of>.borrows) {
    absent("claims no borrows");
  } else {
    const Subject<Of, long> cell(1);
    {
      const auto reader = keep([&] { return cell.borrow(); });
      require_trap("borrow_mut() beside a reader", [&] { static_cast<void>(cell.borrow_mut()); });
      const auto second = keep([&] { return cell.borrow(); });
      require_trap("borrow_mut() beside two readers", [&] { static_cast<void>(cell.borrow_mut()); });
    }
    const auto writer = keep([&] { return cell.borrow_mut(); });
    require_trap("borrow() beside a writer", [&] { static_cast<void>(cell.borrow()); });
    require_trap("borrow_mut() beside a writer", [&] { static_cast<void>(cell.borrow_mut()); });
  }
}

// Without its digits, so that neither lines nor counts make two reports differ.
inline void strip_digits(char* text) {
  char* to = text;
  for (; *text != '\0'; ++text)
    if (!std::isdigit(static_cast<unsigned char>(*text))) *to++ = *text;
  *to = '\0';
}

template <class Of>
void check_report_of_kind() {
  if constexpr (!kClaims<Of>.borrows) {
    absent("claims no borrows");
  } else {
    const Subject<Of, long> cell(1);
    const auto try_to_write = [&] { static_cast<void>(cell.borrow_mut()); };
    auto reader = keep([&] { return cell.borrow(); });
    Report read = report_of("borrow_mut() beside a reader", try_to_write);
    reader.reset();
    const auto writer = keep([&] { return cell.borrow_mut(); });
    Report written = report_of("borrow_mut() beside a writer", try_to_write);
    strip_digits(read.line);
    strip_digits(written.line);
    require(std::strcmp(read.line, written.line) != 0,
            "beside a reader and a writer alike, the report is \"%s\"", read.line);
  }
}

// "…conflicts.h:77…", and no digit after it.
inline bool names_line(const char* text, unsigned line) {
  char wanted[80];
  const int length = std::snprintf(wanted, sizeof wanted, "conflicts.h:%u", line);
  const char* found = std::strstr(text, wanted);
  return found != nullptr && !std::isdigit(static_cast<unsigned char>(found[length]));
}

template <class Of>
void check_report_of_holder() {
  if constexpr (!kClaims<Of>.names_holder) {
    absent("claims no report of who holds the borrow");
  } else {
    const Subject<Of, long> cell(1);
    const auto try_to_write = [&] { static_cast<void>(cell.borrow_mut()); };
    const auto expect_named = [&](unsigned line, const char* holder) {
      const Report report = report_of(holder, try_to_write);
      require(names_line(report.line, line), "the report does not name %s, at line %u: \"%s\"", holder, line,
              report.line);
    };
    {
      auto first = cell.borrow();
      const unsigned line_of_first = __LINE__ - 1;
      expect_named(line_of_first, "the one reader");
      auto second = cell.borrow();
      const unsigned line_of_second = __LINE__ - 1;
      first.reset();
      expect_named(line_of_second, "the reader that is left");
      const auto third = std::move(second);
      expect_named(line_of_second, "the reader that was moved");
    }
    {
      const auto first = cell.borrow();
      const unsigned line_of_first = __LINE__ - 1;
      { const auto second = cell.borrow(); }
      expect_named(line_of_first, "the reader that stayed");
    }
    const auto writer = cell.borrow_mut();
    const unsigned line_of_writer = __LINE__ - 1;
    expect_named(line_of_writer, "the writer");
  }
}

template <class Of>
void check_most_readers() {
  constexpr CellTraits kTraits = kClaims<Of>;
  if constexpr (!kTraits.borrows || kTraits.most_readers == 0) {
    absent("claims no bound of its readers");
  } else if constexpr (kTraits.most_readers > 100'000) {
    skipped("%zu readers are too many to try", kTraits.most_readers);
  } else {
    const Subject<Of, long> cell(1);
    std::vector<decltype(keep([&] { return cell.borrow(); }))> readers;
    while (readers.size() < kTraits.most_readers) readers.push_back(keep([&] { return cell.borrow(); }));
    require_trap("borrow() beyond most_readers", [&] { static_cast<void>(cell.borrow()); });
    if constexpr (kTraits.clones_borrows)
      require_trap("clone() beyond most_readers", [&] { static_cast<void>(readers[0]->clone()); });
    for (int i = 0; i < 2; ++i) require(!cell.try_borrow(), "try_borrow() gave more than most_readers");
    readers.pop_back();
    require(static_cast<bool>(cell.try_borrow()), "try_borrow() gave nothing below most_readers");
    readers.clear();
    expect_free(cell, "after most_readers");
  }
}

template <class Of>
void check_replace_of_borrowed() {
  if constexpr (!kClaims<Of>.borrows || !kClaims<Of>.replaces) {
    absent("claims no borrows, or no replace()");
  } else {
    const Subject<Of, long> cell(1), other(2);
    const auto expect_all = [&](const char* replace, const char* take, const char* swap,
                                const char* swapped) {
      require_trap(replace, [&] { cell.replace(3); });
      require_trap(take, [&] { cell.take(); });
      require_trap(swap, [&] { cell.swap(other); });
      require_trap(swapped, [&] { other.swap(cell); });
    };
    {
      const auto reader = keep([&] { return cell.borrow(); });
      expect_all("replace() beside a reader", "take() beside a reader", "swap() beside a reader",
                 "swap() with a cell that is read");
      expect(cell, 1, "after refused writes");
    }
    {
      const auto writer = keep([&] { return cell.borrow_mut(); });
      expect_all("replace() beside a writer", "take() beside a writer", "swap() beside a writer",
                 "swap() with a cell that is written");
    }
    require_trap("swap() of a cell with itself", [&] { cell.swap(cell); });
  }
}

template <class Of>
void check_dangling() {
  if constexpr (!kClaims<Of>.traps_dangling) {
    absent("claims no notice of cells that end before their borrows");
  } else {
    using C = Subject<Of, long>;
    const auto end_before = [](auto borrow) {
      auto cell = std::make_unique<C>(1);
      const auto guard = borrow(*cell);
      cell.reset();
    };
    require_trap("the end of a cell before a reader's",
                 [&] { end_before([](const C& cell) { return cell.borrow(); }); });
    require_trap("the end of a cell before a writer's",
                 [&] { end_before([](const C& cell) { return cell.borrow_mut(); }); });
    auto cell = std::make_unique<C>(1);
    cell->borrow().reset();
    cell->borrow_mut().reset();
  }
}

template <class Of>
void check_empty_guards() {
  if constexpr (!kClaims<Of>.traps_empty) {
    absent("claims no notice of guards that hold nothing");
  } else {
    const Subject<Of, long> cell(1);
    require_trap("reading through a guard that was reset", [&] {
      auto guard = cell.borrow();
      guard.reset();
      static_cast<void>(*static_cast<const volatile long*>(&*guard));
    });
    require_trap("writing through a guard that was moved from", [&] {
      auto guard = cell.borrow_mut();
      const auto target = std::move(guard);
      *guard = 2;
    });
    require_trap("reading what try_borrow() refused", [&] {
      const auto writer = cell.borrow_mut();
      static_cast<void>(*static_cast<const volatile long*>(&*cell.try_borrow()));
    });
  }
}

template <class Of>
struct ConflictClauses {
  Clause conflicts{"CE-15", ClauseClass::kViolation, "std::cell::RefCell: borrow, borrow_mut (Panics)",
                   "A borrow that conflicts ends the program and names the invariant", &check_conflicts<Of>};
  Clause kind{"CE-16", ClauseClass::kQuality, "std::cell::BorrowError, BorrowMutError",
              "The report of a conflict tells readers from a writer", &check_report_of_kind<Of>};
  Clause holder{"CE-17", ClauseClass::kViolation, "pointers/cell_concept.h: names_holder",
                "The report of a conflict names file and line of a borrow that is still held",
                &check_report_of_holder<Of>};
  Clause most_readers{"CE-18", ClauseClass::kViolation, "std::cell: BorrowRef::new; CONTRACT SP-04",
                      "One reader more than can be counted ends the program before the count wraps",
                      &check_most_readers<Of>};
  Clause replaced{"CE-19", ClauseClass::kViolation, "std::cell::RefCell: replace, take, swap (Panics)",
                  "replace(), take() and swap() of a borrowed cell end the program",
                  &check_replace_of_borrowed<Of>};
  Clause dangling{"CE-20", ClauseClass::kViolation, "pointers/cell_concept.h: traps_dangling",
                  "A cell that ends before a borrow of it ends the program", &check_dangling<Of>};
  Clause empty{"CE-21", ClauseClass::kViolation, "pointers/cell_concept.h: traps_empty",
               "Access through a guard that holds no borrow ends the program", &check_empty_guards<Of>};
};

}  // namespace assay::suite::cell
