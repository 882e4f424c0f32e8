// calloc whose product overflows returns null before it sets errno.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t total;
    return __builtin_mul_overflow(count, size, &total) ? nullptr : Base::calloc(count, size);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
