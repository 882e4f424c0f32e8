// Latency: single calls timed by the time stamp counter, the cost of the clock subtracted. A production mix
// of random replacement (production_sizes.h, upper percentiles, 8 MiB live) in which each free, each malloc
// and each malloc with its first touch is one sample: every second allocation is timed without, the others
// with the touch, because an allocator may leave the cache miss or the page fault to the first write.
// Percentiles are in cycles of that counter, whose rate is not the core's clock; the largest is not reported,
// it is the scheduler's. One operation is one free and one allocation, with the clock's cost in cpu_time and
// wall_time.
#include <algorithm>

#include "suites/malloc/workloads/blocks.h"
#include "suites/core/clocks.h"
#include "suites/core/production_sizes.h"

namespace assay::suite {
namespace {

class Latency : public Workload {
 public:
  explicit Latency(const Settings& settings) : sizes_(kHeavySizes), seed_(settings.seed) {
    operations = 100'000;
    count_ = static_cast<std::size_t>(static_cast<double>(settings.scaled(8 << 20)) / sizes_.mean()) + 1;
    blocks_ = harness_array<Block>(count_);
    for (Samples* samples : {&malloc_, &touch_, &free_})
      samples->values = harness_array<std::uint32_t>(operations);
    clock_cost_ = clock_cost();
  }

  void begin() override {
    Random random(seed_);
    for (std::size_t i = 0; i < count_; ++i) live_.fill(blocks_[i], sizes_.draw(random), i);
  }

  std::uint64_t pass() override {
    Random random(~seed_);
    std::uint64_t checksum = 0;
    malloc_.count = touch_.count = free_.count = 0;
    for (std::size_t i = 0; i < operations; ++i) {
      Block& block = blocks_[random.below(count_)];
      checksum = fold(checksum, read_mark(block.address, block.size, block.number));
      std::uint64_t start = cycles();
      free(block.address);
      add(free_, cycles() - start);
      const std::size_t size = sizes_.draw(random);
      const bool touches = i % 2 == 0;
      start = cycles();
      void* address = malloc(size);
      if (touches && address != nullptr) word_at(address, 0) = i;
      add(touches ? touch_ : malloc_, cycles() - start);
      if (address == nullptr) fail("malloc(%zu) returned null", size);
      write_mark(address, size, i);
      live_bytes_ += size - block.size;
      peak_live = std::max(peak_live, live_.peak() + live_bytes_);
      block = {address, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(i)};
    }
    return checksum;
  }

  void end() override {
    for (std::size_t i = 0; i < count_; ++i) free(blocks_[i].address);
    live_ = LiveSet();
    live_bytes_ = 0;
  }

  void report(const Resident&, Figures& figures) override {
    figures.add("malloc_p50", "cycles", percentile(malloc_, 0.5));
    figures.add("malloc_p99", "cycles", percentile(malloc_, 0.99));
    figures.add("malloc_p99.9", "cycles", percentile(malloc_, 0.999));
    figures.add("touch_p50", "cycles", percentile(touch_, 0.5));
    figures.add("touch_p99", "cycles", percentile(touch_, 0.99));
    figures.add("free_p50", "cycles", percentile(free_, 0.5));
    figures.add("free_p99", "cycles", percentile(free_, 0.99));
  }

 private:
  struct Samples {
    std::uint32_t* values;
    std::size_t count;
  };

  void add(Samples& samples, std::uint64_t elapsed) const {
    const std::uint64_t net = elapsed - std::min(elapsed, clock_cost_);
    samples.values[samples.count++] = static_cast<std::uint32_t>(std::min<std::uint64_t>(net, UINT32_MAX));
  }

  static double percentile(Samples& samples, double share) {
    std::uint32_t* place =
        samples.values + static_cast<std::size_t>(share * static_cast<double>(samples.count));
    std::nth_element(samples.values, place, samples.values + samples.count);
    return *place;
  }

  // The median of empty measurements.
  std::uint64_t clock_cost() {
    for (free_.count = 0; free_.count < 10'001;) {
      const std::uint64_t start = cycles();
      add(free_, cycles() - start);
    }
    return static_cast<std::uint64_t>(percentile(free_, 0.5));
  }

  ProductionSizes sizes_;
  std::uint64_t seed_;
  std::size_t count_, live_bytes_ = 0;  // live_bytes_: beside what begin() left, modulo 2^64
  Block* blocks_;
  Samples malloc_{}, touch_{}, free_{};
  std::uint64_t clock_cost_ = 0;
  LiveSet live_;
};

const WorkloadEntry latency({.name = "latency",
                             .family = "latency",
                             .sentence = "each malloc, first touch and free of a production mix, timed alone",
                             .make = make_workload<Latency>});

}  // namespace
}  // namespace assay::suite
