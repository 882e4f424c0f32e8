// Reading a slab of 100,000 slots of 32 bytes.
//   slab_get           by random live keys of a full slab
//   slab_iterate_P     all values in a row, when P % of the slots are live and the others were vacated
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "allocators/keyed_concept.h"
#include "suites/keyed/workloads/values.h"

namespace assay::suite::keyed {

inline constexpr Description kGet{.name = "slab_get",
                                  .family = "slab",
                                  .sentence = "lookups by random keys among 100,000 values of 32 bytes",
                                  .any_length = true};
inline constexpr Description kIterateFull{
    .name = "slab_iterate_100",
    .family = "slab",
    .sentence = "iteration over 100,000 values of 32 bytes, every slot live",
    .any_length = true};
inline constexpr Description kIterateHalf{.name = "slab_iterate_50",
                                          .family = "slab",
                                          .sentence = "iteration, half of 100,000 slots vacated at random",
                                          .any_length = true};
inline constexpr Description kIterateTenth{
    .name = "slab_iterate_10",
    .family = "slab",
    .sentence = "iteration, nine of ten of 100,000 slots vacated at random",
    .any_length = true};

constexpr std::size_t kReadSlots = 100'000;
constexpr std::size_t kLookups = 400'000;
constexpr std::size_t kVisits = 1'000'000;

// Which of the slots are live: the first `live` of `order`.
struct IterationPlan {
  IterationPlan(const Settings& settings, unsigned percent)
      : count(settings.scaled(kReadSlots)),
        live(std::max<std::size_t>(1, count * percent / 100)),
        rounds(std::max<std::size_t>(1, settings.repeated(kVisits) / live)),
        order(shuffled(count, settings.seed)) {}
  std::size_t count, live, rounds;
  const std::uint32_t* order;
};

template <template <class> class Slab>
class Lookups : public Workload {
 public:
  explicit Lookups(const Settings& settings) : count_(settings.scaled(kReadSlots)) {
    operations = settings.repeated(kLookups);
    peak_live = count_ * sizeof(Value);
    auto* keys = harness_array<Key>(count_);
    for (std::size_t i = 0; i < count_; ++i) keys[i] = slab_.insert(value_of_number(i));
    keys_ = harness_array<Key>(operations);
    Random random(settings.seed);
    for (std::size_t i = 0; i < operations; ++i) keys_[i] = keys[random.below(count_)];
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    const std::size_t count = operations;  // in a register, whatever the slab does
    for (std::size_t i = 0; i < count; ++i) {
      const Value* value = slab_.get(keys_[i]);
      if (value == nullptr) fail("key %zu of the live ones is not live", i);
      sum += word_of(*value);
      escape(&slab_);
    }
    return fold(0, sum);
  }

 private:
  using Key = typename Slab<Value>::Key;
  std::size_t count_;
  Key* keys_;
  Slab<Value> slab_;
};

template <template <class> class Slab, unsigned kPercent>
class Iteration : public Workload {
 public:
  explicit Iteration(const Settings& settings) {
    const IterationPlan plan(settings, kPercent);
    rounds_ = plan.rounds;
    operations = plan.rounds * plan.live;
    peak_live = plan.count * sizeof(Value);
    auto* keys = harness_array<typename Slab<Value>::Key>(plan.count);
    for (std::size_t i = 0; i < plan.count; ++i) keys[i] = slab_.insert(value_of_number(i));
    for (std::size_t i = plan.live; i < plan.count; ++i)
      if (!slab_.remove(keys[plan.order[i]])) fail("a key of value %u is not live", plan.order[i]);
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t round = 0; round < rounds_; ++round) {
      std::uint64_t sum = 0;
      slab_.for_each([&sum](const auto&, const Value& value) { sum += word_of(value); });
      checksum = fold(checksum, sum);
      escape(&slab_);
    }
    return checksum;
  }

 private:
  std::size_t rounds_;
  Slab<Value> slab_;
};

template <template <class> class Slab>
void add_reading_workloads() {
  static const WorkloadEntry get(made_by(kGet, make_workload<Lookups<Slab>>));
  if constexpr (Slab<Value>::kTraits.iterates) {
    static const WorkloadEntry full(made_by(kIterateFull, make_workload<Iteration<Slab, 100>>));
    static const WorkloadEntry half(made_by(kIterateHalf, make_workload<Iteration<Slab, 50>>));
    static const WorkloadEntry tenth(made_by(kIterateTenth, make_workload<Iteration<Slab, 10>>));
  }
}

}  // namespace assay::suite::keyed
