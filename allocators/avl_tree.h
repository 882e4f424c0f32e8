// An ordered tree threaded through objects of its user, which allocates nothing: an AVL tree.
//
// Idea: the two subtrees of a node differ in height by one at most, so a tree of n nodes is never higher
// than 1.4405 log2(n + 2). A node has two links and two bits, its lean: which of its subtrees is the
// higher. There is no link to the parent: insert and erase remember the way down, at most kMostLevels links
// of 16 bytes on the stack, and walk it back as far as heights change.
//
//             d         lean kRight        struct Node {
//           /   \                            Node* child[2];           // left: lesser, right: greater
//          b     f      kEven, kLeft         unsigned lean() const;    // two bits, kept by the node
//         / \   /                            void set_lean(unsigned);
//        a   c e        kEven              };
//
// Invariants
//   I1  Everything left of a node is less than it, everything right of it greater (no two are equal).
//   I2  The heights of a node's subtrees differ by one at most, and its lean tells them apart.
// Costs: search, insert and erase take one comparison a level on the way down and one rotation (insert) or
// one a level (erase) on the way back, 1.6 steps back on average. Chosen over a treap or a zip tree, which
// are shorter still, because its bound holds for every order of operations and not only on average over
// coin tosses; over a red-black tree, because it is lower (1.44 against 2 log2 n) and what costs here is
// the cache miss of a level, not the rotation.
// Does not: allocate, own or copy nodes; hold equal keys; lock. A tree is its root, a single pointer.
// Source: Adelson-Velsky and Landis, "An algorithm for the organization of information", 1962; Knuth, The
// Art of Computer Programming, vol. 3, 6.2.3, algorithm A (insertion) and exercise 19 (deletion).
#pragma once

#include <cstddef>

#include "allocators/check.h"

namespace assay {

// Less: bool operator()(const Node&, const Node&) and, for lower_bound, (const Node&, const Key&).
template <class Node, class Less>
class AvlTree {
 public:
  static constexpr unsigned kEven = 0, kLeft = 1, kRight = 2;  // values of lean()
  static constexpr std::size_t kMostLevels = 64;               // enough for 2^44 nodes

  // The least node that is not less than `key`; null when there is none.
  template <class Key>
  static Node* lower_bound(Node* root, const Key& key) {
    const Less less;
    Node* found = nullptr;
    while (root != nullptr) {
      const bool right = less(*root, key);
      if (!right) found = root;
      root = root->child[right];
    }
    return found;
  }

  static Node* first(Node* root) {  // of a tree that is not empty
    while (root->child[0] != nullptr) root = root->child[0];
    return root;
  }

  static void insert(Node*& root, Node* node) {
    const Less less;
    Path path;
    Node** link = &root;
    while (*link != nullptr) {
      const bool right = less(**link, *node);
      path.push(link, right);
      link = &(*link)->child[right];
    }
    *link = node;
    node->child[0] = node->child[1] = nullptr;
    node->set_lean(kEven);
    while (!path.empty()) {
      const Step step = path.pop();
      if (!grew(*step.link, step.right)) return;
    }
  }

  // `node` must be in the tree.
  static void erase(Node*& root, Node* node) {
    const Less less;
    Path path;
    Node** link = &root;
    while (*link != node) {
      const bool right = less(**link, *node);
      path.push(link, right);
      link = &(*link)->child[right];
    }
    unlink(link, path);
  }

  // The lower bound, out of the tree, in one descent.
  template <class Key>
  static Node* take_lower_bound(Node*& root, const Key& key) {
    const Less less;
    Path path;
    Node** found = nullptr;
    std::size_t place = 0;
    for (Node** link = &root; *link != nullptr;) {
      const bool right = less(**link, key);
      if (!right) {
        found = link;
        place = path.size();
      }
      path.push(link, right);
      link = &(*link)->child[right];
    }
    if (found == nullptr) return nullptr;
    Node* const node = *found;
    path.cut(place);
    unlink(found, path);
    return node;
  }

  static Node* take_first(Node*& root) {  // of a tree that is not empty
    Path path;
    Node** link = &root;
    for (; (*link)->child[0] != nullptr; link = &(*link)->child[0]) path.push(link, false);
    Node* const node = *link;
    unlink(link, path);
    return node;
  }

