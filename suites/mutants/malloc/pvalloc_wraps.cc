// pvalloc rounds up to the page without a look at the top of the range: SIZE_MAX becomes 0.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static void* pvalloc(std::size_t size) { return memalign(kPage, (size + kPage - 1) & ~(kPage - 1)); }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
