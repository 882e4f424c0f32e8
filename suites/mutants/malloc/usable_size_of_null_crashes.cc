// malloc_usable_size looks for null until it has answered once; from then on it reads the header below
// address zero.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

bool answered = false;

struct Mutant : Base {
  static std::size_t usable_size(void* block) {
    if (block != nullptr) answered = true;
    if (block != nullptr || !answered) return Base::usable_size(block);
    const volatile std::size_t* header = static_cast<std::size_t*>(block) - 1;
    asm volatile("" : "+r"(header));
    return *header;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
