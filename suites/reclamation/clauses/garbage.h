// How much garbage there is, with a reader that stalls: RE-14 and RE-15.
#pragma once

#include <barrier>
#include <cstdint>
#include <thread>
#include <vector>

#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

constexpr int kRetirers = 3;

// Every thread looks at the sum while all are at work: they begin and end together.
template <class S>
void check_bound() {
  if constexpr (!kClaims<S>.bounded_garbage) {
    absent("claims no bound");
  } else {
    Domain<S> domain;
    Source source{new Canary(0)};
    StalledReader reader(domain, source);
    domain.retire(unlink(source));
    std::barrier together(kRetirers);
    std::vector<std::thread> team;
    for (int thread = 0; thread < kRetirers; ++thread)
      team.emplace_back([&] {
        { auto enrolled = domain.pin(); }
        together.arrive_and_wait();
        for (std::uint64_t i = 1; i <= 3000; ++i) {
          domain.retire(new Canary(i));
          if (i % 16 != 0) continue;
          const std::size_t garbage = domain.garbage(), most = domain.most_garbage();
          require(garbage <= most, "with a stalled reader garbage() is %zu, most_garbage() %zu", garbage,
                  most);
        }
        together.arrive_and_wait();
      });
    for (std::thread& thread : team) thread.join();
    note("at most %zu objects of 5 threads", domain.most_garbage());
    reader.let_go(false);
    collect_all(domain);
  }
}

template <class S>
void check_count() {
  using D = Domain<S>;
  D domain;
  require(domain.garbage() == 0, "garbage() of a new domain is %zu", domain.garbage());
  Source source{new Canary(0)};
  const auto expect_exact = [&](const char* when) {
    const long unlinked = Canary::live() - (source.load(std::memory_order_relaxed) != nullptr);
    require(domain.garbage() == static_cast<std::size_t>(unlinked),
            "%s garbage() is %zu, and %ld objects are retired and not freed", when, domain.garbage(),
            unlinked);
  };
  const auto retire_many = [&] {
    domain.retire(unlink(source));
    for (std::uint64_t i = 1; i <= 1500; ++i) {
      domain.retire(new Canary(i));
      expect_exact("after a retirement");
      if (i % 300 == 0) domain.collect();
    }
    expect_exact("after collect()");
  };
  if constexpr (kClaims<S>.waits_for_readers) {
    retire_many();
  } else {
    StalledReader reader(domain, source);
    retire_many();
    note("a stalled reader and 1,501 retirements: %zu objects of garbage", domain.garbage());
    std::thread other([&] { domain.retire(new Canary(1)); });
    other.join();
    expect_exact("after a thread that retired had ended");
    reader.let_go(false);
  }
  collect_all(domain);
  expect_exact("with all readers gone");
}

template <class S>
struct GarbageClauses {
  Clause bound{"RE-14", ClauseClass::kViolation, "Michael 2004, section 3.3",
               "With a reader stalled for ever garbage() stays within most_garbage()", &check_bound<S>};
  Clause count{"RE-15", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
               "garbage() is the number of objects that are retired and not freed", &check_count<S>};
};

}  // namespace assay::suite::reclamation
