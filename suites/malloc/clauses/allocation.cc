// C-01 to C-04, C-14: what malloc hands out is memory, and it is the caller's alone.
#include <malloc.h>
#include <stdlib.h>

#include <algorithm>
#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

LiveMap live;

CLAUSE("C-01", kViolation, "C23 7.24.3 p1; POSIX.1-2024 malloc",
       "every byte of a block from malloc can be written and read back") {
  const auto check = [](std::size_t size) {
    void* block = malloc(size);
    require(block != nullptr, "malloc(%zu) returned null", size);
    fill_pattern(block, size, size);
    const std::size_t damage = find_damage(block, size, size);
    require(damage == kIntact, "malloc(%zu): byte %zu does not read back as written", size, damage);
    free(block);
  };
  for (std::size_t size = 1; size <= 4096; ++size) check(size);
  for_size_ladder(8 * kKiB, 4 * kMiB, 4, check);
  for_size_ladder(8 * kMiB, 32 * kMiB, 1, check);
  check(64 * kMiB);
}

std::size_t random_size(Random& random) {
  if (random.one_in(2000)) return random.log_between(32 * kKiB, 2 * kMiB);
  if (random.one_in(50)) return random.log_between(512, 32 * kKiB);
  return random.log_between(1, 511);
}

// A million random calls; a block's extent, from `extent_of`, must not overlap another's while both live.
void require_disjoint(std::size_t (*extent_of)(void* block, std::size_t requested)) {
  constexpr unsigned kOperations = 1'000'000;
  constexpr std::size_t kSlots = 10'000;
  static void* slots[kSlots];
  const bool aligned = shares_heap("aligned_alloc");
  Random random(seed());
  for (unsigned operation = 0; operation < kOperations; ++operation) {
    void*& block = slots[random.below(kSlots)];
    const char* problem = block != nullptr ? live.remove(block) : nullptr;
    require(problem == nullptr, "operation %u: %s", operation, problem);
    const std::uint64_t choice = random.below(8);
    const std::size_t size = random_size(random);
    if (block != nullptr && choice < 6) {
      free(block);
      block = nullptr;
      continue;
    }
    block = block != nullptr         ? realloc(block, size)
            : choice == 0            ? calloc(1, size)
            : choice == 1 && aligned ? aligned_alloc(64, (size + 63) / 64 * 64)
                                     : malloc(size);
    require(block != nullptr, "operation %u: a request for %zu bytes returned null", operation, size);
    problem = live.add(block, size, extent_of(block, size), 0);
    require(problem == nullptr, "operation %u: %s", operation, problem);
  }
  for (void* block : slots) {
    if (block == nullptr) continue;
    const char* problem = live.remove(block);
    require(problem == nullptr, "in the end: %s", problem);
    free(block);
  }
}

CLAUSE("C-02", kViolation, "C23 7.24.3 p1", "live blocks never overlap, counting requested bytes") {
  require_disjoint([](void*, std::size_t requested) { return requested; });
}

std::size_t usable_bytes(void* block, std::size_t requested) {
  const std::size_t usable = malloc_usable_size(block);
  return usable < requested ? requested : usable;
}

CLAUSE("C-03", kExtension, "man malloc_usable_size", "live blocks never overlap, counting usable bytes") {
  struct Extent {
    char* block;
    std::size_t size;
  };
  static Extent row[20'000];  // compared before anything is written: links of the allocator may lie between
  Random random(seed());
  for (Extent& extent : row) {
    const std::size_t size = random_size(random);
    extent.block = static_cast<char*>(malloc(size));
    require(extent.block != nullptr, "malloc(%zu) returned null", size);
    extent.size = usable_bytes(extent.block, size);
  }
  std::sort(std::begin(row), std::end(row),
            [](const Extent& a, const Extent& b) { return a.block < b.block; });
  for (std::size_t i = 0; i + 1 < std::size(row); ++i)
    require(row[i].block + row[i].size <= row[i + 1].block,
            "a block at %p has %zu usable bytes and the next is at %p", static_cast<void*>(row[i].block),
            row[i].size, static_cast<void*>(row[i + 1].block));
  for (const Extent& extent : row) free(extent.block);
  require_disjoint(usable_bytes);
}

CLAUSE("C-04", kImplementation, "C23 7.24.3 p1; POSIX.1-2024 malloc",
       "malloc(0) returns null, or a pointer unlike any live one that free accepts") {
  constexpr std::size_t kPairs = 1000;
  static void* empty[kPairs];
  static void* small[kPairs];
  std::size_t nulls = 0;
  for (std::size_t i = 0; i < kPairs; ++i) {
    empty[i] = malloc(opaque(std::size_t{0}));
    small[i] = malloc(1 + i % 32);
    const char* problem = live.add(small[i], 1 + i % 32, 1 + i % 32, 0);
    if (empty[i] == nullptr) {
      ++nulls;
    } else if (problem == nullptr) {
      problem = live.add(empty[i], 0, 0, 0);
    }
    require(problem == nullptr, "malloc(0): %s", problem);
  }
  for (std::size_t i = 0; i < kPairs; ++i) {
    free(empty[i]);
    const char* problem = live.remove(small[i]);
    require(problem == nullptr, "after free of blocks from malloc(0): %s", problem);
    free(small[i]);
  }
  if (nulls == 0) chose("malloc(0) returns a unique pointer");
  if (nulls == kPairs) chose("malloc(0) returns null");
  chose("malloc(0) returned null %zu times in %zu", nulls, kPairs);
}

// Words that mean something to an allocator that keeps its links, flags or marks in blocks it has handed out.
std::uint64_t telling_word(Random& random, const void* own, const void* other) {
  switch (random.below(6)) {
    case 0:
      return 0;
    case 1:
      return UINT64_MAX;
    case 2:
      return reinterpret_cast<std::uintptr_t>(own);
    case 3:
      return reinterpret_cast<std::uintptr_t>(other);
    case 4:
      return reinterpret_cast<std::uintptr_t>(other) | 1;
    default:
      return random.below(4096);
  }
}

CLAUSE("C-14", kViolation, "C23 7.24.3 p1",
       "the allocator takes nothing the caller writes into a block for state") {
  constexpr std::size_t kSlots = 4096;
  struct Slot {
    std::uint64_t* block;
    std::size_t words;
    std::uint64_t word;
  };
  static Slot slots[kSlots];
  Random random(seed());
  for (unsigned operation = 0; operation < 400'000; ++operation) {
    Slot& slot = slots[random.below(kSlots)];
    for (std::size_t i = 0; i < slot.words; ++i) {
      require(slot.block[i] == slot.word, "operation %u: word %zu of %zu at %p held %#zx and became %#zx",
              operation, i, slot.words, static_cast<void*>(slot.block), slot.word, slot.block[i]);
    }
    free(slot.block);
    slot.words = random.log_between(1, random.one_in(100) ? 16 * kKiB : 128);
    slot.block = static_cast<std::uint64_t*>(malloc(slot.words * sizeof slot.word));
    require(slot.block != nullptr, "malloc(%zu) returned null", slot.words * sizeof slot.word);
    slot.word = telling_word(random, slot.block, slots[random.below(kSlots)].block);
    for (std::size_t i = 0; i < slot.words; ++i) slot.block[i] = slot.word;
  }
  for (const Slot& slot : slots) free(slot.block);
}

}  // namespace
}  // namespace assay::suite
