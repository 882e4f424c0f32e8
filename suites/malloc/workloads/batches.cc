// Batches: 25, 100, 400 or 1,600 blocks of 16 to 272 bytes are allocated and then freed together, in the
// order of allocation, over and over: a request, a frame or a query that builds its objects and drops them.
// One operation is one allocation and one free. A cache in front of the heap serves the small batches and is
// overrun by the large ones.
#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

class Batches : public Workload {
 public:
  explicit Batches(const Settings& settings) : seed_(settings.seed) {
    for (const std::size_t size : kBatches) operations += size;
    operations *= kRounds;
  }

  std::uint64_t pass() override {
    Random random(seed_);
    for (std::size_t round = 0; round < kRounds; ++round)
      for (const std::size_t size : kBatches) {
        for (std::size_t i = 0; i < size; ++i) live_.fill(blocks_[i], random.between(16, 272), i);
        live_.drain(blocks_, size);
      }
    peak_live = live_.peak();
    return live_.take_checksum();
  }

 private:
  static constexpr std::size_t kBatches[] = {25, 1600, 100, 400};
  static constexpr std::size_t kRounds = 150;
  std::uint64_t seed_;
  Block* blocks_ = harness_array<Block>(1600);
  LiveSet live_;
};

const WorkloadEntry batches(
    {.name = "batches",
     .family = "free order",
     .sentence = "25 to 1,600 blocks of 16-272 bytes allocated and dropped together, again and again",
     .make = make_workload<Batches>});

}  // namespace
}  // namespace assay::suite
