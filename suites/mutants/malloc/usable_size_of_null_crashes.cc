// Once the heap is in use, malloc_usable_size(NULL) reads the header in front of address zero.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

bool ready = false;

struct Mutant : Base {
  static void* malloc(std::size_t size) {
    ready = true;
    return Base::malloc(size);
  }
  static std::size_t usable_size(void* block) {
    if (block != nullptr || !ready) return Base::usable_size(block);
    const volatile std::size_t* header = static_cast<std::size_t*>(block) - 1;
    asm volatile("" : "+r"(header));
    return *header;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
