// GCBench, after John Ellis, Pete Kovac and Hans Boehm: a tree that stretches the heap and dies, a tree and
// an array of numbers that live long, and trees of growing depth that die at once, half of them built from
// the top, which stores into older objects, half from the leaves, which does not. One operation is one node
// made.
//
// Of every depth as many trees are made as have twice the nodes of the stretching tree. The sizes are the
// original's: depths 18, 16 and 4 to 16, half a million numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/collector/workloads/manual.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kGcBench{
    .name = "collector_gcbench",
    .family = "collector",
    .sentence = "Boehm’s GCBench: a tree and an array live long, trees of growing depth die at once"};

struct GcBenchPlan {
  explicit GcBenchPlan(const Settings& settings)
      : stretch(deeper(18, settings)),
        long_lived(deeper(16, settings)),
        deepest(deeper(16, settings)),
        numbers(settings.scaled(500'000)) {}

  static constexpr std::size_t kNodeBytes = 24;

  std::size_t trees(unsigned depth) const { return 2 * nodes_of_tree(stretch) / nodes_of_tree(depth); }

  std::size_t nodes() const {
    std::size_t count = nodes_of_tree(stretch) + nodes_of_tree(long_lived);
    for (unsigned depth = kShallowest; depth <= deepest; depth += 2)
      count += 2 * trees(depth) * nodes_of_tree(depth);
    return count;
  }
  std::size_t lasting_bytes() const {
    return nodes_of_tree(long_lived) * kNodeBytes + (numbers + 1) * sizeof(double);
  }
  std::size_t most_bytes() const {
    return std::max(nodes_of_tree(stretch) * kNodeBytes,
                    lasting_bytes() + nodes_of_tree(deepest - (deepest - kShallowest) % 2) * kNodeBytes);
  }

  std::size_t most_objects() const {
    return std::max(nodes_of_tree(stretch), nodes_of_tree(long_lived) + 1 + nodes_of_tree(deepest));
  }

  static constexpr unsigned kShallowest = 4;
  unsigned stretch, long_lived, deepest;
  std::size_t numbers;
};

// The marks from the root to its leftmost leaf.
template <class Node>
std::uint64_t read_edge(const Node* node) {
  std::uint64_t sum = 0;
  for (; node != nullptr; node = node->left_one()) sum += node->mark;
  return sum;
}

template <class Node>
std::uint64_t read_tree(const Node* node) {
  return node == nullptr ? 0 : node->mark + read_tree(node->left_one()) + 3 * read_tree(node->right_one());
}

template <class H>
struct GcBenchNode {
  explicit GcBenchNode(std::uint64_t mark_of_this) : mark(mark_of_this) {}
  GcBenchNode(std::uint64_t mark_of_this, GcBenchNode* left_node, GcBenchNode* right_node)
      : left(left_node), right(right_node), mark(mark_of_this) {}
  const GcBenchNode* left_one() const { return left.get(); }
  const GcBenchNode* right_one() const { return right.get(); }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(left);
    visit(right);
  }
  typename H::template Member<GcBenchNode> left, right;
  std::uint64_t mark;
};

template <Collector H>
class HeapGcBench final : public HeapWorkload<H> {
 public:
  explicit HeapGcBench(const Settings& settings) : plan_(settings) {
    this->operations = plan_.nodes();
    this->peak_live = plan_.most_bytes();
    this->peak_objects = plan_.most_objects();
  }

 private:
  using Node = GcBenchNode<H>;
  using Root = typename H::template Root<Node>;

  std::uint64_t run() override {
    made_ = 0;
    std::uint64_t checksum = read_edge(grow(plan_.stretch));
    Root lasting(this->mutator());
    lasting = this->template make<Node>(mark_of(made_++));
    populate(plan_.long_lived, lasting.get());
    typename H::template Root<Array<double>> numbers(this->mutator());
    numbers = this->template make_array<double>(plan_.numbers);
    for (std::size_t i = 0; i < plan_.numbers; ++i) (*numbers.get())[i] = 1 / static_cast<double>(i + 1);

    for (unsigned depth = GcBenchPlan::kShallowest; depth <= plan_.deepest; depth += 2) {
      const std::size_t trees = plan_.trees(depth);
      for (std::size_t i = 0; i < trees; ++i) {
        this->progress(made_, plan_.lasting_bytes());
        Root top(this->mutator());
        top = this->template make<Node>(mark_of(made_++));
        populate(depth, top.get());
        checksum = fold(checksum, read_edge<Node>(top.get()));
      }
      for (std::size_t i = 0; i < trees; ++i) {
        this->progress(made_, plan_.lasting_bytes());
        checksum = fold(checksum, read_edge<Node>(grow(depth)));
      }
    }
    checksum = fold(checksum, read_tree<Node>(lasting.get()));
    checksum = fold(checksum, static_cast<std::uint64_t>(1 / (*numbers.get())[plan_.numbers / 2] + 0.5));
    this->finish(nodes_of_tree(plan_.long_lived) + 1, plan_.lasting_bytes());
    return checksum;
  }

