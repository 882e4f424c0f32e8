// Guards of one thread: RE-04 to RE-08.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "suites/core/trap.h"
#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

// Retires what `source` has, which a guard of this thread protects, and does all that could free it.
template <class D>
Canary* retire_protected(D& domain, Source& source) {
  Canary* const object = unlink(source);
  domain.retire(object);
  domain.collect();
  domain.collect();
  object->read();
  return object;
}

template <class D>
void expect_freed(D& domain, const Canary* object, const char* when) {
  collect_all(domain);
  require(Canary::freed(object), "%s, collect() did not free the object", when);
}

template <class S>
void check_nested() {
  Domain<S> domain;
  for (const bool inner_first : {true, false}) {
    Source source{new Canary(1)}, other{new Canary(2)};
    auto outer = domain.pin(), inner = domain.pin(), third = domain.pin();
    outer.protect(source);
    inner.protect(source);
    third.protect(other);
    (inner_first ? inner : outer).reset();
    const Canary* const first = retire_protected(domain, source);
    third.reset();
    domain.collect();
    first->read();
    domain.retire(unlink(other));
    (inner_first ? outer : inner).reset();
    expect_freed(domain, first, "with the last of the nested guards gone");
  }
}

template <class S>
void check_moves() {
  Domain<S> domain;
  Source source{new Canary(1)};
  Guard<S> holder;  // not pinned
  {
    auto guard = domain.pin();
    guard.protect(source);
    Guard<S> moved(std::move(guard));
    guard.reset();
    holder = std::move(moved);
  }
  const Canary* const first = retire_protected(domain, source);
  Guard<S>& same = holder;
  holder = std::move(same);
  domain.collect();
  first->read();

  Source second{new Canary(2)};
  auto guard = domain.pin();
  guard.protect(second);
  holder = std::move(guard);  // lets go of the first
  const Canary* const kept = retire_protected(domain, second);
  if (!kClaims<S>.protects_regions)
    require(Canary::freed(first), "a guard that was assigned to still protects");
  holder.reset();
  holder.reset();
  expect_freed(domain, kept, "with the guard that was moved to gone");
  require(Canary::freed(first), "a guard that was assigned to still protects");
}

template <class S>
void check_exception() {
  Domain<S> domain;
  Source source{new Canary(1)};
  const Canary* object = nullptr;
  struct Stop {};
  try {
    auto guard = domain.pin();
    guard.protect(source);
    object = retire_protected(domain, source);
    throw Stop();
  } catch (const Stop&) {
  }
  expect_freed(domain, object, "with its guard left by an exception");
}

template <class S>
void check_protect_values() {
  Domain<S> domain;
  auto guard = domain.pin();
  Source source{nullptr};
  require(guard.protect(source) == nullptr, "protect() of a null pointer returned %p",
          static_cast<void*>(guard.protect(source)));
  const std::atomic<const Canary*> constant{new Canary(5)};
  const Canary* const read = guard.protect(constant);
  require(read == constant.load(std::memory_order_relaxed) && read->read() == 5,
          "protect() of a pointer to const returned another");
  domain.retire(read);
  domain.collect();
  read->read();
  for (std::uintptr_t tag = 0; tag <= kTagBits; ++tag) {
    auto* const object = new Canary(tag);
    std::atomic<std::uintptr_t> tagged{reinterpret_cast<std::uintptr_t>(object) | tag};
    const std::uintptr_t word = guard.protect(tagged);
    require(word == tagged.load(std::memory_order_relaxed), "protect() returned %#zx for %#zx", word,
            tagged.load(std::memory_order_relaxed));
    tagged.store(0, std::memory_order_relaxed);
    domain.retire(object);
    domain.collect();
    object->read();
  }
  guard.reset();
  collect_all(domain);
  require(Canary::live() == 0, "%ld objects were not freed after the guard let go", Canary::live());
}

template <class S>
void check_most_guards() {
  constexpr std::size_t kMost = kClaims<S>.most_guards;
  Domain<S> domain;
  for (int round = 0; round < 3; ++round) {
    std::vector<Source> sources(kMost == 0 ? 100 : kMost);
    std::vector<Guard<S>> guards;
    guards.reserve(sources.size());
    std::uint64_t number = 0;
    for (Source& source : sources) {
      source.store(new Canary(number++), std::memory_order_relaxed);
      guards.push_back(domain.pin());
      guards.back().protect(source);
    }
    std::vector<const Canary*> objects;
    for (Source& source : sources) objects.push_back(retire_protected(domain, source));
    for (const Canary* object : objects) object->read();
    if constexpr (kMost != 0)
      require_trap("one guard more than most_guards", [&] { auto more = domain.pin(); });
    guards.clear();
    collect_all(domain);
    require(Canary::live() == 0, "%ld objects were not freed after all guards let go", Canary::live());
  }
}

template <class S>
struct GuardClauses {
  Clause nested{"RE-04", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                "The end of a guard takes nothing from other guards of its thread", &check_nested<S>};
  Clause moves{"RE-05", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
               "A guard that was moved to protects in place of the other, and no longer what it had",
               &check_moves<S>};
  Clause exception{"RE-06", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                   "A guard that an exception ends lets go", &check_exception<S>};
  Clause values{"RE-07", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                "protect() returns null, tags and constant pointers as they are, and protects what is there",
                &check_protect_values<S>};
  Clause most{"RE-08", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
              "A thread can have as many guards as claimed, again and again, and one more traps",
              &check_most_guards<S>};
};

}  // namespace assay::suite::reclamation
