// C-31, C-32: realloc's economy, never a gate.
#include <stdlib.h>

#include <initializer_list>
#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

CLAUSE("C-31", kQuality, "glibc bug 30579", "what a large block loses by shrinking becomes usable again") {
  constexpr std::size_t kStride = 256 * kKiB;  // few pages need a touch to make a kept block visible
  constexpr std::size_t kAllowed = 64 * kMiB;
  static char* small[200];
  for (const std::size_t large : {kMiB, 64 * kMiB}) {
    const std::size_t before = resident_bytes();
    for (std::size_t i = 0; i < std::size(small); ++i) {
      char* block = static_cast<char*>(malloc(large));
      require(block != nullptr, "malloc(%zu) returned null", large);
      for (std::size_t at = 0; at < large; at += large == kMiB ? kPageSize : kStride) block[at] = 1;
      small[i] = static_cast<char*>(realloc(block, 1000));
      const std::size_t now = resident_bytes();
      require(now < before + kAllowed, "%zu blocks shrunk from %zu to 1000 bytes occupy %zu bytes", i + 1,
              large, now - before);
    }
    for (char* block : small) free(block);
  }
}

CLAUSE("C-32", kQuality, "quality of implementation",
       "growth in small steps moves bytes in proportion to the size") {
  constexpr std::size_t kFinal = 64 * kMiB, kStep = kKiB, kAllowed = 32 * kFinal;
  std::size_t moved = 0, moves = 0;
  char* block = nullptr;
  for (std::size_t size = kStep; size <= kFinal; size += kStep) {
    char* grown = static_cast<char*>(realloc(block, size));
    require(grown != nullptr, "realloc to %zu bytes returned null", size);
    if (grown != block) {
      ++moves;
      moved += size - kStep;
    }
    require(moved <= kAllowed, "%zu moves of %zu MiB together before %zu MiB were reached in steps of 1 KiB",
            moves, moved / kMiB, size / kMiB);
    block = grown;
    block[size - 1] = 1;
  }
  free(block);
  note("64 MiB reached in steps of 1 KiB by %zu moves, %zu MiB together", moves, moved / kMiB);
}

}  // namespace
}  // namespace assay::suite
