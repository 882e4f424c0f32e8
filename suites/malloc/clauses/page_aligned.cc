// valloc and pvalloc.
#include <errno.h>
#include <stdint.h>

#include <initializer_list>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/alignment.h"
#include "suites/malloc/entry_points.h"

namespace assay::suite {
namespace {

bool is_page_aligned(const void* block) { return alignment_of(block) >= kPageSize; }

// A pvalloc that the subject leaves to the C library says nothing about the subject.
void need_own_pvalloc() {
  if (!shares_heap("pvalloc")) absent("the subject leaves pvalloc to the C library: see C-61");
}

CLAUSE("C-57", kViolation, "man valloc", "valloc returns page-aligned blocks") {
  for (const std::size_t size : {1, 100, 4095, 4096, 4097, 65536, 1 << 20}) {
    void* blocks[64];
    for (void*& block : blocks) {
      block = valloc(opaque(size));
      require(is_page_aligned(block), "valloc(%zu) returned %p, which is not page-aligned", size, block);
    }
    for (void* block : blocks) free(block);
  }
}

CLAUSE("C-58", kViolation, "man pvalloc",
       "pvalloc is page-aligned and owns its size rounded up to whole pages") {
  need_own_pvalloc();
  LiveMap live;
  for (const std::size_t size : {1, 4095, 4096, 4097, 10000}) {
    // Small blocks between the pages lie in what an allocator that does not round has left over.
    void *pages[64], *between[64];
    for (int i = 0; i < 64; ++i) {
      pages[i] = pvalloc(opaque(size));
      between[i] = malloc(100);
      require(pages[i] != nullptr, "pvalloc(%zu) returned null", size);
      require(is_page_aligned(pages[i]), "pvalloc(%zu) returned %p, which is not page-aligned", size,
              pages[i]);
    }
    const std::size_t rounded = (size + kPageSize - 1) / kPageSize * kPageSize;
    for (int i = 0; i < 64; ++i) {
      for (const char* problem : {live.add(pages[i], size, rounded, 0), live.add(between[i], 100, 100, 0)})
        require(problem == nullptr, "pvalloc(%zu) does not own %zu bytes: %s", size, rounded, problem);
    }
    for (int i = 0; i < 64; ++i) {
      for (void* block : {pages[i], between[i]}) {
        const char* problem = live.remove(block);
        require(problem == nullptr, "pvalloc(%zu) does not own %zu bytes: %s", size, rounded, problem);
        free(block);
      }
    }
  }
  void* empty = pvalloc(opaque(std::size_t{0}));
  note("pvalloc(0) gives %s with %zu usable bytes", empty == nullptr ? "null" : "a block",
       malloc_usable_size(empty));
}

CLAUSE("C-59", kViolation, "man pvalloc", "pvalloc fails with ENOMEM when the rounded size overflows") {
  need_own_pvalloc();
  for (const std::size_t size : {SIZE_MAX, SIZE_MAX - 100, SIZE_MAX - kPageSize + 2, SIZE_MAX - kPageSize}) {
    errno = kSentinel;
    void* block = pvalloc(opaque(size));
    const int error = errno;
    if (block != nullptr)
      violated("pvalloc(%zu) returned a block of %zu bytes", size, malloc_usable_size(block));
    require(error == ENOMEM, "pvalloc(%zu) returned null and left errno %s", size,
            error == kSentinel ? "unchanged" : strerror(error));
  }
}

}  // namespace
}  // namespace assay::suite
