// Binary trees, in the shape of the Computer Language Benchmarks Game's program: trees of many depths are
// built from the leaves, counted and dropped, while one tree lives long. One operation is one node made.
// The deepest trees have depth 16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/collector/workloads/manual.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kBinaryTrees{
    .name = "collector_binary_trees",
    .family = "collector",
    .sentence = "binary trees of many depths are built, counted and dropped, beside one that lives long"};

struct BinaryTreesPlan {
  explicit BinaryTreesPlan(const Settings& settings) : deepest(deeper(16, settings)) {}

  static constexpr std::size_t kNodeBytes = 16;
  static constexpr unsigned kShallowest = 4;

  std::size_t trees(unsigned depth) const { return std::size_t{1} << (deepest - depth + kShallowest); }
  std::size_t nodes() const {
    std::size_t count = nodes_of_tree(deepest + 1) + nodes_of_tree(deepest);
    for (unsigned depth = kShallowest; depth <= deepest; depth += 2)
      count += trees(depth) * nodes_of_tree(depth);
    return count;
  }
  std::size_t lasting_bytes() const { return nodes_of_tree(deepest) * kNodeBytes; }
  std::size_t most_bytes() const {
    return 2 * lasting_bytes() + kNodeBytes;
  }  // the first tree, twice the last

  unsigned deepest;
};

template <class Node>
std::uint64_t count_nodes(const Node* node) {
  const Node* const left = node->left_one();
  return left == nullptr ? 1 : 1 + count_nodes(left) + count_nodes(node->right_one());
}

template <class H>
struct BinaryNode {
  BinaryNode() = default;
  BinaryNode(BinaryNode* left_node, BinaryNode* right_node) : left(left_node), right(right_node) {}
  const BinaryNode* left_one() const { return left.get(); }
  const BinaryNode* right_one() const { return right.get(); }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(left);
    visit(right);
  }
  typename H::template Member<BinaryNode> left, right;
};

template <Collector H>
class HeapBinaryTrees final : public HeapWorkload<H> {
 public:
  explicit HeapBinaryTrees(const Settings& settings) : plan_(settings) {
    this->operations = plan_.nodes();
    this->peak_live = plan_.most_bytes();
    this->peak_objects = nodes_of_tree(plan_.deepest + 1);
  }

 private:
  using Node = BinaryNode<H>;
  using Root = typename H::template Root<Node>;

  std::uint64_t run() override {
    std::uint64_t checksum = count_nodes<Node>(grow(plan_.deepest + 1));
    std::size_t made = checksum;
    Root lasting(this->mutator());
    lasting = grow(plan_.deepest);
    made += nodes_of_tree(plan_.deepest);
    for (unsigned depth = BinaryTreesPlan::kShallowest; depth <= plan_.deepest; depth += 2) {
      std::uint64_t nodes = 0;
      for (std::size_t i = plan_.trees(depth); i > 0; --i) {
        this->progress(made + nodes, plan_.lasting_bytes());
        nodes += count_nodes<Node>(grow(depth));
      }
      made += nodes;
      checksum = fold(checksum, nodes);
    }
    checksum = fold(checksum, count_nodes<Node>(lasting.get()));
    this->finish(nodes_of_tree(plan_.deepest), plan_.lasting_bytes());
    return checksum;
  }

  Node* grow(unsigned depth) {
    if (depth == 0) return this->template make<Node>();
    Root left(this->mutator());
    left = grow(depth - 1);
    Node* const right = grow(depth - 1);
    return this->template make<Node>(left.get(), right);
  }

  const BinaryTreesPlan plan_;
};

template <class M>
struct OwnedBinaryNode {
  using Owner = typename M::template Owner<OwnedBinaryNode>;
  OwnedBinaryNode() = default;
  OwnedBinaryNode(Owner&& left_node, Owner&& right_node)
      : left(std::move(left_node)), right(std::move(right_node)) {}
  const OwnedBinaryNode* left_one() const { return M::get(left); }
  const OwnedBinaryNode* right_one() const { return M::get(right); }
  void drop_owned() {
    M::drop(left);
    M::drop(right);
  }
  Owner left{}, right{};
};

template <ManualMemory M>
class OwnedBinaryTrees final : public OwnedWorkload<M> {
 public:
  explicit OwnedBinaryTrees(const Settings& settings) : plan_(settings) {
    this->operations = plan_.nodes();
    this->peak_live = plan_.most_bytes();
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = counted(grow(plan_.deepest + 1));
    Owner lasting = grow(plan_.deepest);
    for (unsigned depth = BinaryTreesPlan::kShallowest; depth <= plan_.deepest; depth += 2) {
      std::uint64_t nodes = 0;
      for (std::size_t i = plan_.trees(depth); i > 0; --i) nodes += counted(grow(depth));
      checksum = fold(checksum, nodes);
    }
    return fold(checksum, counted(std::move(lasting)));
  }

 private:
  using Node = OwnedBinaryNode<M>;
  using Owner = typename Node::Owner;

  static Owner grow(unsigned depth) {
    if (depth == 0) return M::template make<Node>();
    Owner left = grow(depth - 1);
    Owner right = grow(depth - 1);
    return M::template make<Node>(std::move(left), std::move(right));
  }

  static std::uint64_t counted(Owner tree) {
    const std::uint64_t nodes = count_nodes<Node>(M::get(tree));
    M::drop(tree);
    return nodes;
  }

  const BinaryTreesPlan plan_;
};

template <class S>
void add_binary_tree_workloads() {
  if constexpr (Collector<S>)
    static const WorkloadEntry entry(made_by(kBinaryTrees, make_workload<HeapBinaryTrees<S>>));
  else
    static const WorkloadEntry entry(made_by(kBinaryTrees, make_workload<OwnedBinaryTrees<S>>));
}

}  // namespace assay::suite::collector