  // From the leaves.
  Node* grow(unsigned depth) {
    if (depth == 0) return this->template make<Node>(mark_of(made_++));
    Root left(this->mutator());
    left = grow(depth - 1);
    Node* const right = grow(depth - 1);
    return this->template make<Node>(mark_of(made_++), left.get(), right);
  }

  // From the top. `reachable` has a root somewhere above.
  void populate(unsigned depth, Node* reachable) {
    if (depth == 0) return;
    Root node(this->mutator());
    node = reachable;
    Node* child = this->template make<Node>(mark_of(made_++));
    node.get()->left = child;
    child = this->template make<Node>(mark_of(made_++));
    node.get()->right = child;
    populate(depth - 1, node.get()->left.get());
    populate(depth - 1, node.get()->right.get());
  }

  const GcBenchPlan plan_;
  std::size_t made_ = 0;
};

template <class M>
struct OwnedGcBenchNode {
  using Owner = typename M::template Owner<OwnedGcBenchNode>;
  explicit OwnedGcBenchNode(std::uint64_t mark_of_this) : mark(mark_of_this) {}
  OwnedGcBenchNode(std::uint64_t mark_of_this, Owner&& left_node, Owner&& right_node)
      : left(std::move(left_node)), right(std::move(right_node)), mark(mark_of_this) {}
  const OwnedGcBenchNode* left_one() const { return M::get(left); }
  const OwnedGcBenchNode* right_one() const { return M::get(right); }
  void drop_owned() {
    M::drop(left);
    M::drop(right);
  }
  Owner left{}, right{};
  std::uint64_t mark;
};

template <ManualMemory M>
class OwnedGcBench final : public OwnedWorkload<M> {
 public:
  explicit OwnedGcBench(const Settings& settings) : plan_(settings) {
    this->operations = plan_.nodes();
    this->peak_live = plan_.most_bytes();
  }

  std::uint64_t pass() override {
    made_ = 0;
    std::uint64_t checksum = drop(grow(plan_.stretch));
    Owner lasting = M::template make<Node>(mark_of(made_++));
    populate(plan_.long_lived, *M::get(lasting));
    auto numbers = M::template make_array<double>(plan_.numbers);
    for (std::size_t i = 0; i < plan_.numbers; ++i) M::get(numbers)[i] = 1 / static_cast<double>(i + 1);

    for (unsigned depth = GcBenchPlan::kShallowest; depth <= plan_.deepest; depth += 2) {
      const std::size_t trees = plan_.trees(depth);
      for (std::size_t i = 0; i < trees; ++i) {
        Owner top = M::template make<Node>(mark_of(made_++));
        populate(depth, *M::get(top));
        checksum = fold(checksum, drop(std::move(top)));
      }
      for (std::size_t i = 0; i < trees; ++i) checksum = fold(checksum, drop(grow(depth)));
    }
    checksum = fold(checksum, read_tree<Node>(M::get(lasting)));
    checksum = fold(checksum, static_cast<std::uint64_t>(1 / M::get(numbers)[plan_.numbers / 2] + 0.5));
    M::drop(lasting);
    M::drop_array(numbers);
    return checksum;
  }

 private:
  using Node = OwnedGcBenchNode<M>;
  using Owner = typename Node::Owner;

  Owner grow(unsigned depth) {
    if (depth == 0) return M::template make<Node>(mark_of(made_++));
    Owner left = grow(depth - 1);
    Owner right = grow(depth - 1);
    return M::template make<Node>(mark_of(made_++), std::move(left), std::move(right));
  }

  void populate(unsigned depth, Node& node) {
    if (depth == 0) return;
    node.left = M::template make<Node>(mark_of(made_++));
    node.right = M::template make<Node>(mark_of(made_++));
    populate(depth - 1, *M::get(node.left));
    populate(depth - 1, *M::get(node.right));
  }

  static std::uint64_t drop(Owner tree) {
    const std::uint64_t sum = read_edge<Node>(M::get(tree));
    M::drop(tree);
    return sum;
  }

  const GcBenchPlan plan_;
  std::size_t made_ = 0;
};

template <class S>
void add_gcbench_workloads() {
  if constexpr (Collector<S>)
    static const WorkloadEntry entry(made_by(kGcBench, make_workload<HeapGcBench<S>>));
  else
    static const WorkloadEntry entry(made_by(kGcBench, make_workload<OwnedGcBench<S>>));
}

}  // namespace assay::suite::collector
