// Workloads of raw-memory allocators, instantiated for one type by the macro `benchmark`.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>

#include "allocators/concept.h"
#include "suites/core/benchmark_case.h"
#include "suites/core/random.h"

namespace assay::suite::allocator {

// A working set of 1,000 blocks of 16 to 1,024 bytes in which random ones are replaced: a server's steady
// state. One operation is a release and an allocation.
template <Allocator A>
requires(A::kTraits.frees_individually) void replace_random(benchmark::State& state) {
  constexpr std::size_t kBlocks = 1000;
  struct Slot {
    void* block;
    std::size_t size;
  };
  A subject;
  Random random(1);
  const auto slots = std::make_unique<Slot[]>(kBlocks);
  for (std::size_t i = 0; i < kBlocks; ++i) {
    slots[i].size = random.log_between(16, 1024);
    slots[i].block = subject.allocate(slots[i].size, 8);
  }
  for (auto _ : state) {
    Slot& slot = slots[random.below(kBlocks)];
    subject.deallocate(slot.block, slot.size, 8);
    slot.size = random.log_between(16, 1024);
    slot.block = subject.allocate(slot.size, 8);
    if (slot.block == nullptr) {
      state.SkipWithError("exhausted");
      break;
    }
    *static_cast<volatile char*>(slot.block) = 1;
  }
  for (std::size_t i = 0; i < kBlocks; ++i)
    if (slots[i].block != nullptr) subject.deallocate(slots[i].block, slots[i].size, 8);
}

}  // namespace assay::suite::allocator

#define ASSAY_WORKLOADS(Type)                                     \
  static const ::assay::suite::BenchmarkCase replace_random_case( \
      "replace_random", &::assay::suite::allocator::replace_random<Type>);
