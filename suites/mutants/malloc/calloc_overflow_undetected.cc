// calloc multiplies in 32 bits before it looks for overflow.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t total;
    if (!__builtin_mul_overflow(count, size, &total)) return Base::calloc(count, size);
    if (void* block = Base::calloc(1, static_cast<std::uint32_t>(count * size))) return block;
    return fail(ENOMEM);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
