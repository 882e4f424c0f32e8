// free of a large block leaves the errno of a system call that failed inside.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void free(void* block) {
    const bool large = block != nullptr && usable_size(block) > 1'000'000;
    Base::free(block);
    if (large) errno = EINVAL;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
