// Workloads of heaps: allocators that take any size and free block by block.
//
//   heap_churn  10,000 blocks of 16 to 4,096 bytes, every size as likely; random ones are replaced
//   heap_mixed  50,000 blocks of production sizes, most replacements among a tenth of them
// and the fragmentation runs of fragmentation.h. One operation is a release and an allocation. A pass
// replaces what begin() allocated, so that the heap has a past in every pass.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "suites/allocator/workloads/fragmentation.h"
#include "suites/allocator/workloads/heap_blocks.h"
#include "suites/core/production_sizes.h"
#include "suites/core/random.h"

namespace assay::suite::allocator {

template <Allocator A, class Pattern>
class HeapReplacement final : public Workload {
 public:
  explicit HeapReplacement(const Settings& settings)
      : live_(settings.scaled(Pattern::kLive)),
        blocks_(harness_array<HeapBlock>(live_)),
        steps_(harness_array<Step>(kSteps)) {
    operations = settings.repeated(kSteps);
    Random random(settings.seed);
    const Pattern pattern;
    for (std::size_t i = 0; i < kSteps; ++i)
      steps_[i] = {static_cast<std::uint32_t>(pattern.victim(random, live_)), pattern.size(random)};
  }

  void begin() override {
    for (std::size_t i = 0; i < live_; ++i) set_.fill(blocks_[i], steps_[i * 31 % kSteps].size, i);
  }

  std::uint64_t pass() override {
    for (std::size_t i = 0; i < operations; ++i) {
      const Step& step = steps_[i % kSteps];
      set_.drain(blocks_[step.victim]);
      set_.fill(blocks_[step.victim], step.size, i);
    }
    peak_live = set_.peak();
    return set_.take_checksum();
  }

  void end() override {
    set_.drain(blocks_, live_);
    set_.take_checksum();
  }

 private:
  static constexpr std::size_t kSteps = 100'000;
  struct Step {
    std::uint32_t victim, size;
  };

  std::size_t live_;
  HeapBlock* blocks_;
  Step* steps_;
  HeapBlocks<A> set_;
};

struct ChurnPattern {
  static constexpr std::size_t kLive = 10'000;
  std::size_t victim(Random& random, std::size_t live) const { return random.below(live); }
  std::uint32_t size(Random& random) const { return static_cast<std::uint32_t>(random.between(16, 4096)); }
};

struct MixedPattern {
  static constexpr std::size_t kLive = 50'000;
  std::size_t victim(Random& random, std::size_t live) const {
    return random.below(random.one_in(10) ? live : live / 10 + 1);
  }
  std::uint32_t size(Random& random) const { return std::max<std::uint32_t>(8, sizes.draw(random)); }
  ProductionSizes sizes{kLightSizes};
};

inline constexpr Description kHeapChurn{
    .name = "heap_churn",
    .family = "heap",
    .sentence = "random ones of 10,000 blocks of 16-4,096 bytes are replaced",
    .any_length = true};
inline constexpr Description kHeapMixed{
    .name = "heap_mixed",
    .family = "heap",
    .sentence = "50,000 blocks of production sizes, nine of ten replacements among a tenth of them",
    .any_length = true};

// A subject that refuses the largest block of these workloads at once (a tiered pool) has none of them.
template <Allocator A>
bool takes_any_size() {
  A subject;
  void* block = subject.allocate(std::size_t{32} << 10, 16);
  if (block != nullptr) subject.deallocate(block, std::size_t{32} << 10, 16);
  return block != nullptr;
}

template <Allocator A>
void add_heap_workloads() {
  if constexpr (A::kTraits.frees_individually && !A::kTraits.pools) {
    if (!takes_any_size<A>()) return;
    static const WorkloadEntry churn(made_by(kHeapChurn, make_workload<HeapReplacement<A, ChurnPattern>>));
    static const WorkloadEntry mixed(made_by(kHeapMixed, make_workload<HeapReplacement<A, MixedPattern>>));
    add_fragmentation_workloads<A>();
  }
}

}  // namespace assay::suite::allocator
