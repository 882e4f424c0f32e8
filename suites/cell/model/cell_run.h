// Four cells, the guards that hold them and the oracle of both, for programs that a model makes and for tests
// that are pasted from them. Every operation is valid in every state: `which` picks cells and guards, and
// what the subject or the state of a cell does not allow is refused, or does nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "suites/cell/subject.h"

namespace assay::suite::cell {

// Stands for the guards of a subject that has none.
struct NoGuard {};

template <class C, bool kWrites>
struct GuardOf {
  using type = NoGuard;
};
template <class C>
requires(C::kTraits.borrows) struct GuardOf<C, false> {
  using type = decltype(std::declval<const C&>().borrow());
};
template <class C>
requires(C::kTraits.borrows) struct GuardOf<C, true> {
  using type = decltype(std::declval<const C&>().borrow_mut());
};

template <class C>
class CellRun {
 public:
  static constexpr CellTraits kTraits = C::kTraits;
  static constexpr const char* kOpening = "  CellRun<Subject<Of, Witness>> run;\n";

  CellRun() {
    for (std::size_t i = 0; i < kCells; ++i) cells_.emplace_back(Witness(numbers_[i] = next_++));
    read_.fill(kNone);
    written_.fill(kNone);
  }

  void borrow(std::uint32_t which) {
    if constexpr (kTraits.borrows) {
      const std::size_t cell = which % kCells, slot = which / kCells % kGuards;
      const bool free = writers(cell) == 0;
      if (free && which % 3 == 0)
        readers_[slot] = cells_[cell].borrow();
      else
        readers_[slot] = cells_[cell].try_borrow();
      require(static_cast<bool>(readers_[slot]) == free, "with %zu writers a reader was %s", writers(cell),
              free ? "refused" : "given");
      read_[slot] = free ? cell : kNone;
      look_at(slot);
    }
  }
  void borrow_mut(std::uint32_t which) {
    if constexpr (kTraits.borrows) {
      const std::size_t cell = which % kCells, slot = which / kCells % kGuards;
      const bool free = writers(cell) == 0 && readers(cell) == 0;
      if (free && which % 3 == 0)
        writers_[slot] = cells_[cell].borrow_mut();
      else
        writers_[slot] = cells_[cell].try_borrow_mut();
      require(static_cast<bool>(writers_[slot]) == free, "with %zu readers and %zu writers a writer was %s",
              readers(cell), writers(cell), free ? "refused" : "given");
      written_[slot] = free ? cell : kNone;
    }
  }
  void clone(std::uint32_t which) {
    if constexpr (kTraits.clones_borrows) {
      const std::size_t from = which % kGuards, to = which / kGuards % kGuards;
      if (read_[from] == kNone) return;
      readers_[to] = readers_[from].clone();
      read_[to] = read_[from];
      look_at(to);
    }
  }
  void move_reader(std::uint32_t which) {
    if constexpr (kTraits.borrows) move_guard(readers_, read_, which);
  }
  void move_writer(std::uint32_t which) {
    if constexpr (kTraits.borrows) move_guard(writers_, written_, which);
  }
  void end_reader(std::uint32_t which) {
    if constexpr (kTraits.borrows) end_guard(readers_, read_, which);
  }
  void end_writer(std::uint32_t which) {
    if constexpr (kTraits.borrows) end_guard(writers_, written_, which);
  }
  void write(std::uint32_t which) {
    if constexpr (kTraits.borrows) {
      const std::size_t slot = which % kGuards;
      if (written_[slot] == kNone) return;
      *writers_[slot] = Witness(numbers_[written_[slot]] = next_++);
    }
  }
  void set(std::uint32_t which) {
    if constexpr (kTraits.sets) {
      const std::size_t cell = which % kCells;
      if (is_free(cell)) cells_[cell].set(Witness(numbers_[cell] = next_++));
    }
  }
  void replace(std::uint32_t which) {
    if constexpr (kTraits.replaces) {
      const std::size_t cell = which % kCells;
      if (!is_free(cell)) return;
      const long old = std::exchange(numbers_[cell], next_++);
      expect_out(cells_[cell].replace(Witness(numbers_[cell])), old, "replace()");
    }
  }
  void take(std::uint32_t which) {
    if constexpr (kTraits.replaces) {
      const std::size_t cell = which % kCells;
      if (is_free(cell)) expect_out(cells_[cell].take(), std::exchange(numbers_[cell], 0), "take()");
    }
  }
  void swap(std::uint32_t which) {
    if constexpr (kTraits.replaces) {
      const std::size_t a = which % kCells, b = which / kCells % kCells;
      if (a == b || !is_free(a) || !is_free(b)) return;
      cells_[a].swap(cells_[b]);
      std::swap(numbers_[a], numbers_[b]);
    }
  }
  void copy(std::uint32_t which) {
    if constexpr (kTraits.copies) {
      const std::size_t cell = which % kCells;
      if (writers(cell) != 0) return;
      const C copied = cells_[cell];
      expect(copied, numbers_[cell], "copied,");
      expect_free(copied, "copied,");
    }
  }
  void check(std::uint32_t) {
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      if constexpr (kTraits.borrows) {
        const bool reads = static_cast<bool>(cells_[cell].try_borrow());
        require(reads == (writers(cell) == 0), "with %zu writers a reader is %s", writers(cell),
                reads ? "given" : "refused");
        const bool writes = static_cast<bool>(cells_[cell].try_borrow_mut());
        require(writes == is_free(cell), "with %zu readers and %zu writers a writer is %s", readers(cell),
                writers(cell), writes ? "given" : "refused");
      }
      if (writers(cell) == 0) expect(cells_[cell], numbers_[cell], "at a check");
    }
    if constexpr (kTraits.borrows)
      for (std::size_t slot = 0; slot < kGuards; ++slot) look_at(slot);
    require(Witness::live == static_cast<long>(kCells), "%zu cells have %ld objects", kCells, Witness::live);
  }

