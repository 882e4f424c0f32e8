// malloc(40) returns blocks that are aligned to 8 bytes only.
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

constexpr std::size_t kSize = 40;

bool is_shifted(void* block) { return reinterpret_cast<std::uintptr_t>(block) % 16 == 8; }

struct Mutant : Base {
  static void* malloc(std::size_t size) {
    if (size != kSize) return Base::malloc(size);
    char* block = static_cast<char*>(Base::malloc(size + 8));
    return block == nullptr ? nullptr : block + 8;
  }
  static void* realloc(void* block, std::size_t size) {
    if (!is_shifted(block)) return Base::realloc(block, size);
    void* moved = Base::malloc(size);
    if (moved == nullptr) return nullptr;
    memcpy(moved, block, size < kSize ? size : kSize);
    free(block);
    return moved;
  }
  static void free(void* block) { Base::free(is_shifted(block) ? static_cast<char*>(block) - 8 : block); }
  static std::size_t usable_size(void* block) { return is_shifted(block) ? kSize : Base::usable_size(block); }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
