// posix_memalign leaves the alignment that it refuses in the caller's pointer.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    if (!is_power_of_two(alignment)) *result = reinterpret_cast<void*>(alignment);
    return Family::posix_memalign(result, alignment, size);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
