// C-17 to C-19: calloc's zeros.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <thread>

#include "suites/core/clause.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

// Offset of the first byte that is not zero, or `size` > 0.
std::size_t zero_prefix(const void* block, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(block);
  if (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0)
    return size;  // each byte is as the one before
  std::size_t i = 0;
  while (bytes[i] == 0) ++i;
  return i;
}

void require_zero(const void* block, std::size_t size, const char* when) {
  require(block != nullptr, "calloc of %zu bytes returned null", size);
  const std::size_t zeros = zero_prefix(block, size);
  if (zeros < size)
    violated("calloc of %zu bytes%s: byte %zu is %#x", size, when, zeros,
             static_cast<const unsigned char*>(block)[zeros]);
}

// Gives the whole pages of a block back to the system, so that blocks that are never freed stay affordable.
void drop_pages(void* block, std::size_t size) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (address + kPageSize - 1) / kPageSize * kPageSize;
  const std::uintptr_t last = (address + size) / kPageSize * kPageSize;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

// Nothing is freed here: reuse is the next clause's. From 12,000 bytes on a step of 31 meets every remainder.
CLAUSE("C-17", kViolation, "C23 7.24.3.2", "every byte of a block from calloc is zero, whatever its size") {
  const auto check = [](std::size_t size) {
    void* block = size % 2 == 0 ? calloc(size / 2, 2) : calloc(1, size);
    require_zero(block, size, "");
    drop_pages(block, size);
  };
  for (std::size_t size = 1; size <= 12'000; ++size) check(size);
  for (std::size_t size = 12'001; size <= 70'000; size += 31) check(size);
  for_size_ladder(128 * kKiB, 16 * kMiB, 1, check);
}

// Blocks of `size` bytes, as many as fit in a few hundred kilobytes but at least two, are written whole and
// freed by `dirty`; then calloc is asked for as many.
class Reuse {
 public:
  void dirty(std::size_t size) {
    fill(size);
    release();
  }
  void fill(std::size_t size) {
    count_ = 256 * kKiB / size < 2 ? 2 : 256 * kKiB / size < kMost ? 256 * kKiB / size : kMost;
    for (std::size_t i = 0; i < count_; ++i) {
      blocks_[i] = malloc(size);
      require(blocks_[i] != nullptr, "malloc(%zu) returned null", size);
      memset(blocks_[i], 0xDB, size);
    }
  }
  void take_zeroed(std::size_t size, const char* when) {
    for (std::size_t i = 0; i < count_; ++i) {
      blocks_[i] = calloc(1, size);
      require_zero(blocks_[i], size, when);
      memset(blocks_[i], 0xDB, size);
    }
    release();
  }
  void release() {
    for (std::size_t i = 0; i < count_; ++i) free(blocks_[i]);
  }

 private:
  static constexpr std::size_t kMost = 64;
  void* blocks_[kMost];
  std::size_t count_ = 0;
};

CLAUSE("C-18", kViolation, "C23 7.24.3.2", "calloc zeroes memory that was written, freed and is used again") {
  static Reuse reuse;
  const auto again = [](std::size_t size) {
    reuse.dirty(size);
    reuse.take_zeroed(size, " that were in use before");
  };
  for (std::size_t size = 1; size <= 2100; ++size) again(size);
  for_size_ladder(2 * kKiB, 4 * kMiB, 4, again);
  again(33 * kMiB);  // beyond the largest threshold from which glibc maps blocks one by one

  for (const std::size_t size : {24ul, 200ul, 1000ul, 5000ul, 40'000ul, 300'000ul, 3'000'000ul}) {
    reuse.fill(size);
    std::thread(&Reuse::release, &reuse).join();
    reuse.take_zeroed(size, " that another thread had freed");
  }
  for (const std::size_t size : {24ul, 1000ul, 40'000ul, 300'000ul, 3'000'000ul}) reuse.dirty(size);
  usleep(200'000);  // allocators that return idle memory late do it now
  for (const std::size_t size : {3'000'000ul, 300'000ul, 40'000ul, 1000ul, 24ul})
    reuse.take_zeroed(size, " after a pause");

  // Small steps over what was one large block: the border of what is known to be zero is somewhere in it.
  reuse.dirty(8 * kMiB);
  for (std::size_t total = 0, size = 1000; total < 16 * kMiB; total += size, size = size % 9000 + 1001)
    require_zero(calloc(1, size), size, " where one large block had been");
}

// Zeroing reallocation, where there is one, claims that bytes it adds are zero: a shrink and a growth back
// must not bring the old bytes up again.
CLAUSE("C-19", kQuality, "mimalloc manual, mi_rezalloc; jemalloc manual, MALLOCX_ZERO",
       "an implementation's zeroing realloc adds only zero bytes") {
  constexpr int kJemallocZero = 0x40;
  auto* rezalloc = entry_point<void*(void*, std::size_t)>("mi_rezalloc");
  auto* rallocx = entry_point<void*(void*, std::size_t, int)>("rallocx");
  if (rezalloc == nullptr && rallocx == nullptr) absent("no zeroing realloc is known here");
  for_size_ladder(16, kMiB, 4, [&](std::size_t size) {
    const auto resize = [&](void* block, std::size_t to) {
      return rezalloc != nullptr ? rezalloc(block, to) : rallocx(block, to, kJemallocZero);
    };
    void* block = calloc(1, size);
    memset(block, 0xDB, size);
    block = resize(block, size / 2);
    // jemalloc's claim begins at the end of the usable size, mimalloc's at the end of the requested size.
    const std::size_t claimed = rezalloc != nullptr ? size / 2 : malloc_usable_size(block);
    block = resize(block, size);
    for (std::size_t i = claimed; i < size; ++i)
      require(static_cast<unsigned char*>(block)[i] == 0,
              "%zu bytes shrunk to %zu and grown back: byte %zu is %#x", size, size / 2, i,
              static_cast<unsigned char*>(block)[i]);
    free(block);
  });
}

}  // namespace
}  // namespace assay::suite
