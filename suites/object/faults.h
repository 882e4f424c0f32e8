// Faults: the same program with its n-th request upstream refused, or its n-th constructor throwing, for
// every n.
#pragma once

#include <cstddef>

#include "suites/object/program.h"

namespace assay::suite::object {

template <class Of>
void run_with_faults(ObjectProgram<Of>& program) {
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 60; ++i) {
      program.create(0);
      if (i % 6 == 0) program.create(1);
      if (i % 5 == 2) program.destroy(0, i / 2);
      if (i % 10 == 4) program.create_array(0, i / 4);
    }
    if (round == 0) program.exchange();
    if (round == 1) program.take(0);
    program.create_array(1, 90);
    program.check();
    program.clear(0);
  }
}

template <class Of>
void check_every_upstream_failure() {
  if constexpr (!ObjectProgram<Of>::kTraits.takes_upstream) {
    absent("takes no upstream");
  } else {
    constexpr std::size_t kMost = 400;
    for (const bool for_good : {false, true}) {
      bool failed = true;
      for (std::size_t n = 0; failed && n < kMost; ++n) {
        ObjectProgram<Of> program;
        program.upstream().fail_after(n, for_good);
        run_with_faults(program);
        failed = program.upstream().failures() > 0;
      }
      require_nothing_left<Of>();
    }
  }
}

template <class Of>
void check_every_constructor_failure() {
  bool failed = true;
  for (long n = 0; failed; n += 1 + n / 16) {  // every one of the first, then fewer
    {
      ObjectProgram<Of> program;
      Witness::throw_after = n;
      run_with_faults(program);
    }
    require_nothing_left<Of>();
    failed = Witness::throw_after < 0;
    Witness::throw_after = -1;
  }
}

template <class Of>
struct FaultClauses {
  Clause upstream{"FAULTS-1", ClauseClass::kViolation, "allocators/object_concept.h",
                  "Whichever request upstream fails, nothing is lost and nothing is destroyed twice",
                  &check_every_upstream_failure<Of>};
  Clause constructors{"FAULTS-2", ClauseClass::kViolation, "allocators/object_concept.h",
                      "Whichever constructor throws, nothing is lost and nothing is destroyed twice",
                      &check_every_constructor_failure<Of>};
};

}  // namespace assay::suite::object
