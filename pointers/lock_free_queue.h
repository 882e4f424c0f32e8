// A queue for any number of threads: the list of Michael and Scott, whose nodes a domain of reclamation
// frees.
//
//   head_ ─> spent node ─> node 1 ─> node 2 ─> node 3 <─ tail_ (or one behind)
//
// Invariants:
//   I1  the node at head_ has no value: it is the one that was dequeued last, or the first ever
//   I2  tail_ is a node of the list, never before head_; who finds it behind moves it on
//   I3  next of a node changes once, from null; a node that head_ has left is never in the list again
//   I4  a value is moved out by the one dequeue() that moved head_ to its node, and destroyed there and then
//
// Costs. enqueue(): one allocation, two exchanges and a guard; dequeue(): two guards, one exchange, one
// retirement. Lock-free as far as the allocator is. Producers meet at tail_ and consumers at head_ only.
//
// What it does not do. No size(), no emptiness that would still be true on return. The domain must outlive
// the queue. Moving a value must not throw.
//
// Source: Michael and Scott, "Simple, fast, and practical non-blocking and blocking concurrent queue
// algorithms" (PODC 1996); with hazard pointers as in Michael (2004).
#pragma once

#include <atomic>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "pointers/reclaimer_concept.h"

namespace assay {

template <class T, Reclaimer Domain>
class LockFreeQueue {
 public:
  using value_type = T;
  static_assert(std::is_nothrow_move_constructible_v<T>);

  // Throws std::bad_alloc.
  explicit LockFreeQueue(Domain& domain)
      : domain_(domain), head_(new Node), tail_(head_.load(std::memory_order_relaxed)) {}  // nobody else's
  LockFreeQueue(const LockFreeQueue&) = delete;
  LockFreeQueue& operator=(const LockFreeQueue&) = delete;
  ~LockFreeQueue() {
    Node* node = head_.load(std::memory_order_relaxed);  // nobody else's
    for (Node* next = node->next.load(std::memory_order_relaxed); next != nullptr;
         next = node->next.load(std::memory_order_relaxed)) {
      delete std::exchange(node, next);
      node->value.~T();
    }
    delete node;
  }

  // Throws std::bad_alloc, and then has put nothing.
  void enqueue(T value) {
    auto guard = domain_.pin();
    Node* const node = new Node(std::move(value));
    for (;;) {
      Node* tail = guard.protect(tail_);
      // Acquire: `next` becomes tail_ below, where others find it.
      Node* next = tail->next.load(std::memory_order_acquire);
      if (next == nullptr) {
        // Release pairs with the acquires of `next`: the node is whole when it is found.
        if (tail->next.compare_exchange_weak(next, node, std::memory_order_release,
                                             std::memory_order_relaxed)) {
          move_tail(tail, node);
          return;
        }
      } else {
        move_tail(tail, next);
      }
    }
  }

  // Nothing when the queue was empty. Throws std::bad_alloc, and then has taken nothing.
  std::optional<T> dequeue() {
    domain_.reserve();
    auto guard = domain_.pin(), guard_of_next = domain_.pin();
    for (;;) {
      Node* head = guard.protect(head_);
      // Acquire pairs with the release in move_tail(); read after head_, so never before it (I2).
      Node* const tail = tail_.load(std::memory_order_acquire);
      Node* const next = guard_of_next.protect(head->next);
      // Only the last node has no successor, and head_ cannot have left that one.
      if (next == nullptr) return std::nullopt;
      if (head == tail) {
        move_tail(head, next);
        continue;
      }
      // `next` is not looked at before the exchange: its success says that head_ had not left `head`, so that
      // `next` was announced before it could be retired (I3). Release: who reads head_ may go on to `next`,
      // whose contents were acquired here from enqueue().
      if (!head_.compare_exchange_weak(head, next, std::memory_order_release, std::memory_order_relaxed))
        continue;
      std::optional<T> value(std::move(next->value));
      next->value.~T();
      guard.reset();
      guard_of_next.reset();
      domain_.retire(head);
      return value;
    }
  }

 private:
  struct Node {
    Node() noexcept {}
    explicit Node(T&& value_) noexcept : value(std::move(value_)) {}
    ~Node() {}
    std::atomic<Node*> next{nullptr};
    union {
      T value;  // ended by who dequeues it
    };
  };

  // Failure is as good: somebody else did it. Release pairs with the acquires of tail_.
  void move_tail(Node* from, Node* to) noexcept {
    tail_.compare_exchange_strong(from, to, std::memory_order_release, std::memory_order_relaxed);
  }

  Domain& domain_;
  alignas(
      128) std::atomic<Node*> head_;  // away from each other: two lines, as neighbours are fetched in pairs
  alignas(128) std::atomic<Node*> tail_;
};

}  // namespace assay
