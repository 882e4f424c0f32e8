// The entry points that take an alignment, or have one of their own, in one table.
#pragma once

#include <malloc.h>
#include <stdlib.h>

#include <cstddef>

#include "suites/malloc/entry_points.h"
#include "suites/malloc/provider.h"

namespace assay::suite {

struct AlignedEntry {
  const char* name;
  bool takes_alignment;  // otherwise the page size, whatever is passed
  void* (*allocate)(std::size_t alignment, std::size_t size);
};

inline constexpr AlignedEntry kAlignedEntries[] = {
    {"aligned_alloc", true,
     [](std::size_t alignment, std::size_t size) { return opaque(aligned_alloc(alignment, size)); }},
    {"posix_memalign", true,
     [](std::size_t alignment, std::size_t size) {
       void* block = nullptr;
       return posix_memalign(&block, alignment, size) == 0 ? block : nullptr;
     }},
    {"memalign", true,
     [](std::size_t alignment, std::size_t size) { return opaque(memalign(alignment, size)); }},
    {"valloc", false, [](std::size_t, std::size_t size) { return valloc(size); }},
    {"pvalloc", false, [](std::size_t, std::size_t size) { return pvalloc(size); }},
};

// Whether the object that provides free provides `name` too. Where it does not, the blocks of `name` are of
// another heap: that is C-61's finding, and every other check leaves such an entry point alone.
inline bool shares_heap(const char* name) { return provider_of(name) == provider_of("free"); }

}  // namespace assay::suite
