// A hash table for any number of threads: a fixed array of buckets, each a sorted list of Harris and Michael,
// whose nodes a domain of reclamation frees.
//
//   buckets  │ ─┼─> 3 ─> 8 ─> 21 ─> null
//            │ ─┼─> null
//            │ ─┼─> 5 ═> 17 ─> null         ═> marked: 5 is erased, and will be unlinked by who passes
//
// Invariants:
//   I1  keys of a list ascend, so that a key has one place: two insertions of it meet there
//   I2  a node is erased by the one thread that marks its link; a marked link never changes
//   I3  who unlinks a marked node retires it; there is one, since a link to it is exchanged once
//   I4  while a search compares a node's key, a guard keeps the node and another the node before it
//
// Costs. All operations: one search of a list, whose length is that of the table over the number of buckets;
// a step is one load of a link, or two with hazards, and the comparison. insert(): one allocation, one
// exchange; erase(): two exchanges. Lock-free as far as the allocator is.
//
// What it does not do. It does not grow: choose the number of buckets. Values do not change: find() copies
// them. A value that was erased lives until its node is freed. No iteration, no size().
// The domain must outlive the table.
//
// Source: Michael, "High performance dynamic lock-free hash tables and list-based sets" (SPAA 2002), after
// Harris, "A pragmatic implementation of non-blocking linked-lists" (DISC 2001).
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "pointers/reclaimer_concept.h"

namespace assay {

template <class Key, class Value, Reclaimer Domain, class Hash = std::hash<Key>>
class HashBuckets {
 public:
  using key_type = Key;
  using mapped_type = Value;

  // `buckets` is rounded up to a power of two, two at least. Throws std::bad_alloc.
  HashBuckets(Domain& domain, std::size_t buckets)
      : domain_(domain),
        shift_(64 - std::max(std::countr_zero(std::bit_ceil(buckets)), 1)),
        buckets_(new Link[std::size_t{1} << (64 - shift_)]{}) {}
  HashBuckets(const HashBuckets&) = delete;
  HashBuckets& operator=(const HashBuckets&) = delete;
  ~HashBuckets() {
    for (std::size_t i = 0; i < std::size_t{1} << (64 - shift_); ++i)
      for (Node* node = node_at(buckets_[i].load(std::memory_order_relaxed)); node != nullptr;) {
        Node* const dead = node;
        node = node_at(node->next.load(std::memory_order_relaxed));  // nobody else's
        delete dead;
      }
  }

  // False when the key is there. Throws std::bad_alloc, and then has changed nothing.
  bool insert(const Key& key, Value value) {
    std::unique_ptr<Node> node;
    Search search(*this, key);
    for (;;) {
      if (search.find()) return false;
      if (node == nullptr) node.reset(new Node{key, std::move(value), {}});
      node->next.store(search.word, std::memory_order_relaxed);  // not yet seen by others
      std::uintptr_t expected = search.word;
      // Release pairs with the acquire in protect(): the node is whole when it is found.
      if (search.previous->compare_exchange_strong(expected, word_of(node.get()), std::memory_order_release,
                                                   std::memory_order_relaxed)) {
        node.release();
        return true;
      }
    }
  }

  // False when the key is not there. Throws std::bad_alloc, and then has changed nothing.
  bool erase(const Key& key) {
    Search search(*this, key);
    for (;;) {
      if (!search.find()) return false;
      std::uintptr_t next = search.next;
      // Release: the exchange leaves in place a link that others follow to what was acquired here.
      if (!node_at(search.word)
               ->next.compare_exchange_strong(next, next | kMark, std::memory_order_release,
                                              std::memory_order_relaxed))
        continue;
      try {
        if (!search.unlink()) search.find();  // somebody interfered: searching unlinks it, or finds it gone
      } catch (const std::bad_alloc&) {
        // It is erased, and another search will unlink it.
      }
      return true;
    }
  }

  // A copy of the value. Throws what copying throws, and std::bad_alloc.
  std::optional<Value> find(const Key& key) {
    Search search(*this, key);
    if (!search.find()) return std::nullopt;
    return node_at(search.word)->value;
  }

 private:
  // A node's address, with kMark if the node that holds the link is erased.
  using Link = std::atomic<std::uintptr_t>;
  static constexpr std::uintptr_t kMark = 1;
  static_assert(kMark <= kTagBits);

  struct Node {
    Key key;
    Value value;
    alignas(kTagBits + 1) Link next;
  };

  static Node* node_at(std::uintptr_t word) noexcept { return reinterpret_cast<Node*>(word & ~kTagBits); }
  static std::uintptr_t word_of(Node* node) noexcept { return reinterpret_cast<std::uintptr_t>(node); }

  // Fibonacci hashing (Knuth, volume 3, 6.4): the high bits depend on all, and std::hash may change none.
  Link& bucket_of(const Key& key) const noexcept {
    return buckets_[static_cast<std::uint64_t>(Hash()(key)) * 0x9e3779b97f4a7c15 >> shift_];
  }

  // The place of a key, and guards of the nodes around it as long as the search lives.
  struct Search {
    Search(HashBuckets& table_, const Key& key_)
        : table(table_),
          key(key_),
          of_previous(table_.domain_.pin()),
          of_node(table_.domain_.pin()),
          of_next(table_.domain_.pin()) {}

    // The first node whose key is not less, unlinking what is erased on the way. True if it has the key.
    bool find() {
      for (;;) {
        previous = &table.bucket_of(key);
        word = of_node.protect(*previous);
        switch (walk()) {
          case Walk::kFound:
            return true;
          case Walk::kMissing:
            return false;
          case Walk::kDisturbed:
            break;
        }
      }
    }

    // Takes the node at `word`, which is erased, out of the list. False when the list has changed there.
    bool unlink() {
      table.domain_.reserve();
      std::uintptr_t expected = word;
      // Release: who reads the link goes on to what was acquired here from its insertion.
      if (!previous->compare_exchange_strong(expected, next, std::memory_order_release,
                                             std::memory_order_relaxed))
        return false;
      table.domain_.retire(node_at(word));
      return true;
    }

    HashBuckets& table;
    const Key& key;
    Link* previous = nullptr;  // the link to the node
    std::uintptr_t word = 0;   // that link: the node, not marked
    std::uintptr_t next = 0;   // the node's own link, without its mark

   private:
    enum class Walk { kFound, kMissing, kDisturbed };
    using Guard = typename Domain::Guard;

    Walk walk() {
      while (word != 0) {
        Node* const node = node_at(word);
        const std::uintptr_t link = of_next.protect(node->next);
        next = link & ~kMark;
        // Not marked, the node was in the list after its successor was announced, hence so was the successor,
        // which is therefore protected in time. Marked, the exchange in unlink() says the same if it
        // succeeds.
        if ((link & kMark) != 0) {
          if (!unlink()) return Walk::kDisturbed;
          std::swap(of_node, of_next);
        } else {
          if (!(node->key < key)) return key < node->key ? Walk::kMissing : Walk::kFound;
          previous = &node->next;
          std::swap(of_previous, of_node);
          std::swap(of_node, of_next);
        }
        word = next;
      }
      return Walk::kMissing;
    }

    Guard of_previous, of_node, of_next;
  };

  Domain& domain_;
  const int shift_;
  const std::unique_ptr<Link[]> buckets_;
};

}  // namespace assay
