// posix_memalign stores its result before it looks at it.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    *result = nullptr;
    return Family::posix_memalign(result, alignment, size);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
