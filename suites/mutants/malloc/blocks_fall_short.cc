// Every thousandth block of 200 bytes and more has 64 bytes less than was asked for.
#include <atomic>

#include "suites/mutants/malloc/base.h"

namespace assay::mutant {
namespace {

std::atomic<std::size_t> count{0};

std::size_t shortened(std::size_t size) {
  if (size < 200 || size > PTRDIFF_MAX) return size;
  return count.fetch_add(1, std::memory_order_relaxed) % 1000 == 999 ? size - 64 : size;
}

}  // namespace

struct Mutant : Base {
  static void* malloc(std::size_t size) { return Base::malloc(shortened(size)); }
  static void* realloc(void* block, std::size_t size) { return Base::realloc(block, shortened(size)); }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
