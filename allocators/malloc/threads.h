// The caches of the threads: who has which, and who gets that of a thread that ended.
//
// Every thread begins with the empty cache and gets its own in its first slow call. The destructor of a
// thread-specific key takes it back, in the first round of destructors that calls it, not in a later one: a
// thread that allocates first in somebody's destructor has fewer rounds left than it can know of. What is
// called later, by a thread that is as good as gone, borrows a cache for the one call.
//
// A few caches of ended threads keep their contents for the next thread, for a tenth of a second: what
// lies in them is of no use to others, and holds on to its blocks.
#pragma once

#include <pthread.h>
#include <sys/auxv.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "allocators/malloc/lock.h"
#include "allocators/malloc/metadata.h"
#include "allocators/malloc/space.h"
#include "allocators/malloc/thread_cache.h"

namespace assay::drop_in {

inline constinit ThreadCache empty_cache;
inline constinit thread_local ThreadCache* thread_cache = &empty_cache;

// Registers the handlers of fork.cc.
void watch_forks() noexcept;

class Threads {
 public:
  // The calling thread's own, or a borrowed one (*borrowed), or null when there is no memory for one.
  static ThreadCache* cache(bool* borrowed) noexcept {
    if (thread_cache != &empty_cache) return thread_cache;
    bool first = false;
    ThreadCache* cache = take(&first);
    if (cache == nullptr) return nullptr;
    if (ended_) {
      *borrowed = true;
      return cache;
    }
    thread_cache = cache;  // before what follows, which may allocate
    if (first) watch_forks();
    if (has_key_) pthread_setspecific(key_, cache);
    return cache;
  }

  static void give(ThreadCache* cache) noexcept {
    {
      const Guard guard(lock_);
      if (filled_ < kMostFilled) {
        cache->idle_since = Space::milliseconds();
        push(idle_, cache);
        ++filled_;
        return;
      }
    }
    empty(cache);
  }

  // The contents of the caches that no thread has had for so long, back to the blocks.
  static void flush_idle(std::uint32_t milliseconds = 0) noexcept {
    ThreadCache* old = nullptr;
    {
      const Guard guard(lock_);
      const std::uint32_t now = Space::milliseconds();
      for (ThreadCache** link = &idle_; *link != nullptr;) {
        ThreadCache* cache = *link;
        if (now - cache->idle_since < milliseconds) {
          link = &cache->next;
          continue;
        }
        *link = cache->next;
        push(old, cache);
        --filled_;
      }
    }
    while (old != nullptr) empty(std::exchange(old, old->next));
  }

  // All that is in the depots, this thread's cache and those that nobody has.
  static void flush_all() noexcept;

  static Lock& lock() noexcept { return lock_; }

 private:
  static constexpr unsigned kMostFilled = 16;

  static void push(ThreadCache*& list, ThreadCache* cache) noexcept {
    cache->next = list;
    list = cache;
  }

  // Outside of the lock: it takes those of the classes, one after the other.
  static void empty(ThreadCache* cache) noexcept {
    cache->retire();
    const Guard guard(lock_);
    push(empty_, cache);
  }

  static ThreadCache* take(bool* first) noexcept {
    const Guard guard(lock_);
    *first = !begun_;
    if (!begun_) begin();
    if (idle_ != nullptr) {
      --filled_;
      return std::exchange(idle_, idle_->next);
    }
    if (empty_ != nullptr) return std::exchange(empty_, empty_->next);
    void* memory = metadata.take(sizeof(ThreadCache));
    if (memory == nullptr) return nullptr;
    auto* cache = new (memory) ThreadCache;
    cache->begin();
    return cache;
  }

  [[gnu::cold]] static void begin() noexcept {
    begun_ = true;
    std::uintptr_t random = reinterpret_cast<std::uintptr_t>(&random) * 0x9e3779b97f4a7c15u;
    if (const auto* bytes = reinterpret_cast<const unsigned char*>(getauxval(AT_RANDOM)); bytes != nullptr) {
      std::uintptr_t word;
      std::memcpy(&word, bytes, sizeof word);
      random ^= word;
    }
    secret = random | 1;
    has_key_ = pthread_key_create(&key_, end) == 0;
    empty_ = new (first_) ThreadCache;
    empty_->begin();
  }

  static void end(void* cache) noexcept {
    ended_ = true;
    thread_cache = &empty_cache;
    give(static_cast<ThreadCache*>(cache));
  }

  static inline constinit Lock lock_;
  static inline constinit bool begun_ = false, has_key_ = false;
  static inline constinit pthread_key_t key_{};
  // The main thread's: no memory is asked for. Made in place, lest it is bytes of the file.
  alignas(ThreadCache) static inline constinit unsigned char first_[sizeof(ThreadCache)] = {};
  static inline constinit ThreadCache *idle_ = nullptr, *empty_ = nullptr;  // with contents, and without
  static inline constinit unsigned filled_ = 0;                             // caches in idle_
  static inline constinit thread_local bool ended_ = false;
};

// A cache for one slow call.
class CacheUse {
 public:
  CacheUse() noexcept : cache_(Threads::cache(&borrowed_)) {}
  ~CacheUse() {
    if (borrowed_) Threads::give(cache_);
  }
  CacheUse(const CacheUse&) = delete;
  CacheUse& operator=(const CacheUse&) = delete;
  ThreadCache* cache() const noexcept { return cache_; }

 private:
  bool borrowed_ = false;
  ThreadCache* cache_;
};

inline void Threads::flush_all() noexcept {
  flush_idle();
  if (const CacheUse use; use.cache() != nullptr) use.cache()->flush();
  for (unsigned c = 1; c < kClasses; ++c)
    for (Magazine full, none{}; depots[c].take(&full, &none);) ThreadCache::empty(full, c);
}

}  // namespace assay::drop_in
