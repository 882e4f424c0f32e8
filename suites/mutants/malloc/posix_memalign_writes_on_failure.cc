// posix_memalign uses the caller's pointer as scratch space before it knows that it will succeed.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    *result = reinterpret_cast<void*>(size);
    return Family::posix_memalign(result, alignment, size);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
