// Blocks of one size class go to a free list that nobody consults.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void free(void* block) {
    if (block != nullptr && usable_size(block) == 328) return;
    Base::free(block);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
