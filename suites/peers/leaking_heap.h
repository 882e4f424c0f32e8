// A heap that never frees: the control of the collectors' suite, and the least that a collector can cost.
// make() moves a cursor; nothing is looked for, so that references are plain words and roots are nothing at
// all.
//
//   chunk   │ cell │ cell │ … │ free │      cursor and limit in the Mutator, chunks in the heap
//
// Chunks come from calloc(), 1 MiB or one large object each, and go when the heap does. Objects are aligned
// as their types say and are never destroyed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "gc/concept.h"

namespace assay::peer {

class LeakingHeap {
 public:
  static constexpr CollectorTraits kTraits{
      .precise = false, .reclaims = false, .threads = true, .independent_heaps = true, .limits = true};

  // What refers to an object, wherever it is.
  template <class T>
  class Member {
   public:
    Member() = default;
    Member(T* object) noexcept : object_(object) {}
    Member& operator=(T* object) noexcept {
      object_ = object;
      return *this;
    }
    Member& operator=(std::nullptr_t) noexcept { return *this = static_cast<T*>(nullptr); }

    T* get() const noexcept { return object_; }
    T* operator->() const noexcept { return object_; }
    T& operator*() const noexcept { return *object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }

   private:
    T* object_ = nullptr;
  };
  template <class T>
  using Weak = Member<T>;

  class Mutator;

  template <class T>
  class Root : public Member<T> {
   public:
    explicit Root(Mutator&, T* first = nullptr) noexcept : Member<T>(first) {}
    Root(const Root&) = delete;
    Root& operator=(const Root&) = default;
    using Member<T>::operator=;
  };
  template <class T>
  class Persistent : public Member<T> {
   public:
    explicit Persistent(LeakingHeap&, T* first = nullptr) noexcept : Member<T>(first) {}
    explicit Persistent(Mutator&, T* first = nullptr) noexcept : Member<T>(first) {}
    using Member<T>::operator=;
  };

  LeakingHeap() : LeakingHeap(CollectorOptions()) {}
  explicit LeakingHeap(const CollectorOptions& options) : options_(options) {}
  LeakingHeap(const LeakingHeap&) = delete;
  LeakingHeap& operator=(const LeakingHeap&) = delete;
  ~LeakingHeap() {
    while (chunks_ != nullptr) std::free(std::exchange(chunks_, chunks_->next));
  }

  CollectorStats stats() const {
    const std::lock_guard lock(mutex_);
    CollectorStats stats;
    stats.held_bytes = stats.most_held_bytes = held_;
    stats.major_collections = collections_;
    return stats;
  }

 private:
  static constexpr std::size_t kChunk = std::size_t{1} << 20;
  struct alignas(std::max_align_t) Chunk {
    Chunk* next;
    std::size_t size;  // with this
    std::uintptr_t begin() const { return reinterpret_cast<std::uintptr_t>(this + 1); }
    std::uintptr_t end() const { return reinterpret_cast<std::uintptr_t>(this) + size; }
  };

  // At least `bytes`, zeroed; null at the limit.
  Chunk* add_chunk(std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    if (bytes > PTRDIFF_MAX - sizeof(Chunk)) return nullptr;
    const std::size_t least = sizeof(Chunk) + bytes;
    std::size_t size = std::max(kChunk, least);
    if (options_.limit != 0) size = std::min(size, options_.limit - held_);
    if (size < least) return nullptr;
    if (options_.may_grow != nullptr && !options_.may_grow(options_.may_grow_context, size)) return nullptr;
    void* const memory = std::calloc(1, size);
    if (memory == nullptr) return nullptr;
    held_ += size;
    return chunks_ = ::new (memory) Chunk{chunks_, size};
  }
  void count_collection() noexcept {
    const std::lock_guard lock(mutex_);
    ++collections_;
  }

  const CollectorOptions options_;
  mutable std::mutex mutex_;
  Chunk* chunks_ = nullptr;
  std::size_t held_ = 0;
  std::uint64_t collections_ = 0;
};

class LeakingHeap::Mutator {
 public:
  explicit Mutator(LeakingHeap& heap) noexcept : heap_(heap) {}
  Mutator(const Mutator&) = delete;
  Mutator& operator=(const Mutator&) = delete;

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    void* const cell = allocate(sizeof(T), alignof(T));
    return cell == nullptr ? nullptr : ::new (cell) T(std::forward<Arguments>(arguments)...);
  }

  template <class T>
  Array<T>* make_array(std::size_t size) {
    if (size > (PTRDIFF_MAX - sizeof(Array<T>)) / sizeof(T)) return nullptr;
    void* const cell = allocate(sizeof(Array<T>) + size * sizeof(T), alignof(Array<T>));
    if (cell == nullptr) return nullptr;
    auto* const array = ::new (cell) Array<T>(size);
    std::uninitialized_value_construct_n(array->data(), size);
    return array;
  }

  void collect(Collection) noexcept { heap_.count_collection(); }
  void safepoint() noexcept {}
  void park() noexcept {}
  void unpark() noexcept {}

 private:
  void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    const std::uintptr_t cell = (cursor_ + alignment - 1) & ~(alignment - 1);
    if (cell > limit_ || bytes > limit_ - cell) [[unlikely]]
      return allocate_in_chunk(bytes, alignment);
    cursor_ = cell + bytes;
    return reinterpret_cast<void*>(cell);
  }

  [[gnu::noinline, gnu::cold]] void* allocate_in_chunk(std::size_t bytes, std::size_t alignment) noexcept {
    const Chunk* const chunk = heap_.add_chunk(bytes + alignment);
    if (chunk == nullptr) return nullptr;
    const std::uintptr_t cell = (chunk->begin() + alignment - 1) & ~(alignment - 1);
    if (chunk->end() - cell - bytes > limit_ - cursor_) {
      cursor_ = cell + bytes;
      limit_ = chunk->end();
    }
    return reinterpret_cast<void*>(cell);
  }

  LeakingHeap& heap_;
  std::uintptr_t cursor_ = 0, limit_ = 0;
};

static_assert(Collector<LeakingHeap>);

}  // namespace assay::peer
