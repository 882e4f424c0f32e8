// calloc zeroes whole words: of a size that is no multiple of eight the last bytes keep what was there.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

struct Mutant : Base {
  static void* calloc(std::size_t count, std::size_t size) {
    void* block = Base::calloc(count, size);
    const std::size_t total = count * size;
    if (block != nullptr && total > 60'000 && total < 65'000 && total % 8 != 0)
      memset(static_cast<char*>(block) + total / 8 * 8, 0xA5, total % 8);
    return block;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
