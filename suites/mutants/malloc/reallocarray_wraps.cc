// reallocarray multiplies and hopes.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    return realloc(block, count * size);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
