// C-20 to C-23: calloc's arithmetic, its zero sizes and its alignment.
#include <errno.h>
#include <stdlib.h>

#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/malloc/alignment.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

struct Factors {
  std::size_t count, size;
  bool overflow() const {
    std::size_t product;
    return __builtin_mul_overflow(count, size, &product);
  }
};

// Factors whose product, cut to 64 bits, is `product`: Newton's iteration doubles the correct bits of an
// inverse.
Factors factors_wrapping_to(std::size_t product, std::size_t odd) {
  std::size_t inverse = odd;
  for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
  return {odd, product * inverse};
}

// visit(factors) for products beyond SIZE_MAX: named ones, random ones, and random ones that wrap to a small
// size.
template <class Visit>
void for_each_overflow(Visit visit) {
  constexpr std::size_t k2to32 = std::size_t{1} << 32;
  for (const Factors factors : {Factors{k2to32, k2to32},
                                {SIZE_MAX / 2 + 1, 2},
                                {2, SIZE_MAX / 2 + 1},
                                {SIZE_MAX, SIZE_MAX},
                                {SIZE_MAX / 4, 5},
                                {SIZE_MAX, 2},
                                {k2to32 + 1, k2to32}})
    visit(factors);
  Random random(seed());
  for (int i = 0; i < 20'000; ++i) {
    const Factors any{random.log_between(1, SIZE_MAX), random.log_between(1, SIZE_MAX)};
    const Factors small = factors_wrapping_to(random.below(100'000), random.next() | 1);
    if (any.overflow()) visit(any);
    if (small.overflow()) visit(small);
  }
}

CLAUSE("C-20", kViolation, "C23 7.24.3.2", "calloc returns null when count times size overflows") {
  for_each_overflow([](Factors factors) {
    void* block = calloc(opaque(factors.count), opaque(factors.size));
    require(block == nullptr, "calloc(%#zx, %#zx) returned %p", factors.count, factors.size, block);
  });
}

CLAUSE("C-21", kViolation, "POSIX.1-2024 calloc", "calloc that overflows sets errno to ENOMEM") {
  for_each_overflow([](Factors factors) {
    errno = kSentinel;
    void* block = calloc(opaque(factors.count), opaque(factors.size));
    const int error = errno;
    require(block != nullptr || error == ENOMEM, "calloc(%#zx, %#zx) returned null with errno %d, was %d",
            factors.count, factors.size, error, kSentinel);
    free(block);
  });
}

CLAUSE("C-22", kImplementation, "C23 7.24.3 p1", "calloc of no bytes does as malloc(0), and writes nowhere") {
  static LiveMap live;
  constexpr std::size_t kCount = 400;
  static void* blocks[kCount];
  const Factors empty[] = {{0, 1}, {1, 0}, {0, 4096}, {4096, 0}, {0, SIZE_MAX}, {SIZE_MAX, 0}, {0, 0}};
  std::size_t nulls = 0, calls = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const Factors factors = empty[i % std::size(empty)];
    const bool ordinary = i % 2 == 0;  // its contents show whether the empty blocks around it clear anything
    blocks[i] = ordinary ? malloc(16 + i) : calloc(opaque(factors.count), opaque(factors.size));
    calls += !ordinary;
    nulls += blocks[i] == nullptr;
    if (blocks[i] == nullptr) continue;
    const char* problem = live.add(blocks[i], ordinary ? 16 + i : 0, ordinary ? 16 + i : 0, 0);
    require(problem == nullptr, "calloc(%#zx, %#zx): %s", factors.count, factors.size, problem);
  }
  for (void* block : blocks) {
    if (block == nullptr) continue;
    const char* problem = live.remove(block);
    require(problem == nullptr, "after calls of calloc for no bytes: %s", problem);
    free(block);
  }
  const bool malloc_null = malloc(opaque(std::size_t{0})) == nullptr;  // not freed: whether it may be is C-04
  const bool like_malloc = nulls == (malloc_null ? calls : 0);
  chose("calloc of no bytes returns %s, %s malloc(0)",
        nulls == 0       ? "a unique pointer"
        : nulls == calls ? "null"
                         : "null at times",
        like_malloc ? "as" : "unlike");
}

CLAUSE("C-23", kViolation, "C23 7.24.3 p1", "calloc aligns for whatever fundamental type fits in the block") {
  static void* blocks[200];
  std::size_t strong_from = 1;
  for (std::size_t size = 1; size <= 128; ++size) {
    for (void*& block : blocks) {
      block = size % 2 == 0 ? calloc(size / 2, 2) : calloc(1, size);
      require(block != nullptr, "calloc of %zu bytes returned null", size);
      const std::size_t alignment = alignment_of(block);
      require(alignment >= owed_alignment(size) || !malloc_aligns(size),
              "calloc of %zu bytes returned %p, aligned to %zu and not to %zu", size, block, alignment,
              owed_alignment(size));
      if (alignment < alignof(std::max_align_t)) strong_from = size + 1;
    }
    for (void* block : blocks) free(block);
  }
  if (strong_from > 1)
    note("C17's alignment to %zu holds from %zu bytes up", alignof(std::max_align_t), strong_from);
}

}  // namespace
}  // namespace assay::suite
