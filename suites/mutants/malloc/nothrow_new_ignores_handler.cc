// The nothrow forms return null at the first failure and leave the new-handler alone.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static void* allocate_or_null(std::size_t size, std::size_t alignment) noexcept {
    return alignment == 1 ? allocate(size, alignment) : Family::allocate_or_null(size, alignment);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