  // Visits all nodes in order and returns the height; traps with `invariant` when I1 or I2 does not hold.
  template <class Visit>
  static std::size_t check(const char* invariant, const Node* root, Visit&& visit) {
    const Node* before = nullptr;
    return check_below(invariant, root, visit, before);
  }

 private:
  struct Step {
    Node** link;  // to the node that was passed
    bool right;   // the side that was taken
  };

  class Path {
   public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    void push(Node** link, bool right) { steps_[size_++] = {link, right}; }
    Step pop() { return steps_[--size_]; }
    void cut(std::size_t size) { size_ = size; }
    void relink(std::size_t place, Node** link) {
      if (place < size_) steps_[place].link = link;
    }

   private:
    std::size_t size_ = 0;
    Step steps_[kMostLevels];
  };

  // Takes the node at `link` out, to which `path` leads.
  static void unlink(Node** link, Path& path) {
    Node* const node = *link;
    if (node->child[0] == nullptr || node->child[1] == nullptr) {
      *link = node->child[node->child[0] == nullptr];
    } else {
      const std::size_t place = path.size();
      path.push(link, true);
      Node** next = &node->child[1];
      for (; (*next)->child[0] != nullptr; next = &(*next)->child[0]) path.push(next, false);
      Node* successor = *next;
      *next = successor->child[1];
      successor->child[0] = node->child[0];
      successor->child[1] = node->child[1];
      successor->set_lean(node->lean());
      *link = successor;
      path.relink(place + 1, &successor->child[1]);  // it was a link of `node`
    }
    while (!path.empty()) {
      const Step step = path.pop();
      if (!shrank(*step.link, step.right)) return;
    }
  }

  static constexpr unsigned toward(bool right) { return right ? kRight : kLeft; }

  // The subtree on that side of `top` is higher by one than before: is `top` itself?
  static bool grew(Node*& top, bool right) {
    if (top->lean() == kEven) {
      top->set_lean(toward(right));
      return true;
    }
    if (top->lean() == toward(right)) {
      rotate(top, right);
    } else {
      top->set_lean(kEven);
    }
    return false;
  }

  // The subtree on that side of `top` is lower by one than before: is `top` itself?
  static bool shrank(Node*& top, bool right) {
    if (top->lean() == kEven) {
      top->set_lean(toward(!right));
      return false;
    }
    if (top->lean() != toward(right)) return rotate(top, !right);
    top->set_lean(kEven);
    return true;
  }

  // The subtree on the `heavy` side of `top` is higher by two: restores I2; is the whole lower than it was?
  static bool rotate(Node*& top, bool heavy) {
    Node* const old = top;
    Node* const child = old->child[heavy];
    if (child->lean() == toward(!heavy)) {
      Node* const middle = child->child[!heavy];
      child->child[!heavy] = middle->child[heavy];
      old->child[heavy] = middle->child[!heavy];
      middle->child[heavy] = child;
      middle->child[!heavy] = old;
      old->set_lean(middle->lean() == toward(heavy) ? toward(!heavy) : kEven);
      child->set_lean(middle->lean() == toward(!heavy) ? toward(heavy) : kEven);
      middle->set_lean(kEven);
      top = middle;
      return true;
    }
    old->child[heavy] = child->child[!heavy];
    child->child[!heavy] = old;
    top = child;
    if (child->lean() == kEven) {  // after an erase only: the height stays
      child->set_lean(toward(!heavy));
      return false;
    }
    old->set_lean(kEven);
    child->set_lean(kEven);
    return true;
  }

  template <class Visit>
  static std::size_t check_below(const char* invariant, const Node* node, Visit& visit, const Node*& before) {
    if (node == nullptr) return 0;
    const std::size_t left = check_below(invariant, node->child[0], visit, before);
    if (before != nullptr && !Less()(*before, *node))
      trap(invariant, "the nodes at %p and %p are out of order", static_cast<const void*>(before),
           static_cast<const void*>(node));
    visit(*node);
    before = node;
    const std::size_t right = check_below(invariant, node->child[1], visit, before);
    const unsigned lean = left == right ? kEven : toward(right > left);
    if (left > right + 1 || right > left + 1 || node->lean() != lean)
      trap(invariant, "subtrees of heights %zu and %zu under the node at %p, whose lean is %u", left, right,
           static_cast<const void*>(node), node->lean());
    return (left > right ? left : right) + 1;
  }
};

}  // namespace assay
