// Values that go in and out of a cell: CE-01 to CE-07.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <utility>

#include "suites/cell/subject.h"

namespace assay::suite::cell {

template <class Of>
void check_get_and_set() {
  if constexpr (!kClaims<Of>.sets) {
    absent("claims no get() and set()");
  } else {
    const Subject<Of, long> cell(7);
    require(cell.get() == 7, "a new cell of 7 gives %ld", cell.get());
    const long before = cell.get();
    for (long value : {8L, -1L, 1L << 62}) {
      cell.set(value);
      require(cell.get() == value, "after set(%ld) get() gives %ld", value, cell.get());
      require(cell.get() == value, "the second get() after set(%ld) gives %ld", value, cell.get());
    }
    require(before == 7, "what get() gave has changed to %ld", before);

    struct Record {
      long number;
      char name[40];
    };
    const Subject<Of, Record> records(Record{1, "one"});
    records.set({2, "two"});
    const Record found = records.get();
    require(found.number == 2 && std::strcmp(found.name, "two") == 0, "a record comes out changed");
  }
}

template <class Of>
void check_replace() {
  if constexpr (!kClaims<Of>.replaces) {
    absent("claims no replace()");
  } else {
    const Subject<Of, long> cell(1);
    const long old = cell.replace(2);
    require(old == 1, "replace(2) of 1 returned %ld", old);
    expect(cell, 2, "after replace(2)");

    const Subject<Of, std::unique_ptr<long>> owner(std::make_unique<long>(3));
    const std::unique_ptr<long> first = owner.replace(std::make_unique<long>(4));
    require(number_of(first) == 3, "replace() of an owner returned that of %ld", number_of(first));
    const std::unique_ptr<long> second = owner.replace(nullptr);
    require(number_of(second) == 4, "the second replace() returned the owner of %ld", number_of(second));
    expect_free(cell, "after replace()");
  }
}

template <class Of>
void check_take() {
  if constexpr (!kClaims<Of>.replaces) {
    absent("claims no take()");
  } else {
    const Subject<Of, long> cell(5);
    require(cell.take() == 5, "take() did not return the value");
    expect(cell, 0, "after take()");
    const Subject<Of, Witness> witness(Witness(6));
    const Witness taken = witness.take();
    require(taken.value() == 6, "take() returned %ld instead of 6", taken.value());
    expect(witness, 0, "after take()");
    expect_free(cell, "after take()");
  }
}

template <class Of>
void check_swap() {
  if constexpr (!kClaims<Of>.replaces) {
    absent("claims no swap()");
  } else {
    const Subject<Of, long> a(1), b(2);
    a.swap(b);
    expect(a, 2, "after a swap");
    expect(b, 1, "after a swap");
    const Subject<Of, Witness> first(Witness(3)), second(Witness(4));
    first.swap(second);
    second.swap(first);
    second.swap(first);
    expect(first, 4, "after three swaps");
    expect(second, 3, "after three swaps");
    require(Witness::live == 2, "after swaps there are %ld objects in two cells", Witness::live);
    if constexpr (!kClaims<Of>.borrows) {
      first.swap(first);
      expect(first, 4, "swapped with itself,");
    }
    expect_free(a, "after a swap");
    expect_free(b, "after a swap");
  }
}

template <class Of>
void check_into_inner() {
  if constexpr (!kClaims<Of>.replaces) {
    absent("claims no into_inner()");
  } else {
    Subject<Of, std::unique_ptr<long>> owner(std::make_unique<long>(8));
    const std::unique_ptr<long> inner = std::move(owner).into_inner();
    require(number_of(inner) == 8, "into_inner() gave the owner of %ld", number_of(inner));
    {
      Subject<Of, Witness> cell(Witness(9));
      Witness::copied = 0;
      const Witness value = std::move(cell).into_inner();
      require(value.value() == 9, "into_inner() gave %ld instead of 9", value.value());
      require(Witness::copied == 0, "into_inner() copied the value");
    }
    require(Witness::live == 0, "%ld objects outlived the cell", Witness::live);
  }
}

// A value whose end is told to whoever listens, unless it has been moved from.
struct Departing {
  static inline std::function<void(long number)> listener;
  long number = 0;

