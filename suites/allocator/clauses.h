// The contract of raw-memory allocators (allocators/concept.h), instantiated for one type by
// conformance_test.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "allocators/concept.h"
#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"

namespace assay::suite::allocator {

constexpr std::size_t kLargestAlignment = 4096;
constexpr std::size_t kBatch = 64;

template <Allocator A>
void check_alignment() {
  A subject;
  Random random(seed());
  for (int i = 0; i < 4000; ++i) {
    const std::size_t alignment = std::size_t{1} << random.below(13);
    const std::size_t size = random.log_between(1, 2 * kLargestAlignment);
    const void* block = subject.allocate(size, alignment);
    require(reinterpret_cast<std::uintptr_t>(block) % alignment == 0, "allocate(%zu, %zu) returned %p", size,
            alignment, block);
  }
}

// Random allocation, and release where the subject claims it, beside the oracle of ranges and contents.
template <Allocator A>
void churn(A& subject, LiveMap& live, std::uint64_t stream, int operations) {
  struct Slot {
    void* block = nullptr;
    std::size_t size = 0, alignment = 0;
  };
  Slot slots[128];
  Random random(stream);
  for (int i = 0; i < operations; ++i) {
    Slot& slot = slots[random.below(128)];
    if (slot.block != nullptr) {
      if constexpr (A::kTraits.frees_individually) {
        const char* problem = live.remove(slot.block);
        require(problem == nullptr, "%s", problem);
        subject.deallocate(slot.block, slot.size, slot.alignment);
      } else {
        const char* problem = live.check(slot.block);
        require(problem == nullptr, "%s", problem);
      }
    }
    slot.size = random.log_between(1, 2048);
    slot.alignment = std::size_t{1} << random.below(7);
    slot.block = subject.allocate(slot.size, slot.alignment);
    if (slot.block == nullptr) continue;  // exhausted, which a bounded allocator may be
    const char* problem = live.add(slot.block, slot.size, slot.size, 1);
    require(problem == nullptr, "%s", problem);
  }
  for (const Slot& slot : slots) {
    if (slot.block == nullptr) continue;
    const char* problem = live.remove(slot.block);
    require(problem == nullptr, "%s", problem);
    if constexpr (A::kTraits.frees_individually) subject.deallocate(slot.block, slot.size, slot.alignment);
  }
}

template <Allocator A>
void check_disjointness() {
  A subject;
  LiveMap live;
  churn(subject, live, seed(), 20'000);
}

template <Allocator A>
void check_extreme_sizes() {
  A subject;
  for (const std::size_t size : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4096, std::size_t{PTRDIFF_MAX} + 1})
    for (std::size_t alignment = 1; alignment <= kLargestAlignment; alignment *= 2) {
      const void* block = subject.allocate(size, alignment);
      require(block == nullptr, "allocate(%zu, %zu) returned %p", size, alignment, block);
    }
}

template <Allocator A>
void check_reuse() {
  if constexpr (!A::kTraits.frees_individually) {
    absent("frees nothing individually");
  } else {
    A subject;
    for (const std::size_t size : {8, 24, 100, 1000, 5000, 70'000}) {
      const std::size_t cycles = (8U << 20) / (kBatch * size) + 100;  // a leak would be 8 MiB at least
      std::size_t settled = 0;
      for (std::size_t cycle = 0; cycle < 2 * cycles; ++cycle) {
        void* blocks[kBatch];
        for (void*& block : blocks) block = subject.allocate(size, 8);
        for (void* block : blocks) {
          if (block == nullptr) continue;
          *static_cast<volatile char*>(block) = 1;
          subject.deallocate(block, size, 8);
        }
        if (cycle == cycles) settled = resident_bytes();
      }
      require(resident_bytes() <= settled + (4U << 20),
              "%zu cycles of %zu blocks of %zu bytes grew the process by %zu bytes", cycles, kBatch, size,
              resident_bytes() - settled);
    }
  }
}

template <Allocator A>
void check_threads() {
  if constexpr (!A::kTraits.thread_safe) {
    absent("claims no thread safety");
  } else {
    A subject;
    LiveMap live;
    std::jthread threads[4];
    for (std::uint64_t i = 0; i < 4; ++i)
      threads[i] = std::jthread([&, i] { churn(subject, live, seed() + i, 20'000); });
  }
}

template <Allocator A>
struct Clauses {
  Clause alignment{"A-01", ClauseClass::kViolation, "allocators/concept.h",
                   "Every block is aligned as asked, whatever the mix of sizes and alignments",
                   &check_alignment<A>};
  Clause disjointness{"A-02", ClauseClass::kViolation, "allocators/concept.h",
                      "Live blocks never overlap and keep their contents", &check_disjointness<A>};
  Clause extremes{"A-05", ClauseClass::kViolation, "allocators/concept.h",
                  "Requests above PTRDIFF_MAX fail: no size arithmetic wraps", &check_extreme_sizes<A>};
  Clause reuse{"P-17", ClauseClass::kViolation, "allocators/concept.h",
               "Freed storage becomes available again", &check_reuse<A>};
  Clause threads{"P-15", ClauseClass::kViolation, "allocators/concept.h",
                 "Threads that share the allocator never share a block", &check_threads<A>};
};

}  // namespace assay::suite::allocator

#define ASSAY_CLAUSES(Type) static const ::assay::suite::allocator::Clauses<Type> clauses;
