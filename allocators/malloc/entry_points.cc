// A process-wide allocator: malloc, its family and every operator new and delete, to preload
// (libassay_malloc.so) or to link (//allocators/malloc). One sentence: thread magazines of exact size classes
// over blocks whose free space is a bitmap, and in which any class may use the holes that another one left.
//
//   malloc, free, operator new …    entry_points.cc, operator_new.cc, introspection.cc, fork.cc
//     heap.h                        small or large; what is right and what is misuse
//     thread_cache.h, threads.h     a thread's magazines and batches; who inherits them
//     magazine.h                    stacks of pointers; the depot where threads exchange full ones
//     central.h                     for each class: its blocks, its lock; where to look for room
//     block.h, mixed_block.h        64 KiB (or 256) of objects of one class, or of any
//     large.h                       objects beyond 32 KiB: runs of whole units; the few that a thread keeps
//     block_map.h                   any address -> what is there, in one byte
//     space.h, free_runs.h          runs of units, best fit; how long what is free keeps its pages
//     os_memory.h                   pages given out and taken back
//     size_classes.h, lock.h, metadata.h, misuse.h, quarantine.h (the hardened configuration)
//
//   a free object | any word | its address ^ secret | … |      16 bytes at least; nothing else is written
//
// I1. An object is in use, or in one magazine or quarantine with its mark, or free in its block's bits; or it
//     is of a batch: none of these, and handed out without a mark.
// I2. The byte of the block map is that of the block as long as anybody may hold an object of it: a block
//     changes from uniform to mixed with all its objects, and is given back with none.
// I3. Locks are taken in the order threads, depot or class, mixed blocks, space, metadata; no two classes.
// I4. free() never needs memory, and never changes errno.
//
// Why. Allocators of size classes are fast and local, but a block belongs to its class while one object
// lives: after a few phases of sizes they hold 8 to 10 times what is live. glibc's, which coalesces
// neighbours, holds 2.7 times, but is slow and scatters a list over the heap. Here a block of which little is
// live becomes common ground, and the free pages of such blocks go before the heap grows: shifting size bands
// hold 2.5 times, and a list built after churn is as dense as in the allocators of size classes, because what
// threads give back is found again by bits, in ascending order of addresses.
//
// Costs. malloc and free of a small object: 17 and 26 instructions, with an address that is none, the middle
// of an object, a double free and an overwritten mark found among them. A magazine lasts 16 KiB, 255 objects,
// or 15 large ones where a thread takes and gives them in turn; changing it is O(1) without touching the
// objects; beyond that a lock, held for a search of bits.
// 576 bytes of records for each unit of 64 KiB in use, a byte a granule in mixed blocks.
//
// Memory. What is freed stays with its pages for the next use up to 64 MiB or twice what is in use, and a
// tenth of a second while the program allocates by more than its magazines and last runs
// (ASSAY_MALLOC_RETAIN, introspection.cc); malloc_trim() returns it at once. The caches of ended threads
// go back likewise. Segments stay mapped until address space ends; objects of 32 MiB and more are unmapped.
//
// What it does not do. It keeps no sizes that are asked for, so a sized delete is believed in nothing. No
// background thread: a process that does not allocate, or never more than its magazines hold, keeps what
// it has. Empty magazines, 2 KiB at most, are never returned. In the child of fork the caches of the
// other threads are lost. A freed object that is overwritten is noticed when it is handed out again from
// a magazine, not once it is back in its block; a free of the few bytes behind the last object of a
// block, only when that comes back to its block. Objects beyond 32 KiB occupy whole units of address
// space; what is never touched is no memory, but a unit used before may keep its pages.
//
// After Bonwick and Adams, "Magazines and Vmem" (2001); Blackburn and McKinley, "Immix" (2008), for the
// holes; Ghemawat and Menage, "TCMalloc", for the layers; Lemire, Kaser and Kurz, "Faster remainder by direct
// computation" (2019); Knuth's boundary tags (TAOCP 1, 2.5); the detections of glibc's and hardened_malloc's.
#include <errno.h>
#include <stdint.h>

#include <cstddef>

#include "allocators/malloc/exported.h"
#include "allocators/malloc/heap.h"

namespace assay::drop_in {
namespace {

bool is_power_of_two(std::size_t number) noexcept { return number != 0 && (number & (number - 1)) == 0; }

bool overflows(std::size_t count, std::size_t size, std::size_t* bytes) noexcept {
  return __builtin_mul_overflow(count, size, bytes);
}

void* fail(int error) noexcept {
  errno = error;
  return nullptr;
}

}  // namespace
}  // namespace assay::drop_in

using namespace assay::drop_in;

extern "C" {

ASSAY_EXPORTED void* malloc(std::size_t size) noexcept { return Heap::allocate(size); }

ASSAY_EXPORTED void free(void* block) noexcept { Heap::release(block); }

ASSAY_EXPORTED void* calloc(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes;
  if (overflows(count, size, &bytes)) return fail(ENOMEM);
  return Heap::allocate_zeroed(bytes);
}

// realloc(p, 0) is malloc(0) and free(p): a result that callers do not take for a failure.
ASSAY_EXPORTED void* realloc(void* block, std::size_t size) noexcept {
  return block == nullptr ? Heap::allocate(size) : Heap::reallocate(block, size);
}

ASSAY_EXPORTED void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes;
  return overflows(count, size, &bytes) ? fail(ENOMEM) : realloc(block, bytes);
}

ASSAY_EXPORTED void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  if (!is_power_of_two(alignment)) return fail(EINVAL);
  return Heap::allocate_aligned(size, alignment);
}

ASSAY_EXPORTED void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return aligned_alloc(alignment, size);
}

ASSAY_EXPORTED int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  if (!is_power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  const int error = errno;  // which this function leaves alone, whatever happens
  void* allocated = Heap::allocate_aligned(size, alignment);
  errno = error;
  if (allocated == nullptr) return ENOMEM;
  *block = allocated;
  return 0;
}

ASSAY_EXPORTED void* valloc(std::size_t size) noexcept { return aligned_alloc(kPage, size); }

ASSAY_EXPORTED void* pvalloc(std::size_t size) noexcept {
  if (size > PTRDIFF_MAX) return fail(ENOMEM);
  return aligned_alloc(kPage, size == 0 ? kPage : (size + kPage - 1) / kPage * kPage);
}

ASSAY_EXPORTED std::size_t malloc_usable_size(void* block) noexcept {
  return block == nullptr ? 0 : Heap::usable_size(block);
}

// C23. The size is not needed and not believed.
ASSAY_EXPORTED void free_sized(void* block, std::size_t) noexcept { Heap::release(block); }
ASSAY_EXPORTED void free_aligned_sized(void* block, std::size_t, std::size_t) noexcept {
  Heap::release(block);
}

}  // extern "C"
