// The model: random programs of whatever the subject claims, beside the oracle of ranges, contents,
// alignment, counts and ownership. A failing program is shrunk and printed as C++; --seed replays it.
#pragma once

#include <cstddef>

#include "suites/allocator/programs.h"
#include "suites/core/clause.h"
#include "suites/core/model.h"

namespace assay::suite::allocator {

// Geometries where pools change their mind: one block, less than a pointer, more than a page, large
// alignment. The first is the only one of other subjects.
inline constexpr PoolGeometry kGeometries[] = {
    {.block_size = 24, .alignment = 8, .blocks = 60},   {.block_size = 1, .alignment = 1, .blocks = 1},
    {.block_size = 3, .alignment = 1, .blocks = 100},   {.block_size = 64, .alignment = 64, .blocks = 20},
    {.block_size = 100, .alignment = 256, .blocks = 7}, {.block_size = 5000, .alignment = 4096, .blocks = 9}};

template <Allocator A>
void model_small_blocks() {
  for (const PoolGeometry& geometry : kGeometries) {
    const Dialect<A, HeapUpstream> dialect{.geometry = geometry, .everything = false};
    run_random_programs(dialect, 4000, A::kTraits.pools ? 2 : 8);
    if (!A::kTraits.pools) break;
  }
}

template <Allocator A>
void model_everything() {
  for (const PoolGeometry& geometry : kGeometries) {
    const Dialect<A> dialect{.geometry = geometry, .largest = 100'000, .slots = 40};
    run_random_programs(dialect, 800, A::kTraits.pools ? 4 : 16);
    if (!A::kTraits.pools) break;
  }
}

template <Allocator A>
struct ModelClauses {
  Clause small{"MODEL-1", ClauseClass::kViolation, "oracle of ranges and contents",
               "Random programs of small blocks keep every byte and range", &model_small_blocks<A>};
  Clause everything{"MODEL-2", ClauseClass::kViolation, "oracle of ranges, contents, counts and ownership",
                    "Random programs of every claimed operation agree with the oracle", &model_everything<A>};
};

}  // namespace assay::suite::allocator
