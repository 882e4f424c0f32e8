// The heap as the malloc of a program that is linked with `--wrap` for each of these names, while the
// libraries below keep their own: so that a sanitizer, which must have the process's malloc for itself, sees
// both the program and the heap at work. What is not the heap's comes from those libraries and goes back to
// them.
#include <errno.h>

#include <cstddef>

#include "allocators/malloc/heap.h"

using assay::drop_in::BlockMap;
using assay::drop_in::Heap;

// Before there is a second thread, as the making of one does where the heap is everybody's.
[[gnu::constructor]] static void allocate_first() { Heap::release(Heap::allocate(1)); }

extern "C" {

void __real_free(void* block);

void* __wrap_malloc(std::size_t size) { return Heap::allocate(size); }

void __wrap_free(void* block) {
  if (block == nullptr || BlockMap::kind(block) != 0)
    Heap::release(block);
  else
    __real_free(block);
}

void* __wrap_calloc(std::size_t count, std::size_t size) {
  std::size_t bytes;
  if (!__builtin_mul_overflow(count, size, &bytes)) return Heap::allocate_zeroed(bytes);
  errno = ENOMEM;
  return nullptr;
}

void* __wrap_realloc(void* block, std::size_t size) {
  return block == nullptr ? Heap::allocate(size) : Heap::reallocate(block, size);
}

void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  return Heap::allocate_aligned(size, alignment);
}

void* __wrap_memalign(std::size_t alignment, std::size_t size) {
  return Heap::allocate_aligned(size, alignment);
}

int __wrap_posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  *block = Heap::allocate_aligned(size, alignment);
  return *block == nullptr ? ENOMEM : 0;
}

void* __wrap_reallocarray(void* block, std::size_t count, std::size_t size) {
  std::size_t bytes;
  if (!__builtin_mul_overflow(count, size, &bytes)) return __wrap_realloc(block, bytes);
  errno = ENOMEM;
  return nullptr;
}

std::size_t __wrap_malloc_usable_size(void* block) { return block == nullptr ? 0 : Heap::usable_size(block); }

}  // extern "C"
