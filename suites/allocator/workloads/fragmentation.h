// What becomes of free space: four patterns that are known to break it up, and its share over time.
//
//   fragmentation_bands       twelve phases of sizes, each leaving random survivors: a program that goes
//                             through phases (load, index, serve)
//   fragmentation_robson      sizes double, and every second block of all goes before each doubling, so that
//                             no hole fits the next size: near the worst that any heap that does not move
//                             blocks can be made to do (M/2 log2 n, Robson 1974)
//   fragmentation_lifetimes   a steady live set, most replacements among few of its blocks: short and long
//                             lives side by side
//   fragmentation_production  production sizes; the live set grows, loses random three quarters, grows again
//
// What counts is memory: peak_over_live is the peak of the resident size over that of what was live,
// held_over_live the same for what is held from the system (HeapCourse), fragmentation the mean over time of
// the share of it that is not live. One operation is one allocation (and its free); the times leave out
// the looks at the sizes. After Wilson et al., "Dynamic storage allocation: a survey and critical review",
// 1995.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "suites/allocator/workloads/heap_blocks.h"
#include "suites/core/production_sizes.h"
#include "suites/core/random.h"

namespace assay::suite::allocator {

// A list of live blocks that only the pattern of the derived class changes.
template <Allocator A>
class FragmentationRun : public Workload {
 public:
  std::uint64_t pass() final {
    course_.begin();
    operations = 0;
    Random random(seed_);
    const double start = cpu_nanoseconds();
    run(random);
    spent_ = cpu_nanoseconds() - start - course_.spent();
    peak_live = set_.peak();
    return set_.take_checksum();
  }

  void end() final {
    set_.drain(blocks_, count_);
    set_.take_checksum();
    count_ = 0;
  }

  void report(const Resident& resident, Figures& figures) final {
    figures.add("peak_over_live", "ratio", resident.peak_over(peak_live));
    figures.add("cpu_time", "ns/op", spent_ / static_cast<double>(operations));
    course_.report(figures);
  }

 protected:
  FragmentationRun(const Settings& settings, std::size_t most_blocks)
      : seed_(settings.seed), most_(most_blocks), blocks_(harness_array<HeapBlock>(most_blocks)) {}

  virtual void run(Random& random) = 0;

  std::size_t count() const { return count_; }
  std::size_t live() const { return set_.live(); }

  void append(std::size_t size) {
    if (count_ == most_) fail("more than %zu blocks", most_);
    put(blocks_[count_++], size);
  }
  void replace(std::size_t i, std::size_t size) {
    take(blocks_[i]);
    put(blocks_[i], size);
  }
  void remove(std::size_t i) {  // the last one takes its number
    take(blocks_[i]);
    blocks_[i] = blocks_[--count_];
  }
  void remove_every_second() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (i % 2 == 1) {
        take(blocks_[i]);
      } else {
        blocks_[kept++] = blocks_[i];
      }
    }
    count_ = kept;
  }

 private:
  void put(HeapBlock& block, std::size_t size) {
    set_.fill(block, size, operations++);
    course_.moved(size);
  }
  void take(HeapBlock& block) {
    const std::size_t size = block.size;
    set_.drain(block);
    course_.moved(size);
  }

  std::uint64_t seed_;
  std::size_t most_;
  HeapBlock* blocks_;
  std::size_t count_ = 0;
  double spent_ = 0;  // nanoseconds of the pass
  HeapBlocks<A> set_;
  HeapCourse<A> course_{set_};
};

template <Allocator A>
class FragmentationBands final : public FragmentationRun<A> {
 public:
  explicit FragmentationBands(const Settings& settings)
      : FragmentationRun<A>(settings, settings.scaled(kCap) / kSmallest * 2), cap_(settings.scaled(kCap)) {}

 private:
  static constexpr std::size_t kCap = 6 << 20, kSmallest = 24, kLargest = 32 << 10, kKept = 27;
  static constexpr int kBands = 12;

  void run(Random& random) override {
    const double ratio = std::pow(static_cast<double>(kLargest) / kSmallest, 1.0 / kBands);
    double low = kSmallest;
    for (int band = 0; band < kBands; ++band, low *= ratio) {
      const auto least = static_cast<std::size_t>(low), most = static_cast<std::size_t>(low * ratio);
      const std::size_t before = this->live(), survivors = this->count();
      while (this->live() - before + most <= cap_) this->append(random.between(least, most));
      while (this->live() - before > cap_ / kKept)
        this->remove(survivors + random.below(this->count() - survivors));
    }
  }

