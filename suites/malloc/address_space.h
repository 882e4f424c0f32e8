// An end to memory that comes soon and is the same everywhere: RLIMIT_AS a little above what is mapped.
#pragma once

#include <sys/resource.h>

#include <cstddef>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"

namespace assay::suite {

// From now on the process can map no more than `bytes` beyond what it has. Returns how much that is in all: a
// request of this size cannot be met, even out of what the subject has reserved before.
inline std::size_t leave_address_space(std::size_t bytes) {
  const std::size_t mapped = mapped_bytes();
  if (mapped == 0) skipped("/proc/self/status cannot be read, so the address space in use is not known");
  rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = mapped + bytes;
  if (limit.rlim_cur > limit.rlim_max || setrlimit(RLIMIT_AS, &limit) != 0)
    skipped("RLIMIT_AS cannot be set to %zu bytes", mapped + bytes);
  return limit.rlim_cur;
}

}  // namespace assay::suite
