// C-29, C-30: realloc(p, 0), which three standards describe in four ways.
#include <errno.h>
#include <stdlib.h>

#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/malloc/entry_points.h"
#include "suites/core/forked.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

constexpr std::size_t kSize = 1000;

struct Choice {
  bool null;
  int error;
  bool released;  // of a null result: the old block is free
};

// A released block comes back soon in a run of allocations of its size.
bool comes_back(const void* address) {
  constexpr std::size_t kTries = 20'000;
  static void* blocks[kTries];
  bool found = false;
  for (void*& block : blocks) found |= (block = malloc(kSize)) == address;
  for (void* block : blocks) free(block);
  return found;
}

Choice observe() {
  void* block = malloc(kSize);
  errno = kSentinel;
  void* result = realloc(block, opaque(std::size_t{0}));
  const int error = errno;
  const bool released = result != nullptr || comes_back(block);
  if (result != nullptr)
    free(result);  // whether a block that null was returned for is still ours is not known
  return {result == nullptr, error, released};
}

CLAUSE("C-29", kImplementation, "C17 7.22.3.5; C23 7.24.3.7; POSIX.1-2024 realloc",
       "realloc(p, 0) frees p, or resizes it to nothing, or refuses") {
  const Choice choice = observe();
  if (!choice.null) chose("realloc(p, 0) returns a pointer that free accepts");
  chose("realloc(p, 0) returns null with %s and %s p",
        choice.error == EINVAL      ? "EINVAL"
        : choice.error == kSentinel ? "errno unchanged, where POSIX.1-2024 asks for EINVAL,"
                                    : "an errno of its own",
        choice.released ? "releases" : "keeps");
}

constexpr int kTurns = 1'000'000;
constexpr std::size_t kLeak = 8 * kMiB;

// How far turns of p = malloc, realloc(p, 0) make the resident size grow, beyond what the first tenth does. A
// result is freed; where it is null, p is freed if `kept`.
std::size_t growth_of_turns(bool kept) {
  std::size_t before = 0, after = 0;
  for (int turn = 0; turn < kTurns && after <= before + kLeak; ++turn) {
    if (turn == kTurns / 10) before = after = resident_bytes();
    if (turn > kTurns / 10 && turn % (kTurns / 10) == 0) after = resident_bytes();
    void* block = malloc(kSize);
    *static_cast<volatile char*>(block) = 1;
    void* result = realloc(block, opaque(std::size_t{0}));
    if (result != nullptr) {
      free(result);
    } else if (kept) {
      free(block);
    }
  }
  after = resident_bytes();
  return after > before ? after - before : 0;
}

CLAUSE("C-30", kViolation, "follows from C-29", "realloc(p, 0) in a loop neither leaks nor frees twice") {
  enum { kReleased = 0, kKept = 1 };
  const Ending ending = run_forked([] {
    if (growth_of_turns(false) > kLeak) _exit(kKept);
  });
  require(ending.signal == 0, "p = malloc(%zu), realloc(p, 0) in a loop ends in %s", kSize, describe(ending));
  const bool kept = ending.code == kKept;
  const std::size_t grown = growth_of_turns(kept);
  require(grown <= kLeak, "%d turns of p = malloc(%zu), realloc(p, 0) grew the resident size by %zu bytes",
          kTurns, kSize, grown);

  const std::size_t before = resident_bytes();
  void* empty = nullptr;  // who gets null and keeps the old block would lose it here
  for (int turn = 0; turn < kTurns && !kept; ++turn) empty = realloc(empty, opaque(std::size_t{0}));
  if (empty != nullptr) free(empty);
  const std::size_t after = resident_bytes();
  require(after < before + kLeak,
          "%d turns of p = realloc(p, 0) grew the resident size from %zu to %zu bytes", kTurns, before,
          after);

  static void* blocks[1000];
  for (void*& block : blocks) block = malloc(kSize);
  for (std::size_t i = 0; i < std::size(blocks); ++i)
    for (std::size_t k = 0; k < i; ++k)
      require(blocks[i] != blocks[k], "after realloc(p, 0) in a loop malloc(%zu) returned %p twice", kSize,
              blocks[i]);
}

}  // namespace
}  // namespace assay::suite
