// The contract of memory resources (allocators/resource_concept.h), instantiated for one type by
// conformance_test. R-21, that unsynchronised resources are used by one thread at a time, is the suite's own
// duty.
#pragma once

#include "suites/core/clause.h"
#include "suites/core/version.h"
#include "suites/memory_resource/clauses/allocation.h"
#include "suites/memory_resource/clauses/equality.h"
#include "suites/memory_resource/clauses/library.h"
#include "suites/memory_resource/clauses/monotonic.h"
#include "suites/memory_resource/clauses/polymorphic_allocator.h"
#include "suites/memory_resource/clauses/pools.h"
#include "suites/memory_resource/clauses/threads.h"
#include "suites/memory_resource/clauses/upstream.h"
#include "suites/memory_resource/model.h"
#include "suites/memory_resource/stress.h"

namespace assay::suite::memory_resource {

inline constexpr auto kV = ClauseClass::kViolation;
inline constexpr const char* kPrivate = "[mem.res.private]";
inline constexpr const char* kGlobal = "[mem.res.global]";
inline constexpr const char* kMonotonicMembers = "[mem.res.monotonic.buffer.mem]";
inline constexpr const char* kPoolOptions = "[mem.res.pool.options]";
inline constexpr const char* kOracle = "oracle of ranges and contents";

template <MemoryResource R>
struct Clauses {
  Clause alignment{"R-01", kV, kPrivate, "Every block is aligned as asked, for every size and alignment",
                   &check_every_alignment<R>};
  Clause zero_size{"R-02", kV, "[basic.stc.dynamic.allocation]",
                   "Two live results of a zero-size request differ, and none is null", &check_zero_size<R>};
  Clause failure{"R-03", kV, kPrivate, "A request that cannot be met throws: allocate never returns null",
                 &check_failure_throws<R>};
  Clause propagation{"R-04", kV, kMonotonicMembers, "What upstream throws leaves allocate unchanged",
                     &check_failure_propagates<R>};
  Clause strong{"R-05", kV, "strong guarantee",
                "A request that failed because upstream did leaves the resource as it was",
                &check_strong_guarantee<R>};
  Clause exact{"R-06", kV, kPrivate,
               "Upstream gets each block back with the size and alignment that it was asked for",
               &check_returns_are_exact<R>};
  Clause equality{"R-07", kV, "[mem.res.eq]",
                  "Resources are equal only when each can take back the other's blocks", &check_equality<R>};
  Clause overflow{
      "R-08", kV, "size arithmetic of [mem.res.private]",
      "Requests near SIZE_MAX throw, and those above 4 GiB do or are met: no size arithmetic wraps",
      &check_no_size_wraps<R>};
  Clause global{"R-09", kV, "[mem.res.global], GCC bug 70966",
                "The global resources are the same objects always, and usable to the end of the program",
                &check_global_resources_stay<R>};
  Clause null{"R-10", kV, kGlobal, "null_memory_resource throws bad_alloc for every request",
              &check_null_resource<R>};
  Clause default_resource{"R-11", kV, kGlobal,
                          "set_default_resource(null) resets it, and both functions are synchronised",
                          &check_default_resource<R>};
  Clause keeps{"R-12", kV, kMonotonicMembers,
               "Monotonic: deallocate has no effect; release and the destructor give every buffer back",
               &check_deallocate_keeps<R>};
  Clause initial{"R-13", kV, kMonotonicMembers,
                 "Monotonic: the initial buffer is used first, again after release, and never given upstream",
                 &check_initial_buffer<R>};
  Clause growth{"R-14", kV, kMonotonicMembers,
                "Monotonic: buffers grow geometrically, and a request larger than the next one is served",
                &check_geometric_growth<R>};
  Clause padding{"R-15", kV, "Boost.Container #151, Boost.JSON #1191",
                 "Monotonic: a new buffer has room for the padding that alignment costs",
                 &check_padding_is_charged<R>};
  Clause release{"R-16", kV, "[mem.res.pool.mem]",
                 "Pools: release and the destructor give all storage back, that of live blocks too",
                 &check_release_gives_all_back<R>};
  Clause reuse{"R-17", ClauseClass::kQuality, "[mem.res.pool.overview]",
               "Pools: blocks that were given back are used again before upstream is asked",
               &check_pooled_blocks_are_reused<R>};
  Clause options{"R-18", kV, kPoolOptions,
                 "Pools: options are hints; zero and absurd values are accepted, and what came of them told",
                 &check_options_are_hints<R>};
  Clause boundary{"R-19", kV, kPoolOptions,
                  "Pools: blocks of the largest pooled size, and one byte more, are whole and apart",
                  &check_largest_pooled_block<R>};
  Clause threads{"R-20", kV, "[mem.res.pool.overview]",
                 "Threads that share the resource, and free each other's blocks, damage none",
                 &check_threads<R>};
  Clause stays{"R-22", kV, "[mem.poly.allocator.class]",
               "polymorphic_allocator stays with its container: a copy starts with the default resource",
               &check_allocator_stays<R>};
  Clause array_length{"R-23", kV, "[mem.poly.allocator.mem]",
                      "polymorphic_allocator throws bad_array_new_length when count times size overflows",
                      &check_allocator_overflow<R>};
  Clause elements{"R-24", kV, "[allocator.uses.construction]",
                  "polymorphic_allocator reaches the elements of its container, those of pairs too",
                  &check_allocator_reaches_elements<R>};
  Clause model{"MODEL-1", kV, kOracle, "Random programs keep every byte, range and alignment",
               &check_random_programs<R>};
  Clause faults{"FAULTS-1", kV, kOracle,
                "Random programs with an upstream that keeps failing lose no byte and no block",
                &check_failing_programs<R>};
  Clause one_each{"STRESS-1", kV, kOracle, "Resources of different threads do not disturb each other",
                  &check_one_each<R>};
  Clause shared{"STRESS-2", kV, kOracle,
                "Threads that share the resource damage no block while upstream keeps failing",
                &check_shared_with_failures<R>};
};

}  // namespace assay::suite::memory_resource

#define ASSAY_CLAUSES(Type)                                                               \
  static const ::assay::suite::StatedVersion version(::assay::suite::version_of<Type>()); \
  static const ::assay::suite::memory_resource::Clauses<Type> clauses;
