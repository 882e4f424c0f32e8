// One subject of the family (allocators/resource_concept.h), made over an upstream of the suite.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <memory_resource>

#include "allocators/resource_concept.h"

namespace assay::suite::memory_resource {

using Sizes = std::initializer_list<std::size_t>;

// A sanitizer's operator new and malloc end the program when they are asked for too much.
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
inline constexpr bool kHugeRequestsAreFatal = true;
#else
inline constexpr bool kHugeRequestsAreFatal = false;
#endif

// Of a library it is new_delete_resource().
template <MemoryResource R>
class Instance {
 public:
  // The upstream is for those that take one.
  explicit Instance(std::pmr::memory_resource* upstream) requires(kResourceTraits<R>.takes_upstream)
      : subject_(upstream) {}
  explicit Instance(std::pmr::memory_resource*) requires(!kResourceTraits<R>.takes_upstream) : subject_() {}
  Instance(const std::pmr::pool_options& options, std::pmr::memory_resource* upstream)
      : subject_(options, upstream) {}
  Instance(void* buffer, std::size_t size, std::pmr::memory_resource* upstream)
      : subject_(buffer, size, upstream) {}
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  R& subject() { return subject_; }
  std::pmr::memory_resource& resource() {
    if constexpr (ResourceLibrary<R>)
      return *R::new_delete_resource();
    else
      return subject_;
  }

 private:
  R subject_;
};

template <MemoryResource R>
using Owned = std::unique_ptr<Instance<R>>;  // a resource may be large, with its storage inside

template <MemoryResource R, class... Arguments>
Owned<R> make_instance(Arguments... arguments) {
  return std::make_unique<Instance<R>>(arguments...);
}

// What allocate() returned, without what the library's header promises of it to the compiler.
[[gnu::noinline]] inline void* allocate(std::pmr::memory_resource& resource, std::size_t size,
                                        std::size_t alignment) {
  void* block = resource.allocate(size, alignment);
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}

// Null when it fails in whatever way: how it must fail is a clause of its own.
inline void* try_allocate(std::pmr::memory_resource& resource, std::size_t size, std::size_t alignment) {
  try {
    return allocate(resource, size, alignment);
  } catch (...) {
    return nullptr;
  }
}

}  // namespace assay::suite::memory_resource
