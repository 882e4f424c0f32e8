// What is retired is freed, once and by its deleter: RE-09 to RE-13.
#pragma once

#include <cstdint>
#include <thread>
#include <vector>

#include "suites/core/upstream.h"
#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

// One object stays protected through many collections; each end is counted by the canary itself.
template <class S>
void check_freed_once() {
  Domain<S> domain;
  Source source{new Canary(0)};
  const Canary* const kept = source.load(std::memory_order_relaxed);
  std::vector<const Canary*> others;
  {
    auto guard = domain.pin();
    guard.protect(source);
    domain.retire(unlink(source));
    for (std::uint64_t i = 1; i < 40; ++i) {
      auto* const object = new Canary(i);
      domain.retire(object);
      others.push_back(object);
    }
    for (int i = 0; i < 30; ++i) domain.collect();
    kept->read();
    if constexpr (kClaims<S>.bounded_garbage)
      for (const Canary* object : others)
        require(Canary::freed(object), "collect() freed not all that no guard protects");
  }
  collect_all(domain);
  domain.collect();
  require(Canary::live() == 0, "%ld of 40 retired objects are not freed by collect() without any guard",
          Canary::live());
}

template <class S>
void check_end_frees() {
  {
    Domain<S> domain;
    Source source{new Canary(0)};
    auto guard = domain.pin();
    guard.protect(source);
    domain.retire(unlink(source));
    for (std::uint64_t i = 1; i < 50; ++i) domain.retire(new Canary(i));
    guard.reset();
  }
  require(Canary::live() == 0, "%ld of 50 retired objects outlived their domain", Canary::live());
}

struct Tally {
  long freed = 0, stateful = 0;
};
inline Tally* tally = nullptr;

template <class S>
void check_deleters() {
  Tally counts;
  tally = &counts;
  constexpr long kEach = 20;
  {
    Domain<S> domain;
    for (long i = 0; i < kEach; ++i) {
      domain.retire(new Canary(1));
      const auto by_function = +[](Canary* object) {
        require(object->read() == 2, "a deleter got object %llu instead of its own",
                static_cast<unsigned long long>(object->read()));
        ++tally->freed;
        delete object;
      };
      domain.retire(new Canary(2), by_function);
      domain.retire(new const Canary(3), [&counts](const Canary* object) {
        require(object->read() == 3, "a deleter got object %llu instead of its own",
                static_cast<unsigned long long>(object->read()));
        ++counts.stateful;
        delete object;
      });
    }
    collect_all(domain);
  }
  require(counts.freed == kEach && counts.stateful == kEach,
          "of two times %ld deleters %ld functions and %ld with a state were called", kEach, counts.freed,
          counts.stateful);
  require(Canary::live() == 0, "%ld objects were not deleted", Canary::live());
}

// Its end retires the next, under a guard.
template <class D>
class Link final : public Canary {
 public:
  Link(D& domain, std::uint64_t left) : Canary(left), domain_(domain) {}
  ~Link() override {
    const std::uint64_t left = read();
    auto guard = domain_.pin();
    domain_.collect();
    if (left > 0) domain_.retire(static_cast<Canary*>(new Link(domain_, left - 1)));
    if (left % 2 == 0) domain_.retire(new Canary(1'000'000 + left));
  }

 private:
  D& domain_;
};

template <class S>
void check_retire_in_deleter() {
  using D = Domain<S>;
  for (const bool at_the_end : {false, true}) {
    {
      D domain;
      domain.retire(static_cast<Canary*>(new Link<D>(domain, 400)));
      if (!at_the_end) collect_all(domain);
      if (!at_the_end)
        require(Canary::live() == 0, "%ld objects that deleters retired were not freed by collect()",
                Canary::live());
    }
    require(Canary::live() == 0, "%ld objects that deleters retired outlived their domain", Canary::live());
  }
}

template <class S>
void check_upstream() {
  if constexpr (!kClaims<S>.takes_upstream) {
    absent("takes no upstream");
  } else {
    Upstream upstream;
    for (int round = 0; round < 2; ++round) {
      {
        Domain<S> domain(&upstream);
        Source source{new Canary(0)};
        auto guard = domain.pin();
        guard.protect(source);
        domain.retire(unlink(source));
        std::thread other([&] { domain.retire(new Canary(1)); });
        other.join();
        for (std::uint64_t i = 0; i < 1000; ++i) domain.retire(new Canary(i));
        require(upstream.live_blocks() > 0, "nothing was allocated from the upstream");
        guard.reset();
        domain.collect();
        for (std::uint64_t i = 0; i < 5; ++i) domain.retire(new Canary(i));
      }
      require(upstream.live_blocks() == 0, "the domain ended and kept %zu blocks of its upstream",
              upstream.live_blocks());
      require(Canary::live() == 0, "%ld objects outlived their domain", Canary::live());
    }
  }
}

template <class S>
struct FreeingClauses {
  Clause once{"RE-09", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
              "collect() frees each retired object once that no guard keeps", &check_freed_once<S>};
  Clause end{"RE-10", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
             "The end of a domain frees what is still retired", &check_end_frees<S>};
  Clause deleters{"RE-11", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                  "An object is freed by the deleter it was retired with", &check_deleters<S>};
  Clause in_deleter{"RE-12", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                    "A deleter may pin, collect and retire, and what it retires is freed",
                    &check_retire_in_deleter<S>};
  Clause upstream{"RE-13", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                  "All memory of a domain is from its upstream and goes back there", &check_upstream<S>};
};

}  // namespace assay::suite::reclamation
