// Mutants of a library's global resources and its polymorphic_allocator: sound ones, and their defects
// (suites/core/mutation.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <new>
#include <utility>

#include "allocators/resource_concept.h"
#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

inline const Mutation dies_before_exit("dies_before_exit");
inline const Mutation null_gives("null_gives");
inline const Mutation null_does_not_reset("null_does_not_reset");
inline const Mutation allocator_follows_copies("allocator_follows_copies");
inline const Mutation allocator_multiplies_blindly("allocator_multiplies_blindly");
inline const Mutation allocator_stops_at_elements("allocator_stops_at_elements");

class MutantNewDelete : public std::pmr::memory_resource {
 public:
  ~MutantNewDelete() override { alive_ = false; }

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (!alive_ || size > PTRDIFF_MAX - alignment) throw std::bad_alloc();
    return ::operator new (size, std::align_val_t{alignment});
  }
  void do_deallocate(void* block, std::size_t, std::size_t alignment) override {
    ::operator delete (block, std::align_val_t{alignment});
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  volatile bool alive_ = true;
};

class MutantNull : public std::pmr::memory_resource {
  void* do_allocate(std::size_t, std::size_t) override {
    if (null_gives) return this;
    throw std::bad_alloc();
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

inline std::atomic<std::pmr::memory_resource*> default_resource{nullptr};  // null: new_delete_resource()

struct MutantLibrary {
  static std::pmr::memory_resource* new_delete_resource() {
    if (dies_before_exit) {
      static MutantNewDelete mortal;
      return &mortal;
    }
    static auto* const immortal = new MutantNewDelete;
    return immortal;
  }
  static std::pmr::memory_resource* null_memory_resource() {
    static auto* const immortal = new MutantNull;
    return immortal;
  }
  static std::pmr::memory_resource* get_default_resource() { return or_new_delete(default_resource.load()); }
  static std::pmr::memory_resource* set_default_resource(std::pmr::memory_resource* resource) {
    if (resource == nullptr && null_does_not_reset) return get_default_resource();
    return or_new_delete(default_resource.exchange(resource));
  }

  template <class T>
  class polymorphic_allocator {
   public:
    using value_type = T;

    polymorphic_allocator() : resource_(get_default_resource()) {}
    polymorphic_allocator(std::pmr::memory_resource* resource) : resource_(resource) {}
    template <class U>
    polymorphic_allocator(const polymorphic_allocator<U>& other) : resource_(other.resource()) {}

    T* allocate(std::size_t count) {
      if (count > SIZE_MAX / sizeof(T) && !allocator_multiplies_blindly) throw std::bad_array_new_length();
      return static_cast<T*>(resource_->allocate(count * sizeof(T), alignof(T)));
    }
    void deallocate(T* block, std::size_t count) {
      resource_->deallocate(block, count * sizeof(T), alignof(T));
    }

    template <class U, class... Arguments>
    void construct(U* at, Arguments&&... arguments) {
      if constexpr (std::is_constructible_v<U, Arguments...>) {
        if (allocator_stops_at_elements) {
          ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
          return;
        }
      }
      std::uninitialized_construct_using_allocator(at, *this, std::forward<Arguments>(arguments)...);
    }

    polymorphic_allocator select_on_container_copy_construction() const {
      return allocator_follows_copies ? *this : polymorphic_allocator();
    }
    std::pmr::memory_resource* resource() const { return resource_; }
    friend bool operator==(const polymorphic_allocator& a, const polymorphic_allocator& b) {
      return *a.resource_ == *b.resource_;
    }

   private:
    std::pmr::memory_resource* resource_;
  };

 private:
  static std::pmr::memory_resource* or_new_delete(std::pmr::memory_resource* resource) {
    return resource == nullptr ? new_delete_resource() : resource;
  }
};

static_assert(MemoryResource<MutantLibrary>);

}  // namespace assay::mutant
