// A correct malloc family to break: the C library's heap with the deviations of glibc 2.36 and libstdc++ 12
// repaired.
//
// A mutant derives from Base, hides the one function that it breaks, and ends with
// ASSAY_EXPORT_MALLOC(Mutant), which defines every entry point of C and the 20 operators of C++ in its shared
// library. Calls between them go through the mutant, as they do inside a real allocator.
#pragma once

#include <malloc.h>
#include <string.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>

extern "C" {
// The C library's own heap, under the names that it keeps when malloc is replaced.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace assay::mutant {

constexpr std::size_t kPage = 4096;

inline bool is_power_of_two(std::size_t n) { return n != 0 && (n & (n - 1)) == 0; }

inline void* fail(int error) {
  errno = error;
  return nullptr;
}

struct Base {
  static void* malloc(std::size_t size) { return __libc_malloc(size); }
  static void* calloc(std::size_t count, std::size_t size) { return __libc_calloc(count, size); }
  static void* realloc(void* block, std::size_t size) { return __libc_realloc(block, size); }
  static void free(void* block) { __libc_free(block); }

  static void* memalign(std::size_t alignment, std::size_t size) {
    if (!is_power_of_two(alignment)) return fail(EINVAL);
    return __libc_memalign(alignment, size);
  }

  // Read from the chunk's header, whose lowest bits are flags (bit 1: mapped on its own), because to look up
  // the C library's own function is to allocate.
  static std::size_t usable_size(void* block) {
    if (block == nullptr) return 0;
    const std::size_t header = static_cast<const std::size_t*>(block)[-1];
    return (header & ~std::size_t{7}) - ((header & 2) != 0 ? 16 : 8);
  }
};

// What the other entry points and the operators are made of, in terms of the mutant's six.
template <class M>
struct Family : M {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    if (!is_power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
    const int before = errno;
    void* block = M::memalign(alignment, size);
    errno = before;
    if (block == nullptr) return ENOMEM;
    *result = block;
    return 0;
  }

  static void free_sized(void* block, std::size_t) { M::free(block); }
  static void free_aligned_sized(void* block, std::size_t, std::size_t) { M::free(block); }

  static void* valloc(std::size_t size) { return M::memalign(kPage, size); }

  static void* pvalloc(std::size_t size) {
    if (size > PTRDIFF_MAX) return fail(ENOMEM);
    return M::memalign(kPage, (size + kPage - 1) & ~(kPage - 1));
  }

  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    std::size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return fail(ENOMEM);
    return M::realloc(block, total);
  }

  // Sizes are changed, so that a mutant of one size of malloc or memalign leaves the operators whole.
  static void* allocate(std::size_t size, std::size_t alignment) {
    if (size > PTRDIFF_MAX - alignment) return nullptr;
    size = size == 0 ? 16 : (size + 15) & ~std::size_t{15};
    return alignment <= alignof(std::max_align_t) ? M::malloc(size) : M::memalign(alignment, size + 8);
  }

  // [new.delete.single]: the handler runs until it helps, throws, or is gone.
  static void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    for (;;) {
      if (void* block = allocate(size, alignment)) return block;
      const std::new_handler handler = std::get_new_handler();
      if (handler == nullptr) throw std::bad_alloc();
      handler();
    }
  }

  static void* allocate_or_null(std::size_t size, std::size_t alignment) noexcept {
    try {
      return allocate_or_throw(size, alignment);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
};

}  // namespace assay::mutant

#define ASSAY_EXPORT_MALLOC(Mutant) ASSAY_EXPORT_FAMILY(::assay::mutant::Family<Mutant>)

#define ASSAY_EXPORT_FAMILY(Mutant)                                                                       \
  using Exported = Mutant;                                                                                \
  extern "C" {                                                                                            \
  void* malloc(std::size_t size) { return Exported::malloc(size); }                                       \
  void* calloc(std::size_t count, std::size_t size) { return Exported::calloc(count, size); }             \
  void* realloc(void* block, std::size_t size) { return Exported::realloc(block, size); }                 \
  void free(void* block) { Exported::free(block); }                                                       \
  void* memalign(std::size_t alignment, std::size_t size) { return Exported::memalign(alignment, size); } \
  void* aligned_alloc(std::size_t alignment, std::size_t size) {                                          \
    return Exported::memalign(alignment, size);                                                           \
  }                                                                                                       \
  void* valloc(std::size_t size) { return Exported::valloc(size); }                                       \
  void* pvalloc(std::size_t size) { return Exported::pvalloc(size); }                                     \
  int posix_memalign(void** result, std::size_t alignment, std::size_t size) {                            \
    return Exported::posix_memalign(result, alignment, size);                                             \
  }                                                                                                       \
  void* reallocarray(void* block, std::size_t n, std::size_t each) {                                      \
    return Exported::reallocarray(block, n, each);                                                        \
  }                                                                                                       \
  std::size_t malloc_usable_size(void* block) { return Exported::usable_size(block); }                    \
  void free_sized(void* block, std::size_t size) { Exported::free_sized(block, size); }                   \
  void free_aligned_sized(void* block, std::size_t alignment, std::size_t size) {                         \
    Exported::free_aligned_sized(block, alignment, size);                                                 \
  }                                                                                                       \
  }                                                                                                       \
  ASSAY_EXPORT_OPERATORS_()

#define ASSAY_EXPORT_OPERATORS_()                                                                        \
  void* operator new(std::size_t n) { return Exported::allocate_or_throw(n, 1); }                        \
  void* operator new(std::size_t n, const std::nothrow_t&) noexcept {                                    \
    return Exported::allocate_or_null(n, 1);                                                             \
  }                                                                                                      \
  void* operator new(std::size_t n, std::align_val_t a) {                                                \
    return Exported::allocate_or_throw(n, static_cast<std::size_t>(a));                                  \
  }                                                                                                      \
  void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {                \
    return Exported::allocate_or_null(n, static_cast<std::size_t>(a));                                   \
  }                                                                                                      \
  void operator delete(void* p) noexcept { Exported::free(p); }                                          \
  void operator delete(void* p, std::size_t) noexcept { Exported::free(p); }                             \
  void operator delete(void* p, std::align_val_t) noexcept { Exported::free(p); }                        \
  void operator delete(void* p, std::size_t, std::align_val_t) noexcept { Exported::free(p); }           \
  void operator delete(void* p, const std::nothrow_t&) noexcept { Exported::free(p); }                   \
  void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { Exported::free(p); } \
  void* operator new[](std::size_t n) { return Exported::allocate_or_throw(n, 1); }                      \
  void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {                                  \
    return Exported::allocate_or_null(n, 1);                                                             \
  }                                                                                                      \
  void* operator new[](std::size_t n, std::align_val_t a) {                                              \
    return Exported::allocate_or_throw(n, static_cast<std::size_t>(a));                                  \
  }                                                                                                      \
  void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {              \
    return Exported::allocate_or_null(n, static_cast<std::size_t>(a));                                   \
  }                                                                                                      \
  void operator delete[](void* p) noexcept { Exported::free(p); }                                        \
  void operator delete[](void* p, std::size_t) noexcept { Exported::free(p); }                           \
  void operator delete[](void* p, std::align_val_t) noexcept { Exported::free(p); }                      \
  void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { Exported::free(p); }         \
  void operator delete[](void* p, const std::nothrow_t&) noexcept { Exported::free(p); }                 \
  void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { Exported::free(p); }
