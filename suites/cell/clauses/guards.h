// What a guard can do: CE-12 to CE-14.
#pragma once

#include <utility>

#include "suites/cell/subject.h"

namespace assay::suite::cell {

// Borrows are made by `borrow` and held by guards that move.
template <class C, class Make>
void check_moves_of(const C& cell, const Make& borrow) {
  {
    auto source = borrow();
    const auto* value = &*source;
    {
      auto target = std::move(source);
      require(static_cast<bool>(target) && !source, "after a move %s",
              source ? "the source holds the borrow" : "the target holds no borrow");
      require(&*target == value, "the moved guard is of another value");
      expect_held(cell, "with a moved guard");
    }
    expect_free(cell, "after the target of a move");
    decltype(borrow()) kept;
    require(!kept, "a default guard says that it holds a borrow");
    {
      auto inner = borrow();
      kept = std::move(inner);
      require(!inner, "after an assignment the source holds the borrow");
    }
    expect_held(cell, "after the source of an assignment");
    require(&*kept == value, "the assigned guard is of another value");
    auto& same = kept;
    kept = std::move(same);
    require(static_cast<bool>(kept), "assigned to itself a guard holds nothing");
    expect_held(cell, "with a guard that was assigned to itself");
  }
  expect_free(cell, "after its guards");
}

template <class Of>
void check_moves() {
  if constexpr (!kClaims<Of>.borrows) {
    absent("claims no borrows");
  } else {
    const Subject<Of, long> cell(1);
    check_moves_of(cell, [&cell] { return cell.borrow(); });
    check_moves_of(cell, [&cell] { return cell.borrow_mut(); });
  }
}

template <class Of>
void check_clones() {
  if constexpr (!kClaims<Of>.clones_borrows) {
    absent("claims no clone()");
  } else {
    const Subject<Of, long> cell(3);
    auto first = cell.borrow();
    auto second = keep([&first] { return first.clone(); });
    auto third = keep([&second] { return second->clone(); });
    require(static_cast<bool>(first) && static_cast<bool>(*second) && static_cast<bool>(*third),
            "a guard holds nothing after clone()");
    require(&**third == &*first, "a clone's clone is of another value");
    first.reset();
    expect_held(cell, "with two clones");
    second.reset();
    expect_held(cell, "with a clone's clone");
    require(**third == 3, "the last clone sees %ld", **third);
    third.reset();
    expect_free(cell, "after its clones");
  }
}

struct Couple {
  long left, right;
};

template <class Of>
void check_maps() {
  if constexpr (!kClaims<Of>.maps_borrows) {
    absent("claims no map()");
  } else {
    struct Stop {};
    const Subject<Of, Couple> cell(Couple{1, 2});
    {
      const auto right = cell.borrow().map([](const Couple& couple) -> const long& { return couple.right; });
      require(*right == 2, "the mapped reader sees %ld instead of 2", *right);
      expect_held(cell, "with a mapped reader");
    }
    expect_free(cell, "after a mapped reader");
    {
      auto whole = cell.borrow_mut();
      const auto right = std::move(whole).map([](Couple& couple) -> long& { return couple.right; });
      require(!whole, "after map() the guard of the whole holds the borrow");
      *right = 7;
      expect_held(cell, "with a mapped writer");
      require(!cell.try_borrow(), "try_borrow() gave a reader beside a mapped writer");
    }
    expect_free(cell, "after a mapped writer");
    {
      const auto reader = cell.borrow();
      require(reader->left == 1 && reader->right == 7, "after a mapped write the value is {%ld, %ld}",
              reader->left, reader->right);
    }
    auto writer = cell.borrow_mut();
    try {
      static_cast<void>(std::move(writer).map([](Couple&) -> long& { throw Stop(); }));
      violated("map() swallowed an exception");
    } catch (const Stop&) {
    }
    writer.reset();
    expect_free(cell, "after an exception in map()");
  }
}

template <class Of>
struct GuardClauses {
  Clause moves{"CE-12", ClauseClass::kViolation, "pointers/cell_concept.h: BorrowGuard",
               "A moved guard takes the borrow along and leaves one that holds nothing", &check_moves<Of>};
  Clause clones{"CE-13", ClauseClass::kViolation, "std::cell::Ref: clone",
                "clone() of a reader, and of a clone, is one reader more", &check_clones<Of>};
  Clause maps{"CE-14", ClauseClass::kViolation, "std::cell::Ref: map; std::cell::RefMut: map",
              "map() gives a guard of a part, under the borrow of the whole", &check_maps<Of>};
};

}  // namespace assay::suite::cell
