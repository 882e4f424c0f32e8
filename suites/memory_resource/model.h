// Random programs of one resource beside the oracle of ranges, contents and alignments.
//
//   Blocks<Pool> blocks;
//   blocks.allocate(3, 24, 8);
//   blocks.deallocate(3);
//   blocks.release();
//
// Sizes are multiples of the alignment, as those of objects are: the other pairs are R-01's. Requests may
// fail, since a resource may be small.
#pragma once

#include <algorithm>
#include <cstdio>

#include "suites/core/live_map.h"
#include "suites/core/model.h"
#include "suites/core/random.h"
#include "suites/memory_resource/subject.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

inline constexpr unsigned kModelSlots = 128;

template <MemoryResource R>
class Blocks {
 public:
  void allocate(unsigned slot, std::size_t size, std::size_t alignment) {
    deallocate(slot);
    void* block = try_allocate(instance_->resource(), size, alignment);
    if (block == nullptr) return;
    if constexpr (kResourceTraits<R>.takes_upstream)
      require(size == 0 || upstream_.pages().contains(block, size),
              "allocate(%zu, %zu) returned %p, which is not in upstream's storage", size, alignment, block);
    require_sound(live_.add(block, size, size, alignment), size, alignment);
    slots_[slot] = {block, size, alignment};
  }

  void deallocate(unsigned slot) {
    const Block block = slots_[slot];
    if (block.address == nullptr) return;
    slots_[slot] = {};
    require_sound(live_.remove(block.address), block.size, block.alignment);
    instance_->resource().deallocate(block.address, block.size, block.alignment);
  }

  void check_all() {
    for (const Block& block : slots_)
      if (block.address != nullptr) require_sound(live_.check(block.address), block.size, block.alignment);
  }

  void release() {
    check_all();
    if constexpr (kResourceTraits<R>.releases) {
      for (Block& block : slots_) {
        if (block.address == nullptr) continue;
        require_sound(live_.remove(block.address), block.size, block.alignment);
        block = {};
      }
      instance_->subject().release();
    }
  }

  void check_invariants() {
    if constexpr (requires(const R& subject) { subject.check_invariants(); })
      instance_->subject().check_invariants();
  }

  // The next failure of upstream; nothing may be lost through it.
  void fail_upstream_after(std::size_t successes) { upstream_.pages().fail_after(successes); }

  void finish() {
    check_all();
    for (unsigned slot = 0; slot < kModelSlots; ++slot) deallocate(slot);
    check_invariants();
    instance_.reset();
    require(upstream_.wrong_returns() + upstream_.foreign_returns() == 0,
            "%zu blocks went back to upstream wrongly",
            upstream_.wrong_returns() + upstream_.foreign_returns());
    if constexpr (kResourceTraits<R>.releases || kResourceTraits<R>.pools || kResourceTraits<R>.monotonic)
      require(upstream_.pages().live_blocks() == 0, "the destructor leaves %zu blocks of upstream behind",
              upstream_.pages().live_blocks());
  }

 private:
  struct Block {
    void* address = nullptr;
    std::size_t size = 0, alignment = 0;
  };

  static void require_sound(const char* problem, std::size_t size, std::size_t alignment) {
    require(problem == nullptr, "allocate(%zu, %zu): %s", size, alignment, problem);
  }

  RecordedUpstream upstream_;
  Owned<R> instance_ = make_instance<R>(&upstream_);
  LiveMap live_;
  Block slots_[kModelSlots] = {};
};

struct Operation {
  enum Kind : unsigned char { kAllocate, kDeallocate, kRelease, kFailUpstream };
  Kind kind;
  unsigned char slot;
  unsigned short alignment;
  std::size_t size;  // or how many calls of upstream go well
};

template <MemoryResource R>
struct Dialect {
  using Operation = memory_resource::Operation;

  bool failures;  // of upstream

  void generate(Random& random, Operation* operations, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) {
      Operation& operation = operations[i] = {};
      operation.slot = static_cast<unsigned char>(random.below(kModelSlots));
      operation.kind = random.one_in(3) ? Operation::kDeallocate : Operation::kAllocate;
      if (random.one_in(400)) operation.kind = Operation::kRelease;
      if (failures && random.one_in(12)) {
        operation.kind = Operation::kFailUpstream;
        operation.size = random.below(4);
      }
      if (operation.kind != Operation::kAllocate) continue;
      operation.alignment =
          static_cast<unsigned short>(1u << (random.one_in(4) ? random.below(13) : random.below(5)));
      std::size_t size = random.log_between(1, random.one_in(30) ? 100'000 : 2000);
      if (random.one_in(4)) size = (std::size_t{8} << random.below(10)) + random.below(3) - 1;
      const std::size_t mask = operation.alignment - std::size_t{1};
      operation.size = random.one_in(50) ? 0 : (size + mask) & ~mask;
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Blocks<R> blocks;
    for (std::size_t i = 0; i < count; ++i) {
      const Operation& operation = operations[i];
      if (i % 256 == 0) blocks.check_invariants();
      switch (operation.kind) {
        case Operation::kAllocate:
          blocks.allocate(operation.slot, operation.size, std::max<std::size_t>(operation.alignment, 1));
          break;
        case Operation::kDeallocate:
          blocks.deallocate(operation.slot);
          break;
        case Operation::kRelease:
          blocks.release();
          break;
        case Operation::kFailUpstream:
          blocks.fail_upstream_after(operation.size);
          break;
      }
    }
    blocks.finish();
  }

  void print(const Operation& operation) const {
    switch (operation.kind) {
      case Operation::kAllocate:
        std::fprintf(stderr, "  blocks.allocate(%d, %zu, %d);\n", operation.slot, operation.size,
                     operation.alignment);
        break;
      case Operation::kDeallocate:
        std::fprintf(stderr, "  blocks.deallocate(%d);\n", operation.slot);
        break;
      case Operation::kRelease:
        std::fprintf(stderr, "  blocks.release();\n");
        break;
      case Operation::kFailUpstream:
        std::fprintf(stderr, "  blocks.fail_upstream_after(%zu);\n", operation.size);
        break;
    }
  }
  const char* opening() const { return "  Blocks<Subject> blocks;\n"; }
};

template <MemoryResource R>
void check_random_programs() {
  run_random_programs(Dialect<R>{.failures = false}, 3000, 6);
}

template <MemoryResource R>
void check_failing_programs() {
  if constexpr (!kResourceTraits<R>.takes_upstream)
    absent("takes no upstream");
  else
    run_random_programs(Dialect<R>{.failures = true}, 2000, 8);
}

}  // namespace assay::suite::memory_resource
