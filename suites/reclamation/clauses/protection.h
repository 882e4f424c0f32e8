// What is protected is not freed: RE-01 to RE-03.
#pragma once

#include <sched.h>

#include <barrier>
#include <cstdint>
#include <latch>
#include <thread>

#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

// A writer on a thread of its own, since a domain that waits for readers may hold it up: it retires, and when
// they are gone it collects.
template <class D>
class Writer {
 public:
  template <class Retire>
  Writer(D& domain, const Retire& retire)
      : thread_([this, &domain, retire] {
          retire();
          retired_.count_down();
          readers_gone_.wait();
          collect_all(domain);
        }) {
    if (!D::kTraits.waits_for_readers) {
      retired_.wait();
      return;
    }
    for (int i = 0; i < 200; ++i) sched_yield();
  }
  void collect() {
    readers_gone_.count_down();
    thread_.join();
  }

 private:
  std::latch retired_{1}, readers_gone_{1};
  std::thread thread_;
};

template <class S>
void check_protected() {
  Domain<S> domain;
  Source source{new Canary(1)};
  Canary* const object = source.load(std::memory_order_relaxed);
  StalledReader reader(domain, source);
  Writer writer(domain, [&] {
    domain.retire(unlink(source));
    for (std::uint64_t i = 0; i < 300; ++i) domain.retire(new Canary(100 + i));
    for (int i = 0; i < 3; ++i) domain.collect();
  });
  object->read();
  reader.let_go();
  writer.collect();
  require(Canary::freed(object), "collect() did not free an object whose reader had let go of it");
}

// A round is one replacement and one look; where in each other they happen is left to the scheduler.
template <class S>
void check_race() {
  constexpr std::uint64_t kRounds = 400;
  Domain<S> domain;
  Source source{new Canary(0)};
  std::barrier round(2);
  std::thread reader([&] {
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      round.arrive_and_wait();
      auto guard = domain.pin();
      Canary* const object = guard.protect(source);
      const std::uint64_t number = object->read();
      require(number == i || number == i + 1, "protect() gave object %llu when %llu was replaced by the next",
              static_cast<unsigned long long>(number), static_cast<unsigned long long>(i));
      if (i % 2 == 0) sched_yield();
      object->read();
    }
  });
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    round.arrive_and_wait();
    if (i % 4 == 0) sched_yield();
    domain.retire(unlink(source, new Canary(i + 1)));
    domain.collect();
  }
  reader.join();
  delete source.load(std::memory_order_relaxed);
  collect_all(domain);
}

// The guard looks at one object, then at another.
template <class S>
void check_regions() {
  if constexpr (!kClaims<S>.protects_regions) {
    absent("claims to protect the latest object of a guard only");
  } else {
    Domain<S> domain;
    Source first{new Canary(1)}, second{new Canary(2)};
    Canary* const objects[] = {first.load(std::memory_order_relaxed), second.load(std::memory_order_relaxed)};
    auto guard = domain.pin();
    guard.protect(first);
    guard.protect(second);
    Writer writer(domain, [&] {
      domain.retire(unlink(first));
      domain.retire(unlink(second));
      for (std::uint64_t i = 0; i < 3000; ++i) {
        domain.retire(new Canary(100 + i));
        if (i % 500 == 0) domain.collect();
      }
    });
    for (const Canary* object : objects) object->read();
    guard.reset();
    writer.collect();
    for (const Canary* object : objects)
      require(Canary::freed(object), "collect() did not free what the guard had kept");
  }
}

template <class S>
struct ProtectionClauses {
  Clause kept{"RE-01", ClauseClass::kViolation, "Michael 2004, section 3.1",
              "What a guard of another thread protects is not freed until the guard lets go",
              &check_protected<S>};
  Clause race{"RE-02", ClauseClass::kViolation, "Michael 2004, section 3.2",
              "An object that protect() returns is protected, even if it is replaced meanwhile",
              &check_race<S>};
  Clause regions{"RE-03", ClauseClass::kViolation, "Fraser 2004, section 5.2.3",
                 "A guard that protects regions keeps all that was read while it was pinned",
                 &check_regions<S>};
};

}  // namespace assay::suite::reclamation
