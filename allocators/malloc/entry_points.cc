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
ASSAY_EXPORTED void free_aligned_sized(void* block, std::size_t, std::size_t) noexcept { Heap::release(block); }

}  // extern "C"
