// cell_graph: 10,000 nodes that know up to seven neighbours, by cells because any of them changes while
// others look at it. A pass lets every node in random order read its neighbours' ranks while its own list is
// borrowed, write its rank, and exchange one neighbour with another node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "pointers/cell_concept.h"
#include "suites/cell/workloads/values.h"

namespace assay::suite::cell {

inline constexpr Description kGraph{
    .name = "cell_graph",
    .family = "cell",
    .sentence = "nodes of a graph read their neighbours' ranks and exchange neighbours; one operation a node",
    .any_length = true};

constexpr std::size_t kNodes = 10'000;
constexpr std::size_t kVisitedNodes = 200'000;
constexpr std::uint32_t kMostNeighbours = 7;

struct Neighbours {
  std::uint32_t count;
  std::uint32_t nodes[kMostNeighbours];
};

// What the nodes know at first, and the order in which a pass visits them.
struct GraphPlan {
  explicit GraphPlan(const Settings& settings)
      : count(settings.scaled(kNodes)),
        operations(settings.repeated(kVisitedNodes)),
        first(harness_array<Neighbours>(count)),
        order(random_numbers(operations, count, settings.seed + 1)) {
    Random random(settings.seed);
    for (std::size_t i = 0; i < count; ++i) {
      first[i].count = static_cast<std::uint32_t>(random.between(1, kMostNeighbours));
      for (std::uint32_t& node : first[i].nodes) node = static_cast<std::uint32_t>(random.below(count));
    }
  }
  std::size_t count, operations;
  Neighbours* first;
  const std::uint32_t* order;
};

template <template <class> class Cell>
class Graph final : public Workload {
 public:
  explicit Graph(const Settings& settings) : plan_(settings) {
    operations = plan_.operations;
    peak_live = plan_.count * (sizeof(Neighbours) + sizeof(std::uint64_t));
    nodes_ = static_cast<Node*>(harness_memory(plan_.count * sizeof(Node)));
    for (std::size_t i = 0; i < plan_.count; ++i)
      new (nodes_ + i) Node{Cell<Neighbours>(plan_.first[i]), Cell<std::uint64_t>(i)};
  }
  void begin() override {
    for (std::size_t i = 0; i < plan_.count; ++i) {
      *nodes_[i].neighbours.borrow_mut() = plan_.first[i];
      *nodes_[i].rank.borrow_mut() = i;
    }
  }
  std::uint64_t pass() override {
    const GraphPlan plan = plan_;  // in registers, whatever a cell does
    Node* const nodes = nodes_;
    for (std::size_t i = 0; i < plan.operations; ++i) {
      const Node& node = nodes[plan.order[i]];
      std::uint64_t sum = i;
      std::uint32_t last = 0;
      {
        const auto neighbours = node.neighbours.borrow();
        for (std::uint32_t k = 0; k < neighbours->count; ++k) {
          last = neighbours->nodes[k];
          const auto rank = nodes[last].rank.borrow();
          escape(&node);
          sum += *rank;
        }
      }
      *node.rank.borrow_mut() = sum >> 1;
      escape(&node);
      if (&nodes[last] == &node) continue;
      const auto mine = node.neighbours.borrow_mut(), theirs = nodes[last].neighbours.borrow_mut();
      escape(&node);
      std::swap(mine->nodes[0], theirs->nodes[0]);
    }
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < plan.count; ++i) checksum = fold(checksum, *nodes[i].rank.borrow());
    return checksum;
  }

 private:
  struct Node {
    Cell<Neighbours> neighbours;
    Cell<std::uint64_t> rank;
  };
  const GraphPlan plan_;
  Node* nodes_;
};

template <template <class> class Cell>
void add_graph_workloads() {
  if constexpr (Cell<long>::kTraits.borrows)
    static const WorkloadEntry graph(made_by(kGraph, make_workload<Graph<Cell>>));
}

}  // namespace assay::suite::cell
