// Every replaceable operator new and delete. All but the two at the top are what the standard says of the
// others: an array is like a single object, a size is not needed, nothrow is the same with the exception
// caught.
//
// Where the C++ runtime cannot be seen (exported.h), an operator new that fails ends the program.
#include <bits/functexcept.h>

#include <cstddef>
#include <new>

#include "allocators/malloc/exported.h"
#include "allocators/malloc/heap.h"
#include "allocators/malloc/misuse.h"

using assay::drop_in::Heap;

namespace {

[[noreturn, gnu::cold]] void give_up(std::size_t size) noexcept {
  assay::drop_in::Line line;
  line << "assay malloc: no memory for operator new of " << size << " bytes, and no C++ runtime to say so";
  line.write();
  abort();
}

// Asks the handler of the program, again and again, until there is memory or it throws.
template <class Allocate>
[[gnu::noinline, gnu::cold]] void* insist(std::size_t size, Allocate allocate) {
  std::new_handler (*volatile get_handler)() noexcept = &std::get_new_handler;
  if (get_handler == nullptr) give_up(size);
  for (;;) {
    const std::new_handler handler = get_handler();
    if (handler == nullptr) std::__throw_bad_alloc();
    handler();
    if (void* object = allocate()) return object;
  }
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size) {
  if (void* object = Heap::allocate_slowly(size)) return object;
  return insist(size, [size] { return Heap::allocate(size); });
}

}  // namespace

ASSAY_EXPORTED void* operator new(std::size_t size) {
  if (void* object = Heap::allocate_fast(size)) [[likely]]
    return object;
  return allocate_slowly(size);
}

ASSAY_EXPORTED void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto bytes = static_cast<std::size_t>(alignment);
  if (void* object = Heap::allocate_aligned(size, bytes)) [[likely]]
    return object;
  return insist(size, [=] { return Heap::allocate_aligned(size, bytes); });
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
ASSAY_EXPORTED void* operator new(std::size_t size, std::align_val_t alignment,
                                  const std::nothrow_t&) noexcept {
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
ASSAY_EXPORTED void* operator new[](std::size_t size, std::align_val_t alignment,
                                    const std::nothrow_t&) noexcept {
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
ASSAY_EXPORTED void operator delete(void* object, std::align_val_t alignment,
                                    const std::nothrow_t&) noexcept {
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
ASSAY_EXPORTED void operator delete[](void* object, const std::nothrow_t&) noexcept {
  operator delete[](object);
}
ASSAY_EXPORTED void operator delete[](void* object, std::align_val_t alignment,
                                      const std::nothrow_t&) noexcept {
  operator delete[](object, alignment);
}
