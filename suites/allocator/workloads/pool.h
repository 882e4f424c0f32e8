// Workloads of allocators that free block by block: pools of one size first, then mixed sizes.
//
// A pool gets the geometry that the workload needs; any other allocator is asked for the same size. Every
// block is marked when it is allocated and read when it is freed: its first word, and the checksum folds what
// was read, in the order in which the pattern frees.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

#include "allocators/concept.h"
#include "suites/allocator/workloads/fitted.h"
#include "suites/allocator/workloads/pool_programs.h"
#include "suites/core/random.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"

namespace assay::suite::allocator {

// `kLive` blocks of 64 bytes are allocated and then freed in a given order, again and again.
enum class FreeOrder { kLifo, kFifo, kRandom };

template <Allocator A, FreeOrder kOrder>
class FillAndDrain : public Workload {
 public:
  explicit FillAndDrain(const Settings& settings)
      : live_(settings.scaled(10'000)), fitted_(kSize, live_), blocks_(harness_array<void*>(live_)) {
    rounds_ = settings.repeated(20);
    operations = rounds_ * live_;
    peak_live = live_ * kSize;
    order_ = harness_array<std::uint32_t>(live_);
    std::iota(order_, order_ + live_, 0);
    Random random(settings.seed);
    if (kOrder == FreeOrder::kLifo) std::reverse(order_, order_ + live_);
    if (kOrder == FreeOrder::kRandom)
      for (std::size_t i = live_; i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t round = 0; round < rounds_; ++round) {
      for (std::size_t i = 0; i < live_; ++i) blocks_[i] = fitted_.take(kSize, i + round);
      for (std::size_t k = 0; k < live_; ++k) {
        const std::size_t i = order_[k];
        checksum = fold(checksum, fitted_.give_back(blocks_[i], kSize, i + round));
      }
    }
    return checksum;
  }

 private:
  static constexpr std::size_t kSize = 64;
  std::size_t live_, rounds_;
  Fitted<A> fitted_;
  void** blocks_;
  std::uint32_t* order_;
};

// Random ones of `kLive` live blocks are replaced; sizes are log-uniform between the bounds. One operation is
// a release and an allocation.
template <Allocator A, std::size_t kLeast, std::size_t kMost, std::size_t kLive>
class Replace : public Workload {
 public:
  explicit Replace(const Settings& settings)
      : live_(settings.scaled(kLive)), fitted_(kMost, live_), slots_(harness_array<Slot>(live_)) {
    operations = settings.repeated(kSteps);
    steps_ = harness_array<Step>(kSteps);
    Random random(settings.seed);
    for (std::size_t i = 0; i < kSteps; ++i)
      steps_[i] = {static_cast<std::uint32_t>(random.below(live_)),
                   static_cast<std::uint32_t>(random.log_between(kLeast, kMost))};
    peak_live = live_ * kMost;
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < live_; ++i) fill(slots_[i], steps_[i % kSteps].size, i);
    for (std::size_t i = 0; i < operations; ++i) {
      const Step step = steps_[i % kSteps];
      Slot& slot = slots_[step.slot];
      checksum = fold(checksum, fitted_.give_back(slot.block, slot.size, slot.number));
      fill(slot, step.size, i);
    }
    for (std::size_t i = 0; i < live_; ++i)
      checksum = fold(checksum, fitted_.give_back(slots_[i].block, slots_[i].size, slots_[i].number));
    return checksum;
  }

 private:
  static constexpr std::size_t kSteps = 200'000;
  struct Slot {
    void* block;
    std::uint32_t size, number;
  };
  struct Step {
    std::uint32_t slot, size;
  };
  void fill(Slot& slot, std::uint32_t size, std::size_t number) {
    slot = {fitted_.take(size, number), size, static_cast<std::uint32_t>(number)};
  }

