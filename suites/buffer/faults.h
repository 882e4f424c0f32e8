// Memory that ends in the middle: every allocation fails in turn, and the kernel has no more.
#pragma once

#include "suites/buffer/faults/exhaustion.h"
#include "suites/buffer/faults/operations.h"

namespace assay::suite::buffer {

template <class B>
struct FaultClauses {
  Clause shared{"FAULTS-1", ClauseClass::kViolation, "zerocopy/buffer_concept.h: exhausted memory",
                "An operation on shared bytes whose n-th allocation fails leaves all handles as they were",
                &check_failing_shared<B>};
  Clause writing{"FAULTS-2", ClauseClass::kViolation, "zerocopy/buffer_concept.h: exhausted memory",
                 "An operation on mutable bytes whose n-th allocation fails leaves all handles as they were",
                 &check_failing_mutable<B>};
  Clause owner{"FAULTS-3", ClauseClass::kViolation, "zerocopy/buffer_concept.h: from_owner",
               "from_owner that fails, for memory or for the owner's constructor, leaks and destroys nothing",
               &check_failing_owner<B>};
  Clause exhaustion{"FAULTS-4", ClauseClass::kViolation, "zerocopy/buffer_concept.h: exhausted memory",
                    "A program whose memory ends at the n-th allocation goes on with the bytes that it has",
                    &check_exhaustion<B>};
  Clause kernel{
      "FAULTS-5", ClauseClass::kViolation, "zerocopy/buffer_concept.h: exhausted memory",
      "Operations on large storages that the kernel has no memory for leave all handles as they were",
      &check_refusing_kernel<B>};
};

}  // namespace assay::suite::buffer
