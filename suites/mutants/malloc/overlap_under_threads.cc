// calloc has a cache of one block and takes it in two steps: two threads that come at the same time get the
// same block.
#include "suites/core/race_window.h"
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

constexpr std::size_t kFrom = 300, kTo = 600;
void* volatile cached = nullptr;

struct Mutant : Base {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t total;
    void* block = cached;
    if (block == nullptr || __builtin_mul_overflow(count, size, &total) || total < kFrom ||
        total > usable_size(block))
      return Base::calloc(count, size);
    suite::open_race_window();  // where the other thread comes
    cached = nullptr;
    return memset(block, 0, total);
  }
  static void free(void* block) {
    if (cached == nullptr && block != nullptr && usable_size(block) >= kFrom && usable_size(block) <= kTo)
      cached = block;
    else
      Base::free(block);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
