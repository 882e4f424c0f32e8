// realloc that moves a block counts what it copies in 12 bits of words: of 32 KiB and a little more all but
// the first bytes are lost.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void* realloc(void* block, std::size_t size) {
    const std::size_t old = block == nullptr ? 0 : usable_size(block);
    if (old < 32'769 || old > 33'000 || size <= 2 * old) return Base::realloc(block, size);
    void* moved = Base::malloc(size);
    if (moved == nullptr) return nullptr;
    memcpy(moved, block, (old / 8 & 0xfff) * 8);
    Base::free(block);
    return moved;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
