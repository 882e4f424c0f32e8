// A heap with the roots and persistents of a random program, and the comparison of all that can be reached
// with the oracle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gc/concept.h"
#include "suites/collector/model/objects.h"
#include "suites/collector/model/oracle.h"
#include "suites/core/clause.h"
#include "suites/core/pattern.h"

namespace assay::suite::collector::model {

template <class H>
class Mirror {
 public:
  static constexpr CollectorTraits kTraits = H::kTraits;

  explicit Mirror(const CollectorOptions& options) {
    heap_.emplace(options);
    mutator_.emplace(*heap_);
    for (std::size_t i = 0; i < kLeastRoots; ++i) push(kNone, nullptr);
    for (auto& persistent : persistents_) persistent.emplace(*mutator_);
  }
  Mirror(const Mirror&) = delete;

 protected:
  static constexpr std::size_t kLeastRoots = 8, kMostRoots = 40;

  void push(int number, Object<H>* object) {
    roots_[depth_].emplace(*mutator_);
    *roots_[depth_++] = object;
    oracle_.push_root(number);
  }
  void pop() {
    oracle_.pop_root();
    roots_[--depth_].reset();
  }
  void set_root(std::size_t at, int number, Object<H>* object) {
    oracle_.set_root(at, number);
    *roots_[at] = object;
  }

  // The heap ends with whatever is in it.
  void end_heap() {
    while (depth_ > 0) pop();
    for (auto& persistent : persistents_) persistent.reset();
    mutator_.reset();
    ending_ = true;
    heap_.reset();
  }

  // The number of what must be a living object.
  int identify(const Object<H>& object, const char* who) {
    const std::uint32_t number = object.number, seal = object.seal;
    if (static_cast<const Mirror*>(object.graph) != this || !oracle_.knows(number) ||
        seal != Object<H>::seal_of(number, oracle_[static_cast<int>(number)].kind))
      violated("%s found at %p what is no object (number %u, seal %#x)", who,
               static_cast<const void*>(&object), number, seal);
    require(!oracle_[static_cast<int>(number)].ended, "%s found object %u, whose destructor ran", who,
            number);
    return static_cast<int>(number);
  }

  void walk(bool weaks, const Before* before) {
    begin_walk();
    for (std::size_t i = 0; i < depth_; ++i) see(oracle_.root(i), roots_[i]->get(), "root", kNone, i);
    for (std::size_t i = 0; i < Oracle::kPersistents; ++i)
      see(oracle_.persistent(i), persistents_[i]->get(), "persistent", kNone, i);
    for (std::size_t i = 0; i < queue_.size(); ++i) inspect(queue_[i]);
    if constexpr (kTraits.has_weak) {
      if (!weaks) return;
      for (const int number : queue_)
        for (std::size_t at = 0; at < oracle_[number].weaks; ++at) {
          const int target = oracle_.weaks(number)[at];
          read_weak(number, at, address_of(number), before,
                    target != kNone && seen_[static_cast<std::size_t>(target)] == epoch_);
        }
    }
  }

  // All that an object leads to: what its finalizer sees.
  void expect_whole(int number, Object<H>* object) {
    begin_walk();
    see(number, object, "a finalizer", number, 0);
    for (std::size_t i = 0; i < queue_.size(); ++i) inspect(queue_[i]);
  }

  // An object that a Weak led to, or null:
  Object<H>* read_weak(int holder, std::size_t at, void* address, const Before* before,
                       bool target_reachable) {
    int& target = oracle_.weaks(holder)[at];
    Object<H>* const found = weak_of<H>(address, oracle_[holder].kind, at).get();
    if (target == kNone) {
      require(found == nullptr, "Weak %zu of object %d refers to something", at, holder);
      return nullptr;
    }
    Entry& entry = oracle_[target];
    if (found == nullptr) {
      // A holder that comes back may have lost its target in a collection before, when the target was dead.
      require(!target_reachable || entry.resurrected || oracle_[holder].resurrected,
              "the Weak of object %d, which is reachable, was cleared", target);
      entry.found_dead = true;
      target = kNone;
      return nullptr;
    }
    const int number = identify(*found, "a Weak");
    require(number == target, "the Weak of object %d leads to object %d", target, number);
    if (target_reachable) return found;
    require(before == nullptr || !before->is(holder, Before::kReachable) ||
                before->is(target, Before::kReachable),
            "the Weak of object %d was not cleared by a full collection that did not find it", target);
    require(!entry.found_dead || entry.resurrected || oracle_[holder].resurrected,
            "one Weak of object %d was cleared, another not", target);
    entry.found_dead = false;
    return found;
  }

