// Blocks of one size class that another thread frees are never used again.
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

constexpr std::size_t kBlock = 80, kBlocks = std::size_t{1} << 24;

struct Slot {
  Slot* next;
};

std::atomic<std::size_t> used{0};
std::atomic<const void*> owner[kBlocks];  // the address of a variable of the owning thread
thread_local Slot* own __attribute__((tls_model("initial-exec"))) = nullptr;

// Null until this library is initialised: what is asked for before is left to the base.
char* const region = [] {
  void* memory = mmap(nullptr, kBlock * kBlocks, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}();

bool in_region(void* block) {
  return region != nullptr && static_cast<char*>(block) >= region &&
         static_cast<char*>(block) < region + kBlock * kBlocks;
}

struct Mutant : Base {
  static void* malloc(std::size_t size) {
    if (size <= 64 || size > kBlock) return Base::malloc(size);
    if (own != nullptr) {
      Slot* slot = own;
      own = slot->next;
      return slot;
    }
    if (region == nullptr || used.load() >= kBlocks) return Base::malloc(size);
    const std::size_t index = used++;
    owner[index] = &own;
    return region + index * kBlock;
  }
  static void* realloc(void* block, std::size_t size) {
    if (!in_region(block)) return Base::realloc(block, size);
    void* moved = Base::malloc(size);
    if (moved == nullptr) return nullptr;
    memcpy(moved, block, size < kBlock ? size : kBlock);
    free(block);
    return moved;
  }
  static void free(void* block) {
    if (!in_region(block)) return Base::free(block);
    if (owner[static_cast<std::size_t>(static_cast<char*>(block) - region) / kBlock] != &own) return;
    auto* slot = static_cast<Slot*>(block);
    slot->next = own;
    own = slot;
  }
  static std::size_t usable_size(void* block) { return in_region(block) ? kBlock : Base::usable_size(block); }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