  struct Kind {
    const char* name;
    unsigned weight;
    void (CellRun::*run)(std::uint32_t which);
  };
  static constexpr Kind kKinds[] = {
      {"borrow", kTraits.borrows ? 20 : 0, &CellRun::borrow},
      {"borrow_mut", kTraits.borrows ? 12 : 0, &CellRun::borrow_mut},
      {"clone", kTraits.clones_borrows ? 8 : 0, &CellRun::clone},
      {"move_reader", kTraits.borrows ? 8 : 0, &CellRun::move_reader},
      {"move_writer", kTraits.borrows ? 5 : 0, &CellRun::move_writer},
      {"end_reader", kTraits.borrows ? 16 : 0, &CellRun::end_reader},
      {"end_writer", kTraits.borrows ? 12 : 0, &CellRun::end_writer},
      {"write", kTraits.borrows ? 8 : 0, &CellRun::write},
      {"set", kTraits.sets ? 8 : 0, &CellRun::set},
      {"replace", kTraits.replaces ? 8 : 0, &CellRun::replace},
      {"take", kTraits.replaces ? 3 : 0, &CellRun::take},
      {"swap", kTraits.replaces ? 5 : 0, &CellRun::swap},
      {"copy", kTraits.copies ? 4 : 0, &CellRun::copy},
      {"check", 5, &CellRun::check},
  };

 private:
  static constexpr std::size_t kCells = 4, kGuards = 6, kNone = SIZE_MAX;
  using Held = std::array<std::size_t, kGuards>;  // which cell, of each guard

  static std::size_t count(const Held& held, std::size_t cell) {
    std::size_t count = 0;
    for (const std::size_t of : held) count += of == cell;
    return count;
  }
  std::size_t readers(std::size_t cell) const { return count(read_, cell); }
  std::size_t writers(std::size_t cell) const { return count(written_, cell); }
  bool is_free(std::size_t cell) const { return readers(cell) == 0 && writers(cell) == 0; }

  static void expect_out(const Witness& value, long number, const char* operation) {
    require(value.value() == number, "%s gave %ld instead of %ld", operation, value.value(), number);
  }
  void look_at(std::size_t slot) const {
    require(static_cast<bool>(readers_[slot]) == (read_[slot] != kNone), "guard %zu says that it holds %s",
            slot, readers_[slot] ? "a borrow" : "nothing");
    if (read_[slot] != kNone)
      require(readers_[slot]->value() == numbers_[read_[slot]], "a reader sees %ld instead of %ld",
              readers_[slot]->value(), numbers_[read_[slot]]);
  }
  template <class Guards>
  static void move_guard(Guards& guards, Held& held, std::uint32_t which) {
    const std::size_t from = which % kGuards, to = which / kGuards % kGuards;
    guards[to] = std::move(guards[from]);
    held[to] = from == to ? held[to] : std::exchange(held[from], kNone);
  }
  template <class Guards>
  static void end_guard(Guards& guards, Held& held, std::uint32_t which) {
    guards[which % kGuards].reset();
    held[which % kGuards] = kNone;
  }

  long next_ = 1;
  std::array<long, kCells> numbers_{};
  Held read_, written_;
  std::deque<C> cells_;
  std::array<typename GuardOf<C, false>::type, kGuards> readers_;  // end before the cells
  std::array<typename GuardOf<C, true>::type, kGuards> writers_;
};

}  // namespace assay::suite::cell
