// Values of 32 bytes that come and go in a slab of 100,000 slots of which 10, 50 or 90 % are live: bursts of
// up to an eighth of the live ones are removed at random and as many are inserted. One operation is one
// removal and one insertion.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "allocators/keyed_concept.h"
#include "suites/keyed/workloads/values.h"

namespace assay::suite::keyed {

inline constexpr Description kChurnTenth{
    .name = "slab_churn_10",
    .family = "slab",
    .sentence = "random removals and insertions, a tenth of 100,000 slots live"};
inline constexpr Description kChurnHalf{
    .name = "slab_churn_50",
    .family = "slab",
    .sentence = "random removals and insertions, half of 100,000 slots live"};
inline constexpr Description kChurnFull{
    .name = "slab_churn_90",
    .family = "slab",
    .sentence = "random removals and insertions, nine of ten of 100,000 slots live"};

constexpr std::size_t kChurnSlots = 100'000;
constexpr std::size_t kChurnPairs = 200'000;
constexpr std::size_t kBurstShare = 8;

// Which of the live keys goes, and how many go in each burst. All slots are filled and then all but `live` of
// them vacated, in an order that is random, so that the free list is in none.
struct ChurnPlan {
  ChurnPlan(const Settings& settings, unsigned percent)
      : slots(settings.scaled(kChurnSlots)),
        live(std::max<std::size_t>(1, slots * percent / 100)),
        order(shuffled(slots, settings.seed)),
        picks(harness_array<std::uint32_t>(kChurnPairs)),
        bursts(harness_array<std::uint32_t>(kChurnPairs)) {
    Random random(settings.seed + 1);
    const std::size_t longest = std::max<std::size_t>(1, live / kBurstShare);
    for (std::size_t done = 0; done < kChurnPairs;) {
      const std::size_t burst = std::min<std::size_t>(kChurnPairs - done, random.between(1, longest));
      bursts[burst_count++] = static_cast<std::uint32_t>(burst);
      for (std::size_t i = 0; i < burst; ++i)
        picks[done++] = static_cast<std::uint32_t>(random.below(live - i));
    }
  }
  std::size_t slots, live;
  const std::uint32_t* order;
  std::uint32_t* picks;
  std::uint32_t* bursts;
  std::size_t burst_count = 0;
};

template <template <class> class Slab, unsigned kPercent>
class Churn : public Workload {
 public:
  explicit Churn(const Settings& settings)
      : plan_(settings, kPercent), keys_(harness_array<Key>(plan_.slots)) {
    operations = kChurnPairs;
    peak_live = plan_.slots * sizeof(Value);
  }

  void begin() override {
    for (std::size_t i = 0; i < plan_.slots; ++i) keys_[plan_.order[i]] = slab_.insert(value_of_number(i));
    for (std::size_t i = plan_.live; i < plan_.slots; ++i)
      if (!slab_.remove(keys_[i])) fail("key %zu is not live", i);
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    std::size_t number = plan_.slots, live = plan_.live;
    const std::uint32_t* pick = plan_.picks;
    for (std::size_t burst = 0; burst < plan_.burst_count; ++burst) {
      const std::uint32_t size = plan_.bursts[burst];
      for (std::uint32_t i = 0; i < size; ++i) {
        Key& key = keys_[*pick++];
        const std::optional<Value> value = slab_.remove(key);
        if (!value) fail("a live key is not live");
        sum += word_of(*value);
        key = keys_[--live];
        escape(&slab_);
      }
      for (std::uint32_t i = 0; i < size; ++i) {
        keys_[live++] = slab_.insert(value_of_number(number++));
        escape(&slab_);
      }
    }
    return fold(sum, slab_.size());
  }

  void end() override { slab_.clear(); }

 private:
  using Key = typename Slab<Value>::Key;
  ChurnPlan plan_;
  Key* keys_;
  Slab<Value> slab_;
};

template <template <class> class Slab>
void add_churn_workloads() {
  static const WorkloadEntry tenth(made_by(kChurnTenth, make_workload<Churn<Slab, 10>>));
  static const WorkloadEntry half(made_by(kChurnHalf, make_workload<Churn<Slab, 50>>));
  static const WorkloadEntry full(made_by(kChurnFull, make_workload<Churn<Slab, 90>>));
}

}  // namespace assay::suite::keyed
