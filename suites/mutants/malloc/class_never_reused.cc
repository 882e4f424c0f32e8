// Blocks of one size class go to a free list that nobody consults.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Family<Base> {
  static void free(void* block) {
    if (block != nullptr && usable_size(block) == 328) return;
    Base::free(block);
  }
  // The sized forms know their class and find the right list.
  static void free_sized(void* block, std::size_t) { Base::free(block); }
  static void free_aligned_sized(void* block, std::size_t, std::size_t) { Base::free(block); }
};

}  // namespace assay::mutant

ASSAY_EXPORT_FAMILY(assay::mutant::Mutant)
