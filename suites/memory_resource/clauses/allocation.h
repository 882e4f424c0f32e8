// what allocate() gives, and how it fails.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>

#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/memory_resource/subject.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

inline constexpr std::size_t kLargestAlignment = 4096;

// Blocks of every size and alignment, a few alive at a time: the first of a chunk is often aligned by luck.
template <MemoryResource R>
class AlignmentSweep {
 public:
  // False when the resource has no room left: it is then begun anew, as it may free nothing.
  bool visit(std::size_t size, std::size_t alignment) {
    constexpr int kLive = 3;
    void* blocks[kLive] = {};
    bool served = true, aligned = true;
    for (void*& block : blocks) {
      block = try_allocate(instance_->resource(), size, alignment);
      if (block == nullptr) served = false;
      if (reinterpret_cast<std::uintptr_t>(block) % alignment != 0) aligned = false;
      if (!aligned && misaligned_ == 0 && first_block_ == nullptr) {
        first_size_ = size;
        first_alignment_ = alignment;
        first_block_ = block;
      }
    }
    for (void* block : blocks)
      if (block != nullptr) instance_->resource().deallocate(block, size, alignment);
    misaligned_ += !aligned;
    return served;
  }

  void begin_anew() {
    instance_.reset();
    upstream_.reset();
    instance_ = make_instance<R>(&upstream_);
  }

  void run() {
    constexpr std::size_t kLargestSize = 5000;
    begin_anew();
    std::size_t pairs = 0, refused = 0;
    for (std::size_t alignment = 1; alignment <= kLargestAlignment; alignment *= 2) {
      constexpr int kPatience = 64;  // sizes refused in a row: no larger one will be served
      int refusals = 0;
      for (std::size_t size = 1; size <= kLargestSize && refusals < kPatience; ++size, ++pairs) {
        bool served = visit(size, alignment);
        if (!served) {
          begin_anew();
          served = visit(size, alignment);
        }
        refusals = served ? 0 : refusals + 1;
        refused += !served;
      }
    }
    require(misaligned_ == 0, "%zu of %zu (size, alignment) pairs are misaligned, first (%zu, %zu) at %p",
            misaligned_, pairs, first_size_, first_alignment_, first_block_);
    if (refused > 0) note("%zu of %zu (size, alignment) pairs were refused", refused, pairs);
  }

 private:
  SparseUpstream upstream_;
  Owned<R> instance_;
  std::size_t misaligned_ = 0, first_size_ = 0, first_alignment_ = 0;
  const void* first_block_ = nullptr;
};

template <MemoryResource R>
void check_every_alignment() {
  AlignmentSweep<R>().run();
}

template <MemoryResource R>
void check_zero_size() {
  RecordedUpstream upstream;
  const Owned<R> instance = make_instance<R>(&upstream);
  auto& resource = instance->resource();
  for (std::size_t alignment = 1; alignment <= kLargestAlignment; alignment *= 2) {
    void* ordinary = try_allocate(resource, 1, alignment);
    if (ordinary == nullptr) continue;  // alignments may be limited
    void *first = nullptr, *second = nullptr;
    try {
      first = allocate(resource, 0, alignment);
      second = allocate(resource, 0, alignment);
    } catch (const std::exception& error) {
      violated("allocate(0, %zu) threw %s where allocate(1, %zu) did not", alignment, error.what(),
               alignment);
    }
    require(first != nullptr && second != nullptr, "allocate(0, %zu) returned null", alignment);
    require(first != second, "two live results of allocate(0, %zu) are both %p", alignment, first);
    require(first != ordinary && second != ordinary, "allocate(0, %zu) returned a live block", alignment);
    resource.deallocate(second, 0, alignment);
    resource.deallocate(first, 0, alignment);
    resource.deallocate(ordinary, 1, alignment);
  }
}

// Takes blocks until the resource throws; what comes back must never be null.
inline void exhaust(std::pmr::memory_resource& resource, std::size_t size, int attempts) {
  try {
    for (int i = 0; i < attempts; ++i)
      if (allocate(resource, size, 8) == nullptr) violated("allocate(%zu, 8) returned null", size);
  } catch (...) {
  }
}

// Without an upstream of the suite, what is behind the resource may be the program's own heap.
template <MemoryResource R>
void require_survivable_failure() {
  if constexpr (kHugeRequestsAreFatal && !kResourceTraits<R>.takes_upstream)
    skipped("a sanitizer's operator new ends the program when it is asked for too much");
}

template <MemoryResource R>
void check_failure_throws() {
  require_survivable_failure<R>();
  RecordedUpstream upstream;
  const Owned<R> instance = make_instance<R>(&upstream);
  for (const std::size_t size : {SIZE_MAX / 4, SIZE_MAX / 8, std::size_t{1} << 50})
    exhaust(instance->resource(), size, 1);
  if constexpr (kResourceTraits<R>.takes_upstream) {
    upstream.pages().fail_after(0, true);
    for (const std::size_t size : Sizes{1 << 20, 100'000, 5000, 1000, 100, 8})
      exhaust(instance->resource(), size, 3000);
    upstream.pages().never_fail();
  }
}

// More than 32 bits count, with little left in the low 32: refused, or there from end to end. In a child,
// because the last byte of a block that is too short may be anybody's, or nobody's; and never given back,
// since what is done to all its bytes there takes its time.
template <MemoryResource R>
void check_size_beyond_32_bits(std::size_t size, std::size_t alignment) {
  const Ending ending = run_forked([=] {
    RecordedUpstream upstream;
    auto* const instance = make_instance<R>(&upstream).release();
    auto* const block =
        static_cast<volatile unsigned char*>(try_allocate(instance->resource(), size, alignment));
    if (block == nullptr) return;
    if constexpr (kResourceTraits<R>.takes_upstream)
      require(upstream.pages().contains(const_cast<const unsigned char*>(block), size),
              "allocate(%zu, %zu) returned a block that does not end inside upstream's", size, alignment);
    block[0] = 1;
    block[size - 1] = 1;
  });
  require(ending.clean(), "writing to both ends of allocate(%zu, %zu) ended with %s", size, alignment,
          describe(ending));
}

template <MemoryResource R>
void check_no_size_wraps() {
  require_survivable_failure<R>();
  RecordedUpstream upstream;
  const Owned<R> instance = make_instance<R>(&upstream);
  static constexpr std::size_t kFromTheTop[] = {0,  1,  2,  7,   8,   15,   16,   17,   23,   24,  31,
                                                32, 47, 63, 100, 127, 1000, 4095, 4096, 5000, 8192};
  const auto refuse = [&](std::size_t size) {
    for (std::size_t alignment = 1; alignment <= kLargestAlignment; alignment *= 2) {
      const void* block = try_allocate(instance->resource(), size, alignment);
      require(block == nullptr, "allocate(SIZE_MAX - %zu, %zu) returned %p", SIZE_MAX - size, alignment,
              block);
    }
  };
  for (const std::size_t below : kFromTheTop) refuse(SIZE_MAX - below);
  refuse(std::size_t{PTRDIFF_MAX} + 1);
  refuse(SIZE_MAX / 2 + 100);
  for (const std::size_t low : Sizes{0, 64, 5000})
    for (const std::size_t alignment : Sizes{8, 4096})
      check_size_beyond_32_bits<R>((std::size_t{1} << 32) + low, alignment);
}

}  // namespace assay::suite::memory_resource
