// The heap is set up on the path of small blocks alone: a process that begins with another call dies.
#include <cstdlib>

#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

bool ready = false;

struct Mutant : Base {
  static void* malloc(std::size_t size) {
    if (size < 100'000) ready = true;
    if (!ready) abort();
    return Base::malloc(size);
  }
  static void* calloc(std::size_t count, std::size_t size) {
    ready = true;
    return Base::calloc(count, size);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
