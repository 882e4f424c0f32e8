// Borrows of cells, one after the other.
//   cell_borrow          of one cell to read it
//   cell_borrow_mut      of one cell to write it
//   cell_borrow_nested   a second reader while the first is there
//   cell_mixed           of 10,000 cells of 32 bytes in random order, one in eight written
#pragma once

#include <cstddef>
#include <cstdint>

#include "pointers/cell_concept.h"
#include "suites/cell/workloads/values.h"

namespace assay::suite::cell {

inline constexpr Description kBorrow{.name = "cell_borrow",
                                     .family = "cell",
                                     .sentence = "one cell is borrowed, read and given back",
                                     .any_length = true};
inline constexpr Description kBorrowMut{.name = "cell_borrow_mut",
                                        .family = "cell",
                                        .sentence = "one cell is borrowed, written and given back",
                                        .any_length = true};
inline constexpr Description kNested{.name = "cell_borrow_nested",
                                     .family = "cell",
                                     .sentence = "a cell that has a reader is borrowed by a second one",
                                     .any_length = true};
inline constexpr Description kMixed{
    .name = "cell_mixed",
    .family = "cell",
    .sentence = "10,000 cells of 32 bytes are borrowed in random order, one in eight to write",
    .any_length = true};

constexpr std::size_t kBorrows = 2'000'000;
constexpr std::size_t kMixedCells = 10'000;
constexpr std::size_t kMixedBorrows = 1'000'000;
constexpr unsigned kWriteEvery = 8;

// The order of cell_mixed: which cell, and what is to be done to it (0: write).
struct MixedPlan {
  explicit MixedPlan(const Settings& settings)
      : count(settings.scaled(kMixedCells)),
        operations(settings.repeated(kMixedBorrows)),
        picks(random_numbers(operations, count, settings.seed)),
        kinds(random_numbers(operations, kWriteEvery, settings.seed + 1)) {}
  std::size_t count, operations;
  const std::uint32_t *picks, *kinds;
};

// The barrier stands within each borrow, so that its count is in memory then.
template <template <class> class Cell>
class Borrows final : public Workload {
 public:
  explicit Borrows(const Settings& settings) {
    operations = settings.repeated(kBorrows);
    cells_ = make_objects<C>(1, [](std::size_t) { return C(mark_of(0)); });
  }
  std::uint64_t pass() override {
    const C& cell = *cells_;
    const std::size_t count = operations;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto guard = cell.borrow();
      escape(&cell);
      sum += *guard;
    }
    return fold(0, sum);
  }

 private:
  using C = Cell<std::uint64_t>;
  C* cells_;
};

template <template <class> class Cell>
class MutableBorrows final : public Workload {
 public:
  explicit MutableBorrows(const Settings& settings) {
    operations = settings.repeated(kBorrows);
    cells_ = make_objects<C>(1, [](std::size_t) { return C(mark_of(0)); });
  }
  std::uint64_t pass() override {
    const C& cell = *cells_;
    const std::size_t count = operations;
    *cell.borrow_mut() = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto guard = cell.borrow_mut();
      escape(&cell);
      *guard += i;
    }
    return fold(0, *cell.borrow());
  }

 private:
  using C = Cell<std::uint64_t>;
  C* cells_;
};

template <template <class> class Cell>
class NestedBorrows final : public Workload {
 public:
  explicit NestedBorrows(const Settings& settings) {
    operations = settings.repeated(kBorrows);
    cells_ = make_objects<C>(1, [](std::size_t) { return C(mark_of(0)); });
  }
  std::uint64_t pass() override {
    const C& cell = *cells_;
    const std::size_t count = operations / 2;  // two borrows each
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto first = cell.borrow();
      escape(&cell);
      const auto second = cell.borrow();
      escape(&cell);
      sum += *first ^ (*second + i);
    }
    return fold(0, sum);
  }

 private:
  using C = Cell<std::uint64_t>;
  C* cells_;
};

template <template <class> class Cell>
class MixedBorrows final : public Workload {
 public:
  explicit MixedBorrows(const Settings& settings) : plan_(settings) {
    operations = plan_.operations;
    peak_live = plan_.count * sizeof(Value);
    cells_ = make_objects<C>(plan_.count, [](std::size_t i) { return C(value_of_number(i)); });
  }
  void begin() override {
    for (std::size_t i = 0; i < plan_.count; ++i) *cells_[i].borrow_mut() = value_of_number(i);
  }
  std::uint64_t pass() override {
    const MixedPlan plan = plan_;  // in registers, whatever a cell does
    C* const cells = cells_;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < plan.operations; ++i) {
      const C& cell = cells[plan.picks[i]];
      if (plan.kinds[i] == 0) {
        const auto guard = cell.borrow_mut();
        escape(&cell);
        guard->words[3] += i;
      } else {
        const auto guard = cell.borrow();
        escape(&cell);
        sum += guard->words[0] + guard->words[3];
      }
    }
    return fold(0, sum);
  }

 private:
  using C = Cell<Value>;
  const MixedPlan plan_;
  C* cells_;
};

template <template <class> class Cell>
void add_borrowing_workloads() {
  if constexpr (Cell<long>::kTraits.borrows) {
    static const WorkloadEntry borrow(made_by(kBorrow, make_workload<Borrows<Cell>>));
    static const WorkloadEntry borrow_mut(made_by(kBorrowMut, make_workload<MutableBorrows<Cell>>));
    static const WorkloadEntry nested(made_by(kNested, make_workload<NestedBorrows<Cell>>));
    static const WorkloadEntry mixed(made_by(kMixed, make_workload<MixedBorrows<Cell>>));
  }
}

}  // namespace assay::suite::cell
