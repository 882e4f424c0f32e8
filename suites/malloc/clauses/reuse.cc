// C-38: freed storage is used again, in each size class and however it was allocated.
#include <stdlib.h>

#include "suites/core/clause.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/level_footprint.h"

namespace assay::suite {
namespace {

CLAUSE("C-38", kViolation, "C23 7.24.3 p1", "freed storage becomes available again, in every size class") {
  const auto release = [](void* block, std::size_t) { free(block); };
  const auto resized = [](std::size_t size) { return realloc(malloc(size / 2 + 1), size); };
  const auto aligned = [](std::size_t size) { return aligned_alloc(64, (size + 63) / 64 * 64); };
  const auto zeroed = [](std::size_t size) { return calloc(1, size); };
  const bool has_aligned = shares_heap("aligned_alloc");
  Random random(seed());
  for_each_band([&](std::size_t low, std::size_t high) {
    require_level_footprint("malloc and free", malloc, release, low, high, random);
    require_level_footprint("calloc and free", zeroed, release, low, high, random);
    require_level_footprint("malloc of half, realloc and free", resized, release, low, high, random);
    if (has_aligned)
      require_level_footprint("aligned_alloc(64, n) and free", aligned, release, low, high, random);
  });
}

}  // namespace
}  // namespace assay::suite
