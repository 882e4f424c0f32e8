// Production mixes: a live set with the sizes of production services (production_sizes.h), of which random
// blocks are replaced: lifetimes are geometric, as if every object were as likely to die next. "light" has
// the lower, "heavy" the upper end of the published percentiles; 24 MiB are live, 1 GiB in the thorough one.
// One operation is one free and one allocation. peak_over_live and steady_over_live are the resident sizes
// over what is live.
#include "suites/malloc/workloads/blocks.h"
#include "suites/core/production_sizes.h"

namespace assay::suite {
namespace {

template <const std::array<Percentile, 7>& kTable, std::size_t kLive, std::size_t kOperations>
class ProductionMix : public Workload {
 public:
  explicit ProductionMix(const Settings& settings) : sizes_(kTable), seed_(settings.seed) {
    operations = kOperations;
    count_ = static_cast<std::size_t>(static_cast<double>(settings.scaled(kLive)) / sizes_.mean()) + 1;
    blocks_ = harness_array<Block>(count_);
  }

  void begin() override {
    Random random(seed_);
    for (std::size_t i = 0; i < count_; ++i) live_.fill(blocks_[i], sizes_.draw(random), i);
  }

  std::uint64_t pass() override {
    Random random(~seed_);
    for (std::size_t i = 0; i < operations; ++i) {
      Block& block = blocks_[random.below(count_)];
      live_.drain(block);
      live_.fill(block, sizes_.draw(random), i);
    }
    peak_live = live_.peak();
    live_at_end_ = live_.live();
    return live_.take_checksum();
  }

  void end() override {
    live_.drain(blocks_, count_);
    live_.take_checksum();
  }

  void report(const Resident& resident, Figures& figures) override {
    figures.add("peak_over_live", "ratio", resident.peak_over(peak_live));
    figures.add("steady_over_live", "ratio", resident.steady_over(live_at_end_));
  }

 private:
  ProductionSizes sizes_;
  std::uint64_t seed_;
  std::size_t count_ = 0, live_at_end_ = 0;
  Block* blocks_;
  LiveSet live_;
};

const WorkloadEntry light({.name = "production_light",
                           .family = "mixed",
                           .sentence = "sizes of production services, lower percentiles, random replacement",
                           .make = make_workload<ProductionMix<kLightSizes, 24 << 20, 150'000>>});
const WorkloadEntry heavy({.name = "production_heavy",
                           .family = "mixed",
                           .sentence = "sizes of production services, upper percentiles, random replacement",
                           .make = make_workload<ProductionMix<kHeavySizes, 24 << 20, 100'000>>});
const WorkloadEntry gibibyte({.name = "production_1g",
                              .family = "mixed",
                              .sentence = "as production_heavy, with 1 GiB live",
                              .repetitions = 1,
                              .warm_ups = 0,
                              .thorough_only = true,
                              .make = make_workload<ProductionMix<kHeavySizes, 1 << 30, 1'000'000>>});

}  // namespace
}  // namespace assay::suite