  Departing() = default;
  explicit Departing(long of) : number(of) {}
  Departing(Departing&& other) noexcept : number(std::exchange(other.number, 0)) {}
  Departing& operator=(Departing&& other) noexcept {
    if (this == &other) return *this;
    depart();
    number = std::exchange(other.number, 0);
    return *this;
  }
  ~Departing() { depart(); }

 private:
  void depart() {
    if (number != 0 && listener) std::exchange(listener, nullptr)(number);
  }
};
inline long number_of(const Departing& value) { return value.number; }

template <class Of>
void check_displaced() {
  constexpr CellTraits kTraits = kClaims<Of>;
  if constexpr (!kTraits.sets && !kTraits.replaces) {
    absent("claims no way to displace a value");
  } else {
    using C = Subject<Of, Departing>;
    const C cell(Departing(1));
    long gone = 0, seen = 0;
    const auto listen = [&](long number) {
      gone = number;
      seen = look(cell);  // ends the program where the cell is still borrowed
    };
    const auto displace = [&cell](long number) {
      if constexpr (kTraits.sets)
        cell.set(Departing(number));
      else
        static_cast<void>(cell.replace(Departing(number)));
    };
    for (long number = 2; number < 5; ++number) {
      gone = seen = 0;
      Departing::listener = listen;
      displace(number);
      require(gone == number - 1, "with %ld in its place, %ld was destroyed instead of %ld", number, gone,
              number - 1);
      require(seen == number, "the destructor of %ld found %ld in the cell instead of %ld", gone, seen,
              number);
    }
    Departing::listener = nullptr;
  }
}

template <class Of>
void check_copies() {
  if constexpr (!kClaims<Of>.copies) {
    absent("claims no copies");
  } else {
    using C = Subject<Of, long>;
    const C original(1);
    const C copy = original;
    expect(copy, 1, "copied,");
    const auto write = [](const C& cell, long value) {
      if constexpr (C::kTraits.borrows)
        *cell.borrow_mut() = value;
      else
        cell.set(value);
    };
    write(original, 2);
    expect(copy, 1, "after a write to what it was copied from");
    write(copy, 3);
    expect(original, 2, "after a write to its copy");
    C assigned(9);
    assigned = copy;
    expect(assigned, 3, "assigned to,");
    write(assigned, 4);
    expect(copy, 3, "after a write to what was assigned from it");
    C moved = std::move(assigned);
    expect(moved, 4, "moved,");
    if constexpr (C::kTraits.borrows) {
      const auto reader = keep([&] { return original.borrow(); });
      const C borrowed = original;
      expect_free(borrowed, "copied from a cell with a reader,");
      expect_held(original, "copied,");
    }
  }
}

template <class Of>
struct ValueClauses {
  Clause get_and_set{"CE-01", ClauseClass::kViolation, "std::cell::Cell: get, set",
                     "get() gives a copy of what was set last, through a const cell as well",
                     &check_get_and_set<Of>};
  Clause replace{"CE-02", ClauseClass::kViolation, "std::cell::Cell: replace",
                 "replace() returns the old value and leaves the new one", &check_replace<Of>};
  Clause take{"CE-03", ClauseClass::kViolation, "std::cell::Cell: take",
              "take() returns the value and leaves a default one", &check_take<Of>};
  Clause swap{"CE-04", ClauseClass::kViolation, "std::cell::Cell: swap",
              "swap() exchanges the values of two cells", &check_swap<Of>};
  Clause into_inner{"CE-05", ClauseClass::kViolation, "std::cell::Cell: into_inner",
                    "into_inner() moves the value out and copies nothing", &check_into_inner<Of>};
  Clause displaced{"CE-06", ClauseClass::kViolation, "std::cell::Cell: set (drop of the replaced value)",
                   "A displaced value is destroyed once the new one is in place, and may look into the cell",
                   &check_displaced<Of>};
  Clause copies{"CE-07", ClauseClass::kViolation, "std::cell::RefCell: Clone",
                "A copy of a cell is a cell of its own, that nobody borrows", &check_copies<Of>};
};

}  // namespace assay::suite::cell
