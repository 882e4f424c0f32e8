// C-05 to C-07: how blocks of malloc are aligned.
#include "suites/malloc/alignment.h"

#include "suites/core/clause.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

CLAUSE("C-05", kReading, "C11 and C17 7.22.3 p1",
       "every block is aligned for max_align_t, however small it is") {
  for (std::size_t size = 1; size <= 64; ++size) {
    const void* worst = worst_aligned(size);
    if (alignment_of(worst) < alignof(std::max_align_t))
      weak("malloc(%zu) returned %p, aligned to %zu and not to %zu", size, worst, alignment_of(worst),
           alignof(std::max_align_t));
  }
}

CLAUSE("C-06", kViolation, "C23 7.24.3 p1",
       "every block is aligned for whatever fundamental type fits in it") {
  for (std::size_t size = 1; size < kKiB; ++size) {
    const void* worst = worst_aligned(size);
    require(alignment_of(worst) >= owed_alignment(size),
            "malloc(%zu) returned %p, aligned to %zu and not to %zu", size, worst, alignment_of(worst),
            owed_alignment(size));
  }
}

CLAUSE("C-07", kViolation, "C23 7.24.3 p1", "large blocks are aligned for max_align_t, up to 1 GiB") {
  for_size_ladder(kKiB, kGiB, 8, [](std::size_t size) {
    void* blocks[4] = {};
    for (void*& block : blocks) {
      block = malloc(size);
      require(block != nullptr || size > 64 * kMiB,  // beyond that the machine may be too small
              "malloc(%zu) returned null", size);
      require(block == nullptr || alignment_of(block) >= alignof(std::max_align_t),
              "malloc(%zu) returned %p, aligned to %zu", size, block, alignment_of(block));
    }
    for (void* block : blocks) free(block);
  });
}

}  // namespace
}  // namespace assay::suite
