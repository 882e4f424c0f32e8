// A heap beside its oracle: collections and what they must leave, and what objects testify to when they are
// made, finalized and destroyed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suites/collector/model/mirror.h"

namespace assay::suite::collector::model {

template <class H>
class Graph : public Mirror<H> {
 public:
  using Mirror<H>::kTraits;
  // A full collection leaves nothing that was unreachable when it began.
  static constexpr bool kExact = kTraits.precise && kTraits.reclaims;

  explicit Graph(const CollectorOptions& options) : Mirror<H>(options) {}
  ~Graph() {
    collect(Collection::kMajor);
    this->end_heap();
    if constexpr (kTraits.destroys)
      for (const int number : destructible_)
        require(oracle_[number].ended, "object %d outlived its heap", number);
  }

  // Everything that can be reached is as it should be; with `weaks`, those are read, too.
  void check(bool weaks) { this->walk(weaks, nullptr); }

  // Collects, and looks at what is left.
  void collect(Collection collection) {
    if (!kExact || collection == Collection::kMinor) {
      mutator_->collect(collection);
      return check(true);
    }
    // One that is under way keeps what was reachable when it began.
    if constexpr (kTraits.incremental || kTraits.concurrent) mutator_->collect(collection);
    const Before before(oracle_, kTraits.finalizes ? mortals_ : std::vector<int>());
    const std::uint64_t collections = std::as_const(*this->heap_).stats().major_collections;
    mutator_->collect(collection);
    this->walk(true, &before);
    expect_gone(before);
    if (kTraits.counts && before.raised().empty()) expect_counts(collections);
    for (const int number : resurrected_) oracle_[number].resurrected = oracle_[number].may_finalize = false;
    resurrected_.clear();
  }

  // For the objects.
  void end(Object<H>& object) {
    const int number = this->identify(object, "a destructor");
    Entry& entry = oracle_[number];
    require(!entry.ended, "the destructor of object %d ran twice", number);
    require(entry.kind != Kind::kMortal || !kTraits.finalizes || entry.finalized || this->ending_,
            "object %d was destroyed without its finalizer", number);
    entry.ended = true;
    object.seal = 0;
  }

  void finalize(Mortal<H>& object, typename H::Mutator& mutator) {
    const int number = this->identify(object, "a finalizer");
    Entry& entry = oracle_[number];
    require(!entry.finalized, "the finalizer of object %d ran twice", number);
    require(!this->ending_, "the finalizer of object %d ran when the heap ended", number);
    require(entry.may_finalize || !oracle_.reachable(number),
            "the finalizer of object %d ran, which is reachable", number);
    entry.finalized = true;
    this->expect_whole(number, &object);
    const std::size_t place = static_cast<std::size_t>(number) % Oracle::kPersistents;
    switch (entry.manner % 5) {
      case 0:
        break;
      case 1:
        resurrecting([&] { oracle_.set_persistent(place, number); });
        *persistents_[place] = &object;
        break;
      case 2: {  // a cycle with an object that the finalizer makes
        typename H::template Root<Object<H>> self(mutator);
        self = &object;
        resurrecting([&] { oracle_.begin_keeping(number); });
        const int made_number = oracle_.add(Kind::kPair, 2);
        auto* made = expect_made(mutator.template make<Pair<H>>(*this, made_number));
        oracle_.end_keeping();
        oracle_.set_edge(number, 0, made_number);
        oracle_.set_edge(made_number, 0, number);
        made->edges[0] = self.get();
        as<H, Mortal<H>>(self.get())->edges[0] = made;
        break;
      }
      case 3: {  // into what the last root refers to
        const int holder = oracle_.root(depth_ - 1);
        if (holder == kNone || oracle_[holder].edges == 0) break;
        resurrecting([&] { oracle_.set_edge(holder, 0, number); });
        edge_of<H>(roots_[depth_ - 1]->get(), oracle_[holder].kind, 0) = &object;
        break;
      }
      default:  // what it refers to is lost
        for (std::size_t i = 0; i < 2; ++i) {
          oracle_.set_edge(number, i, kNone);
          object.edges[i] = nullptr;
        }
    }
  }

