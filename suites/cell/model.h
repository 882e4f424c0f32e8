// Random programs beside an oracle of values, borrows and copies (suites/cell/model/). A program that fails
// is shrunk and printed as C++; --seed replays it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "suites/cell/model/cell_run.h"
#include "suites/cell/model/cow_run.h"
#include "suites/core/model.h"
#include "suites/core/random.h"

namespace assay::suite::cell {

// Of the operations of a Run: its kKinds name each, with a weight that is 0 when the subject cannot do it.
template <class Run>
struct Language {
  struct Operation {
    unsigned char kind;
    std::uint32_t which;
    std::size_t size;
  };

  void generate(Random& random, Operation* operations, std::size_t count) const {
    std::uint64_t weights = 0;
    for (const auto& kind : Run::kKinds) weights += kind.weight;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t left = random.below(weights);
      unsigned char kind = 0;
      for (; left >= Run::kKinds[kind].weight; ++kind) left -= Run::kKinds[kind].weight;
      operations[i] = {kind, static_cast<std::uint32_t>(random.below(10'000)), 1};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    {
      Run run;
      for (std::size_t i = 0; i < count; ++i) (run.*Run::kKinds[operations[i].kind].run)(operations[i].which);
      run.check(0);
    }
    require(Witness::live == 0, "%ld values outlived the program", Witness::live);
  }

  void print(const Operation& operation) const {
    std::fprintf(stderr, "  run.%s(%u);\n", Run::kKinds[operation.kind].name, operation.which);
  }

  const char* opening() const { return Run::kOpening; }
};

template <class Of>
void check_cells_model() {
  constexpr CellTraits kTraits = kClaims<Of>;
  if constexpr (!kTraits.borrows && !kTraits.replaces)
    absent("claims no borrows and no replace()");
  else
    run_random_programs(Language<CellRun<Subject<Of, Witness>>>(), 250, 80);
}

template <class Of>
void check_cows_model() {
  if constexpr (!kClaims<Of>.copies_on_write)
    absent("claims no copy on write");
  else
    run_random_programs(Language<CowRun<Subject<Of, Witness>>>(), 250, 80);
}

template <class Of>
struct ModelClauses {
  Clause cells{"MODEL-1", ClauseClass::kViolation, "oracle of values and borrows",
               "Random programs give and refuse every borrow, and keep every value, as the oracle says",
               &check_cells_model<Of>};
  Clause cows{"MODEL-2", ClauseClass::kViolation, "oracle of values and copies",
              "Random programs make as many copies, and keep every value, as the oracle says",
              &check_cows_model<Of>};
};

}  // namespace assay::suite::cell
