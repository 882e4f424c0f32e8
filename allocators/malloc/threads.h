// The caches of the threads: who has which, and who gets that of a thread that ended.
//
// Every thread begins with the empty cache and gets its own in its first slow call. A destructor of a thread-
// specific key takes it back in the last round of destructors, so that those of others find it in place. What
// is called still later, by a thread that is as good as gone, borrows a cache for the one call.
#pragma once

#include <limits.h>
#include <pthread.h>
#include <sys/auxv.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "allocators/malloc/lock.h"
#include "allocators/malloc/metadata.h"
#include "allocators/malloc/thread_cache.h"

namespace assay::drop_in {

inline constinit ThreadCache empty_cache;
inline constinit thread_local ThreadCache* thread_cache = &empty_cache;

class Threads {
 public:
  // The calling thread's own, or a borrowed one (*borrowed), or null when there is no memory for one.
  static ThreadCache* cache(bool* borrowed) noexcept {
    if (thread_cache != &empty_cache) return thread_cache;
    ThreadCache* cache = take();
    if (cache == nullptr) return nullptr;
    if (rounds_ == kEnded) {
      *borrowed = true;
      return cache;
    }
    thread_cache = cache;  // before what follows, which may allocate
    if (has_key_) pthread_setspecific(key_, cache);
    return cache;
  }

  static void give(ThreadCache* cache) noexcept {
    const Guard guard(lock_);
    cache->next = idle_;
    idle_ = cache;
  }

  // The contents of the caches that no thread has, back to the blocks.
  static void flush_idle() noexcept {
    const Guard guard(lock_);
    for (ThreadCache* cache = idle_; cache != nullptr; cache = cache->next) cache->flush();
  }

  static Lock& lock() noexcept { return lock_; }

 private:
  static constexpr unsigned char kEnded = 255;

  static ThreadCache* take() noexcept {
    const Guard guard(lock_);
    if (!begun_) begin();
    ThreadCache* cache = idle_;
    if (cache != nullptr) {
      idle_ = cache->next;
      return cache;
    }
    void* memory = metadata.take(sizeof(ThreadCache));
    if (memory == nullptr) return nullptr;
    cache = new (memory) ThreadCache;
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
    idle_ = new (first_) ThreadCache;
    idle_->begin();
  }

  static void end(void* cache) noexcept {
    if (++rounds_ < PTHREAD_DESTRUCTOR_ITERATIONS) {
      pthread_setspecific(key_, cache);
      return;
    }
    rounds_ = kEnded;
    thread_cache = &empty_cache;
    give(static_cast<ThreadCache*>(cache));
  }

  static inline constinit Lock lock_;
  static inline constinit bool begun_ = false, has_key_ = false;
  static inline constinit pthread_key_t key_{};
  // The main thread's: no memory is asked for. Made in place, lest it is bytes of the file.
  alignas(ThreadCache) static inline constinit unsigned char first_[sizeof(ThreadCache)] = {};
  static inline constinit ThreadCache* idle_ = nullptr;
  static inline constinit thread_local unsigned char rounds_ = 0;  // of destructors that this thread has seen
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

}  // namespace assay::drop_in
