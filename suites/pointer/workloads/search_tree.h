// Trees of nodes that know each other. What is left of a node is dropped first, as in other languages.
//   pointer_search_tree  10,000 keys are inserted into a binary search tree in random order, 20,000 are
//                        searched, the tree is dropped. A search goes from owner to owner, as it does where
//                        others may change the tree; with pointers that do not share, from node to node. One
//                        operation is one insertion or search
//   pointer_parent_tree  a complete binary tree of 16,383 nodes that know their parents by Weaks: from each
//                        leaf to the root by upgrades. One operation is one upgrade
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "pointers/concept.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"
#include "suites/pointer/workloads/values.h"

namespace assay::suite::pointer {

inline constexpr Description kSearchTree{
    .name = "pointer_search_tree",
    .family = "pointer",
    .sentence = "binary search tree: 10,000 insertions and 20,000 searches that hold what they look at"};
inline constexpr Description kParentTree{
    .name = "pointer_parent_tree",
    .family = "pointer",
    .sentence = "16,383 nodes with weak pointers to their parents, followed from each leaf to the root"};

constexpr std::size_t kSearchKeys = 10'000;
constexpr std::size_t kSearchesPerKey = 2;
constexpr unsigned kParentLevels = 14;

struct SearchPlan {
  explicit SearchPlan(const Settings& settings)
      : keys(settings.scaled(kSearchKeys)),
        inserted(shuffled(keys, settings.seed)),
        searches(kSearchesPerKey * keys),
        searched(harness_array<std::uint32_t>(searches)) {
    Random random(settings.seed + 1);
    for (std::size_t i = 0; i < searches; ++i) searched[i] = static_cast<std::uint32_t>(random.below(keys));
  }
  std::size_t operations() const { return keys + searches; }

  std::size_t keys;
  std::uint32_t* inserted;
  std::size_t searches;
  std::uint32_t* searched;
};

template <template <class> class P>
struct SearchNode {
  explicit SearchNode(std::uint64_t key_of_this) : key(key_of_this), mark(mark_of(key_of_this)) {}
  std::uint64_t key, mark;
  P<SearchNode> right, left;
};

template <template <class> class P>
class SearchTree final : public Workload {
 public:
  explicit SearchTree(const Settings& settings) : plan_(settings) {
    operations = plan_.operations();
    peak_live = plan_.keys * sizeof(Node);
  }

  std::uint64_t pass() override {
    P<Node> root;
    for (std::size_t i = 0; i < plan_.keys; ++i) insert(root, plan_.inserted[i]);
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < plan_.searches; ++i)
      checksum = fold(checksum, mark_at(root, plan_.searched[i]));
    return checksum;
  }

 private:
  using Node = SearchNode<P>;

  static void insert(P<Node>& root, std::uint64_t key) {
    P<Node>* link = &root;
    while (Node* const node = link->get()) link = key < node->key ? &node->left : &node->right;
    *link = P<Node>::make(key);
    escape(link->get());
  }

  static std::uint64_t mark_at(const P<Node>& root, std::uint64_t key) {
    if constexpr (P<Node>::kTraits.shares) {
      P<Node> at = root;
      for (;;) {
        const Node* const node = at.get();
        if (node == nullptr) [[unlikely]]
          fail("key %zu is not in the tree", std::size_t{key});
        if (node->key == key) return node->mark;
        P<Node> next = key < node->key ? node->left : node->right;
        at = std::move(next);
        escape(at.get());
      }
    } else {
      const Node* node = root.get();
      for (;;) {
        if (node == nullptr) [[unlikely]]
          fail("key %zu is not in the tree", std::size_t{key});
        if (node->key == key) return node->mark;
        node = key < node->key ? node->left.get() : node->right.get();
        escape(node);
      }
    }
  }

  const SearchPlan plan_;
};

template <template <class> class P>
struct FamilyNode {
  using Parent = typename P<FamilyNode>::Weak;
  FamilyNode(std::uint64_t mark_of_this, Parent&& parent_of_this)
      : mark(mark_of_this), parent(std::move(parent_of_this)) {}
  std::uint64_t mark;
  Parent parent;
  P<FamilyNode> right, left;
};

template <template <class> class P>
class ParentTree final : public Workload {
 public:
  explicit ParentTree(const Settings&) {
    const std::size_t leaves = std::size_t{1} << (kParentLevels - 1);
    operations = leaves * kParentLevels;
    peak_live = (2 * leaves - 1) * sizeof(Node);
  }

  std::uint64_t pass() override {
    std::uint64_t number = 0;
    P<Node> root = grow({}, kParentLevels, number);
    return fold(0, from_leaves(*root.get()));
  }

 private:
  using Node = FamilyNode<P>;

  static P<Node> grow(typename Node::Parent parent, unsigned levels, std::uint64_t& number) {
    P<Node> node = P<Node>::make(mark_of(number++), std::move(parent));
    escape(node.get());
    if (levels > 1) {
      node.get()->left = grow(node.downgrade(), levels - 1, number);
      node.get()->right = grow(node.downgrade(), levels - 1, number);
    }
    return node;
  }

  static std::uint64_t from_leaves(const Node& node) {
    if (node.left) return from_leaves(*node.left.get()) + from_leaves(*node.right.get());
    std::uint64_t sum = node.mark;
    for (P<Node> at = node.parent.upgrade(); at;) {
      escape(at.get());
      sum += at.get()->mark;
      P<Node> next = at.get()->parent.upgrade();
      at = std::move(next);
    }
    return sum;
  }
};

template <template <class> class P>
void add_search_tree_workloads() {
  static const WorkloadEntry search(made_by(kSearchTree, make_workload<SearchTree<P>>));
  if constexpr (P<Word>::kTraits.has_weak)
    static const WorkloadEntry parents(made_by(kParentTree, make_workload<ParentTree<P>>));
}

}  // namespace assay::suite::pointer
