// Every replaceable operator new and delete. All but the two at the top are what the standard says of the
// others: an array is like a single object, a size is not needed, nothrow is the same with the exception caught.
#include <cstddef>
#include <new>

#include "allocators/malloc/exported.h"
#include "allocators/malloc/heap.h"

using assay::drop_in::Heap;

namespace {

// The handler of the program, again and again, until there is memory or it throws.
template <class Allocate>
[[gnu::noinline, gnu::cold]] void* insist(Allocate allocate) {
  for (;;) {
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
    if (void* object = allocate()) return object;
  }
}

}  // namespace

ASSAY_EXPORTED void* operator new(std::size_t size) {
  if (void* object = Heap::allocate(size)) [[likely]]
    return object;
  return insist([size] { return Heap::allocate(size); });
}

ASSAY_EXPORTED void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto bytes = static_cast<std::size_t>(alignment);
  if (void* object = Heap::allocate_aligned(size, bytes)) [[likely]]
    return object;
  return insist([=] { return Heap::allocate_aligned(size, bytes); });
}

ASSAY_EXPORTED void* operator new[](std::size_t size) { return operator new(size); }
ASSAY_EXPORTED void* operator new[](std::size_t size, std::align_val_t alignment) {
  return operator new(size, alignment);
}

ASSAY_EXPORTED void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (...) {
    return nullptr;
  }
}
ASSAY_EXPORTED void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  try {
    return operator new(size, alignment);
  } catch (...) {
    return nullptr;
  }
}
ASSAY_EXPORTED void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new[](size);
  } catch (...) {
    return nullptr;
  }
}
ASSAY_EXPORTED void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  try {
    return operator new[](size, alignment);
  } catch (...) {
    return nullptr;
  }
}

ASSAY_EXPORTED void operator delete(void* object) noexcept { Heap::release(object); }
ASSAY_EXPORTED void operator delete(void* object, std::align_val_t) noexcept { Heap::release(object); }
ASSAY_EXPORTED void operator delete(void* object, std::size_t) noexcept { operator delete(object); }
ASSAY_EXPORTED void operator delete(void* object, std::size_t, std::align_val_t alignment) noexcept {
  operator delete(object, alignment);
}
ASSAY_EXPORTED void operator delete(void* object, const std::nothrow_t&) noexcept { operator delete(object); }
ASSAY_EXPORTED void operator delete(void* object, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  operator delete(object, alignment);
}
ASSAY_EXPORTED void operator delete[](void* object) noexcept { operator delete(object); }
ASSAY_EXPORTED void operator delete[](void* object, std::align_val_t alignment) noexcept {
  operator delete(object, alignment);
}
ASSAY_EXPORTED void operator delete[](void* object, std::size_t) noexcept { operator delete[](object); }
ASSAY_EXPORTED void operator delete[](void* object, std::size_t, std::align_val_t alignment) noexcept {
  operator delete[](object, alignment);
}
ASSAY_EXPORTED void operator delete[](void* object, const std::nothrow_t&) noexcept { operator delete[](object); }
ASSAY_EXPORTED void operator delete[](void* object, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  operator delete[](object, alignment);
}
