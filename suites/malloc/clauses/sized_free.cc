// C-40 to C-42: C23's free with the size, and the size with the alignment.
#include <stdlib.h>

#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/malloc/captured_output.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

using FreeSized = void(void*, std::size_t);
using FreeAlignedSized = void(void*, std::size_t, std::size_t);

// Repeats `cycle`, which allocates and frees about a mebibyte, and requires that it leaves nothing behind.
template <class Cycle>
void require_level(const char* what, Cycle cycle) {
  constexpr std::size_t kWarm = 8, kCycles = 64;
  std::size_t before = 0;
  for (std::size_t i = 0; i < kWarm + kCycles; ++i) {
    if (i == kWarm) before = resident_bytes();
    cycle();
  }
  const std::size_t after = resident_bytes();
  require(after < before + kCycles * kMiB / 4,
          "%s: %zu MiB allocated and freed grew the resident size from %zu to %zu bytes", what, kCycles,
          before, after);
}

CLAUSE("C-40", kViolation, "C23 7.24.3.4",
       "free_sized with the requested size frees as free does, and ignores null") {
  auto* free_sized = entry_point<FreeSized>("free_sized");
  if (free_sized == nullptr) absent("free_sized");
  free_sized(nullptr, 0);
  free_sized(nullptr, 100);
  for (const std::size_t size : kBorderSizes) {
    static char* blocks[64];
    require_level("free_sized", [&] {
      for (std::size_t total = 0; total < kMiB; total += size * std::size(blocks)) {
        for (char*& block : blocks) *(block = static_cast<char*>(malloc(size))) = 1;
        for (char* block : blocks) free_sized(block, size);
        if (total > kMiB / 4 && size < 64) break;
      }
    });
    free_sized(calloc(1, size), size);
    free_sized(realloc(malloc(size), size + 100), size + 100);
    free_sized(realloc(malloc(size + 100), size), size);
  }
}

CLAUSE("C-41", kViolation, "C23 7.24.3.5",
       "free_aligned_sized with the requested alignment and size frees as free does") {
  auto* free_aligned_sized = entry_point<FreeAlignedSized>("free_aligned_sized");
  if (free_aligned_sized == nullptr) absent("free_aligned_sized");
  free_aligned_sized(nullptr, 64, 100);
}

CLAUSE("C-42", kViolation, "C23 7.24.3.4 and 7.24.3.5", "a correct sized free is never reported as wrong") {}

}  // namespace
}  // namespace assay::suite
