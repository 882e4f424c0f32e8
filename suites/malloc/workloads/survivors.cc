// Churn with long-lived survivors: blocks of 16 to 1,024 bytes die after a thousand further allocations,
// except every sixteenth, which lives to the end: a server's caches and sessions among the garbage of its
// requests. The survivors pin the pages that the short-lived blocks leave. One operation is one allocation
// (and its free). steady_resident is read with only the survivors live.
#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

class Survivors : public Workload {
 public:
  explicit Survivors(const Settings& settings) : seed_(settings.seed) {
    operations = settings.scaled(200'000);
    survivors_ = harness_array<Block>(operations / kEvery + 1);
  }

  std::uint64_t pass() override {
    Random random(seed_);
    for (std::size_t i = 0; i < operations; ++i) {
      const std::size_t size = random.log_between(16, 1024);
      if (i % kEvery == 0) {
        live_.fill(survivors_[i / kEvery], size, i);
        continue;
      }
      Block& block = window_[i % kWindow];
      if (block.address != nullptr) live_.drain(block);
      live_.fill(block, size, i);
    }
    live_.drain(window_, kWindow);
    peak_live = live_.peak();
    survivors_live_ = live_.live();
    return live_.take_checksum();
  }

  void end() override {
    live_.drain(survivors_, operations / kEvery + 1);
    live_.take_checksum();
  }

  void report(const Resident& resident, Figures& figures) override {
    figures.add("survivors_over_live", "ratio", resident.steady_over(survivors_live_));
  }

 private:
  static constexpr std::size_t kEvery = 16, kWindow = 1000;
  std::uint64_t seed_;
  Block* survivors_;
  Block* window_ = harness_array<Block>(kWindow);
  LiveSet live_;
  std::size_t survivors_live_ = 0;
};

const WorkloadEntry survivors(
    {.name = "survivors",
     .family = "mixed",
     .sentence = "short-lived blocks of 16-1,024 bytes among survivors, one in sixteen",
     .make = make_workload<Survivors>});

}  // namespace
}  // namespace assay::suite
