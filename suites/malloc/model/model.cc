// The model: random programs beside the oracle. A failing program is shrunk and printed as C++; --seed
// replays it.
#include "suites/core/model.h"

#include "suites/core/clause.h"
#include "suites/malloc/model/program.h"

namespace assay::suite {
namespace {

constexpr const char* kSource = "oracle of ranges and contents";

CLAUSE("MODEL-1", kViolation, kSource, "random programs of small blocks keep every byte and range") {
  run_random_programs(Dialect{.largest_size = 1024, .slots = 256, .aligned = false}, 20'000, 8);
}

CLAUSE("MODEL-2", kViolation, kSource, "random programs over all size regimes keep every byte and range") {
  run_random_programs(Dialect{.largest_size = 2 << 20, .slots = 24, .aligned = false}, 600, 5);
}

CLAUSE("MODEL-3", kViolation, kSource,
       "random programs with aligned blocks keep every byte, range and alignment") {
  run_random_programs(Dialect{.largest_size = 16 << 10, .slots = 128, .aligned = true}, 6'000, 8);
}

}  // namespace
}  // namespace assay::suite
