// Alignments and sizes whose sum does not fit: the aligned entry points refuse them, and come back.
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>

#include <algorithm>
#include <initializer_list>

#include "suites/core/clause.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/alignment.h"
#include "suites/malloc/entry_points.h"

namespace assay::suite {
namespace {

struct Call {
  const char* name;
  std::size_t alignment, size;
};
volatile Call current_call;

// A call that takes this much processor time does not return. It is C-54 that says so.
constexpr rlim_t kCpuSeconds = 5;

// Counted from now, in whole seconds.
void renew_cpu_time() {
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  rlimit limit;
  getrlimit(RLIMIT_CPU, &limit);
  const auto spent = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1);
  limit.rlim_cur = std::min(spent + kCpuSeconds, limit.rlim_max);
  setrlimit(RLIMIT_CPU, &limit);
}

void* call(const AlignedEntry& entry, std::size_t alignment, std::size_t size) {
  current_call.name = entry.name;
  current_call.alignment = alignment;
  current_call.size = size;
  renew_cpu_time();
  return opaque(entry.allocate(opaque(alignment), opaque(size)));
}

template <class Body>
void for_each_power(const Body& body) {
  for (const AlignedEntry& entry : kAlignedEntries) {
    if (!entry.takes_alignment) continue;
    for (std::size_t alignment = std::size_t{1} << 20; alignment != 0; alignment *= 2) body(entry, alignment);
  }
}

CLAUSE("C-53", kViolation, "C23 7.24.3 p1; CVE-2026-0861, BZ 16038",
       "no aligned allocation succeeds when alignment plus size overflows or exceeds PTRDIFF_MAX") {
  signal(SIGXCPU, [](int) {
    skipped("%s(%zu, %zu) does not return: see C-54", current_call.name, current_call.alignment,
            current_call.size);
  });
  constexpr std::size_t kLimit = PTRDIFF_MAX;
  for_each_power([](const AlignedEntry& entry, std::size_t alignment) {
    for (const std::size_t size : {kLimit - alignment, kLimit - alignment + 1, kLimit - 4096, kLimit,
                                   ~alignment, ~alignment + 1, SIZE_MAX - 16}) {
      if (size == 0) continue;  // what 2^63 leaves of PTRDIFF_MAX + 1
      const void* block = call(entry, alignment, size);
      require(block == nullptr, "%s(%zu, %zu) returned %p", entry.name, alignment, size, block);
    }
    void* block = call(entry, alignment, 1);
    if (block == nullptr) return;
    require(alignment_of(block) >= alignment, "%s(%zu, 1) returned %p, not a multiple of %zu", entry.name,
            alignment, block, alignment);
    *static_cast<volatile char*>(block) = 1;
    free(block);
  });
}

CLAUSE("C-54", kViolation, "C23 7.24.3; BZ 16038", "an aligned allocation with an absurd alignment returns") {
  signal(SIGXCPU, [](int) {
    violated("%s(%zu, %zu) did not return within %d s of processor time", current_call.name,
             current_call.alignment, current_call.size, static_cast<int>(kCpuSeconds));
  });
  for_each_power([](const AlignedEntry& entry, std::size_t alignment) {
    for (const std::size_t near : {alignment - 1, alignment, alignment + 1})
      for (const std::size_t size : {std::size_t{1}, SIZE_MAX / 2 - near, ~near})
        free(call(entry, near, size));
  });
  for (const AlignedEntry& entry : kAlignedEntries) {
    if (!entry.takes_alignment) continue;
    for (const std::size_t alignment : {SIZE_MAX / 2 + 2, SIZE_MAX - 1, SIZE_MAX})
      for (const std::size_t size : {std::size_t{1}, std::size_t{SIZE_MAX}})
        free(call(entry, alignment, size));
  }
}

}  // namespace
}  // namespace assay::suite
