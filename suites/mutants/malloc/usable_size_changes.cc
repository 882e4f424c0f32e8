// malloc_usable_size of blocks of one size class says another number every second time.
#include <atomic>

#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

std::atomic<unsigned> calls{0};

struct Mutant : Base {
  static std::size_t usable_size(void* block) {
    const std::size_t size = Base::usable_size(block);
    return size == 2056 && calls++ % 2 == 1 ? size - 8 : size;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
