// The contract of raw-memory allocators (allocators/concept.h), instantiated
// for one type by conformance_test.
//
// Heaps and arenas answer to the clauses A-, pools to the clauses P-; what both
// can claim has the id under which the contract has it first. Clauses of
// objects (constructors, destructors) are those of suites/object.
#pragma once

#include "allocators/concept.h"
#include "suites/allocator/clauses/blocks.h"
#include "suites/allocator/clauses/chunks.h"
#include "suites/allocator/clauses/counts.h"
#include "suites/allocator/clauses/lifetime.h"
#include "suites/allocator/clauses/misuse.h"
#include "suites/allocator/clauses/moves.h"
#include "suites/allocator/clauses/pool_blocks.h"
#include "suites/allocator/clauses/pool_capacity.h"
#include "suites/allocator/clauses/resets.h"
#include "suites/allocator/clauses/resizes.h"
#include "suites/allocator/clauses/threads.h"
#include "suites/allocator/faults.h"
#include "suites/allocator/model.h"
#include "suites/allocator/stress.h"
#include "suites/core/clause.h"
#include "suites/core/version.h"

namespace assay::suite::allocator {

inline constexpr const char* kSource = "allocators/concept.h";

template <Allocator A>
struct ArenaClauses {
  Clause alignment{"A-01", ClauseClass::kViolation, kSource,
                   "Every block is aligned as asked, whatever the mix of sizes "
                   "and alignments",
                   &check_alignment<A>};
  Clause disjointness{"A-02", ClauseClass::kViolation, kSource,
                      "Live blocks never overlap, lie inside the subject's "
                      "storage and keep their contents",
                      &check_disjointness<A>};
  Clause zero_size{"A-03", ClauseClass::kImplementation, kSource,
                   "A block of size 0 is null or aligned; it may share its "
                   "address with another",
                   &check_zero_size<A>};
  Clause oversize{"A-04", ClauseClass::kViolation, "bumpalo, crate documentation",
                  "A request that a fresh subject serves is served by one with "
                  "blocks in it, in a new chunk",
                  &check_oversize<A>};
  Clause extremes{"A-05", ClauseClass::kViolation, kSource,
                  "Requests above PTRDIFF_MAX are refused: no size arithmetic wraps",
                  &check_extreme_sizes<A>};
  Clause slack{"A-06", ClauseClass::kViolation, "bumpalo, crate documentation",
               "A new chunk has room for the alignment of the block that it "
               "was taken for",
               &check_alignment_slack<A>};
  Clause failure{"A-07", ClauseClass::kViolation, kSource,
                 "A failure of upstream ends in null, and leaves all blocks "
                 "and the subject as they were",
                 &check_upstream_failure<A>};
  Clause limit{"A-08", ClauseClass::kViolation, kSource,
               "What a limit bounds never exceeds it, and a limit as large as "
               "needed refuses nothing",
               &check_limit<A>};
  Clause reset{"A-09", ClauseClass::kViolation, kSource,
               "After a reset the storage serves again: 100,000 cycles ask "
               "upstream for nothing",
               &check_reset_keeps_storage<A>};
  Clause stale{"A-10", ClauseClass::kQuality, kSource,
               "Where misuse is found, blocks given up by reset or rewind lose "
               "their contents",
               &check_stale_contents<A>};
  Clause marks{"A-11", ClauseClass::kViolation, kSource,
               "Rewinding gives up exactly what came after the mark, 50 marks "
               "deep and across chunks",
               &check_nested_marks<A>};
  Clause mark_misuse{"A-12", ClauseClass::kQuality, kSource,
                     "Where misuse is found, a rewind to a void or foreign mark is", &check_mark_misuse<A>};
  Clause grow{"A-15", ClauseClass::kViolation, kSource,
              "Growing the latest block keeps its contents, and the next block "
              "lies elsewhere",
              &check_grow_latest<A>};
  Clause old_size{"A-16", ClauseClass::kViolation, "RUSTSEC-2020-0006",
                  "Growing a block reads no more than the block had", &check_grow_copies_old_size<A>};
  Clause shrink{"A-17", ClauseClass::kViolation, kSource,
                "Shrinking keeps what remains, also where its old and its new "
                "place overlap",
                &check_shrink<A>};
  Clause realign{"A-18", ClauseClass::kViolation, kSource,
                 "A resize to a stricter alignment keeps to it, or fails", &check_resize_alignment<A>};
  Clause counts{"A-21", ClauseClass::kViolation, kSource,
                "Counts match the blocks given and the bytes held after every operation", &check_counts<A>};
  Clause moves{"A-22", ClauseClass::kViolation, "C++20 [utility.arg.requirements]",
               "Moving or swapping the allocator leaves its blocks in place "
               "and the source empty and usable",
               &check_moves<A>};
  Clause unclaimed{"A-23", ClauseClass::kViolation, "C++20 [mem.res.monotonic.buffer.mem]",
                   "A deallocate that is not claimed gives back the latest "
                   "block at the most",
                   &check_unclaimed_deallocate<A>};
  Clause threads{"A-24", ClauseClass::kViolation, kSource,
                 "Threads that share the allocator never share a block, and "
                 "free each other's",
                 &check_threads<A>};
};

template <Allocator A>
struct PoolClauses {
  Clause alignment{"P-01", ClauseClass::kViolation, kSource,
                   "Every block of a pool has its size and alignment, in the "
                   "first chunk and in later ones",
                   &check_pool_alignment<A>};
  Clause disjointness{"P-02", ClauseClass::kViolation, kSource,
                      "Live blocks of a pool never overlap, lie inside its "
                      "storage and keep their contents",
                      &check_pool_disjointness<A>};
  Clause capacity{"P-03", ClauseClass::kViolation, kSource,
                  "A bounded pool gives exactly as many blocks as it was made "
                  "for, and one for each that returns",
                  &check_capacity<A>};
  Clause exhaustion{"P-04", ClauseClass::kViolation, kSource,
                    "An exhausted pool returns null, and gives as many blocks "
                    "again when they have come back",
                    &check_exhaustion<A>};
  Clause small{"P-05", ClauseClass::kViolation, "foonathan/memory",
               "Blocks smaller than a pointer work: no link reaches beyond its block",
               &check_small_blocks<A>};
  Clause ownership{"P-08", ClauseClass::kViolation, kSource,
                   "owns() holds for live blocks and for no other address", &check_ownership<A>};
  Clause foreign{"P-09", ClauseClass::kQuality, kSource,
                 "Where misuse is found, a foreign address, an interior one or "
                 "a wrong size is",
                 &check_foreign_addresses<A>};
  Clause twice{"P-10", ClauseClass::kViolation, kSource,
               "Where misuse is found, a block that is given back twice is", &check_double_release<A>};
  Clause runs{"P-11", ClauseClass::kViolation, kSource,
              "A run is adjacent blocks, is found whenever it exists, and "
              "leaves no block lost",
              &check_runs<A>};
  Clause overflow{"P-12", ClauseClass::kViolation, kSource,
                  "Sizes of runs and of pools that wrap are refused", &check_geometry_overflow<A>};
  Clause trim{"P-13", ClauseClass::kViolation, kSource,
              "trim() gives back all storage without a live block, and no other", &check_trim<A>};
  Clause order{"P-14", ClauseClass::kViolation, kSource,
               "An ordered pool gives the free block of the lowest address, "
               "whatever the order of frees",
               &check_order<A>};
  Clause threads{"P-15", ClauseClass::kViolation, kSource,
                 "Threads that share the pool never share a block, and free each other's",
                 &check_pool_threads<A>};
  Clause counts{"P-17", ClauseClass::kViolation, kSource,
                "Counts match the blocks given and the bytes held after every operation",
                &check_pool_counts<A>};
  Clause exit{"P-18", ClauseClass::kViolation, "C++20 [basic.start.term]",
              "A static subject is usable and destroyed during exit, and needs "
              "no upstream once it holds nothing",
              &check_exit<A>};
};

template <Allocator A>
struct ResourceClauses {
  Clause destruction{"R-16", ClauseClass::kViolation, "C++20 [mem.res.pool.mem]",
                     "Destruction gives everything back to upstream, blocks "
                     "still handed out too",
                     &check_destruction<A>};
  Clause reuse{"R-17", ClauseClass::kViolation, kSource, "Storage that was given back serves again",
               &check_reuse<A>};
  Clause failed_resize{"R-31", ClauseClass::kViolation, "Rust std::alloc::Allocator",
                       "A resize that fails leaves the block as it was, and its owner's",
                       &check_resize_failure<A>};
};

template <Allocator A>
struct Clauses {
  ArenaClauses<A> arena;
  PoolClauses<A> pool;
  ResourceClauses<A> resource;
  ModelClauses<A> model;
  FaultClauses<A> faults;
  StressClauses<A> stress;
};

}  // namespace assay::suite::allocator

#define ASSAY_CLAUSES(Type)                                                               \
  static const ::assay::suite::StatedVersion version(::assay::suite::version_of<Type>()); \
  static const ::assay::suite::allocator::Clauses<Type> clauses;