  std::size_t cap_;
};

template <Allocator A>
class FragmentationRobson final : public FragmentationRun<A> {
 public:
  explicit FragmentationRobson(const Settings& settings)
      : FragmentationRun<A>(settings, settings.scaled(kCap) / kSmallest * 2), cap_(settings.scaled(kCap)) {}

 private:
  static constexpr std::size_t kCap = 4 << 20, kSmallest = 32, kLargest = 32 << 10;

  void run(Random&) override {
    for (std::size_t size = kSmallest; size <= kLargest; size *= 2) {
      // Eight bytes less, so that a block with a tag of that size in front takes a power of two.
      while (this->live() + size <= cap_) this->append(size - 8);
      this->remove_every_second();
    }
  }

  std::size_t cap_;
};

template <Allocator A>
class FragmentationLifetimes final : public FragmentationRun<A> {
 public:
  explicit FragmentationLifetimes(const Settings& settings)
      : FragmentationRun<A>(settings, settings.scaled(kLive)), live_(settings.scaled(kLive)) {}

 private:
  static constexpr std::size_t kLive = 6000, kReplaced = 50;  // of each block, on average

  void run(Random& random) override {
    for (std::size_t i = 0; i < live_; ++i) this->append(random.log_between(16, 8192));
    const std::size_t young = live_ / 10 + 1;
    for (std::size_t i = 0; i < kReplaced * live_; ++i) {
      const std::size_t victim = random.one_in(10) ? random.below(live_) : random.below(young);
      this->replace(victim, random.log_between(16, 8192));
    }
  }

  std::size_t live_;
};

template <Allocator A>
class FragmentationProduction final : public FragmentationRun<A> {
 public:
  explicit FragmentationProduction(const Settings& settings)
      : FragmentationRun<A>(settings, settings.scaled(kCap) / 32), cap_(settings.scaled(kCap)) {}

 private:
  static constexpr std::size_t kCap = 8 << 20;
  static constexpr int kWaves = 12;

  void run(Random& random) override {
    for (int wave = 0; wave < kWaves; ++wave) {
      while (this->live() < cap_) this->append(std::max<std::size_t>(8, sizes_.draw(random)));
      while (this->live() > cap_ / 4) this->remove(random.below(this->count()));
    }
  }

  std::size_t cap_;
  ProductionSizes sizes_{kLightSizes};
};

inline constexpr Description kFragmentationBands{
    .name = "fragmentation_bands",
    .family = "fragmentation",
    .sentence = "twelve phases of sizes from 24 bytes to 32 KiB, each leaving random survivors",
    .repetitions = 1,
    .warm_ups = 0};
inline constexpr Description kFragmentationRobson{
    .name = "fragmentation_robson",
    .family = "fragmentation",
    .sentence = "sizes double from 32 bytes to 32 KiB; before each doubling every second block is freed",
    .repetitions = 1,
    .warm_ups = 0};
inline constexpr Description kFragmentationLifetimes{
    .name = "fragmentation_lifetimes",
    .family = "fragmentation",
    .sentence = "6,000 blocks of 16-8,192 bytes, nine of ten replacements among a tenth of them",
    .repetitions = 1,
    .warm_ups = 0};
inline constexpr Description kFragmentationProduction{
    .name = "fragmentation_production",
    .family = "fragmentation",
    .sentence = "production sizes: grows to 8 MiB, loses three quarters at random, twelve times",
    .repetitions = 1,
    .warm_ups = 0};

template <Allocator A>
void add_fragmentation_workloads() {
  static const WorkloadEntry bands(made_by(kFragmentationBands, make_workload<FragmentationBands<A>>));
  static const WorkloadEntry robson(made_by(kFragmentationRobson, make_workload<FragmentationRobson<A>>));
  static const WorkloadEntry lifetimes(
      made_by(kFragmentationLifetimes, make_workload<FragmentationLifetimes<A>>));
  static const WorkloadEntry production(
      made_by(kFragmentationProduction, make_workload<FragmentationProduction<A>>));
}

}  // namespace assay::suite::allocator
