// Blocks whose size equals their alignment of 256 come from a size class that is aligned to 128.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void* memalign(std::size_t alignment, std::size_t size) {
    if (alignment != 256 || size != 256) return Base::memalign(alignment, size);
    void* rejected[8];
    void* block = nullptr;
    int count = 0;
    for (; count < 8; ++count) {
      block = Base::memalign(128, size);
      if (reinterpret_cast<std::uintptr_t>(block) % 256 != 0) break;
      rejected[count] = block;
    }
    if (count == 8) block = Base::memalign(alignment, size);
    while (count > 0) Base::free(rejected[--count]);
    return block;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
