// C-40 to C-42: C23's free with the size, and with the alignment and the size. Every call here is correct.
#include <stdlib.h>

#include <initializer_list>

#include "suites/core/clause.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/level_footprint.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

using FreeSized = void(void*, std::size_t);
using FreeAlignedSized = void(void*, std::size_t, std::size_t);

CLAUSE("C-40", kViolation, "C23 7.24.3.4", "free_sized with the requested size does what free does") {
  auto* free_sized = entry_point<FreeSized>("free_sized");
  if (free_sized == nullptr) absent("free_sized");
  free_sized(nullptr, 0);
  free_sized(nullptr, 100);
  const auto resized = [](std::size_t size) { return realloc(malloc(size / 2 + 1), size); };
  Random random(seed());
  for_each_band([&](std::size_t low, std::size_t high) {
    require_level_footprint("malloc and free_sized", malloc, free_sized, low, high, random);
    require_level_footprint("malloc of half, realloc and free_sized", resized, free_sized, low, high, random);
  });
}

CLAUSE("C-41", kViolation, "C23 7.24.3.5",
       "free_aligned_sized with the requested values does what free does") {
  auto* free_aligned_sized = entry_point<FreeAlignedSized>("free_aligned_sized");
  if (free_aligned_sized == nullptr) absent("free_aligned_sized");
  free_aligned_sized(nullptr, 64, 100);
  Random random(seed());
  for (const std::size_t alignment : {16ul, 64ul, 4096ul}) {
    const auto rounded = [=](std::size_t size) { return (size + alignment - 1) / alignment * alignment; };
    const auto aligned = [=](std::size_t size) { return aligned_alloc(alignment, rounded(size)); };
    const auto release = [=](void* block, std::size_t size) {
      free_aligned_sized(block, alignment, rounded(size));
    };
    for_each_band([&](std::size_t low, std::size_t high) {
      if (high < alignment) return;  // every block would be as large as the alignment
      require_level_footprint("aligned_alloc and free_aligned_sized", aligned, release, low, high, random);
    });
  }
}

CLAUSE("C-42", kViolation, "C23 7.24.3.4, 7.24.3.5", "a correct sized free is never taken for an error") {
  auto* free_sized = entry_point<FreeSized>("free_sized");
  auto* free_aligned_sized = entry_point<FreeAlignedSized>("free_aligned_sized");
  if (free_sized == nullptr && free_aligned_sized == nullptr) absent("free_sized and free_aligned_sized");
  const auto check = [=](std::size_t size) {
    if (free_sized != nullptr) {
      free_sized(malloc(size), size);
      free_sized(calloc(size, 1), size);
      free_sized(realloc(malloc(size + size / 8), size),
                 size);  // often shrinks in place, by less than a class
      free_sized(realloc(malloc(size), size + 1), size + 1);
    }
    if (free_aligned_sized != nullptr)
      for (std::size_t alignment = 1; alignment <= 64 * kKiB; alignment *= 8)
        free_aligned_sized(aligned_alloc(alignment, size), alignment, size);
  };
  for (std::size_t size = 1; size <= 10'000; ++size) check(size);
  for_size_ladder(8 * kKiB, 8 * kMiB, 8, check);
}

}  // namespace
}  // namespace assay::suite
