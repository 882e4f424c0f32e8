// Aligned operator new rounds the size up to the alignment without a look at the top of the range.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    return Family::allocate_or_throw((size + alignment - 1) & ~(alignment - 1), alignment);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
