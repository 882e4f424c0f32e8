// The entry points under the names that a program calls that is linked with `--wrap` for each of them, while
// the libraries below keep their malloc: so that a sanitizer, which must have that for itself, sees both the
// program and the heap at work.
#include "allocators/malloc/exported.h"
#include "allocators/malloc/heap.h"

// Not before the headers, which declare the originals.
#define aligned_alloc __wrap_aligned_alloc
#define calloc __wrap_calloc
#define free __wrap_free
#define malloc __wrap_malloc
#define malloc_usable_size __wrap_malloc_usable_size
#define memalign __wrap_memalign
#define posix_memalign __wrap_posix_memalign
#define realloc __wrap_realloc
#define reallocarray __wrap_reallocarray
#include "allocators/malloc/entry_points.cc"

// Before there is a second thread, as the making of one does where the heap is everybody's.
[[gnu::constructor]] static void allocate_first() { free(malloc(1)); }
