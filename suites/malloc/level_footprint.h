// Whether what is freed is used again, measured as the slope of the resident size over many rounds of
// allocating and freeing in one band of sizes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/core/random.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {

// Batches of allocations of low to high bytes, each page of a block touched, and frees of the whole batch,
// until `throughput` bytes have passed. Growth is from the worst of the first quarter to the best of the last
// one, with no block live: what moves up and down is not growth. allocate(size), release(block, size).
template <class Allocate, class Release>
std::size_t resident_growth(Allocate allocate, Release release, std::size_t low, std::size_t high,
                            std::size_t throughput, Random& random) {
  constexpr std::size_t kMostBatch = 512, kLooks = 8, kLeastBlock = 16;
  static struct {
    char* block;
    std::size_t size;
  } live[kMostBatch];
  const std::size_t batch_limit = high < 8 * kKiB ? 64 * kKiB / high : 8;
  const std::size_t most = batch_limit < kMostBatch ? batch_limit : kMostBatch;
  std::size_t worst_at_first = 0, best_at_last = SIZE_MAX;
  for (std::size_t look = 0; look < kLooks; ++look) {
    for (std::size_t done = 0; done < throughput / kLooks;) {
      const std::size_t batch = done == 0 ? most : random.between(1, most);
      for (std::size_t i = 0; i < batch; ++i) {
        const std::size_t size = random.between(low, high);
        auto* block = static_cast<char*>(allocate(size));
        require(block != nullptr, "a request for %zu bytes returned null", size);
        for (std::size_t at = 0; at < size; at += kPageSize) block[at] = 1;
        live[i] = {block, size};
        done += size < kLeastBlock ? kLeastBlock : size;
      }
      const bool backwards = random.one_in(2);
      for (std::size_t i = 0; i < batch; ++i) {
        const auto& [block, size] = live[backwards ? batch - 1 - i : i];
        release(block, size);
      }
    }
    const std::size_t resident = resident_bytes();
    if (look < kLooks / 4 && resident > worst_at_first) worst_at_first = resident;
    if (look >= kLooks * 3 / 4 && resident < best_at_last) best_at_last = resident;
  }
  return best_at_last > worst_at_first ? best_at_last - worst_at_first : 0;
}

// visit(low, high) for bands of sizes up to 1 MiB, four in each doubling, in ascending order: what a band
// leaves behind is small beside what the next one uses.
template <class Visit>
void for_each_band(Visit visit) {
  std::size_t low = 1;
  for_size_ladder(8, kMiB, 4, [&](std::size_t high) {
    if (high < low + 2) return;  // the ladder's second size of each pair
    visit(low, high);
    low = high + 1;
  });
}

// Requires that less than 1/64 of what is freed is lost. A short run that looks bad is decided by longer
// ones: what an allocator keeps for itself comes to an end, a leak does not. `what` names the calls.
template <class Allocate, class Release>
void require_level_footprint(const char* what, Allocate allocate, Release release, std::size_t low,
                             std::size_t high, Random& random) {
  constexpr std::size_t kPart = 64, kLonger = 4, kRuns = 3;
  std::size_t throughput = high < 128 * kKiB ? 4 * kMiB : 32 * high;
  for (std::size_t run = 1;; ++run, throughput *= kLonger) {
    const std::size_t growth = resident_growth(allocate, release, low, high, throughput, random);
    if (growth <= throughput / kPart) return;
    require(run < kRuns,
            "%s, %zu to %zu bytes: the resident size grew by %zu KiB while %zu KiB were allocated and freed",
            what, low, high, growth / kKiB, throughput / kKiB);
  }
}

}  // namespace assay::suite
