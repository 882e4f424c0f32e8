// What the aligned entry points give for the alignments and sizes a program may ask for.
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <initializer_list>

#include "suites/core/clause.h"
#include "suites/core/pattern.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/alignment.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/text_list.h"

namespace assay::suite {
namespace {

// Blocks stay live together: an allocator that aligns by luck does not do it many times in a row. Fewer of
// the large alignments, which cost address space.
constexpr int live_samples(std::size_t alignment) {
  return alignment <= std::size_t{1} << 16 ? 64 : alignment <= std::size_t{1} << 24 ? 8 : 2;
}

enum class Support { kGiven, kRefused, kMisaligned };

// Null is within the entry point's rights for an alignment above the page size, which it need not support.
Support check_alignment(const AlignedEntry& entry, std::size_t alignment, std::size_t size,
                        TextList* misaligned) {
  void* blocks[64];
  const int samples = live_samples(alignment);
  Support support = Support::kGiven;
  int live = 0;
  for (; live < samples && support == Support::kGiven; ++live) {
    void* block = blocks[live] = opaque(entry.allocate(alignment, size));
    if (block == nullptr) {
      require(alignment > kPageSize, "%s(%zu, %zu) returned null", entry.name, alignment, size);
      support = Support::kRefused;
    } else if (alignment_of(block) < alignment) {
      misaligned->add("%s(%zu, %zu) returned %p", entry.name, alignment, size, block);
      support = Support::kMisaligned;
    }
  }
  while (live > 0) free(blocks[--live]);
  return support;
}

// The largest alignment of the entry point that worked; 0 when a block was misaligned.
std::size_t climb_alignments(const AlignedEntry& entry, TextList* misaligned) {
  // aligned_alloc may refuse what is not a multiple. Alignments below a pointer's size are C-45's business.
  const bool multiples_only = strcmp(entry.name, "aligned_alloc") == 0;
  std::size_t largest = 0;
  for (std::size_t alignment = sizeof(void*); alignment <= std::size_t{1} << 34; alignment *= 2) {
    const bool cheap = alignment <= std::size_t{1} << 20;
    for (const std::size_t size : {alignment, 2 * alignment, 5 * alignment, std::size_t{1}, std::size_t{24},
                                   alignment / 2 + 1, alignment + 8}) {
      if (multiples_only && size % alignment != 0) continue;
      if (!cheap && size > alignment) continue;
      const Support support = check_alignment(entry, alignment, opaque(size), misaligned);
      if (support == Support::kMisaligned) return 0;
      if (support == Support::kRefused) return largest;
    }
    largest = alignment;
  }
  return largest;
}

CLAUSE("C-44", kViolation, "C23 7.24.3.1; POSIX.1-2024 posix_memalign; man memalign",
       "aligned blocks are multiples of the alignment, for powers of two to a page at least") {
  TextList misaligned;
  for (const AlignedEntry& entry : kAlignedEntries) {
    if (!entry.takes_alignment) continue;
    const std::size_t largest = climb_alignments(entry, &misaligned);
    if (largest != 0) note("%s: largest alignment that worked is %zu", entry.name, largest);
  }
  require(misaligned.empty(), "%s", misaligned.text());
}

CLAUSE("C-45", kViolation, "C23 7.24.3.1, 6.2.8",
       "aligned_alloc accepts alignments below the size of a pointer") {
  for (const std::size_t alignment : {1, 2, 4}) {
    void* block = aligned_alloc(opaque(alignment), 8);
    require(block != nullptr, "aligned_alloc(%zu, 8) returned null", alignment);
    free(block);
  }
}

constexpr std::size_t kInvalidAlignments[] = {0, 3, 24, 48, 1000};

CLAUSE("C-46", kViolation, "C17 7.22.3.1 (DR 460); C23 7.24.3.1",
       "aligned_alloc returns null for what is not a valid alignment") {
  TextList accepted;
  for (const std::size_t alignment : kInvalidAlignments)
    if (aligned_alloc(opaque(alignment), 64) != nullptr) accepted.add("%zu", alignment);
  require(accepted.empty(), "aligned_alloc(a, 64) returned a block for a = %s", accepted.text());
}

CLAUSE("C-47", kViolation, "POSIX.1-2024 aligned_alloc",
       "aligned_alloc sets errno to EINVAL when it refuses an alignment") {
  bool refused = false;
  for (const std::size_t alignment : kInvalidAlignments) {
    errno = kSentinel;
    const void* block = aligned_alloc(opaque(alignment), 64);
    const int error = errno;
    if (block != nullptr) continue;
    refused = true;
    require(error != kSentinel, "aligned_alloc(%zu, 64) returned null and left errno unchanged", alignment);
    require(error == EINVAL, "aligned_alloc(%zu, 64) returned null and set errno to %d (%s), not EINVAL",
            alignment, error, strerror(error));
  }
  if (!refused) skipped("every invalid alignment was accepted: see C-46");
}

CLAUSE("C-48", kImplementation, "C17 7.22.3.1 (DR 460), C11: undefined",
       "aligned_alloc with a size that is no multiple of the alignment") {
  struct Request {
    std::size_t alignment, size;
  };
  int given = 0, asked = 0;
  for (const auto [alignment, size] :
       {Request{64, 100}, Request{4096, 1}, Request{32, 8}, Request{128, 1000}}) {
    ++asked;
    void* block = opaque(aligned_alloc(opaque(alignment), opaque(size)));
    if (block == nullptr) continue;
    ++given;
    require(alignment_of(block) >= alignment, "aligned_alloc(%zu, %zu) returned %p, not a multiple of %zu",
            alignment, size, block, alignment);
    fill_pattern(block, size, 1);
    const std::size_t damage = find_damage(block, size, 1);
    require(damage == kIntact, "aligned_alloc(%zu, %zu): byte %zu does not keep what is written", alignment,
            size, damage);
    free(block);
  }
  if (given == asked) chose("gives an aligned block, as C17 allows");
  if (given == 0) chose("returns null, as C17 allows");
  chose("gives a block for %d of %d such requests", given, asked);
}

CLAUSE("C-49", kImplementation, "C23 7.24.3 p1; POSIX.1-2024 posix_memalign",
       "aligned_alloc and posix_memalign with size 0") {
  const char* seen[2] = {"null", "null"};
  for (int i = 0; i < 2; ++i) {
    const AlignedEntry& entry = kAlignedEntries[i];
    for (std::size_t alignment = sizeof(void*); alignment <= std::size_t{1} << 20; alignment *= 2) {
      void* block = entry.allocate(alignment, opaque(std::size_t{0}));
      if (block == nullptr) continue;
      seen[i] = "a pointer";
      require(alignment_of(block) >= alignment, "%s(%zu, 0) returned %p, not a multiple of %zu", entry.name,
              alignment, block, alignment);
      free(block);
    }
  }
  chose("%s gives %s, %s gives %s", kAlignedEntries[0].name, seen[0], kAlignedEntries[1].name, seen[1]);
}

}  // namespace
}  // namespace assay::suite
