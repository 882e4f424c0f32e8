// A random graph that a program keeps changing, so that nobody knows when a node dies: a table refers to
// 100,000 nodes, each of which refers to eight others. One operation puts a new version of a node in its
// place, with all of its references but the oldest, and with one to a random node instead. Eight nodes that
// stand together change at a time; then a reference of a node anywhere is redirected to the last of them, and
// two steps are walked. Who left the table lives on while somebody refers to it; half of them keep one
// reference, so that chains and cycles die too.
//
// What is reachable at the end is counted by a walk of the workload's own.
//
// In collector_mark_graph_1gb nothing dies: 16 million nodes and their table are 0.9 GB, what is timed is one
// collection of all of it, and one operation is one live object. No reference is near the one before it,
// which is as bad as it gets for a marker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/core/mapped_memory.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kGraph{
    .name = "collector_mutating_graph",
    .family = "collector",
    .sentence =
        "a random graph of 100,000 nodes in a table and more behind them; nodes and references change"};

inline constexpr Description kLargeGraphMark{
    .name = "collector_mark_graph_1gb",
    .family = "collector",
    .sentence = "one collection of 0.9 GB in 16 million nodes, all live, that refer to each other at random",
    .repetitions = 1,
    .warm_ups = 0,
    .thorough_only = true};

template <class H, std::size_t kReferences>
struct GraphNode {
  static constexpr std::size_t kBytes = (kReferences + 2) * 8;

  explicit GraphNode(std::uint64_t mark_of_this) : mark(mark_of_this) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    for (auto& reference : references) visit(reference);
  }
  void connect(const Array<typename H::template Member<GraphNode>>& nodes, Random& random) {
    for (auto& reference : references) reference = nodes[random.below(nodes.size())].get();
  }
  typename H::template Member<GraphNode> references[kReferences];
  std::uint64_t mark;
  std::uint64_t seen = 0;  // by the last walk of that number
};

template <Collector H>
class MutatingGraph final : public HeapWorkload<H> {
 public:
  explicit MutatingGraph(const Settings& settings)
      : nodes_(settings.scaled(kNodes / kTogether) * kTogether), seed_(settings.seed) {
    this->operations = kSteps * nodes_;
  }

 private:
  static constexpr std::size_t kReferences = 8;
  using Node = GraphNode<H, kReferences>;
  using Table = Array<typename H::template Member<Node>>;
  using Root = typename H::template Root<Table>;

  static constexpr std::size_t kNodes = 100'000, kSteps = 24, kWalk = 2, kTogether = 16;

  std::uint64_t run() override {
    Random random(seed_);
    Root table(this->mutator());
    table = this->template make_array<typename H::template Member<Node>>(nodes_);
    for (std::size_t i = 0; i < nodes_; ++i) {
      Node* const node = this->template make<Node>(mark_of(i));
      (*table.get())[i] = node;
    }
    for (std::size_t i = 0; i < nodes_; ++i) (*table.get())[i].get()->connect(*table.get(), random);

    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < this->operations; i += kTogether) {
      this->progress(i, table_bytes());
      const std::size_t first = random.below(nodes_ / kTogether) * kTogether;
      for (std::size_t k = 0; k < kTogether; ++k) {
        Node* const fresh = this->template make<Node>(mark_of(nodes_ + i + k));
        checksum = fold(checksum, put_version(*table.get(), first + k, *fresh, random));
      }
      Table& places = *table.get();  // nothing is made from here on
      Node& changes = *places[random.below(nodes_)].get();
      changes.references[random.below(kReferences)] = places[first + kTogether - 1].get();
      checksum = fold(checksum, walk(places[random.below(nodes_)].get()));
    }
    this->end_clock();
    const std::size_t reachable = count_reachable(*table.get());
    this->peak_live = table_bytes() + (reachable - nodes_) * Node::kBytes;  // steady
    this->peak_objects = 1 + reachable;
    this->finish(1 + reachable, this->peak_live);
    return checksum;
  }

  // Returns what leaves.
  static std::uint64_t put_version(Table& places, std::size_t place, Node& fresh, Random& random) {
    Node& leaves = *places[place].get();
    fresh.references[0] = places[random.below(places.size())].get();
    for (std::size_t k = 1; k < kReferences; ++k) fresh.references[k] = leaves.references[k - 1].get();
    for (std::size_t k = leaves.mark >> 63; k < kReferences; ++k) leaves.references[k] = nullptr;
    places[place] = &fresh;
    return leaves.mark;
  }

  std::size_t table_bytes() const { return nodes_ * (8 + Node::kBytes) + 8; }

  static std::uint64_t walk(const Node* node) {
    std::uint64_t sum = 0;
    for (std::size_t step = 0; step < kWalk && node != nullptr; ++step) {
      sum = sum * 3 + node->mark;
      node = node->references[(node->mark >> 32) % kReferences].get();
    }
    return sum;
  }

  std::size_t count_reachable(const Table& places) {
    ++walks_;
    pending_.clear();
    std::size_t count = 0;
    const auto find = [&](Node* node) {
      if (node == nullptr || node->seen == walks_) return;
      node->seen = walks_;
      ++count;
      pending_.push_back(node);
    };
    for (std::size_t i = 0; i < nodes_; ++i) find(places[i].get());
    while (!pending_.empty()) {
      Node* const node = pending_.back();
      pending_.pop_back();
      for (const auto& reference : node->references) find(reference.get());
    }
    return count;
  }

  const std::size_t nodes_;
  const std::uint64_t seed_;
  std::uint64_t walks_ = 0;
  std::vector<Node*, MappedAllocator<Node*>> pending_;
};

template <Collector H>
class GraphMark final : public HeapWorkload<H> {
 public:
  explicit GraphMark(const Settings& settings) : nodes_(settings.scaled(kNodes)), seed_(settings.seed) {
    this->operations = this->peak_objects = 1 + nodes_;
    this->peak_live = 8 + nodes_ * (8 + Node::kBytes);
  }

 private:
  using Node = GraphNode<H, 4>;
  using Table = Array<typename H::template Member<Node>>;

  static constexpr std::size_t kNodes = 16'000'000;

  std::uint64_t run() override {
    typename H::template Root<Table> table(this->mutator());
    table = this->template make_array<typename H::template Member<Node>>(nodes_);
    for (std::size_t i = 0; i < nodes_; ++i) {
      this->progress(i, 8 + nodes_ * 8 + i * Node::kBytes);
      Node* const node = this->template make<Node>(mark_of(i));
      (*table.get())[i] = node;
    }
    Random random(seed_);
    for (std::size_t i = 0; i < nodes_; ++i) (*table.get())[i].get()->connect(*table.get(), random);
    this->begin_clock();
    this->collect(Collection::kMajor);
    this->finish(1 + nodes_, this->peak_live);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < nodes_; ++i)
      sum = sum * 3 + (*table.get())[i].get()->references[0].get()->mark;
    return sum;
  }

  const std::size_t nodes_;
  const std::uint64_t seed_;
};

template <class S>
void add_graph_workloads() {
  if constexpr (Collector<S>) {
    static const WorkloadEntry entry(made_by(kGraph, make_workload<MutatingGraph<S>>));
    if constexpr (S::kTraits.reclaims)
      static const WorkloadEntry mark(made_by(kLargeGraphMark, make_workload<GraphMark<S>>));
  }
}

}  // namespace assay::suite::collector
