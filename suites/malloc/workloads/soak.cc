// Soak: a long-lived set of 4 MiB, of which a little is replaced all the time, under bursts of 2,048
// blocks of up to 1 KiB that are freed again: a service over days, in small. resident_slope is by how much
// the resident size beyond what is live still grows, in bytes a burst over the second half of the run (least
// squares over eight readings of the resident size, which are in the timed part). Near zero is healthy,
// anything steady is a leak by fragmentation. The course of both sizes, a hundred readings, is in the timed
// part as well. One operation is one allocation and one free.
#include "suites/core/footprint.h"
#include "suites/malloc/workloads/blocks.h"
#include "suites/core/course.h"
#include "suites/core/production_sizes.h"

namespace assay::suite {
namespace {

class Soak : public Workload {
 public:
  explicit Soak(const Settings& settings) : sizes_(kLightSizes), seed_(settings.seed) {
    count_ = static_cast<std::size_t>(static_cast<double>(settings.scaled(4 << 20)) / sizes_.mean()) + 1;
    blocks_ = harness_array<Block>(count_);
    burst_ = harness_array<Block>(kBurstBlocks);
    operations = kBursts * (kBurstBlocks + kReplaced);
  }

  void begin() override {
    Random random(seed_);
    for (std::size_t i = 0; i < count_; ++i) live_.fill(blocks_[i], sizes_.draw(random), i);
  }

  std::uint64_t pass() override {
    Random random(~seed_);
    for (std::size_t burst = 0; burst < kBursts; ++burst) {
      const std::size_t largest = std::size_t{32} << random.below(6);  // each burst has sizes of its own
      for (std::size_t i = 0; i < kBurstBlocks; ++i) {
        live_.fill(burst_[i], random.between(16, largest), i);
        if (i % (kBurstBlocks / kReplaced) != 0) continue;
        Block& block = blocks_[random.below(count_)];
        live_.drain(block);
        live_.fill(block, sizes_.draw(random), i);
      }
      if (burst % kShown == 0) course_.look(live_.live());
      live_.drain(burst_, kBurstBlocks);
      if (burst >= kBursts / 2 && burst % kSampled == kSampled - 1)
        excess_[(burst - kBursts / 2) / kSampled] =
            static_cast<double>(resident_bytes()) - static_cast<double>(live_.live());
    }
    peak_live = live_.peak();
    return live_.take_checksum();
  }

  void end() override {
    live_.drain(blocks_, count_);
    live_.take_checksum();
  }

  void report(const Resident&, Figures& figures) override {
    constexpr double kMiddle = (kSamples - 1) / 2.0;
    double covariance = 0, variance = 0;
    for (std::size_t i = 0; i < kSamples; ++i) {
      const double x = static_cast<double>(i) - kMiddle;
      covariance += x * excess_[i];
      variance += x * x;
    }
    course_.report(figures);
    figures.add("resident_slope", "bytes/burst", covariance / variance / kSampled);
  }

 private:
  static constexpr std::size_t kBursts = 768, kBurstBlocks = 2048, kReplaced = 128;
  static constexpr std::size_t kSampled = 48, kSamples = kBursts / 2 / kSampled;
  static constexpr std::size_t kShown = 8;
  ProductionSizes sizes_;
  Course course_;
  std::uint64_t seed_;
  std::size_t count_;
  Block* blocks_;
  Block* burst_;
  double excess_[kSamples] = {};
  LiveSet live_;
};

const WorkloadEntry soak(
    {.name = "soak",
     .family = "memory",
     .sentence = "a long-lived set under bursts: whether the resident size keeps growing",
     .repetitions = 1,
     .warm_ups = 0,
     .make = make_workload<Soak>});

}  // namespace
}  // namespace assay::suite
