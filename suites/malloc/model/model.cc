// The model: random programs beside the oracle. A failing program is shrunk and printed as C++; --seed
// replays it.
#include <string.h>

#include "suites/core/clause.h"
#include "suites/malloc/model/program.h"

namespace assay::suite {
namespace {

constexpr int kShrinkingAttempts = 2000;

void run_programs(const Dialect& dialect, std::size_t length, int programs) {
  for (std::uint64_t n = seed(); n < seed() + static_cast<std::uint64_t>(programs); ++n) {
    Program program(n, dialect, length);
    char message[1000], shrunk[1000];
    if (!program.fails(message, sizeof message)) continue;
    program.shrink(kShrinkingAttempts);
    if (program.fails(shrunk, sizeof shrunk)) memcpy(message, shrunk, sizeof message);
    program.print(n);
    violated("seed %llu, %zu of %zu operations are enough (printed as C++):%s",
             static_cast<unsigned long long>(n), program.length(), length, message + 1);
  }
}

constexpr const char* kSource = "oracle of ranges and contents";

CLAUSE("MODEL-1", kViolation, kSource, "random programs of small blocks keep every byte and range") {
  run_programs({.largest_size = 1024, .slots = 256, .aligned = false}, 20'000, 8);
}

CLAUSE("MODEL-2", kViolation, kSource, "random programs over all size regimes keep every byte and range") {
  run_programs({.largest_size = 2 << 20, .slots = 24, .aligned = false}, 600, 5);
}

CLAUSE("MODEL-3", kViolation, kSource,
       "random programs with aligned blocks keep every byte, range and alignment") {
  run_programs({.largest_size = 16 << 10, .slots = 128, .aligned = true}, 6'000, 8);
}

}  // namespace
}  // namespace assay::suite
