// realloc that fails frees the old block all the same.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void* realloc(void* block, std::size_t size) {
    void* moved = Base::realloc(block, size);
    if (moved == nullptr && size != 0 && block != nullptr) {
      Base::free(block);
      errno = ENOMEM;
    }
    return moved;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
