// The standard library's resources as subjects: controls of the suite, and peers in comparisons.
//
// They are used as they are; each states only what its type cannot show.
#pragma once

#include <cstddef>
#include <memory_resource>

#include "allocators/resource_concept.h"
#include "suites/peers/standard_library.h"

namespace assay::peer {

// new_delete_resource(), null_memory_resource(), the default resource and polymorphic_allocator.
struct StandardResources {
  static constexpr const char* kVersion = kStandardLibraryVersion;
  template <class T>
  using polymorphic_allocator = std::pmr::polymorphic_allocator<T>;

  static std::pmr::memory_resource* new_delete_resource() { return std::pmr::new_delete_resource(); }
  static std::pmr::memory_resource* null_memory_resource() { return std::pmr::null_memory_resource(); }
  static std::pmr::memory_resource* get_default_resource() { return std::pmr::get_default_resource(); }
  static std::pmr::memory_resource* set_default_resource(std::pmr::memory_resource* resource) {
    return std::pmr::set_default_resource(resource);
  }
};

struct MonotonicBuffer : std::pmr::monotonic_buffer_resource {
  static constexpr const char* kVersion = kStandardLibraryVersion;
  using std::pmr::monotonic_buffer_resource::monotonic_buffer_resource;
};

// The same with storage of its own, used before upstream's.
class BufferedMonotonicBuffer : public std::pmr::memory_resource {
 public:
  static constexpr const char* kVersion = kStandardLibraryVersion;
  static constexpr ResourceTraits kTraits{.releases = true};

  BufferedMonotonicBuffer() : resource_(buffer_, sizeof buffer_) {}
  void release() { resource_.release(); }

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    return resource_.allocate(size, alignment);
  }
  void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
    resource_.deallocate(block, size, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  alignas(64) std::byte buffer_[std::size_t{1} << 16];
  std::pmr::monotonic_buffer_resource resource_;
};

struct UnsynchronizedPool : std::pmr::unsynchronized_pool_resource {
  static constexpr const char* kVersion = kStandardLibraryVersion;
  using std::pmr::unsynchronized_pool_resource::unsynchronized_pool_resource;
};

struct SynchronizedPool : std::pmr::synchronized_pool_resource {
  static constexpr const char* kVersion = kStandardLibraryVersion;
  static constexpr ResourceTraits kTraits{
      .takes_upstream = true, .propagates = true, .releases = true, .pools = true, .thread_safe = true};
  using std::pmr::synchronized_pool_resource::synchronized_pool_resource;
};

static_assert(MemoryResource<StandardResources> && kResourceTraits<StandardResources>.thread_safe);
static_assert(MemoryResource<MonotonicBuffer> && kResourceTraits<MonotonicBuffer>.monotonic);
static_assert(MemoryResource<BufferedMonotonicBuffer>);
static_assert(MemoryResource<UnsynchronizedPool> && kResourceTraits<UnsynchronizedPool>.pools);
static_assert(MemoryResource<SynchronizedPool>);

}  // namespace assay::peer
