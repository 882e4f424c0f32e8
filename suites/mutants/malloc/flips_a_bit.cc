// Of every 100,000 blocks one has a bit flipped while it is in use.
#include <atomic>

#include "suites/mutants/malloc/base.h"

namespace assay::mutant {
namespace {

constexpr std::size_t kBlocks = 100'000, kLater = 1'000;
std::atomic<std::size_t> count{0};
std::atomic<unsigned char*> victim{nullptr};  // in use

void* chosen(void* block) {
  const std::size_t number = count.fetch_add(1, std::memory_order_relaxed) % kBlocks;
  // The latest of the thousand before that is still in use.
  if (number + kLater >= kBlocks) victim.store(static_cast<unsigned char*>(block), std::memory_order_relaxed);
  if (number == 0)
    if (unsigned char* const found = victim.exchange(nullptr, std::memory_order_relaxed)) found[8] ^= 1;
  return block;
}

void forget(void* block) {
  auto* expected = static_cast<unsigned char*>(block);
  victim.compare_exchange_strong(expected, nullptr, std::memory_order_relaxed);
}

}  // namespace

struct Mutant : Base {
  static void* malloc(std::size_t size) { return chosen(Base::malloc(size)); }
  static void* realloc(void* block, std::size_t size) {
    forget(block);
    return Base::realloc(block, size);
  }
  static void free(void* block) {
    forget(block);
    Base::free(block);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
