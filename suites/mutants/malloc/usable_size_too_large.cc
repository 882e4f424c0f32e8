// malloc_usable_size counts the header of the next block in, for blocks of one size class.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static std::size_t usable_size(void* block) {
    const std::size_t size = Base::usable_size(block);
    return size == 104 ? size + 16 : size;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
