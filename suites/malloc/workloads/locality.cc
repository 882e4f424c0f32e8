// Locality: a heap of 450,000 blocks of 16 to 80 bytes is churned at random, a random half is freed, a list
// of 150,000 nodes of 48 bytes is built in what that left, and the list is walked. An allocator that hands
// out scattered holes makes every step of the walk a cache miss, which no timing of malloc shows: the walk is
// reported as traverse and is no part of cpu_time and wall_time. Every node is checked on it. One operation
// is one allocation (and its free).
#include <utility>

#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"
#include "suites/core/clocks.h"

namespace assay::suite {
namespace {

class Locality : public Workload {
 public:
  explicit Locality(const Settings& settings)
      : blocks_count_(settings.scaled(450'000)), nodes_(blocks_count_ / 3), seed_(settings.seed) {
    operations = 2 * blocks_count_ + nodes_;
    blocks_ = harness_array<Block>(blocks_count_);
  }

  std::uint64_t pass() override {
    Random random(seed_);
    for (std::size_t i = 0; i < blocks_count_; ++i) live_.fill(blocks_[i], size(random), i);
    for (std::size_t i = 0; i < blocks_count_; ++i) {
      Block& block = blocks_[random.below(blocks_count_)];
      live_.drain(block);
      live_.fill(block, size(random), i);
    }
    for (std::size_t i = blocks_count_; i > blocks_count_ / 2; --i) {
      std::swap(blocks_[i - 1], blocks_[random.below(i)]);
      live_.drain(blocks_[i - 1]);
    }
    for (std::size_t i = 0; i < nodes_; ++i) {
      auto* node = static_cast<Node*>(allocate(sizeof(Node)));
      *node = {list_, {}, mark_of(i)};
      list_ = node;
    }
    peak_live = std::max(live_.peak(), live_.live() + nodes_ * sizeof(Node));
    return live_.take_checksum();
  }

  void end() override {
    traverse();
    while (list_ != nullptr) free(std::exchange(list_, list_->next));
    live_.drain(blocks_, blocks_count_);
    live_.take_checksum();
  }

  void report(const Resident&, Figures& figures) override {
    figures.add("traverse", "ns/node", traverse_time_);
  }

 private:
  struct Node {
    Node* next;
    std::uint64_t payload[4];
    std::uint64_t value;
  };
  static_assert(sizeof(Node) == 48);

  static std::size_t size(Random& random) { return random.between(16, 80); }

  // The fastest of three walks: the first one also pays for what building the list left in the caches.
  void traverse() {
    traverse_time_ = 1e30;
    for (int walk = 0; walk < 3; ++walk) {
      std::size_t count = 0;
      std::uint64_t difference = 0;
      const double start = cpu_nanoseconds();
      for (const Node* node = list_; node != nullptr; node = node->next, ++count)
        difference |= node->value ^ mark_of(nodes_ - 1 - count);
      traverse_time_ = std::min(traverse_time_, (cpu_nanoseconds() - start) / static_cast<double>(nodes_));
      if (count != nodes_) fail("a list of %zu nodes has %zu after it was built", nodes_, count);
      if (difference != 0) fail("a node of a list of %zu lost its contents", nodes_);
    }
  }

  std::size_t blocks_count_, nodes_;
  std::uint64_t seed_;
  Block* blocks_;
  Node* list_ = nullptr;
  double traverse_time_ = 0;
  LiveSet live_;
};

const WorkloadEntry locality(
    {.name = "locality",
     .family = "memory",
     .sentence = "after churn, half the heap is freed and a list is built in it and walked",
     .repetitions = 1,
     .warm_ups = 0,
     .make = make_workload<Locality>});

}  // namespace
}  // namespace assay::suite
