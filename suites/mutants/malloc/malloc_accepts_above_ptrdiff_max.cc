// The size is compared as a signed number: PTRDIFF_MAX + 1 passes for a small one.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void* malloc(std::size_t size) {
    return Base::malloc(size == std::size_t{PTRDIFF_MAX} + 1 ? 16 : size);
  }
  static void* realloc(void* block, std::size_t size) {
    return block == nullptr ? malloc(size) : Base::realloc(block, size);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
