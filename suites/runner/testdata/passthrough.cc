// A malloc that can be preloaded and is the C library's own: a subject that needs no package.
#include <cstddef>

extern "C" {
void* __libc_malloc(std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) { return __libc_malloc(size); }
void free(void* block) { __libc_free(block); }
}
