// How the aligned entry points refuse.
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <initializer_list>

#include "suites/core/clause.h"
#include "suites/malloc/entry_points.h"

namespace assay::suite {
namespace {

constexpr std::size_t kImpossible[] = {SIZE_MAX / 2 + 1, SIZE_MAX - 65536, SIZE_MAX - 64, SIZE_MAX};

CLAUSE("C-50", kViolation, "POSIX.1-2024 posix_memalign",
       "posix_memalign returns EINVAL for an alignment that is no power of two times a pointer") {
  for (const std::size_t alignment : {0, 1, 2, 3, 4, 12, 24}) {
    void* block = nullptr;
    const int error = posix_memalign(&block, opaque(alignment), 64);
    require(error == EINVAL, "posix_memalign(p, %zu, 64) returned %d, not EINVAL (%d)", alignment, error,
            EINVAL);
  }
}

CLAUSE("C-51", kReading, "man posix_memalign; POSIX.1-2024: unmodified or null",
       "posix_memalign returns ENOMEM when there is no room, and any failure keeps *memptr") {
  static char mark;  // a null preset would not tell a write of null from no write
  bool nulled = false;
  const auto refuse = [&nulled](std::size_t alignment, std::size_t size) {
    void* block = &mark;
    const int error = posix_memalign(&block, opaque(alignment), opaque(size));
    if (error == 0) return 0;
    require(block == &mark || block == nullptr, "posix_memalign(p, %zu, %zu) returned %d and set *p to %p",
            alignment, size, error, block);
    nulled = nulled || block == nullptr;
    return error;
  };
  for (const std::size_t alignment : {0, 1, 3, 4, 12, 24}) refuse(alignment, 64);
  for (std::size_t alignment = sizeof(void*); alignment <= 65536; alignment *= 2) {
    for (const std::size_t size : kImpossible) {
      const int error = refuse(alignment, size);
      require(error == ENOMEM || error == 0, "posix_memalign(p, %zu, %zu) returned %d, not ENOMEM (%d)",
              alignment, size, error, ENOMEM);
    }
  }
  if (nulled)
    weak("a failing posix_memalign sets *memptr to null, which POSIX permits and Linux's manual does not");
}

CLAUSE("C-52", kQuality, "man posix_memalign", "posix_memalign leaves errno alone, whatever it returns") {
  struct Request {
    std::size_t alignment, size;
  };
  for (const auto [alignment, size] :
       {Request{64, 100}, Request{4096, 1 << 20}, Request{3, 64}, Request{12, 64},
        Request{64, SIZE_MAX / 2 + 1}, Request{64, SIZE_MAX}}) {
    void* block = nullptr;
    errno = kSentinel;
    const int result = posix_memalign(&block, opaque(alignment), opaque(size));
    require(errno == kSentinel, "posix_memalign(p, %zu, %zu) returned %d and set errno to %d (%s)", alignment,
            size, result, errno, strerror(errno));
    if (result == 0) free(block);
  }
}

CLAUSE("C-55", kImplementation, "man memalign", "memalign with an alignment that is no power of two") {
  int given = 0, asked = 0, error = 0;
  for (const std::size_t alignment : {3, 24, 48, 1000}) {
    ++asked;
    errno = kSentinel;
    void* block = memalign(opaque(alignment), 100);
    if (block == nullptr) {
      error = errno;
      continue;
    }
    ++given;
    std::size_t power = 1;
    while (power < alignment) power *= 2;
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    require(address % power == 0 || address % alignment == 0,
            "memalign(%zu, 100) returned %p, no multiple of %zu or %zu", alignment, block, alignment, power);
    free(block);
  }
  if (given == asked) chose("rounds the alignment up");
  const char* const outcome = error == kSentinel ? "unchanged" : strerrorname_np(error);
  if (given == 0) chose("returns null with errno %s", outcome == nullptr ? "unknown" : outcome);
  chose("gives a block for %d of %d such alignments", given, asked);
}

CLAUSE("C-56", kViolation, "man memalign", "memalign sets errno to ENOMEM when there is no room") {
  int refused = 0, silent = 0;
  std::size_t first_alignment = 0, first_size = 0;
  int first_error = 0;
  for (std::size_t alignment = 8; alignment <= std::size_t{1} << 20; alignment *= 2) {
    for (const std::size_t base : kImpossible) {
      for (const std::size_t size : {base, base - alignment, base - 3 * alignment}) {
        errno = kSentinel;
        const void* block = memalign(alignment, opaque(size));
        const int error = errno;
        if (block != nullptr) continue;  // C-53's business
        ++refused;
        if (error == ENOMEM) continue;
        if (silent++ == 0) first_alignment = alignment, first_size = size, first_error = error;
      }
    }
  }
  require(silent == 0,
          "%d of %d calls that returned null did not set ENOMEM, first memalign(%zu, %zu): errno %s", silent,
          refused, first_alignment, first_size,
          first_error == kSentinel ? "unchanged" : strerror(first_error));
}

}  // namespace
}  // namespace assay::suite
