// Many domains, and domains that end before their threads: RE-18 and RE-19.
#pragma once

#include <barrier>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "suites/reclamation/clauses/guards.h"

namespace assay::suite::reclamation {

template <class S>
void check_many_domains() {
  using D = Domain<S>;
  {
    D mine, other;
    Source source{new Canary(1)}, elsewhere{new Canary(2)};
    auto guard = mine.pin();
    guard.protect(source);
    Canary* const object = unlink(source);
    mine.retire(object);
    other.collect();
    object->read();
    const Canary* const free = elsewhere.load(std::memory_order_relaxed);
    other.retire(unlink(elsewhere));
    for (int i = 0; i < 10; ++i) other.collect();
    require(Canary::freed(free), "a guard of one domain keeps an object of another from being freed");
    object->read();
    guard.reset();
    collect_all(mine);
    require(Canary::live() == 0, "the object of the first domain was not freed");
  }
  constexpr std::size_t kDomains = 40;
  std::vector<std::unique_ptr<D>> domains;
  std::vector<Source> sources(kDomains);
  for (std::size_t i = 0; i < kDomains; ++i) domains.push_back(std::make_unique<D>());
  {
    std::vector<Guard<S>> guards;
    guards.reserve(kDomains);
    for (std::size_t i = 0; i < kDomains; ++i) {
      sources[i].store(new Canary(i), std::memory_order_relaxed);
      guards.push_back(domains[i]->pin());
      guards.back().protect(sources[i]);
    }
    for (std::size_t i = 0; i < kDomains; ++i) retire_protected(*domains[i], sources[i]);
  }
  for (std::size_t i = 0; i < kDomains; i += 2) domains[i].reset();
  for (std::size_t i = 1; i < kDomains; i += 2) collect_all(*domains[i], 0);
  require(Canary::live() == 0, "of %zu domains %ld objects were not freed", kDomains, Canary::live());
}

// A thread outlives domains that come one after another at one address, beside one that it uses throughout.
template <class S>
void check_reborn_domain() {
  using D = Domain<S>;
  std::optional<D> steady(std::in_place), domain;
  std::barrier step(2);
  constexpr int kLives = 30;
  const auto use = [](D& used, bool leaves_garbage) {
    Source source{new Canary(1)};
    {
      auto guard = used.pin();
      guard.protect(source);
      retire_protected(used, source);
    }
    if (!leaves_garbage) used.collect();
  };
  std::thread other([&] {
    for (int life = 0; life < kLives; ++life) {
      step.arrive_and_wait();
      use(*domain, life % 2 == 0);
      use(*steady, true);
      step.arrive_and_wait();
    }
  });
  for (int life = 0; life < kLives; ++life) {
    domain.emplace();
    step.arrive_and_wait();
    use(*domain, life % 3 == 0);
    step.arrive_and_wait();
    if constexpr (kClaims<S>.counts_records)
      require(domain->records() == 2, "two threads used a domain, and it has %zu records", domain->records());
    domain.reset();
  }
  other.join();
  steady.reset();
  require(Canary::live() == 0, "%ld objects outlived their domains", Canary::live());
}

template <class S>
struct DomainClauses {
  Clause many{"RE-18", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
              "Domains keep and free their own objects only", &check_many_domains<S>};
  Clause reborn{"RE-19", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                "A thread may outlive a domain, and use the next one at the same address",
                &check_reborn_domain<S>};
};

}  // namespace assay::suite::reclamation
