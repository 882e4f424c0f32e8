// What a subject holds, for clauses that forbid its growth.
#pragma once

#include <cstddef>

#include "suites/allocator/subject.h"
#include "suites/core/footprint.h"

namespace assay::suite::allocator {

// As its upstream sees it, or else the system.
template <class Subject>
std::size_t held_bytes(const Subject& subject) {
  if constexpr (decltype(subject.allocator)::kTraits.takes_upstream) return subject.upstream.live_bytes();
  return resident_bytes();
}

// How much more than before is no growth: of the process, what else it may have touched.
template <Allocator A>
constexpr std::size_t kSlack = A::kTraits.takes_upstream ? 0 : 1 << 20;

}  // namespace assay::suite::allocator
