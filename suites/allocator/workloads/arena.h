// Workloads of arenas, and of every other raw-memory allocator that serves mixed sizes: the same streams, so
// that an arena, malloc and std::pmr stand side by side.
#pragma once

#include "allocators/concept.h"
#include "suites/allocator/workloads/arena_contents.h"
#include "suites/allocator/workloads/arena_phases.h"
#include "suites/allocator/workloads/small_objects.h"

namespace assay::suite::allocator {

template <Allocator A>
void add_arena_workloads() {
  if constexpr (!A::kTraits.pools && (A::kTraits.resets || A::kTraits.frees_individually)) {
    add_small_object_workloads<A>();
    add_arena_content_workloads<A>();
    add_arena_phase_workloads<A>();
  }
}

}  // namespace assay::suite::allocator
