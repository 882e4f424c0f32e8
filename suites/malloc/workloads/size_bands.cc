// Shifting size bands, the fragmentation case: twelve bands of sizes from 24 bytes to 32 KiB, one after the
// other. In each, blocks of that band are allocated up to the cap (12 MiB beside the survivors), then freed
// in random order down to a twenty-seventh, which survive to the end. A program that goes through phases
// (load, index, serve) does this. What counts is memory: peak_over_live is the peak of the resident size over
// the peak of what was live, survivors_over_live the resident size over what is live at the end
// (steady_resident, read there), both without what was resident at the start. One operation is one allocation
// (and its free). After Robson's worst cases and the phase changes of Wilson's survey ("Dynamic storage
// allocation", 1995).
#include <cmath>

#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

class SizeBands : public Workload {
 public:
  explicit SizeBands(const Settings& settings) : cap_(settings.scaled(12 << 20)), seed_(settings.seed) {
    blocks_ = harness_array<Block>(cap_ / kSmallest + 1);
    survivors_ = harness_array<Block>(cap_ / kKept / kSmallest * 4);
  }

  std::uint64_t pass() override {
    Random random(seed_);
    operations = 0;
    survivor_count_ = 0;
    const double ratio = std::pow(static_cast<double>(kLargest) / kSmallest, 1.0 / kBands);
    double low = kSmallest;
    for (int band = 0; band < kBands; ++band, low *= ratio)
      phase(random, static_cast<std::size_t>(low), static_cast<std::size_t>(low * ratio));
    peak_live = live_.peak();
    survivors_live_ = live_.live();
    return live_.take_checksum();
  }

  void end() override {
    live_.drain(survivors_, survivor_count_);
    live_.take_checksum();
  }

  void report(const Resident& resident, Figures& figures) override {
    figures.add("peak_over_live", "ratio", resident.peak_over(peak_live));
    figures.add("survivors_over_live", "ratio", resident.steady_over(survivors_live_));
  }

 private:
  static constexpr std::size_t kSmallest = 24, kLargest = 32 << 10, kKept = 27;
  static constexpr int kBands = 12;

  void phase(Random& random, std::size_t low, std::size_t high) {
    const std::size_t before = live_.live();
    std::size_t count = 0;
    for (; live_.live() - before + high <= cap_; ++count)
      live_.fill(blocks_[count], random.between(low, high), count);
    operations += count;
    for (; live_.live() - before > cap_ / kKept; --count) {
      const std::size_t victim = random.below(count);
      live_.drain(blocks_[victim]);
      blocks_[victim] = blocks_[count - 1];
    }
    for (std::size_t i = 0; i < count; ++i) survivors_[survivor_count_++] = blocks_[i];
  }

  std::size_t cap_;
  std::uint64_t seed_;
  Block* blocks_;
  Block* survivors_;
  std::size_t survivor_count_ = 0, survivors_live_ = 0;
  LiveSet live_;
};

const WorkloadEntry size_bands(
    {.name = "size_bands",
     .family = "memory",
     .sentence = "twelve phases of sizes from 24 bytes to 32 KiB, each leaving random survivors",
     .repetitions = 1,
     .warm_ups = 0,
     .make = make_workload<SizeBands>});

}  // namespace
}  // namespace assay::suite
