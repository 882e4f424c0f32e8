// Magazines: stacks of pointers to objects of one class, and the depot where threads exchange them.
//
//   | bottom × kAhead | bottom | object | object | … | object | - | - |    pop: *top, then --top
//                       ^ base                         ^ top               push: ++top, then *top
//
// A magazine holds pointers, not links: popping one does not have to wait for the memory of the one before,
// objects are asked for two pops ahead, and one that was overwritten cannot lead astray. `bottom` is an
// object that never bears the mark of a free one, so that the test of the mark finds the empty magazine as
// well; the others are there to be looked at ahead. A thread that has too much or too little of a class
// exchanges a full magazine for an empty one in O(1), without touching the objects: what one thread frees and
// another allocates needs nothing else. After Bonwick and Adams, "Magazines and Vmem" (2001).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allocators/malloc/lock.h"
#include "allocators/malloc/metadata.h"
#include "allocators/malloc/size_classes.h"

namespace assay::drop_in {

// The second word of a free object is its address under this secret, so that neither stale bytes nor copies
// of them look like a mark. Odd: the mark of no address is 0.
inline constinit std::uintptr_t secret = 1;

inline std::uintptr_t& mark_of(void* object) noexcept { return static_cast<std::uintptr_t*>(object)[1]; }
inline std::uintptr_t mark_for(const void* object, std::uintptr_t secret_word) noexcept {
  return reinterpret_cast<std::uintptr_t>(object) ^ secret_word;
}

// Its line will be read, then written: it is asked for in a state to be written at once, or it would have to
// be asked for twice where another core has it. Never faults.
inline void expect_change(const void* object) noexcept {
#ifdef __x86_64__
  asm("prefetchw 8(%0)" : : "r"(object));  // does nothing on the few processors that do not have it
#else
  __builtin_prefetch(object, 1);
#endif
}

inline constinit std::uintptr_t bottom[2] = {0, 0};

struct Magazine {
  void **base, **top;
  bool empty() const noexcept { return top == base; }
  std::size_t count() const noexcept { return static_cast<std::size_t>(top - base); }
};

// How many pops ahead an object is asked for. Four is better for streams from another thread, one for single
// calls: of what is asked for early much is cold again when its turn comes.
constexpr std::size_t kAhead = 2;

// Empty magazines of three lengths. A magazine is for a class for ever.
class MagazinePool {
 public:
  static constexpr unsigned kShort = 15;  // places of the shortest

  Magazine take(unsigned size_class) noexcept {
    const Guard guard(lock_);
    auto** record = static_cast<void**>(pool(size_class).take());
    if (record == nullptr) return {nullptr, nullptr};
    for (std::size_t i = 0; i <= kAhead; ++i) record[i] = bottom;
    return {record + kAhead, record + kAhead};
  }
  void give(unsigned size_class, const Magazine& magazine) noexcept {
    const Guard guard(lock_);
    pool(size_class).give(magazine.base - kAhead);
  }
  Lock& lock() noexcept { return lock_; }

