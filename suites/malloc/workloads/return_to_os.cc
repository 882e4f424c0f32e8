// Return to the system: a heap of 48 MiB with production sizes is built and freed in random order: a batch
// job, a cache dropped, a peak of load. retained_at_once and retained_after_idle say which part of what was
// live stays resident at once, and after 100 ms (five seconds in the thorough one) of idling and fifty rounds
// of a thousand small blocks, so that an allocator that works only when called gets its chance.
// steady_resident is read at once. A last pass, which is not timed, leaves the course of both sizes. One
// operation is one allocation and one free, with the page faults of memory that had been given back.
#include <time.h>

#include <algorithm>
#include <utility>

#include "suites/core/footprint.h"
#include "suites/malloc/workloads/blocks.h"
#include "suites/core/course.h"
#include "suites/core/production_sizes.h"

namespace assay::suite {
namespace {

template <int kIdleMilliseconds>
class ReturnToOs : public Workload {
 public:
  explicit ReturnToOs(const Settings& settings) : sizes_(kHeavySizes), seed_(settings.seed) {
    operations = static_cast<std::size_t>(static_cast<double>(settings.scaled(48 << 20)) / sizes_.mean()) + 1;
    blocks_ = harness_array<Block>(operations);
  }

  std::uint64_t pass() override {
    build_and_free([](std::size_t) {});
    peak_live = live_.peak();
    return live_.take_checksum();
  }

  void report(const Resident& resident, Figures& figures) override {
    figures.add("retained_at_once", "ratio", resident.steady_over(peak_live));
    const timespec idle = {kIdleMilliseconds / 1000, kIdleMilliseconds % 1000 * 1'000'000};
    nanosleep(&idle, nullptr);
    Random random(seed_);
    const std::size_t few = std::min<std::size_t>(1000, operations);
    for (int round = 0; round < 50; ++round) {
      for (std::size_t i = 0; i < few; ++i) live_.fill(blocks_[i], random.between(16, 1024), i);
      live_.drain(blocks_, few);
    }
    live_.take_checksum();
    const Resident after = {resident.before, resident.peak, own(resident_bytes())};
    figures.add("retained_after_idle", "ratio", after.steady_over(peak_live));

    const std::size_t step = std::max<std::size_t>(operations / kSteps, 1);
    build_and_free([&](std::size_t i) {
      if (i % step == 0) course_.look(live_.live());
    });
    for (int look = 0; look < kIdleLooks; ++look) {
      const timespec pause = {0, std::min(kIdleMilliseconds, 500) * 1'000'000 / kIdleLooks};
      nanosleep(&pause, nullptr);
      course_.look(live_.live());
    }
    live_.take_checksum();
    course_.report(figures);
  }

 private:
  static constexpr std::size_t kSteps = 60;
  static constexpr int kIdleLooks = 10;

  template <class Look>
  void build_and_free(Look look) {
    Random random(seed_);
    for (std::size_t i = 0; i < operations; ++i) {
      live_.fill(blocks_[i], sizes_.draw(random), i);
      look(i);
    }
    for (std::size_t i = operations; i > 0; --i) {
      std::swap(blocks_[i - 1], blocks_[random.below(i)]);
      live_.drain(blocks_[i - 1]);
      look(i - 1);
    }
  }

  Course course_;
  ProductionSizes sizes_;
  std::uint64_t seed_;
  Block* blocks_;
  LiveSet live_;
};

const WorkloadEntry return_to_os({.name = "return_to_os",
                                  .family = "memory",
                                  .sentence = "a heap of 48 MiB is built and freed: what stays resident",
                                  .repetitions = 1,
                                  .make = make_workload<ReturnToOs<100>>});
const WorkloadEntry return_slowly({.name = "return_to_os_5s",
                                   .family = "memory",
                                   .sentence = "as return_to_os, after five idle seconds",
                                   .repetitions = 1,
                                   .thorough_only = true,
                                   .make = make_workload<ReturnToOs<5000>>});

}  // namespace
}  // namespace assay::suite
