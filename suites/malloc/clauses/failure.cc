// C-08 to C-13: requests that cannot be met, and the silence of those that can.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <initializer_list>

#include "suites/core/clause.h"
#include "suites/malloc/address_space.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/core/captured_output.h"
#include "suites/core/forked.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

constexpr std::size_t kBeyondAddresses = (std::size_t{1} << 47) + 1;  // no x86-64 process has so much

CLAUSE("C-08", kViolation, "POSIX.1-2024 malloc", "malloc that fails sets errno to ENOMEM") {
  for (const std::size_t size : kImpossibleSizes) {
    errno = kSentinel;
    void* block = malloc(opaque(size));
    const int error = errno;
    require(block != nullptr || error == ENOMEM, "malloc(%#zx) returned null with errno %d, was %d", size,
            error, kSentinel);
    free(block);
  }
}

CLAUSE("C-09", kViolation, "glibc manual, Malloc Examples; C23 7.24.3", "a request above PTRDIFF_MAX fails") {
  // A small block freed just before sits in a cache, where a size that wrapped would find it.
  for (const std::size_t small : {1, 16, 24, 64, 100, 500, 1000, 4000}) {
    for (const std::size_t size : kImpossibleSizes) {
      free(malloc(small));
      void* block = malloc(opaque(size));
      require(block == nullptr, "free(malloc(%zu)), then malloc(%#zx) returned %p", small, size, block);
    }
  }
}

CLAUSE("C-10", kViolation, "C23 7.24.3",
       "no padding wraps: every entry point refuses SIZE_MAX - k, k up to 4096") {
  for (std::size_t k = 0; k <= 4096; ++k) {
    const std::size_t size = opaque(SIZE_MAX - k);
    void* block = malloc(size);
    require(block == nullptr, "malloc(SIZE_MAX - %zu) returned %p", k, block);
    block = calloc(1, size);
    require(block == nullptr, "calloc(1, SIZE_MAX - %zu) returned %p", k, block);
    block = realloc(nullptr, size);
    require(block == nullptr, "realloc(null, SIZE_MAX - %zu) returned %p", k, block);
    block = realloc(malloc(16), size);  // what became of the old block is C-28's matter
    require(block == nullptr, "realloc(block, SIZE_MAX - %zu) returned %p", k, block);
  }
  for (const AlignedEntry& entry : kAlignedEntries) {
    if (!shares_heap(entry.name) || strcmp(entry.name, "pvalloc") == 0) continue;  // its own rounding is C-59
    for (std::size_t k = 0; k <= 4096; ++k) {
      for (const std::size_t alignment : {16, 64, 4096}) {
        void* block = entry.allocate(alignment, opaque(SIZE_MAX - k));
        require(block == nullptr, "%s of SIZE_MAX - %zu bytes, alignment %zu, returned %p", entry.name, k,
                alignment, block);
      }
    }
  }
}

CLAUSE("C-11", kViolation, "POSIX.1-2024 malloc",
       "a request larger than the address space fails with ENOMEM") {
  const auto error_of = [](std::size_t size) {
    errno = kSentinel;
    void* block = malloc(opaque(size));
    const int error = errno;
    require(block == nullptr, "malloc(%#zx) returned %p", size, block);
    return error;
  };
  const int error = error_of(kBeyondAddresses);
  const bool sets_errno = error_of(SIZE_MAX) == ENOMEM;  // where it never does, that is C-08's finding
  require(error == ENOMEM || !sets_errno, "malloc(2^47 + 1) returned null with errno %d", error);
  void* block = malloc(opaque(kBeyondAddresses / 2));
  note("malloc(2^46) %s", block == nullptr ? "returns null" : "succeeds, by lazy mapping");
  free(block);
}

CLAUSE("C-12", kQuality, "relied on, promised nowhere", "an allocation that succeeds leaves errno alone") {
  constexpr std::size_t kKept = 64;
  const auto check = [](std::size_t size) {
    void* blocks[kKept];
    const std::size_t count = size < kMiB ? kKept : 2;
    for (std::size_t i = 0; i < count; ++i) {
      errno = kSentinel;
      const char* call = i % 3 == 0 ? "malloc" : i % 3 == 1 ? "calloc" : "realloc";
      blocks[i] = i % 3 == 0 ? malloc(size) : i % 3 == 1 ? calloc(1, size) : realloc(malloc(size / 2), size);
      require(blocks[i] == nullptr || errno == kSentinel, "%s to %zu bytes succeeded and set errno to %d",
              call, size, errno);
    }
    for (std::size_t i = 0; i < count; ++i) free(blocks[i]);
  };
  for_size_ladder(16, 16 * kMiB, 4, check);
}

CLAUSE("C-13", kQuality, "robustness", "failing and huge requests write nothing to the standard streams") {
  static char line[200];
  const auto check = [](const char* call, auto allocate) {
    bool printed = false;
    {
      CapturedOutput output;
      free(allocate());
      printed = output.first_line(line);
    }
    require(!printed, "%s wrote: %s", call, line);
  };
  check("malloc(1000), repeated until RLIMIT_AS ended it,", [] {
    run_forked([] {
      leave_address_space(32 * kMiB);
      for (std::size_t i = 0; i < 64 * kKiB && malloc(1000) != nullptr; ++i) continue;
    });
    return nullptr;
  });
  check("malloc(8 GiB)", [] { return malloc(opaque(8 * kGiB)); });
  check("calloc(2, SIZE_MAX)", [] { return calloc(2, opaque(SIZE_MAX)); });
  check("malloc(SIZE_MAX)", [] { return malloc(opaque(SIZE_MAX)); });
  check("malloc(PTRDIFF_MAX)", [] { return malloc(opaque(std::size_t{PTRDIFF_MAX})); });
  check("malloc(2^47 + 1)", [] { return malloc(opaque(kBeyondAddresses)); });
  check("realloc(null, 2^47 + 1)", [] { return realloc(nullptr, opaque(kBeyondAddresses)); });
}

}  // namespace
}  // namespace assay::suite
