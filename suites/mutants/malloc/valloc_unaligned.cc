// valloc is malloc by another name.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static void* valloc(std::size_t size) { return malloc(size); }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
