// A cache of one block, taken in two steps: two threads that come at the same time get the same block.
#include <sched.h>

#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

void* volatile cached = nullptr;

bool is_cached_size(std::size_t usable) { return usable > 100 && usable <= 600; }

struct Mutant : Base {
  static void* malloc(std::size_t size) {
    void* block = cached;
    if (size <= 100 || block == nullptr || usable_size(block) < size || size > 600) return Base::malloc(size);
    sched_yield();  // where the other thread comes
    cached = nullptr;
    return block;
  }
  static void free(void* block) {
    if (cached == nullptr && block != nullptr && is_cached_size(usable_size(block)))
      cached = block;
    else
      Base::free(block);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
