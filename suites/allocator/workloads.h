// The workloads of raw-memory allocators, instantiated for one type by the macro `benchmark`. A type has
// those whose operations it claims.
#pragma once

#include "allocators/concept.h"
#include "suites/allocator/workloads/arena.h"
#include "suites/allocator/workloads/heap.h"
#include "suites/allocator/workloads/pool.h"
#include "suites/core/version.h"
#include "suites/core/workload.h"

namespace assay::suite::allocator {

template <Allocator A>
struct Workloads {
  Workloads() {
    add_arena_workloads<A>();
    add_heap_workloads<A>();
    add_pool_workloads<A>();
  }
  StatedVersion version{version_of<A>()};
};

}  // namespace assay::suite::allocator

#define ASSAY_WORKLOADS(Type) static const ::assay::suite::allocator::Workloads<Type> workloads;
