// Objects that own each other, built, summed along plain references, and dropped. One operation is one
// object.
//   pointer_list       100,000 nodes, each of which owns the next. A pointer that claims no drops_deep_chains
//                      lets go of them one after the other, because dropping the first would overflow the
//                      stack
//   pointer_deep_list  a million, dropped with the first: only pointers that claim it
//   pointer_tree       a complete binary tree of 65,535
// What is left of a node is dropped first, here and in other languages: the order in which blocks are freed
// decides where those of the next pass lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "pointers/concept.h"
#include "suites/core/workload.h"
#include "suites/pointer/workloads/values.h"

namespace assay::suite::pointer {

inline constexpr Description kList{.name = "pointer_list",
                                   .family = "pointer",
                                   .sentence = "a list of 100,000 nodes is built, summed and dropped"};
inline constexpr Description kDeepList{
    .name = "pointer_deep_list",
    .family = "pointer",
    .sentence =
        "a list of a million nodes is built, summed and dropped with its first, on an ordinary stack"};
inline constexpr Description kTree{.name = "pointer_tree",
                                   .family = "pointer",
                                   .sentence = "a binary tree of 65,535 nodes is built, summed and dropped"};

constexpr std::size_t kListNodes = 100'000;
constexpr std::size_t kDeepListNodes = 1'000'000;
constexpr unsigned kTreeLevels = 16;

template <template <class> class P>
struct ListNode {
  ListNode(std::uint64_t mark_of_this, P<ListNode>&& next_one)
      : mark(mark_of_this), next(std::move(next_one)) {}
  std::uint64_t mark;
  P<ListNode> next;
};

template <template <class> class P, std::size_t kNodes>
class List final : public Workload {
 public:
  explicit List(const Settings& settings) {
    operations = settings.scaled(kNodes);
    peak_live = operations * sizeof(Node);
  }

  std::uint64_t pass() override {
    P<Node> head;
    const std::size_t count = operations;
    for (std::size_t i = 0; i < count; ++i) {
      head = P<Node>::make(mark_of(i), std::move(head));
      escape(head.get());
    }
    std::uint64_t sum = 0;
    for (const Node* node = head.get(); node != nullptr; node = node->next.get()) sum += node->mark;
    if constexpr (P<Node>::kTraits.drops_deep_chains) {
      head.reset();
    } else {
      while (head) {
        P<Node> next = std::move(head.get()->next);
        head = std::move(next);
      }
    }
    return fold(0, sum);
  }

 private:
  using Node = ListNode<P>;
};

template <template <class> class P>
struct TreeNode {
  TreeNode(std::uint64_t mark_of_this, P<TreeNode>&& left_one, P<TreeNode>&& right_one)
      : mark(mark_of_this), right(std::move(right_one)), left(std::move(left_one)) {}
  std::uint64_t mark;
  P<TreeNode> right, left;
};

template <template <class> class P>
class Tree final : public Workload {
 public:
  explicit Tree(const Settings&) {
    operations = (std::size_t{1} << kTreeLevels) - 1;
    peak_live = operations * sizeof(Node);
  }

  std::uint64_t pass() override {
    std::uint64_t number = 0;
    P<Node> root = grow(kTreeLevels, number);
    const std::uint64_t sum = sum_of(*root.get());
    root.reset();
    return fold(0, sum);
  }

 private:
  using Node = TreeNode<P>;

  static P<Node> grow(unsigned levels, std::uint64_t& number) {
    if (levels == 0) return {};
    P<Node> left = grow(levels - 1, number);
    P<Node> right = grow(levels - 1, number);
    P<Node> node = P<Node>::make(mark_of(number++), std::move(left), std::move(right));
    escape(node.get());
    return node;
  }

  static std::uint64_t sum_of(const Node& node) {
    std::uint64_t sum = node.mark;
    if (node.left) sum += sum_of(*node.left.get());
    if (node.right) sum += sum_of(*node.right.get());
    return sum;
  }
};

template <template <class> class P>
void add_structure_workloads() {
  static const WorkloadEntry list(made_by(kList, make_workload<List<P, kListNodes>>));
  static const WorkloadEntry tree(made_by(kTree, make_workload<Tree<P>>));
  if constexpr (P<Word>::kTraits.drops_deep_chains)
    static const WorkloadEntry deep(made_by(kDeepList, make_workload<List<P, kDeepListNodes>>));
}

}  // namespace assay::suite::pointer
