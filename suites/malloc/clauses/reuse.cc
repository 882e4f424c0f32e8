// C-38: freed storage is used again, for each size class on its own.
#include <stdlib.h>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/core/random.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

struct Way {
  const char* name;
  void* (*allocate)(std::size_t size);
};
constexpr Way kWays[] = {
    {"malloc", [](std::size_t size) { return malloc(size); }},
    {"calloc", [](std::size_t size) { return calloc(1, size); }},
    {"realloc", [](std::size_t size) { return realloc(malloc(size / 2 + 1), size); }},
    {"aligned_alloc", [](std::size_t size) { return aligned_alloc(64, size); }},
};

// Alternating batches of allocations, each page touched, and frees of all of them, sizes in [low, high]. What
// is never used again adds up to kThroughput; the resident size, with no block live, must not grow by a
// sixteenth of that from the best of the last quarter over the worst of the first.
void require_level(const Way& way, std::size_t low, std::size_t high, Random& random) {
  constexpr std::size_t kThroughput = 8 * kMiB, kMostBatch = 512, kLooks = 16;
  static char* blocks[kMostBatch];
  const std::size_t live = high < 4 * kKiB ? 64 * kKiB : 16 * high;
  const std::size_t most = live / high < kMostBatch ? live / high : kMostBatch;
  const std::size_t throughput = kThroughput < 16 * live ? 16 * live : kThroughput;
  std::size_t worst_at_first = 0, best_at_last = SIZE_MAX, calls = 0;
  for (std::size_t look = 0; look < kLooks; ++look) {
    for (std::size_t done = 0; done < throughput / kLooks;) {
      const std::size_t batch = calls == 0 ? most : random.between(1, most);
      for (std::size_t i = 0; i < batch; ++i) {
        const std::size_t size = random.between(low, high);
        blocks[i] = static_cast<char*>(way.allocate(size));
        require(blocks[i] != nullptr, "%s for %zu bytes returned null", way.name, size);
        for (std::size_t at = 0; at < size; at += kPageSize) blocks[i][at] = 1;
        done += size;
      }
      const bool backwards = random.one_in(2);
      for (std::size_t i = 0; i < batch; ++i) free(blocks[backwards ? batch - 1 - i : i]);
      calls += batch;
    }
    const std::size_t resident = resident_bytes();
    if (look < kLooks / 4 && resident > worst_at_first) worst_at_first = resident;
    if (look >= kLooks * 3 / 4 && resident < best_at_last) best_at_last = resident;
  }
  require(
      best_at_last <= worst_at_first + throughput / 16,
      "%zu times %s and free of %zu to %zu bytes, %zu live at most: resident size grew from %zu to %zu bytes",
      calls, way.name, low, high, most, worst_at_first, best_at_last);
}

CLAUSE("C-38", kViolation, "C23 7.24.3 p1", "freed storage becomes available again, in every size class") {
  Random random(seed());
  for (const Way& way : kWays) {
    if (!shares_heap(way.name)) continue;
    std::size_t low = 1;
    for_size_ladder(8, kMiB, 4, [&](std::size_t high) {
      if (high > low + 1) require_level(way, low, high, random), low = high;
    });
  }
}

}  // namespace
}  // namespace assay::suite