  void begin_construction(const Object<H>& object) { oracle_.begin_keeping(static_cast<int>(object.number)); }
  void end_construction(const Tree<H>& tree) {
    const auto number = static_cast<int>(tree.number);
    oracle_.end_keeping();
    for (std::size_t i = 0; i < 2; ++i) {
      Object<H>* const child = tree.edges[i].get();
      require(child != nullptr && static_cast<int>(child->number) == oracle_.edges(number)[i],
              "while object %d was made, it lost a child", number);
      this->identify(*child, "a child");
    }
  }
  // In the middle of its parent's constructor, which so becomes old while it runs.
  Object<H>* make_child(const Tree<H>& parent, std::size_t at, std::size_t depth) {
    if (parent.number % 8 == 0)
      for (int i = 0; i < 2; ++i) mutator_->collect(Collection::kMinor);
    const int number = oracle_.add(Kind::kTree, 2);
    Object<H>* const child = keep_track(number, make<Tree<H>>(*this, number, depth));
    oracle_.set_edge(static_cast<int>(parent.number), at, number);
    return child;
  }

 protected:
  using Mirror<H>::oracle_;
  using Mirror<H>::mutator_;
  using Mirror<H>::roots_;
  using Mirror<H>::depth_;
  using Mirror<H>::persistents_;

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    return expect_made(mutator_->template make<T>(std::forward<Arguments>(arguments)...));
  }
  template <class T>
  T* expect_made(T* object) {
    require(object != nullptr, "make gave nothing, and there is no limit");
    require(reinterpret_cast<std::uintptr_t>(object) % alignof(T) == 0,
            "an object lies at %p, not aligned to %zu", static_cast<const void*>(object), alignof(T));
    ++made_;
    return object;
  }
  // Of an object that was made.
  template <class T>
  T* keep_track(int number, T* object) {
    if (has_destructor(oracle_[number].kind)) destructible_.push_back(number);
    if (oracle_[number].kind == Kind::kMortal) mortals_.push_back(number);
    oracle_[number].address = object;
    return object;
  }

 private:
  // What was unreachable when a full collection began is gone, and what was to be finalized is.
  void expect_gone(const Before& before) {
    std::erase_if(destructible_, [&](int number) {
      if (oracle_[number].ended) return true;
      if (kTraits.destroys && before.is(number, Before::kGone))
        violated("object %d was unreachable before a full collection, and was not destroyed", number);
      return false;
    });
    for (const int number : before.raised())
      require(oracle_[number].finalized,
              "object %d was unreachable before a full collection, and not finalized", number);
    std::erase_if(mortals_, [&](int number) { return oracle_[number].finalized; });
  }

  void expect_counts(std::uint64_t collections_before) {
    const CollectorStats stats = std::as_const(*this->heap_).stats();
    const std::size_t live = oracle_.all_reachable().size();
    require(stats.live_objects == live, "%zu objects are reachable, and the heap counts %llu", live,
            static_cast<unsigned long long>(stats.live_objects));
    require(stats.allocated_objects == made_, "%llu objects were made, and the heap counts %llu",
            static_cast<unsigned long long>(made_), static_cast<unsigned long long>(stats.allocated_objects));
    require(stats.reclaimed_objects == made_ - live,
            "%llu of %llu objects are gone, and the heap counts %llu",
            static_cast<unsigned long long>(made_ - live), static_cast<unsigned long long>(made_),
            static_cast<unsigned long long>(stats.reclaimed_objects));
    require(stats.major_collections > collections_before, "a full collection was not counted");
    require(stats.live_bytes <= stats.allocated_bytes && stats.held_bytes >= stats.live_bytes &&
                stats.most_held_bytes >= stats.held_bytes,
            "%llu bytes live of %llu, %llu held, %llu at most held",
            static_cast<unsigned long long>(stats.live_bytes),
            static_cast<unsigned long long>(stats.allocated_bytes),
            static_cast<unsigned long long>(stats.held_bytes),
            static_cast<unsigned long long>(stats.most_held_bytes));
  }

  // What a finalizer leads to again may have been found unreachable together with it.
  template <class Change>
  void resurrecting(const Change& change) {
    std::vector<bool> before(static_cast<std::size_t>(oracle_.count()));
    for (const int number : oracle_.all_reachable()) before[static_cast<std::size_t>(number)] = true;
    change();
    for (const int number : oracle_.all_reachable()) {
      if (before[static_cast<std::size_t>(number)]) continue;
      oracle_[number].resurrected = oracle_[number].may_finalize = true;
      resurrected_.push_back(number);
    }
  }

  std::vector<int> destructible_;  // that were not seen destroyed
  std::vector<int> mortals_;       // that were not seen finalized
  std::vector<int> resurrected_;   // since the last full collection
  std::uint64_t made_ = 0;
};

}  // namespace assay::suite::collector::model
