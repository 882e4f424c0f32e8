// Threads that come and go: RE-16 and RE-17.
#pragma once

#include <cstdint>
#include <thread>

#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

template <class S>
void check_ended_thread() {
  Domain<S> domain;
  for (int round = 0; round < 5; ++round) {
    std::thread([&] {
      Source source{new Canary(0)};
      auto guard = domain.pin();
      guard.protect(source);
      for (std::uint64_t i = 1; i < 40; ++i) domain.retire(new Canary(i));
      domain.retire(unlink(source));
    }).join();
    collect_all(domain);
    require(Canary::live() == 0,
            "%ld of 40 objects that an ended thread had retired are not freed by collect()", Canary::live());
  }
}

template <class S>
void check_records() {
  if constexpr (!kClaims<S>.counts_records) {
    absent("counts no records");
  } else {
    Domain<S> domain;
    { auto guard = domain.pin(); }
    require(domain.records() == 1, "one thread has %zu records", domain.records());
    for (std::uint64_t i = 0; i < 60; ++i)
      std::thread([&] {
        auto guard = domain.pin();
        domain.retire(new Canary(i));
      }).join();
    require(domain.records() == 2, "60 threads one after another, beside the first, left %zu records",
            domain.records());
    collect_all(domain);
  }
}

template <class S>
struct ThreadClauses {
  Clause ended{"RE-16", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
               "What a thread retired before it ended is freed by others", &check_ended_thread<S>};
  Clause records{"RE-17", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                 "A new thread takes the place of one that ended", &check_records<S>};
};

}  // namespace assay::suite::reclamation
