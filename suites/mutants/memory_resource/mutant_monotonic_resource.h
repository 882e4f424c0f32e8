// Mutants of monotonic resources: a sound one, and its defects (suites/core/mutation.h).
//
// Buffers double. Each begins with a record of itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>

#include "allocators/resource_concept.h"
#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

inline const Mutation takes_back_the_newest("takes_back_the_newest");
inline const Mutation release_forgets_initial_buffer("release_forgets_initial_buffer");
inline const Mutation buffers_do_not_grow("buffers_do_not_grow");
inline const Mutation padding_is_free("padding_is_free");

class MutantMonotonicResource : public std::pmr::memory_resource {
 public:
  MutantMonotonicResource() : MutantMonotonicResource(std::pmr::get_default_resource()) {}
  explicit MutantMonotonicResource(std::pmr::memory_resource* upstream)
      : MutantMonotonicResource(nullptr, 0, upstream) {}
  MutantMonotonicResource(void* buffer, std::size_t size, std::pmr::memory_resource* upstream)
      : upstream_(upstream), initial_(reinterpret_cast<std::uintptr_t>(buffer)), initial_size_(size) {
    begin(initial_, initial_size_);
  }
  ~MutantMonotonicResource() override { release(); }
  MutantMonotonicResource(const MutantMonotonicResource&) = delete;
  MutantMonotonicResource& operator=(const MutantMonotonicResource&) = delete;

  void release() {
    for (Record *record = newest_, *next; record != nullptr; record = next) {
      next = record->next;
      upstream_->deallocate(record->start, record->size, kBufferAlignment);
    }
    newest_ = nullptr;
    next_size_ = kFirstSize;
    if (release_forgets_initial_buffer)
      begin(0, 0);
    else
      begin(initial_, initial_size_);
  }

 private:
  static constexpr std::size_t kFirstSize = 256, kBufferAlignment = alignof(std::max_align_t);

  struct Record {
    Record* next;
    void* start;
    std::size_t size;
  };

  void* do_allocate(std::size_t size, std::size_t alignment) override {
    size = std::max<std::size_t>(size, 1);
    if (size > SIZE_MAX / 2) throw std::bad_alloc();
    std::uintptr_t block = aligned(free_, alignment);
    if (free_ == 0 || block > end_ || size > end_ - block) {
      grow(size, alignment);
      block = aligned(free_, alignment);
    }
    free_ = block + size;
    return reinterpret_cast<void*>(block);
  }

  void do_deallocate(void* block, std::size_t size, std::size_t) override {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    if (takes_back_the_newest && address + std::max<std::size_t>(size, 1) == free_) free_ = address;
  }

  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  static std::uintptr_t aligned(std::uintptr_t address, std::size_t alignment) {
    return (address + alignment - 1) & ~(alignment - 1);
  }

  void begin(std::uintptr_t address, std::size_t size) {
    free_ = address;
    end_ = address + size;
  }

  void grow(std::size_t size, std::size_t alignment) {
    const bool free = padding_is_free && size < (std::size_t{1} << 32);  // larger ones are R-08's
    const std::size_t padding = alignment > alignof(Record) && !free ? alignment : 0;
    const std::size_t total = std::max(next_size_, sizeof(Record) + padding + size);
    void* start = upstream_->allocate(total, kBufferAlignment);
    newest_ = ::new (start) Record{newest_, start, total};
    begin(reinterpret_cast<std::uintptr_t>(newest_ + 1), total - sizeof(Record));
    if (!buffers_do_not_grow) next_size_ = 2 * total;
  }

  std::pmr::memory_resource* upstream_;
  std::uintptr_t initial_, free_ = 0, end_ = 0;
  std::size_t initial_size_, next_size_ = kFirstSize;
  Record* newest_ = nullptr;
};

static_assert(MemoryResource<MutantMonotonicResource>);

}  // namespace assay::mutant
