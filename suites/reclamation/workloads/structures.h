// A stack, a queue and a hash table that two threads share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "suites/core/random.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"
#include "suites/reclamation/workloads/domain.h"

namespace assay::suite::reclamation {

template <class S>
concept HasMeasuredStructures = HasDomain<S> && requires {
  typename S::template Stack<std::uint64_t>;
  typename S::template Queue<std::uint64_t>;
  typename S::template Map<std::uint64_t, std::uint64_t>;
};

template <class S>
struct OverStack {
  using Structure = typename S::template Stack<std::uint64_t>;
  static void put(Structure& stack, std::uint64_t value) { stack.push(value); }
  static std::optional<std::uint64_t> take(Structure& stack) { return stack.pop(); }
};
template <class S>
struct OverQueue {
  using Structure = typename S::template Queue<std::uint64_t>;
  static void put(Structure& queue, std::uint64_t value) { queue.enqueue(value); }
  static std::optional<std::uint64_t> take(Structure& queue) { return queue.dequeue(); }
};

// Each member puts one in and takes one out, its own or the other's: there always is one. The checksum is a
// sum, which is the same in any order.
template <class S, class Over>
class PutAndTake final : public Workload {
 public:
  explicit PutAndTake(const Settings& settings) : each_(settings.repeated(40'000)), structure_(domain_) {
    operations = 2 * each_;
    for (std::uint64_t i = 0; i < kResting; ++i) Over::put(structure_, 0);
  }

  std::uint64_t pass() override {
    std::uint64_t sums[2];
    team_.run([this, &sums](unsigned member) { sums[member] = work(member); });
    std::uint64_t sum = sums[0] + sums[1];
    for (std::uint64_t i = 0; i < kResting; ++i) {  // what is left varies: it is made the same again
      const auto value = Over::take(structure_);
      if (!value.has_value()) fail("a value is missing");
      sum += *value;
    }
    for (std::uint64_t i = 0; i < kResting; ++i) Over::put(structure_, 0);
    garbage_ = std::max(garbage_, domain_.garbage());
    return sum;
  }

  void report(const Resident&, Figures& figures) override {
    figures.add("garbage_most", "objects", static_cast<double>(garbage_));
  }

 private:
  static constexpr std::uint64_t kResting = 16;

  std::uint64_t work(unsigned member) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < each_; ++i) {
      Over::put(structure_, mark_of(member * each_ + i));
      const std::optional<std::uint64_t> value = Over::take(structure_);
      if (!value.has_value()) fail("there is no value, although one was put in");
      sum += *value;
    }
    return sum;
  }

  std::size_t each_;
  typename MeasuredDomain<S>::type domain_;
  typename Over::Structure structure_;
  std::size_t garbage_ = 0;
  Team<2> team_;
};

// 95 % lookups of random keys; the others erase a key of the thread's own and put it back the next time. Even
// keys stay, and only they count in the checksum.
template <class S>
class Lookups final : public Workload {
 public:
  explicit Lookups(const Settings& settings) : each_(settings.repeated(60'000)), map_(domain_, kKeys) {
    operations = 2 * each_;
    for (std::uint64_t key = 0; key < kKeys; ++key) map_.insert(key, mark_of(key));
  }

  std::uint64_t pass() override {
    std::uint64_t sums[2];
    team_.run([this, &sums](unsigned member) { sums[member] = work(member); });
    garbage_ = std::max(garbage_, domain_.garbage());
    return fold(sums[0], sums[1]);
  }

  void report(const Resident&, Figures& figures) override {
    figures.add("garbage_most", "objects", static_cast<double>(garbage_));
  }

 private:
  static constexpr std::uint64_t kKeys = 4096;

  std::uint64_t work(unsigned member) {
    Random random(member + 1);
    std::uint64_t sum = 0;
    std::optional<std::uint64_t> erased;
    for (std::size_t i = 0; i < each_; ++i) {
      const std::uint64_t key = random.below(kKeys);
      if (i % 20 != 0) {
        const std::optional<std::uint64_t> value = map_.find(key);
        if (value.has_value() ? *value != mark_of(key) : key % 2 == 0) fail("a lookup found a wrong value");
        if (key % 2 == 0) sum += *value;
      } else if (erased.has_value()) {
        if (!map_.insert(*erased, mark_of(*erased))) fail("an erased key was there");
        erased.reset();
      } else {
        erased = key / 4 * 4 + 2 * member + 1;  // odd, and no other thread's
        if (!map_.erase(*erased)) fail("a key to be erased was not there");
      }
    }
    if (erased.has_value()) map_.insert(*erased, mark_of(*erased));
    return sum;
  }

  std::size_t each_;
  typename MeasuredDomain<S>::type domain_;
  typename S::template Map<std::uint64_t, std::uint64_t> map_;
  std::size_t garbage_ = 0;
  Team<2> team_;
};

inline constexpr Description kStackTwo{.name = "reclaim_stack_two_threads",
                                       .family = "reclamation",
                                       .sentence = "two threads push and pop on one stack",
                                       .any_length = true,
                                       .threaded = true};
inline constexpr Description kQueueTwo{.name = "reclaim_queue_two_threads",
                                       .family = "reclamation",
                                       .sentence = "two threads enqueue and dequeue on one queue",
                                       .any_length = true,
                                       .threaded = true};
inline constexpr Description kLookupsTwo{
    .name = "reclaim_lookup_two_threads",
    .family = "reclamation",
    .sentence = "two threads look up keys in a table of 4,096, one in twenty is erased or put back",
    .any_length = true,
    .threaded = true};

template <class S>
void add_structure_workloads() {
  if constexpr (HasMeasuredStructures<S>) {
    static const WorkloadEntry stack(made_by(kStackTwo, make_workload<PutAndTake<S, OverStack<S>>>));
    static const WorkloadEntry queue(made_by(kQueueTwo, make_workload<PutAndTake<S, OverQueue<S>>>));
    static const WorkloadEntry lookups(made_by(kLookupsTwo, make_workload<Lookups<S>>));
  }
}

}  // namespace assay::suite::reclamation
