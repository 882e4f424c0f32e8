// Faults: allocation fails at every point.
#pragma once

#include <cstdint>
#include <new>
#include <thread>

#include "suites/core/upstream.h"
#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

// What throws has changed nothing: the object is the caller's, and no guard was made.
template <class D>
void use_where_allocation_fails(Upstream& upstream, std::size_t after, bool for_good, bool* failed) {
  D domain(&upstream);
  Source source{new Canary(0)};
  upstream.fail_after(after, for_good);
  const std::size_t injected = upstream.failures();
  typename D::Guard guard;
  try {
    guard = domain.pin();
    guard.protect(source);
  } catch (const std::bad_alloc&) {
  }
  std::size_t retired = 0;
  for (std::uint64_t i = 1; i <= 700; ++i) {
    auto* const object = new Canary(i);
    bool reserved = false;
    try {
      if (i % 2 == 0) {
        domain.reserve();
        reserved = true;
      }
      domain.retire(object);
      ++retired;
    } catch (const std::bad_alloc&) {
      require(!reserved, "retire() threw after reserve()");
      object->read();
      delete object;
    }
    require(domain.garbage() <= retired, "garbage() counts an object whose retirement threw");
  }
  *failed = upstream.failures() > injected;
  upstream.never_fail();
  guard.reset();
  domain.retire(unlink(source));
  try {
    domain.collect();
  } catch (const std::bad_alloc&) {
    violated("collect() threw although allocation did not fail");
  }
}

template <class S>
void check_failing_allocation() {
  if constexpr (!kClaims<S>.takes_upstream) {
    absent("takes no upstream");
  } else {
    Upstream upstream;
    for (const bool for_good : {false, true}) {
      bool failed = true;
      for (std::size_t after = 0; failed && after < 60; ++after) {
        use_where_allocation_fails<Domain<S>>(upstream, after, for_good, &failed);
        require(Canary::live() == 0, "when allocation %zu failed %ld objects outlived their domain", after,
                Canary::live());
        require(upstream.live_blocks() == 0, "when allocation %zu failed %zu blocks were lost", after,
                upstream.live_blocks());
      }
    }
  }
}

template <class S>
struct FaultClauses {
  Clause allocation{"FAULTS-1", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                    "A failed allocation is reported, changes nothing, and loses no object",
                    &check_failing_allocation<S>};
};

}  // namespace assay::suite::reclamation
