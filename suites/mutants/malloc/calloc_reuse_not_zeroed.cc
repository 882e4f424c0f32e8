// calloc above 100,000 bytes hands out the block that was freed last as it is, old contents and all.
#include <atomic>

#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

constexpr std::size_t kFrom = 100'000, kTo = 140'000;
std::atomic<void*> last_freed{nullptr};

struct Mutant : Base {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t total;
    if (!__builtin_mul_overflow(count, size, &total) && total > kFrom && total <= kTo)
      if (void* block = last_freed.exchange(nullptr); block != nullptr) {
        if (usable_size(block) >= total) return block;
        Base::free(block);
      }
    return Base::calloc(count, size);
  }
  static void free(void* block) {
    const std::size_t size = usable_size(block);
    if (size > kFrom && size <= kTo) block = last_freed.exchange(block);
    Base::free(block);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
