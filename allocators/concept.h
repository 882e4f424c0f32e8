// What a raw-memory allocator claims and owes: one traits record and one concept for the family.
//
//   struct MyPool {
//     static constexpr assay::AllocatorTraits kTraits{.frees_individually = true, .thread_safe = false};
//     void* allocate(std::size_t size, std::size_t alignment) noexcept;
//     void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept;
//   };
//   static_assert(assay::Allocator<MyPool>);
//
// A claim obliges: the concept demands the members that a claim needs, and suites/allocator/ runs the clauses
// that it brings. Claim nothing but what your type promises: what is not claimed is not checked. `alignment`
// is a power of two; `size` is in bytes; null means that the request cannot be met, and leaves everything as
// it was.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory_resource>

namespace assay {

struct AllocatorTraits {
  bool frees_individually;        // deallocate makes the storage of one block available again
  bool thread_safe;               // all members but construction, destruction and reset are
  bool resets = false;            // reset() gives up every block at once and keeps storage for the next ones
  bool rewinds = false;           // rewind(mark) gives up what was allocated since mark()
  bool resizes = false;           // resize() grows or shrinks a block, in place or by moving its contents
  bool knows_its_blocks = false;  // owns() tells live blocks from all other addresses
  bool counts = false;            // counts() tells what is live and what is held
  bool limits = false;            // set_limit() bounds what it holds or gives out
  bool takes_upstream = false;  // all storage comes from a std::pmr::memory_resource given to the constructor
  bool pools = false;           // blocks of one size, given to the constructor
  bool bounded = false;         // of a pool: exactly so many blocks, never more
  bool allocates_runs = false;  // of a pool: allocate_run() gives adjacent blocks
  bool ordered = false;         // of a pool: always the free block of the lowest address
  bool trims = false;           // trim() gives storage that holds no live block back to upstream
  bool moves = false;         // the allocator itself can be moved and swapped; its blocks stay where they are
  bool traps_misuse = false;  // misuse ends the program with a message that names the invariant
};

struct PoolGeometry {
  std::size_t block_size = 64;
  std::size_t alignment = 16;  // of every block: a power of two, at most 4,096
  std::size_t blocks = 1024;   // capacity of a bounded pool, otherwise a hint
};

struct AllocatorCounts {
  std::size_t live_blocks;  // 0 in allocators that free nothing individually
  std::size_t live_bytes;   // in use by blocks, as the allocator accounts them: at least what was asked for
  std::size_t reserved;     // bytes held from upstream, the allocator's own records included
};

template <class A>
concept AllocatorCore = std::default_initializable<A> && requires(A allocator, std::size_t n) {
  { A::kTraits } -> std::convertible_to<const AllocatorTraits&>;
  { allocator.allocate(n, n) }
  noexcept->std::same_as<void*>;
};

template <class A>
concept FreesIndividually = requires(A allocator, void* block, std::size_t n) {
  { allocator.deallocate(block, n, n) }
  noexcept;
};

template <class A>
concept Resets = requires(A allocator) {
  { allocator.reset() }
  noexcept;
};

// Marks nest: rewind(m) makes every mark taken after m void. A block that was resized since the mark counts
// as allocated since, even where it did not move.
template <class A>
concept Rewinds = requires(A allocator, const typename A::Mark mark) {
  { allocator.mark() }
  noexcept->std::same_as<typename A::Mark>;
  { allocator.rewind(mark) }
  noexcept;
};

// resize(block, old size, old alignment, new size, new alignment): where the block is now, the smaller of
// both sizes unchanged; or null, and the block is as it was.
template <class A>
concept Resizes = requires(A allocator, void* block, std::size_t n) {
  { allocator.resize(block, n, n, n, n) }
  noexcept->std::same_as<void*>;
};

template <class A>
concept KnowsItsBlocks = requires(const A allocator, const void* address) {
  { allocator.owns(address) }
  noexcept->std::same_as<bool>;
};

template <class A>
concept Counts = requires(const A allocator) {
  { allocator.counts() }
  noexcept->std::same_as<AllocatorCounts>;
};

// In bytes, of counts().reserved for those that take an upstream, otherwise of counts().live_bytes; a limit
// below what is held already only refuses more. SIZE_MAX: none.
template <class A>
concept Limits = Counts<A> && requires(A allocator, std::size_t n) {
  { allocator.set_limit(n) }
  noexcept;
};

template <class A>
concept TakesUpstream = requires(std::pmr::memory_resource* upstream, PoolGeometry geometry) {
  requires A::kTraits.pools || requires { A(upstream); };
  requires !A::kTraits.pools || requires { A(geometry, upstream); };
};

template <class A>
concept Pools = requires(PoolGeometry geometry) {
  A(geometry);
};

// `count` adjacent blocks, deallocate_run gives them back; null when there are not so many side by side.
template <class A>
concept AllocatesRuns = requires(A allocator, void* run, std::size_t count) {
  { allocator.allocate_run(count) }
  noexcept->std::same_as<void*>;
  { allocator.deallocate_run(run, count) }
  noexcept;
};

template <class A>
concept Trims = requires(A allocator) {
  { allocator.trim() }
  noexcept;
};

template <class A>
concept Allocator = AllocatorCore<A> &&
    (!A::kTraits.frees_individually || FreesIndividually<A>)&&(!A::kTraits.resets || Resets<A>)&&(
        !A::kTraits.rewinds ||
        Rewinds<
            A>)&&(!A::kTraits.resizes ||
                  Resizes<
                      A>)&&(!A::kTraits.knows_its_blocks ||
                            KnowsItsBlocks<
                                A>)&&(!A::kTraits.counts ||
                                      Counts<
                                          A>)&&(!A::kTraits.limits ||
                                                Limits<
                                                    A>)&&(!A::kTraits.takes_upstream ||
                                                          TakesUpstream<
                                                              A>)&&(!A::kTraits.pools ||
                                                                    Pools<
                                                                        A>)&&(!A::kTraits.allocates_runs ||
                                                                              AllocatesRuns<
                                                                                  A>)&&(!A::kTraits.trims ||
                                                                                        Trims<
                                                                                            A>)&&(!A::kTraits
                                                                                                       .moves ||
                                                                                                  (std::movable<
                                                                                                       A> &&
                                                                                                   std::swappable<
                                                                                                       A>));

}  // namespace assay
