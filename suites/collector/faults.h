// Failures in the middle: the system has no memory, at every point where it is asked; constructors throw at
// every construction; the heap is at its limit, in finalizers, too; the process forks.
#pragma once

#include "suites/collector/faults/constructors.h"
#include "suites/collector/faults/finalizers.h"
#include "suites/collector/faults/forks.h"
#include "suites/collector/faults/limits.h"
#include "suites/collector/faults/memory.h"

namespace assay::suite::collector {

template <class H>
struct FaultClauses {
  Clause growth{"FAULTS-1", ClauseClass::kViolation, "gc/options.h: may_grow",
                "When the n-th request for memory is refused make() is null, and nothing else is lost",
                &check_refused_growth<H>};
  Clause marking{"FAULTS-2", ClauseClass::kViolation, "CONTRACT 8b: GC-14",
                 "A collection that is refused memory in its middle still finds all that is reachable",
                 &check_refused_marking<H>};
  Clause constructors{
      "FAULTS-3", ClauseClass::kViolation, "[expr.new], CONTRACT 8b: GC-12",
      "An object whose constructor throws is never destroyed or finalized, and leaves nothing",
      &check_throwing_constructors<H>};
  Clause limits{"FAULTS-4", ClauseClass::kViolation, "gc/options.h: limit",
                "A heap never holds more than its limit, and is usable again when objects are gone",
                &check_limits<H>};
  Clause finalizers{"FAULTS-5", ClauseClass::kViolation, "CONTRACT 8b: GC-08, GC-09",
                    "Finalizers that make, resurrect, drop and tie objects are safe, at the limit, too",
                    &check_busy_finalizers<H>};
  Clause forks{"FAULTS-6", ClauseClass::kViolation, "CONTRACT 8b: GC-11",
               "A forked child may use, collect and end the heap, and its parent goes on", &check_forks<H>};
};

}  // namespace assay::suite::collector