  // After what the objects testify to when the heap ends.
  Oracle oracle_;
  std::optional<H> heap_;
  std::optional<typename H::Mutator> mutator_;
  std::optional<typename H::template Root<Object<H>>> roots_[kMostRoots];
  std::size_t depth_ = 0;
  std::optional<typename H::template Persistent<Object<H>>> persistents_[Oracle::kPersistents];
  bool ending_ = false;

 private:
  // What leads from the outside to an object, or from one to another: null where the oracle has nothing, and
  // always to the same address.
  void see(int number, void* address, const char* what, int which, std::size_t at) {
    if (number == kNone) {
      if (address != nullptr) violated("%s %zu of %d refers to something", what, at, which);
      return;
    }
    Entry& entry = oracle_[number];
    if (address == nullptr) violated("%s %zu of %d lost object %d", what, at, which, number);
    if (seen_[static_cast<std::size_t>(number)] == epoch_) {
      if (address != entry.address)
        violated("%s %zu of %d leads to another object than others that refer to %d", what, at, which,
                 number);
      return;
    }
    seen_[static_cast<std::size_t>(number)] = epoch_;
    if (address != entry.address && entry.address != nullptr &&
        (!kTraits.moves || entry.kind == Kind::kPinned))
      violated("%s %zu of %d leads to object %d at %p, which was at %p", what, at, which, number, address,
               entry.address);
    entry.address = address;
    queue_.push_back(number);
  }

  void begin_walk() {
    ++epoch_;
    seen_.resize(static_cast<std::size_t>(oracle_.count()));
    queue_.clear();
  }

  void* address_of(int number) { return const_cast<void*>(oracle_[number].address); }

  void inspect(int number) {
    const Entry entry = oracle_[number];
    void* const address = address_of(number);
    if (is_array(entry.kind)) {
      inspect_array(number, entry, address);
    } else {
      const auto& object = *static_cast<Object<H>*>(address);
      const int found = identify(object, "a reference");
      if (found != number) violated("what refers to object %d leads to %d", number, found);
      if (object.value != entry.value) violated("object %d lost a change of its value", number);
      if (entry.kind == Kind::kLeaf) expect_words(number, as<H, Leaf<H>>(address)->words);
      if (entry.kind == Kind::kBlob) expect_words(number, as<H, Blob<H>>(address)->words);
      if (is_holder(entry.kind))
        with_array<H>(address, entry.kind,
                      [&](auto& array) { see(entry.array, array.get(), "the array", number, 0); });
    }
    const int* const targets = oracle_.edges(number).data();
    for (std::size_t at = 0; at < entry.edges; ++at)
      see(targets[at], edge_of<H>(address, entry.kind, at).get(), "edge", number, at);
  }

  void inspect_array(int number, const Entry& entry, void* address) {
    const auto expect_size = [&](std::size_t size, std::size_t expected) {
      if (size != expected) violated("array %d of %zu elements has size %zu", number, expected, size);
    };
    if (entry.kind == Kind::kReferences) {
      expect_size(static_cast<Array<Reference<H>>*>(address)->size(), entry.edges);
    } else if (entry.kind == Kind::kWeaks) {
      expect_size(static_cast<Array<WeakReference<H>>*>(address)->size(), entry.weaks);
    } else if (entry.kind == Kind::kRecords) {
      auto& records = *static_cast<Array<Record<H>>*>(address);
      expect_size(records.size(), entry.edges);
      for (const Record<H>& record : records)
        if (record.value != static_cast<long>(entry.value))
          violated("a record of array %d has changed", number);
    } else {
      auto& words = *static_cast<Array<std::uint64_t>*>(address);
      expect_size(words.size(), entry.value);
      expect_words(number, std::span<const std::uint64_t>(words.data(), words.size()));
    }
  }

  void expect_words(int number, std::span<const std::uint64_t> words) {
    const std::size_t damage =
        find_damage(words.data(), words.size_bytes(), static_cast<std::uint64_t>(number));
    if (damage != kIntact) violated("byte %zu of object %d has changed", damage, number);
  }

  std::vector<std::uint32_t> seen_;  // the walk that came by last
  std::vector<int> queue_;
  std::uint32_t epoch_ = 0;
};

}  // namespace assay::suite::collector::model
