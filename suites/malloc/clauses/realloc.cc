// C-24 to C-28: what realloc keeps, and what its failure leaves.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <initializer_list>
#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"
#include "suites/malloc/address_space.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/alignment.h"
#include "suites/malloc/resized_block.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

// Fills `block`, resizes it and requires the common part. Frees it.
void require_kept(void* block, std::size_t from, std::size_t to) {
  const ResizedBlock resized(block, from, to, realloc);
  require(resized.block != nullptr, "realloc of %zu bytes to %zu returned null", from, to);
  require(resized.damage == kIntact, "realloc of %zu bytes to %zu lost byte %zu; the block %s", from, to,
          resized.damage, resized.block == block ? "stayed in place" : "moved");
}

CLAUSE("C-24", kViolation, "C23 7.24.3.7", "realloc keeps the contents up to the smaller of the two sizes") {
  for (const std::size_t from : kBorderSizes)
    for (const std::size_t to : kBorderSizes) require_kept(malloc(from), from, to);
  Random random(seed());
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t from = random.log_between(1, 256 * kKiB), to = random.log_between(1, 256 * kKiB);
    require_kept(malloc(from), from, to);
  }
}

CLAUSE("C-25", kViolation, "POSIX.1-2024 realloc",
       "realloc keeps blocks of the aligned entry points as well as those of malloc") {
  constexpr std::size_t kSizes[] = {1, 8, 100, 1000, 4096, 8191, 70'000, 300'000};
  for (const AlignedEntry& entry : kAlignedEntries) {
    if (!shares_heap(entry.name)) {
      note("%s is not of the subject's heap", entry.name);
      continue;
    }
    const bool multiples_only = strcmp(entry.name, "aligned_alloc") == 0;  // may refuse the rest: see C-48
    for (std::size_t alignment = 16; alignment <= (entry.takes_alignment ? 4 * kMiB : 16); alignment *= 2) {
      for (const std::size_t from : kSizes) {
        for (const std::size_t to : kSizes) {
          void* block = entry.allocate(alignment, from);
          if (block == nullptr) {
            require(alignment > kPageSize || (multiples_only && from % alignment != 0),
                    "%s of %zu bytes, alignment %zu, returned null", entry.name, from, alignment);
            continue;
          }
          const ResizedBlock resized(block, from, to, realloc);
          require(resized.block != nullptr,
                  "realloc of %zu bytes from %s, alignment %zu, to %zu returned null", from, entry.name,
                  alignment, to);
          require(resized.damage == kIntact || !realloc_keeps(from, to),
                  "realloc of %zu bytes from %s, alignment %zu, to %zu lost byte %zu", from, entry.name,
                  alignment, to, resized.damage);
        }
      }
    }
  }
}

CLAUSE("C-26", kViolation, "C23 7.24.3 p1",
       "realloc's result is aligned as malloc's, also from over-aligned blocks") {
  static void* blocks[64];
  const bool aligned = shares_heap("aligned_alloc");
  for (const std::size_t from : {std::size_t{8}, std::size_t{64}, std::size_t{4096}}) {
    for (std::size_t to = 1; to <= 300; ++to) {
      for (std::size_t i = 0; i < std::size(blocks); ++i) {
        void* block = realloc(i % 2 == 0 && aligned ? aligned_alloc(from, from) : malloc(from), to);
        require(alignment_of(block) >= owed_alignment(to) || !malloc_aligns(to),
                "realloc of %zu bytes%s to %zu returned %p, not aligned to %zu", from,
                i % 2 == 0 && aligned ? " from aligned_alloc" : "", to, block, owed_alignment(to));
        blocks[i] = block;
      }
      for (void* block : blocks) free(block);
    }
  }
}

CLAUSE("C-27", kViolation, "C23 7.24.3.7", "realloc of a null pointer does what malloc does") {
  const auto compare = [](std::size_t size) {
    errno = kSentinel;
    void* plain = malloc(opaque(size));
    const int plain_error = errno;
    errno = kSentinel;
    void* resized = realloc(nullptr, opaque(size));
    const int error = errno;
    require((plain == nullptr) == (resized == nullptr), "malloc(%#zx) returned %p, realloc(null, %#zx) %p",
            size, plain, size, resized);
    require(plain != nullptr || plain_error != ENOMEM || error == ENOMEM,
            "malloc(%#zx) failed with errno %d, realloc(null, %#zx) with %d", size, plain_error, size, error);
    if (resized != nullptr && size <= kGiB) {  // that more can be had at all is C-09's finding
      fill_pattern(resized, size, size);
      require(find_damage(resized, size, size) == kIntact, "realloc(null, %zu): contents do not read back",
              size);
    }
    free(plain);
    free(resized);
  };
  compare(0);
  for (const std::size_t size : kBorderSizes) compare(size);
  for (const std::size_t size : kImpossibleSizes) compare(size);
}

// Asks `block` to grow beyond what is possible: returns whether realloc failed and, if so, sets *error.
bool fails(void* block, std::size_t to, int* error) {
  errno = kSentinel;
  void* resized = realloc(block, opaque(to));
  *error = errno;
  if (resized == nullptr) return true;
  free(resized);
  return false;
}

// A block that realloc has failed to grow is as before: no other block is put there and no byte changes.
void require_untouched(std::size_t size, std::size_t to, int* error) {
  static void* others[256];
  void* block = malloc(size);
  fill_pattern(block, size, size);
  if (!fails(block, to, error)) return;
  const std::size_t count = size < 64 * kKiB ? std::size(others) : 4;
  for (std::size_t i = 0; i < count; ++i)
    if ((others[i] = malloc(size)) != nullptr) memset(others[i], 0xDB, size);
  const std::size_t damage = find_damage(block, size, size);
  require(damage == kIntact, "realloc of %zu bytes to %#zx failed, then byte %zu of the old block changed",
          size, to, damage);
  for (std::size_t i = 0; i < count; ++i) free(others[i]);
  free(block);
}

CLAUSE("C-28", kViolation, "C23 7.24.3.7; POSIX.1-2024 realloc",
       "realloc that fails returns null with ENOMEM and leaves the old block as it was") {
  constexpr std::size_t kSizes[] = {1, 24, 100, 1000, 5000, 70'000, 300'000, 3'000'000};
  struct {
    std::size_t size, to;
    int error;
  } wrong = {0, 0, ENOMEM};  // the first wrong errno is told last: a block that is lost is worse
  const auto check = [&wrong](std::size_t size, std::size_t to) {
    int error = ENOMEM;
    require_untouched(size, to, &error);
    if (error != ENOMEM && wrong.error == ENOMEM) wrong = {size, to, error};
  };
  for (const std::size_t size : kSizes)
    for (const std::size_t to : kImpossibleSizes) check(size, to);

  const std::size_t too_much = leave_address_space(64 * kMiB);
  for (const std::size_t size : kSizes) check(size, too_much);
  require(wrong.error == ENOMEM, "realloc of %zu bytes to %#zx returned null with errno %d, was %d",
          wrong.size, wrong.to, wrong.error, kSentinel);
}

}  // namespace
}  // namespace assay::suite
