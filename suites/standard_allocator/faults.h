// Faults: the same operations on each kind of container, with the n-th allocation refused, for every n.
#pragma once

#include <cstddef>

#include "suites/standard_allocator/program.h"

namespace assay::suite::standard_allocator {

template <class Of>
void run_with_faults(ContainerProgram<Of>& program, std::size_t kind) {
  for (long i = 0; i < 40; ++i) {
    program.insert(kind, 0, static_cast<std::size_t>(i) / 2, i * 3);
    if (i % 3 == 0) program.insert(kind, 1, 0, 100 - i);
    if (i % 7 == 6) program.erase(kind, 0, static_cast<std::size_t>(i));
  }
  program.copy(kind, 1);
  program.append_many(kind, 0, 30, 50);
  program.move(kind, 1);
  program.append_many(kind, 0, 20, 10);
  program.copy(kind, 1);
  program.exchange(kind);
  program.move(kind, 0);
  program.check();
}

template <class Of>
void check_every_failure() {
  for (std::size_t kind = 0; kind < ContainerProgram<Of>::kKinds; ++kind) {
    bool failed = true;
    for (long n = 0; failed; ++n) {
      ContainerProgram<Of> program;
      program.ledger().fail_after = n;
      run_with_faults(program, kind);
      failed = program.ledger().failures > 0;
    }
  }
}

template <class Of>
struct FaultClauses {
  Clause faults{
      "FAULTS-1", ClauseClass::kViolation, "[container.reqmts], [string.require]",
      "Whichever allocation fails, insertion changes nothing, containers stay valid, and no block is lost",
      &check_every_failure<Of>};
};

}  // namespace assay::suite::standard_allocator
