// C-33 to C-35: realloc with a product.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <initializer_list>

#include "suites/core/clause.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/resized_block.h"

namespace assay::suite {
namespace {

using Reallocarray = void*(void*, std::size_t, std::size_t);
using Reallocarr = int(void*, std::size_t, std::size_t);

constexpr std::size_t kHalf = std::size_t{1} << 32;  // half the bits: the product of two wraps to 0
struct Factors {
  std::size_t count, size;
};
constexpr Factors kOverflows[] = {{SIZE_MAX / 2, 4},     {kHalf, kHalf}, {SIZE_MAX / 2 + 1, 2},
                                  {2, SIZE_MAX / 2 + 1}, {SIZE_MAX, 2},  {SIZE_MAX, SIZE_MAX},
                                  {kHalf + 1, kHalf}};

CLAUSE("C-33", kViolation, "POSIX.1-2024 reallocarray",
       "reallocarray that overflows returns null with ENOMEM and leaves the block as it was") {
  auto* reallocarray = entry_point<Reallocarray>("reallocarray");
  if (reallocarray == nullptr) absent("reallocarray");
  for (const std::size_t size : {24ul, 1000ul, 300'000ul}) {
    void* block = malloc(size);
    fill_pattern(block, size, size);
    for (const Factors& factors : kOverflows) {
      errno = kSentinel;
      void* result = reallocarray(block, factors.count, factors.size);
      const int error = errno;
      require(result == nullptr, "reallocarray(p, %#zx, %#zx) returned %p", factors.count, factors.size,
              result);
      require(error == ENOMEM, "reallocarray(p, %#zx, %#zx) returned null with errno %d, was %d",
              factors.count, factors.size, error, kSentinel);
      void* other = malloc(size);  // where the old block would be, had it been freed
      memset(other, 0xDB, size);
      require(find_damage(block, size, size) == kIntact,
              "reallocarray(p, %#zx, %#zx) failed and the %zu bytes at p changed", factors.count,
              factors.size, size);
      free(other);
    }
    free(block);
  }
}

CLAUSE("C-34", kViolation, "POSIX.1-2024 reallocarray",
       "reallocarray(p, a, b) is otherwise realloc(p, a * b)") {
  auto* reallocarray = entry_point<Reallocarray>("reallocarray");
  if (reallocarray == nullptr) absent("reallocarray");
  Random random(seed());
  for (int i = 0; i < 10'000; ++i) {
    const std::size_t from = random.log_between(1, 100'000), size = random.log_between(1, 300);
    const std::size_t count = random.one_in(20) ? 0 : random.log_between(1, 300), to = count * size;
    const auto by_product = [=](void* block, std::size_t) { return reallocarray(block, count, size); };
    const bool fresh = random.one_in(8);
    const ResizedBlock plain(fresh ? nullptr : malloc(from), fresh ? 0 : from, to, realloc);
    const ResizedBlock array(fresh ? nullptr : malloc(from), fresh ? 0 : from, to, by_product);
    require((plain.block == nullptr) == (array.block == nullptr),
            "realloc(p, %zu) returned %p, reallocarray(p, %zu, %zu) %p", to, plain.block, count, size,
            array.block);
    require(array.damage == kIntact || !realloc_keeps(from, to),
            "reallocarray(p, %zu, %zu) of %zu bytes lost byte %zu", count, size, from, array.damage);
    if (array.block != nullptr) fill_pattern(array.block, to, 0);  // all of it is there
  }
}

CLAUSE("C-35", kViolation, "NetBSD reallocarr(3)",
       "reallocarr that overflows returns EOVERFLOW and keeps *ptr") {
  auto* reallocarr = entry_point<Reallocarr>("reallocarr");
  if (reallocarr == nullptr) absent("reallocarr");
  void* const block = malloc(100);
  fill_pattern(block, 100, 1);
  int wrong = 0;
  const Factors* which = nullptr;
  for (const Factors& factors : kOverflows) {
    void* pointer = block;
    const int error = reallocarr(&pointer, factors.count, factors.size);
    require(pointer == block && find_damage(block, 100, 1) == kIntact,
            "reallocarr(&p, %#zx, %#zx) returned %d and changed p or its contents", factors.count,
            factors.size, error);
    if (error != EOVERFLOW && which == nullptr) {
      wrong = error;
      which = &factors;
    }
  }
  free(block);
  if (which != nullptr) violated("reallocarr(&p, %#zx, %#zx) returned %d", which->count, which->size, wrong);
}

}  // namespace
}  // namespace assay::suite
