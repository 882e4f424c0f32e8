// A stack for any number of threads: Treiber's list, whose nodes a domain of reclamation frees.
//
//   head_ ─> node 3 ─> node 2 ─> node 1        push and pop exchange head_ by a compare-and-swap
//
// Invariants:
//   I1  a node that was taken off is never put back, and is freed only when no pop() that read its address
//       still compares with it: the same address in head_ is the same node, so that a successful exchange
//       in pop() installs the right successor (the ABA problem does not arise)
//   I2  a value is moved out by the one pop() that took its node off, and destroyed there and then
//
// Costs. push(): one allocation and one exchange when nobody interferes; pop(): a guard, one exchange, one
// retirement. Lock-free as far as the allocator is. Under contention all meet at head_: it is a stack.
//
// What it does not do. No size(), no emptiness that would still be true on return. The domain must outlive
// the stack. Moving a value must not throw.
//
// Source: Treiber, "Systems programming: coping with parallelism" (IBM RJ 5118, 1986).
#pragma once

#include <atomic>
#include <concepts>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "pointers/reclaimer_concept.h"

namespace assay {

template <class T, Reclaimer Domain>
class LockFreeStack {
 public:
  using value_type = T;
  static_assert(std::is_nothrow_move_constructible_v<T>);

  explicit LockFreeStack(Domain& domain) noexcept : domain_(domain) {}
  LockFreeStack(const LockFreeStack&) = delete;
  LockFreeStack& operator=(const LockFreeStack&) = delete;
  ~LockFreeStack() {
    for (Node* node = head_.load(std::memory_order_relaxed); node != nullptr;) {  // nobody else's
      Node* const dead = std::exchange(node, node->next);
      dead->value.~T();
      delete dead;
    }
  }

  // Throws std::bad_alloc.
  void push(T value) {
    Node* const node = new Node(std::move(value));
    node->next = head_.load(std::memory_order_relaxed);  // compared below, never followed here
    // Release pairs with the acquire in pop(): the node is whole when it is found.
    while (!head_.compare_exchange_weak(node->next, node, std::memory_order_release,
                                        std::memory_order_relaxed)) {
    }
  }

  // Nothing when the stack was empty. Throws std::bad_alloc, and then has taken nothing.
  std::optional<T> pop() {
    domain_.reserve();
    auto guard = domain_.pin();
    Node* node;
    do {
      node = guard.protect(head_);
      if (node == nullptr) return std::nullopt;
      // Relaxed: the node's contents came with protect(); its retirement is ordered by the domain.
    } while (
        !head_.compare_exchange_weak(node, node->next, std::memory_order_relaxed, std::memory_order_relaxed));
    std::optional<T> value(std::move(node->value));
    node->value.~T();
    guard.reset();
    domain_.retire(node);
    return value;
  }

 private:
  struct Node {
    explicit Node(T&& value_) noexcept : value(std::move(value_)) {}
    ~Node() {}
    Node* next;
    union {
      T value;  // ended by who pops it
    };
  };

  Domain& domain_;
  std::atomic<Node*> head_{nullptr};
};

}  // namespace assay