 private:
  static constexpr unsigned kMiddle = 64, kLong = 255;
  static constexpr std::size_t bytes(unsigned objects) { return (kAhead + 1 + objects) * sizeof(void*); }
  RecordPool& pool(unsigned size_class) noexcept {
    const unsigned objects = kFacts[size_class].batch;
    return objects <= kShort ? short_ : objects <= kMiddle ? middle_ : long_;
  }
  Lock lock_;
  RecordPool short_{bytes(kShort)}, middle_{bytes(kMiddle)}, long_{bytes(kLong)};
};
inline constinit MagazinePool magazine_pool;

// Full magazines of a class, few at first or none: what is here is of no use to other classes. Where one
// thread finds the depot full and another found it empty, there may be more, until they lie idle. And the
// last few empty ones that were left for them. First come, first served: what lies side by side comes back
// side by side (ThreadCache::obtain), as the processor's prefetchers expect.
class alignas(64) Depot {
 public:
  // False if there is no room; otherwise *empty is one to go on with, if there is any here.
  bool give(const Magazine& full, unsigned size_class, Magazine* empty) noexcept {
    const Guard guard(lock_);
    const std::uint32_t count = count_.load(std::memory_order_relaxed);
    const std::uint32_t least = fit(kBytes, size_class), most = fit(kMostBytes, size_class);
    if (bound_ < least) bound_ = least;
    if (count >= bound_) {
      const void* dry = ran_dry_for_.exchange(nullptr, std::memory_order_relaxed);
      if (dry == nullptr || dry == &locks_held || bound_ == most) return false;
      bound_ = bound_ == 0 ? 1 : 2 * bound_ < most ? 2 * bound_ : most;
    }
    place(count) = {full, full.base[1]};
    count_.store(count + 1, std::memory_order_relaxed);
    if (empties_ == 0) {
      *empty = {nullptr, nullptr};
    } else {
      --empties_;
      *empty = {empty_[empties_], empty_[empties_]};
    }
    return true;
  }

  // The oldest, or false if there is none. Of *empty, which may be null, there is nothing left if it could be
  // kept here.
  bool take(Magazine* full, Magazine* empty) noexcept {
    if (count_.load(std::memory_order_relaxed) == 0) {             // hints, both
      ran_dry_for_.store(&locks_held, std::memory_order_relaxed);  // an address that tells threads apart
      return false;
    }
    const Guard guard(lock_);
    const std::uint32_t count = count_.load(std::memory_order_relaxed);
    if (count == 0) return false;
    *full = take_oldest(count);
    if (idle_ >= count) idle_ = count - 1;
    if (empty->base != nullptr && empties_ < kEmpties) {
      empty_[empties_++] = empty->base;
      *empty = {nullptr, nullptr};
    }
    return true;
  }
  // One of those that nobody asked for since the last time.
  bool take_idle(Magazine* full) noexcept {
    const Guard guard(lock_);
    const std::uint32_t count = count_.load(std::memory_order_relaxed);
    if (idle_ != 0) bound_ = 0;
    if (idle_ == 0) {
      idle_ = count;
      return false;
    }
    *full = take_oldest(count);
    --idle_;
    return true;
  }
  // Asks for what give() and take() look at first.
  void expect_use() noexcept {
    __builtin_prefetch(this, 1);
    __builtin_prefetch(&place(0), 1);
  }
  Lock& lock() noexcept { return lock_; }

 private:
  static constexpr std::uint32_t kEmpties = 3;
  static constexpr std::size_t kMost = 64, kBytes = 32 << 10, kMostBytes = 512 << 10;
  static constexpr std::uint32_t fit(std::size_t bytes, unsigned size_class) {
    const std::size_t fit = bytes / (std::size_t{kFacts[size_class].batch} * class_size(size_class));
    return static_cast<std::uint32_t>(fit > kMost ? kMost : fit);
  }
  struct Full {
    Magazine magazine;
    void* next;  // what will be popped first: its line and the magazine's are asked for at once
  };
  // Of the magazine that is behind so many others.
  Full& place(std::uint32_t others) noexcept {
    return magazines_[(oldest_.load(std::memory_order_relaxed) + others) % kMost];
  }
  Magazine take_oldest(std::uint32_t count) noexcept {
    const Full& oldest = place(0);
    expect_change(oldest.next);
    oldest_.store(oldest_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    count_.store(count - 1, std::memory_order_relaxed);
    return oldest.magazine;
  }
  Lock lock_;
  std::atomic<std::uint32_t> count_{0}, oldest_{0};  // others look at them without the lock
  std::uint32_t bound_ = 0;                          // 0: the least
  std::atomic<const void*> ran_dry_for_{nullptr};
  std::uint32_t idle_ = 0;  // so few were here at any time since the last call of take_idle()
  std::uint32_t empties_ = 0;
  void** empty_[kEmpties]{};
  Full magazines_[kMost]{};
};
inline constinit Depot depots[kClasses];

}  // namespace assay::drop_in