  std::size_t live_;
  Fitted<A> fitted_;
  Slot* slots_;
  Step* steps_;
};

// Two threads on one pool: each replaces blocks of its own, and every eighth block is handed to the other,
// which frees it. One operation is one allocation and one free.
template <Allocator A>
class TwoThreads : public Workload {
 public:
  explicit TwoThreads(const Settings& settings)
      : each_(settings.repeated(100'000)), fitted_(kSize, 2 * (kOwn + kQueue) + 64) {
    operations = 2 * each_;
    peak_live = 2 * (kOwn + kQueue) * kSize;
    for (Queue*& queue : queues_) queue = new (harness_memory(sizeof(Queue))) Queue;
    for (void**& blocks : blocks_) blocks = harness_array<void*>(kOwn);
  }

  std::uint64_t pass() override {
    std::uint64_t checksums[2];
    team_.run([this, &checksums](unsigned member) { checksums[member] = work(member); });
    return fold(checksums[0], checksums[1]);
  }

 private:
  static constexpr std::size_t kSize = 64, kOwn = 256, kQueue = 1024, kBehind = 512, kEvery = 8;
  using Queue = Ring<kQueue>;

  std::uint64_t work(unsigned member) {
    void** own = blocks_[member];
    Queue& out = *queues_[member];
    Queue& in = *queues_[1 - member];
    std::uint64_t checksum = 0;
    const std::uint64_t mine = member * each_, theirs = (1 - member) * each_;
    std::size_t received = 0;
    const auto receive = [&] {
      checksum = fold(checksum, fitted_.give_back(in.pop(), kSize, theirs + received));
      received += kEvery;
    };
    for (std::size_t i = 0; i < each_ + kOwn; ++i) {
      void*& place = own[i % kOwn];
      if (i >= kOwn && (i - kOwn) % kEvery != 0)
        checksum = fold(checksum, fitted_.give_back(place, kSize, mine + i - kOwn));
      if (i >= each_) continue;
      place = fitted_.take(kSize, mine + i);
      if (i % kEvery != 0) continue;
      out.push(place);
      if (i >= received + kBehind * kEvery) receive();  // the partner need not be at the same place
    }
    while (received < each_) receive();
    return checksum;
  }

  std::size_t each_;
  Fitted<A> fitted_;
  Queue* queues_[2];
  void** blocks_[2];
  Team<2> team_;
};

inline constexpr Description kPoolLifo{
    .name = "pool_lifo",
    .family = "pool",
    .sentence = "10,000 blocks of 64 bytes allocated, then freed last first",
    .any_length = true};
inline constexpr Description kPoolFifo{
    .name = "pool_fifo",
    .family = "pool",
    .sentence = "10,000 blocks of 64 bytes allocated, then freed first first",
    .any_length = true};
inline constexpr Description kPoolRandom{
    .name = "pool_random",
    .family = "pool",
    .sentence = "10,000 blocks of 64 bytes allocated, then freed in random order",
    .any_length = true};
inline constexpr Description kConnectionTable{
    .name = "connection_table",
    .family = "pool",
    .sentence = "event loop: accepts and closes up to 2,000 connections of 320 bytes of state",
    .any_length = true};
inline constexpr Description kDescriptorRing{
    .name = "descriptor_ring",
    .family = "pool",
    .sentence = "driver: a ring of 512 buffers of 256 bytes, completed almost in order",
    .any_length = true};
inline constexpr Description kEmbeddedPool{
    .name = "embedded_pool",
    .family = "pool",
    .sentence = "firmware: 48 messages of 64 bytes in a static buffer of 4 KiB, no heap",
    .any_length = true};
inline constexpr Description kPoolTwoThreads{
    .name = "pool_two_threads",
    .family = "pool",
    .sentence = "two threads replace 64-byte blocks of their own and hand every eighth to the other",
    .any_length = true,
    .threaded = true};
inline constexpr Description kMixedSizes{
    .name = "mixed_sizes",
    .family = "size classes",
    .sentence = "random ones of 4,000 blocks of 16-1,024 bytes are replaced",
    .any_length = true};
inline constexpr Description kReplaceRandom{
    .name = "replace_random",
    .family = "size classes",
    .sentence = "random ones of 1,000 blocks of 16-1,024 bytes are replaced: a server's steady state",
    .any_length = true};

template <Allocator A>
void add_pool_workloads() {
  if constexpr (A::kTraits.frees_individually) {
    static const WorkloadEntry lifo(made_by(kPoolLifo, make_workload<FillAndDrain<A, FreeOrder::kLifo>>));
    static const WorkloadEntry fifo(made_by(kPoolFifo, make_workload<FillAndDrain<A, FreeOrder::kFifo>>));
    static const WorkloadEntry random(
        made_by(kPoolRandom, make_workload<FillAndDrain<A, FreeOrder::kRandom>>));
    static const WorkloadEntry table(made_by(kConnectionTable, make_workload<ConnectionTable<A>>));
    static const WorkloadEntry ring(made_by(kDescriptorRing, make_workload<DescriptorRing<A>>));
    static const WorkloadEntry replaced(made_by(kReplaceRandom, make_workload<Replace<A, 16, 1024, 1'000>>));
    if constexpr (!A::kTraits.pools) {
      static const WorkloadEntry mixed(made_by(kMixedSizes, make_workload<Replace<A, 16, 1024, 4'000>>));
    }
    if constexpr (A::kTraits.thread_safe) {
      static const WorkloadEntry threads(made_by(kPoolTwoThreads, make_workload<TwoThreads<A>>));
    }
    if constexpr (std::constructible_from<A, std::span<std::byte>>) {
      static const WorkloadEntry embedded(made_by(kEmbeddedPool, make_workload<EmbeddedPool<A>>));
    }
  }
}

}  // namespace assay::suite::allocator
