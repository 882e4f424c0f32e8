// Many readers or one writer: CE-08 to CE-11.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "suites/cell/subject.h"

namespace assay::suite::cell {

// How many readers a check may have: 40, or as many as can be counted.
template <class Of>
constexpr std::size_t some_readers() {
  constexpr std::size_t kMost = kClaims<Of>.most_readers;
  return kMost == 0 || kMost > 40 ? 40 : kMost;
}

template <class Of>
void check_readers() {
  if constexpr (!kClaims<Of>.borrows) {
    absent("claims no borrows");
  } else {
    const Subject<Of, long> cell(1);
    *cell.borrow_mut() = 5;
    {
      const auto first = keep([&] { return cell.borrow(); });
      std::vector<decltype(keep([&] { return cell.borrow(); }))> readers;
      while (readers.size() + 1 < some_readers<Of>()) {
        readers.push_back(keep([&] { return cell.borrow(); }));
        require(static_cast<bool>(*readers.back()), "reader %zu holds nothing", readers.size() + 1);
        require(&**readers.back() == &**first, "reader %zu sees another value than the first",
                readers.size() + 1);
      }
      require(**first == 5, "readers see %ld after 5 was written", **first);
    }
    expect_free(cell, "after its readers");
    *cell.borrow_mut() = 6;
    expect(cell, 6, "after a writer");
  }
}

template <class Of>
void check_readers_exclude_writers() {
  if constexpr (!kClaims<Of>.borrows) {
    absent("claims no borrows");
  } else {
    const Subject<Of, long> cell(1);
    std::vector<decltype(keep([&] { return cell.try_borrow(); }))> readers;
    while (readers.size() < some_readers<Of>()) {
      readers.push_back(keep([&] { return cell.try_borrow(); }));
      require(static_cast<bool>(*readers.back()), "try_borrow() gave nothing beside %zu readers",
              readers.size() - 1);
      for (int i = 0; i < 2; ++i)
        require(!cell.try_borrow_mut(), "try_borrow_mut() gave a writer beside %zu readers", readers.size());
    }
    while (!readers.empty()) {
      require(!cell.try_borrow_mut(), "try_borrow_mut() gave a writer beside the last %zu readers",
              readers.size());
      readers.pop_back();
    }
    require(static_cast<bool>(cell.try_borrow_mut()), "try_borrow_mut() gave nothing after the last reader");
  }
}

template <class Of>
void check_writer_excludes_all() {
  if constexpr (!kClaims<Of>.borrows) {
    absent("claims no borrows");
  } else {
    const Subject<Of, long> cell(1);
    {
      const auto writer = keep([&] { return cell.try_borrow_mut(); });
      require(static_cast<bool>(*writer), "try_borrow_mut() of a free cell gave nothing");
      for (int i = 0; i < 3; ++i) {
        require(!cell.try_borrow(), "try_borrow() gave a reader beside a writer");
        require(!cell.try_borrow_mut(), "try_borrow_mut() gave a second writer");
      }
      **writer = 2;
    }
    const auto reader = keep([&] { return cell.try_borrow(); });
    require(static_cast<bool>(*reader), "try_borrow() gave nothing after the writer");
    require(**reader == 2, "a reader sees %ld after 2 was written", **reader);
  }
}

template <class Of>
void check_end_of_borrow() {
  if constexpr (!kClaims<Of>.borrows) {
    absent("claims no borrows");
  } else {
    struct Stop {};
    const Subject<Of, long> cell(1), other(2);
    { const auto writer = cell.borrow_mut(); }
    expect_free(cell, "after the scope of a writer");
    { const auto reader = cell.borrow(); }
    expect_free(cell, "after the scope of a reader");

    auto reader = cell.borrow();
    reader.reset();
    require(!reader, "a guard that was reset says that it holds a borrow");
    expect_free(cell, "after reset() of a reader");
    reader.reset();
    auto writer = cell.borrow_mut();
    writer.reset();
    expect_free(cell, "after reset() of a writer");
    writer.reset();
    expect_free(cell, "after reset() of a guard without a borrow");

    for (const bool writes : {false, true}) {
      try {
        if (writes) {
          const auto guard = cell.borrow_mut();
          throw Stop();
        } else {
          const auto guard = cell.borrow();
          throw Stop();
        }
      } catch (const Stop&) {
      }
      expect_free(cell, writes ? "after an exception passed a writer" : "after an exception passed a reader");
    }

    reader = cell.borrow();
    reader = other.borrow();
    expect_free(cell, "after its reader went to another cell");
    expect_held(other, "assigned a reader,");
    writer = cell.borrow_mut();
    reader.reset();
    writer = other.borrow_mut();
    expect_free(cell, "after its writer went to another cell");
    expect_held(other, "assigned a writer,");
    writer = {};
    expect_free(other, "after nothing was assigned to its writer");
  }
}

template <class Of>
struct BorrowClauses {
  Clause readers{"CE-08", ClauseClass::kViolation, "std::cell::RefCell: borrow",
                 "Many readers hold a cell at a time, and all see its one value", &check_readers<Of>};
  Clause readers_exclude{"CE-09", ClauseClass::kViolation, "std::cell::RefCell: try_borrow_mut",
                         "While there is a reader try_borrow_mut() gives nothing and changes nothing",
                         &check_readers_exclude_writers<Of>};
  Clause writer_excludes{"CE-10", ClauseClass::kViolation, "std::cell::RefCell: try_borrow",
                         "While there is a writer no try gives anything or changes anything",
                         &check_writer_excludes_all<Of>};
  Clause end{"CE-11", ClauseClass::kViolation, "std::cell::Ref: Drop",
             "A borrow ends with its guard: by scope, exception, reset() or assignment",
             &check_end_of_borrow<Of>};
};

}  // namespace assay::suite::cell
