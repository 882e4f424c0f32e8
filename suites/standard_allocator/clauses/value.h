// An allocator as a value: copies, rebinds and moves are equal, and equals free each other's memory.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "suites/core/clause.h"
#include "suites/standard_allocator/subject.h"

namespace assay::suite::standard_allocator {

struct Pair {
  long first, second;
};

// What `from` allocates `to` must be able to free: T's of each count.
template <class A>
void exchange_memory(A from, A to) {
  require(from == to && !(from != to), "allocators that should be equal are not");
  for (std::size_t n = 1; n < 70; n *= 2) {
    typename A::value_type* block = nullptr;
    try {
      block = std::allocator_traits<A>::allocate(from, n);
    } catch (const std::bad_alloc&) {  // a subject may serve small requests only
      if (n == 1) skipped("the subject refuses %zu bytes", sizeof(*block));
      return;
    }
    for (std::size_t i = 0; i < n; ++i) std::construct_at(block + i);
    std::allocator_traits<A>::deallocate(to, block, n);
  }
}

template <class Of>
void check_equality() {
  Of factory;
  for (const int which : {0, 1}) {
    const auto a = factory.template make<int>(which);
    exchange_memory(a, a);
    exchange_memory(a, factory.template make<int>(which));
    auto copy(a);
    exchange_memory(a, copy);
    exchange_memory(copy, a);
    const Subject<Of, Pair> rebound(a);
    exchange_memory(Subject<Of, int>(rebound), a);
    exchange_memory(rebound, Subject<Of, Pair>(copy));
    const Subject<Of, char> through(rebound);
    exchange_memory(a, Subject<Of, int>(through));
    static_assert(std::is_same_v<typename Traits<Of, int>::template rebind_alloc<Pair>, Subject<Of, Pair>>);
    // Ambiguous in C++20 where operator== is a member and the rebind converts, but for leniency of the
    // compiler.
    if constexpr (requires { a == rebound; })
      require(a == rebound && !(a != rebound), "an allocator is unequal to its rebind");
    else if (which == 0)
      note("an allocator cannot be compared with its rebind");
  }
  auto zero = factory.template make<int>(0), one = factory.template make<int>(1);
  require((zero == one) == (one == zero), "equality is not symmetric");
  if (Traits<Of, int>::is_always_equal::value) require(zero == one, "is_always_equal, and two are unequal");
  if (zero == one) {
    exchange_memory(zero, one);
    exchange_memory(one, zero);
  }
  if constexpr (requires(Subject<Of, Pair> other) { zero == other; })
    require((zero == factory.template make<Pair>(1)) == (zero == one), "equality depends on the value type");
}

template <class Of>
void check_copies() {
  Of factory;
  for (const int which : {0, 1}) {
    const auto original = factory.template make<int>(which);
    auto source(original);
    try {
      const auto moved(std::move(source));
      require(moved == original, "an allocator made by a move is unequal to what was moved");
      require(source == original, "an allocator that was moved from is unequal to its old value");
      auto rebound = factory.template make<Pair>(which);
      const Subject<Of, int> converted(std::move(rebound));
      require(converted == original, "an allocator made from a moved rebind is unequal to it");
      require(Subject<Of, int>(rebound) == original,
              "a rebind that was moved from is unequal to its old value");
      const auto copied(moved);
      require(copied == moved && moved == original, "a copy is unequal to its original");
    } catch (...) {
      violated("copying or moving an allocator threw");
    }
  }
}

template <class Of>
struct ValueClauses {
  Clause equality{"R-25", ClauseClass::kViolation, "[allocator.requirements.general]",
                  "Copies and rebinds are equal, and what one allocates its equals can free",
                  &check_equality<Of>};
  Clause copies{"R-26", ClauseClass::kViolation, "[allocator.requirements.general]",
                "Copies and moves throw nothing and leave the source as it was", &check_copies<Of>};
};

}  // namespace assay::suite::standard_allocator
