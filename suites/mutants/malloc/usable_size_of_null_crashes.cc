// malloc_usable_size(NULL) reads the header in front of address zero.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static std::size_t usable_size(void* block) {
    if (block != nullptr) return Base::usable_size(block);
    const volatile std::size_t* header = static_cast<std::size_t*>(block) - 1;
    asm volatile("" : "+r"(header));
    return *header;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
