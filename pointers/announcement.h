// A store that a reader makes often and that must be seen, by whoever frees, before the loads that follow it.
//
//   reader: announce(place, value); p = source.load(acquire) …
//   freer:  unlink(p);  before_reading();  if (place is not value) free(p) …
//
// As with sequentially consistent fences on both sides, the freer sees the announcement or the reader's loads
// see the unlinking. Where membarrier(2) works the reader's side is a plain store
// (allocators/asymmetric_fence.h); elsewhere it is a store and a full fence.
//
// ThreadSanitizer knows neither membarrier nor fences: in its builds the announcement is a sequentially
// consistent exchange, and the freer's side a sequentially consistent read-modify-write. It then runs the
// algorithms with other instructions than those of a usual build; what it checks is that every access to an
// object happens before the object is freed, which rests on the releases and acquires that are the same in
// both.
#pragma once

#include <atomic>

#include "allocators/asymmetric_fence.h"

#if defined(__SANITIZE_THREAD__)
#define ASSAY_NO_FENCES 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ASSAY_NO_FENCES 1
#endif
#endif

namespace assay {

// One value a domain, never changed: all its threads must use the same side.
class Announcer {
 public:
  Announcer() noexcept : asymmetric_(heavy_fence_available()) {}

  // Release in either case, so that who reads `value` knows that the use of what was announced before has
  // ended.
  template <class V>
  void announce(std::atomic<V>& place, V value) const noexcept {
#ifdef ASSAY_NO_FENCES
    place.exchange(value, std::memory_order_seq_cst);
#else
    place.store(value, std::memory_order_release);
    if (asymmetric_) [[likely]]
      light_fence();  // pairs with heavy_fence() in before_reading()
    else
      std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the fence in before_reading()
#endif
  }

  // Between the stores that unlink and the loads of announcements.
  void before_reading() const noexcept {
    full_fence();
    if (asymmetric_) heavy_fence();
  }

  // For the calling thread alone: its stores so far come before its loads from here on.
  static void full_fence() noexcept {
#ifdef ASSAY_NO_FENCES
    static std::atomic<unsigned> line{0};
    line.exchange(1, std::memory_order_seq_cst);  // a locked instruction is a full fence
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);    // pairs with the reader's, or with heavy_fence()
#endif
  }

 private:
  const bool asymmetric_;
};

}  // namespace assay
