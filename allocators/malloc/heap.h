// The heap of the process: what the entry points are made of. All functions keep errno, except that an
// allocation that returns null sets it to ENOMEM.
#pragma once

#include <errno.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allocators/malloc/block_map.h"
#include "allocators/malloc/large.h"
#include "allocators/malloc/misuse.h"
#include "allocators/malloc/size_classes.h"
#include "allocators/malloc/thread_cache.h"
#include "allocators/malloc/threads.h"

namespace assay::drop_in {

class Heap {
 public:
  // What the current magazine has, which is nearly always enough; otherwise null, and allocate_slowly() may
  // have it.
  static void* allocate_fast(std::size_t size) noexcept {
    if constexpr (kHardened) return nullptr;
    return size <= kExactLimit ? thread_cache->pop((size + kGranule - 1) / kGranule) : nullptr;
  }
  [[gnu::noinline]] static void* allocate_slowly(std::size_t size) noexcept {
    if (size > kSmallLimit) return allocate_large(size);
    const unsigned size_class = class_of(size);
    if (!kHardened && size <= kExactLimit)  // the current magazine was tried
      if (void* object = thread_cache->next_at_hand(size_class)) return object;
    return allocate_class(size_class);
  }
  static void* allocate(std::size_t size) noexcept {
    if (void* object = allocate_fast(size)) [[likely]]
      return object;
    return allocate_slowly(size);
  }

  static void release(void* object) noexcept {
    if constexpr (kHardened) return release_slowly(object);
    expect_change(object);
    std::size_t kind;
    if (!BlockMap::near_kind(object, &kind) || !thread_cache->push(object, kind)) [[unlikely]]
      release_slowly(object);
  }

  static void* allocate_zeroed(std::size_t size) noexcept {
    bool zero = false;
    void* object = size <= kSmallLimit ? allocate(size) : allocate_large(size, kUnit, &zero);
    if (object != nullptr && !zero) std::memset(object, 0, size);
    return object;
  }

  // `alignment` is a power of two.
  static void* allocate_aligned(std::size_t size, std::size_t alignment) noexcept {
    if (alignment <= kGranule) return allocate(size);
    if (const unsigned size_class = aligned_class(size, alignment)) return allocate_class(size_class);
    return allocate_large(size, alignment);
  }

  static std::size_t usable_size(const void* object) noexcept {
    const unsigned kind = BlockMap::kind(object);
    return is_large(kind) ? Large::usable_size(object) : class_size(class_of_object(object, kind));
  }

  // Null when memory is exhausted; the object is as it was then.
  static void* reallocate(void* object, std::size_t size) noexcept {
    const unsigned kind = BlockMap::kind(object);
    const std::size_t usable = usable_size(object);
    if (!is_large(kind) && mark_of(object) == mark_for(object, secret))
      stop(Misuse::kDoubleFree, object, usable);
    // An object is left for a smaller one when it would be half empty, a large one shortened by a quarter or
    // more.
    if (size <= usable && size >= (is_large(kind) ? usable - usable / 4 : usable / 2)) return object;
    if (usable <= kSmallLimit && size <= usable && class_size(class_of(size)) == usable) return object;
    if (is_large(kind) && size > kSmallLimit && Large::resize(object, size)) return object;
    void* moved = nullptr;
    // Room to grow: it is address space, not memory, and spares copies.
    if (size > usable && size > kSmallLimit && size < Large::kMostBytes)
      moved = Large::allocate(size + size / 4);
    if (moved == nullptr) moved = allocate(size);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, object, size < usable ? size : usable);
    release(object);
    return moved;
  }

 private:
  // What has long been free, and what lies in caches that nobody has, goes back now and then. The clock is a
  // part of what a slow call costs: a thread reads it in each fourth.
  static void age() noexcept {
    static constinit thread_local unsigned calls = 0;
    if (++calls % 4 == 0 && space.age()) Threads::flush_idle(Space::kIdle);
  }

  // Where memory is exhausted, it is tried again once what lies idle is back, unless that cannot be enough.
  template <class Attempt>
  static void* attempt(std::size_t size, Attempt attempt) noexcept {
    void* object = attempt();
    if (object == nullptr && size <= OsMemory::mapped()) [[unlikely]] {
      Threads::flush_all();
      object = attempt();
    }
    if (object == nullptr) errno = ENOMEM;
    return object;
  }

  static void* allocate_large(std::size_t size, std::size_t alignment = kUnit,
                              bool* zero = nullptr) noexcept {
    age();
    if (alignment <= kUnit)
      if (void* object = thread_cache->runs.take(size)) return object;
    return attempt(size, [&] { return Large::allocate(size, alignment, zero); });
  }

  static void* allocate_class(unsigned size_class) noexcept {
    if constexpr (!kHardened) {
      ThreadCache* cache = thread_cache;
      if (void* object = cache->pop(size_class)) [[likely]]
        return object;
      if (void* object = cache->next_at_hand(size_class)) [[likely]]
        return object;
    }
    return obtain(size_class);
  }

  [[gnu::noinline]] static void* obtain(unsigned size_class) noexcept {
    depots[size_class].expect_use();  // while the clock is looked at
    __builtin_prefetch(&centrals[size_class]);
    age();
    return attempt(class_size(size_class), [&]() -> void* {
      const CacheUse use;
      return use.cache() == nullptr ? nullptr : use.cache()->obtain(size_class);
    });
  }

  // The class of a small object; stops where none starts.
  static unsigned class_of_object(const void* object, unsigned kind) noexcept {
    const UnitOfClass in = unit_of_class(kind);
    const unsigned size_class = kind == kMixed ? MixedBlock::class_at(object) : in.size_class;
    if (size_class == 0) stop(Misuse::kInvalidFree, object, 0);
    if (kind == kMixed) return size_class;
    const ClassFacts& facts = kFacts[size_class];
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(object) % kUnit + in.unit * kUnit;
    if (UniformBlock::index(facts, offset) == facts.capacity) stop(Misuse::kInvalidFree, object, facts.size);
    return size_class;
  }

  static void release_large(void* object, unsigned kind) noexcept {
    if (thread_cache->runs.give(object, kind)) return;
    age();
    Large::release(object);
  }

  [[gnu::noinline]] static void release_slowly(void* object) noexcept {
    if (object == nullptr) return;
    const unsigned kind = BlockMap::kind(object);
    if (is_large(kind)) return release_large(object, kind);
    const unsigned size_class = class_of_object(object, kind);
    if (mark_of(object) == mark_for(object, secret))
      stop(Misuse::kDoubleFree, object, class_size(size_class));
    if (!kHardened && thread_cache->put(object, size_class)) return;
    age();
    const CacheUse use;
    if (use.cache() != nullptr) {
      use.cache()->accept(object, size_class);
    } else {
      mark_of(object) = mark_for(object, secret);
      centrals[size_class].give(size_class, &object, 1);
    }
  }
};

}  // namespace assay::drop_in
