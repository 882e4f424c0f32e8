// The operations of a random program: each does something to the heap, and the same to the oracle. All are
// valid in every state; those that find nothing to work on do nothing. Parameters choose roots by number,
// and references by their place, beyond what there is.
//
// Where a store may run a part of a collection, the oracle learns of it afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "suites/collector/model/graph.h"

namespace assay::suite::collector::model {

template <class H>
class Run : public Graph<H> {
 public:
  explicit Run(const CollectorOptions& options = {}) : Graph<H>(options) {}

  // Making.
  void make_leaf(std::size_t a) { adopt(a, fresh<Leaf<H>>(Kind::kLeaf, 0, 0)); }
  void make_blob(std::size_t a) { adopt(a, fresh<Blob<H>>(Kind::kBlob, 0, 0)); }
  // These refer to what the root referred to before.
  void make_node(std::size_t a) { push_front(a, fresh<Node<H>>(Kind::kNode, 3, 2)); }
  void make_pinned(std::size_t a) { push_front(a, fresh<Pinned<H>>(Kind::kPinned, 1, 0)); }
  void make_mortal(std::size_t a, std::size_t manner) {
    const Made made = fresh<Mortal<H>>(Kind::kMortal, 2, 1);
    oracle_[made.number].manner = static_cast<unsigned char>(manner);
    push_front(a, made);
  }
  // The constructor stores what two roots refer to.
  void make_pair(std::size_t a, std::size_t b) {
    adopt(a, make_linked<Pair<H>>(Kind::kPair, {number(b), get(b)}, {number(a), get(a)}));
  }
  // The constructor is given what nothing else refers to.
  void make_around(std::size_t a) {
    const Made child = fresh<Leaf<H>>(Kind::kLeaf, 0, 0);
    adopt(a, make_linked<Node<H>>(Kind::kNode, child, {number(a), get(a)}));
  }
  void make_tree(std::size_t a, std::size_t depth) {
    const int made_number = oracle_.add(Kind::kTree, 2);
    adopt(a, {made_number, keep_track(made_number, make<Tree<H>>(*this, made_number, depth))});
  }
  // Each refers to the one before.
  void make_list(std::size_t a, std::size_t length) {
    for (; length > 0; --length)
      if (length % 4 == 0)
        push_front(a, fresh<Node<H>>(Kind::kNode, 3, 2));
      else
        push_front(a, fresh<Pair<H>>(Kind::kPair, 2, 0));
  }
  void make_garbage(std::size_t count) {
    for (; count > 0; --count) {
      if (count % 8 == 0)
        fresh<Blob<H>>(Kind::kBlob, 0, 0);
      else if (count % 8 == 3)
        fresh<Node<H>>(Kind::kNode, 3, 2);
      else
        fresh<Leaf<H>>(Kind::kLeaf, 0, 0);
    }
  }
  void make_table(std::size_t a, std::size_t length) {
    adopt(a, fresh<Table<H>>(Kind::kTable, 0, 0));
    renew_array(a, length);
  }
  void make_text(std::size_t a, std::size_t length) {
    adopt(a, fresh<Text<H>>(Kind::kText, 0, 0));
    renew_array(a, length);
  }
  void make_watchers(std::size_t a, std::size_t length) {
    if constexpr (kTraits.has_weak) {
      adopt(a, fresh<Watchers<H>>(Kind::kWatchers, 0, 0));
      renew_array(a, length);
    }
  }
  void make_register(std::size_t a, std::size_t length) {
    adopt(a, fresh<Register<H>>(Kind::kRegister, 0, 0));
    renew_array(a, length);
  }
  // A holder's array is another one.
  void renew_array(std::size_t a, std::size_t length) {
    if (number(a) == kNone || !is_holder(oracle_[number(a)].kind)) return;
    const Kind kind = array_of(oracle_[number(a)].kind);
    const int array_number =
        oracle_.add(kind, kind == Kind::kReferences || kind == Kind::kRecords ? length : 0,
                    kind == Kind::kWeaks || kind == Kind::kRecords ? length : 0);
    switch (kind) {
      case Kind::kReferences:
        return set_array<Table<H>>(a, array_number, make_array<Reference<H>>(length));
      case Kind::kWords: {
        auto* const words = make_array<std::uint64_t>(length);
        fill_pattern(words->data(), length * sizeof(std::uint64_t), static_cast<std::uint64_t>(array_number));
        oracle_[array_number].value = length;
        return set_array<Text<H>>(a, array_number, words);
      }
      case Kind::kWeaks:
        if constexpr (kTraits.has_weak)
          return set_array<Watchers<H>>(a, array_number, make_array<WeakReference<H>>(length));
        return;
      default: {
        auto* const records = make_array<Record<H>>(length);
        for (Record<H>& record : *records) record.value = array_number;
        oracle_[array_number].value = static_cast<std::uint64_t>(array_number);
        return set_array<Register<H>>(a, array_number, records);
      }
    }
  }
  // Two holders share an array.
  void share_array(std::size_t a, std::size_t b) {
    const int to = number(a), from = number(b);
    if (to == kNone || from == kNone) return;
    const Kind kind = oracle_[to].kind;
    if (!is_holder(kind) || kind != oracle_[from].kind) return;
    with_array<H>(get(a), kind, [&](auto& array) {
      with_array<H>(get(b), kind, [&](auto& other) {
        if constexpr (std::is_same_v<decltype(array), decltype(other)>) array = other;
      });
    });
    oracle_.set_array(to, oracle_[from].array);
  }

  // References.
  void store(std::size_t a, std::size_t i, std::size_t b, std::size_t steps) {
    if (const Place to = place(a, i, steps)) store(to.in, to.at, {number(b), get(b)});
  }
  void store_new(std::size_t a, std::size_t i, std::size_t steps) {
    if (!place(a, i)) return;
    const Made made = fresh<Pair<H>>(Kind::kPair, 2, 0);
    const Place to = place(a, i, steps);
    store(made, 0, {target(to), edge(to).get()});
    store(to.in, to.at, made);
  }
  void clear(std::size_t a, std::size_t i, std::size_t steps) {
    const Place to = place(a, i, steps);
    if (!to) return;
    edge(to) = nullptr;
    oracle_.set_edge(to.in.number, to.at, kNone);
  }
  void copy_member(std::size_t a, std::size_t i, std::size_t b, std::size_t steps) {
    const Place to = place(a, i, steps), from = place(b, i, steps / 2);
    if (!to || !from) return;
    edge(to) = std::as_const(edge(from));
    oracle_.set_edge(to.in.number, to.at, target(from));
  }
  void swap_members(std::size_t a, std::size_t i, std::size_t b, std::size_t steps) {
    const Place one = place(a, i, steps), other = place(b, i + 1, steps / 2);
    if (!one || !other) return;
    using std::swap;
    swap(edge(one), edge(other));
    const int moved = target(one);
    oracle_.set_edge(one.in.number, one.at, target(other));
    oracle_.set_edge(other.in.number, other.at, moved);
  }
  // Elements of an array, from the i-th on.
  void fill(std::size_t a, std::size_t i, std::size_t b, std::size_t count) {
    Place to = place(a, i);
    if (!to) return;
    const std::size_t end = std::min<std::size_t>(to.at + count, oracle_[to.in.number].edges);
    for (; to.at < end; ++to.at) store(to.in, to.at, {number(b), get(b)});
  }
  void copy_elements(std::size_t a, std::size_t i, std::size_t b, std::size_t count) {
    Place to = place(a, i), from = place(b, i + count);
    if (!to || !from) return;
    for (; count > 0 && to.at < oracle_[to.in.number].edges && from.at < oracle_[from.in.number].edges;
         --count, ++to.at, ++from.at) {
      edge(to) = std::as_const(edge(from));
      oracle_.set_edge(to.in.number, to.at, target(from));
    }
  }
  void write(std::size_t a, std::size_t value) {
    if (number(a) == kNone) return;
    get(a)->value += value;
    oracle_[number(a)].value += value;
  }

  // Roots, and handles that live anywhere.
  void load(std::size_t a, std::size_t b, std::size_t i, std::size_t steps) {
    const Place from = place(b, i, steps);
    if (from) set_root(at(a), target(from), edge(from).get());
  }
  void copy_root(std::size_t a, std::size_t b) { set_root(at(a), number(b), get(b)); }
  void clear_root(std::size_t a) { set_root(at(a), kNone, nullptr); }
  void clear_roots() {
    for (std::size_t i = 1; i < depth_; ++i) set_root(i, kNone, nullptr);
  }
  void open_scope(std::size_t a, std::size_t roots) {
    for (; roots > 0 && depth_ < Mirror<H>::kMostRoots; --roots) this->push(number(a), get(a));
  }
  void close_scope(std::size_t roots) {
    for (; roots > 0 && depth_ > Mirror<H>::kLeastRoots; --roots) this->pop();
  }
  void keep(std::size_t p, std::size_t a) {
    *persistents_[p % kPersistents] = get(a);
    oracle_.set_persistent(p % kPersistents, number(a));
  }
  void take(std::size_t a, std::size_t p) {
    set_root(at(a), oracle_.persistent(p % kPersistents), persistents_[p % kPersistents]->get());
  }
  void copy_persistent(std::size_t p, std::size_t q) {
    *persistents_[p % kPersistents] = std::as_const(*persistents_[q % kPersistents]);
    oracle_.set_persistent(p % kPersistents, oracle_.persistent(q % kPersistents));
  }
  // A copy in the place of another that ends.
  void rebuild_persistent(std::size_t p, std::size_t q) {
    if (p % kPersistents == q % kPersistents) return;
    persistents_[p % kPersistents].reset();
    persistents_[p % kPersistents].emplace(std::as_const(*persistents_[q % kPersistents]));
    oracle_.set_persistent(p % kPersistents, oracle_.persistent(q % kPersistents));
  }
  void drop(std::size_t p) {
    *persistents_[p % kPersistents] = nullptr;
    oracle_.set_persistent(p % kPersistents, kNone);
  }

  // Weak references.
  void set_weak(std::size_t a, std::size_t i, std::size_t b, std::size_t steps) {
    if constexpr (kTraits.has_weak) {
      const Place to = weak_place(a, i, steps);
      if (!to) return;
      weak(to) = get(b);
      oracle_.weaks(to.in.number)[to.at] = number(b);
      if (number(b) != kNone) oracle_[number(b)].found_dead = false;
    }
  }
  // To what is soon garbage, or not.
  void watch_new(std::size_t a, std::size_t i, std::size_t b, std::size_t steps) {
    if constexpr (kTraits.has_weak) {
      const Made made = fresh<Node<H>>(Kind::kNode, 3, 2);
      if (const Place to = weak_place(a, i, steps)) {
        weak(to) = static_cast<Object<H>*>(made.address);
        oracle_.weaks(to.in.number)[to.at] = made.number;
      }
      if (b % 3 == 0) push_front(b, made);
    }
  }
  void clear_weak(std::size_t a, std::size_t i, std::size_t steps) {
    if constexpr (kTraits.has_weak) {
      const Place to = weak_place(a, i, steps);
      if (!to) return;
      weak(to) = nullptr;
      oracle_.weaks(to.in.number)[to.at] = kNone;
    }
  }
  // What a Weak refers to is reachable again.
  void load_weak(std::size_t a, std::size_t b, std::size_t i, std::size_t steps) {
    if constexpr (kTraits.has_weak) {
      const Place from = weak_place(b, i, steps);
      if (!from) return;
      const int target = oracle_.weaks(from.in.number)[from.at];
      Object<H>* const found = this->read_weak(from.in.number, from.at, from.in.address, nullptr,
                                               target != kNone && oracle_.reachable(target));
      set_root(at(a), found == nullptr ? kNone : target, found);
    }
  }

  // The collector.
  void safepoint() { mutator_->safepoint(); }
  void step(std::size_t steps) {
    if constexpr (kTraits.incremental)
      for (; steps > 0; --steps) mutator_->step();
  }
  void collect_minor() { this->collect(Collection::kMinor); }
  void collect_major() { this->collect(Collection::kMajor); }
  void collect_compact() { this->collect(Collection::kCompact); }
  void verify() {
    if constexpr (kTraits.verifies) mutator_->verify();
  }
  void look() { this->check(false); }

 private:
  using Mirror<H>::kTraits;
  using Mirror<H>::oracle_;
  using Mirror<H>::mutator_;
  using Mirror<H>::roots_;
  using Mirror<H>::depth_;
  using Mirror<H>::persistents_;
  using Mirror<H>::set_root;
  using Graph<H>::keep_track;
  using Graph<H>::expect_made;
  static constexpr std::size_t kPersistents = Oracle::kPersistents;

  // An object or array, until the next operation of the heap.
  struct Made {
    int number;
    void* address;
  };
  // A reference in one.
  struct Place {
    Made in{kNone, nullptr};
    std::size_t at = 0;
    explicit operator bool() const { return in.number != kNone; }
  };

  std::size_t at(std::size_t a) const { return a % depth_; }
  int number(std::size_t a) const { return oracle_.root(at(a)); }
  Object<H>* get(std::size_t a) const { return roots_[at(a)]->get(); }

  // An object, or the array that it refers to.
  Made with_parts(int object_number, Object<H>* object) {
    if (object_number == kNone || !is_holder(oracle_[object_number].kind)) return {object_number, object};
    return {oracle_[object_number].array, with_array<H>(object, oracle_[object_number].kind, [](auto& array) {
              return static_cast<void*>(array.get());
            })};
  }
  // The i-th reference of what is found from root a after so many steps along i-th references, or earlier.
  Place place(std::size_t a, std::size_t i, std::size_t steps = 0) {
    Made in = with_parts(number(a), get(a));
    if (in.number == kNone || oracle_[in.number].edges == 0) return {};
    for (;; --steps) {
      const Place here{in, i % oracle_[in.number].edges};
      const int next = target(here);
      if (steps == 0 || next == kNone) return here;
      in = with_parts(next, edge(here).get());
      if (in.number == kNone || oracle_[in.number].edges == 0) return here;
    }
  }
  // Of weak ones, the last on the way.
  Place weak_place(std::size_t a, std::size_t i, std::size_t steps) {
    Place found;
    for (Made in = with_parts(number(a), get(a)); in.number != kNone; --steps) {
      const Entry& entry = oracle_[in.number];
      if (entry.weaks > 0) found = {in, i % entry.weaks};
      if (steps == 0 || entry.edges == 0) break;
      const Place here{in, i % entry.edges};
      in = with_parts(target(here), edge(here).get());
    }
    return found;
  }
  Reference<H>& edge(const Place& place) {
    return edge_of<H>(place.in.address, oracle_[place.in.number].kind, place.at);
  }
  WeakReference<H>& weak(const Place& place) {
    return weak_of<H>(place.in.address, oracle_[place.in.number].kind, place.at);
  }
  int target(const Place& place) { return oracle_.edges(place.in.number)[place.at]; }

  void store(const Made& in, std::size_t at, const Made& what) {
    edge_of<H>(in.address, oracle_[in.number].kind, at) = static_cast<Object<H>*>(what.address);
    oracle_.set_edge(in.number, at, what.number);
  }

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    return expect_made(mutator_->template make<T>(std::forward<Arguments>(arguments)...));
  }
  template <class Element>
  Array<Element>* make_array(std::size_t length) {
    return expect_made(mutator_->template make_array<Element>(length));
  }
  static Made as_object(int number, Object<H>* object) { return {number, object}; }
  template <class T>
  Made fresh(Kind kind, std::size_t edges, std::size_t weaks) {
    const int made_number = oracle_.add(kind, edges, kTraits.has_weak ? weaks : 0);
    return as_object(made_number, keep_track(made_number, make<T>(*this, made_number)));
  }
  template <class T>
  Made make_linked(Kind kind, const Made& first, const Made& second) {
    const bool node = kind == Kind::kNode;
    const int made_number = oracle_.add(kind, node ? 3 : 2, node && kTraits.has_weak ? 2 : 0);
    T* const made = make<T>(*this, made_number, static_cast<Object<H>*>(first.address),
                            static_cast<Object<H>*>(second.address));
    oracle_.set_edge(made_number, 0, first.number);
    oracle_.set_edge(made_number, 1, second.number);
    return as_object(made_number, keep_track(made_number, made));
  }
  void adopt(std::size_t a, const Made& made) {
    set_root(at(a), made.number, static_cast<Object<H>*>(made.address));
  }
  void push_front(std::size_t a, const Made& made) {
    store(made, 0, {number(a), get(a)});
    adopt(a, made);
  }
  template <class T, class Element>
  void set_array(std::size_t a, int array_number, Array<Element>* array) {
    as<H, T>(get(a))->array = array;
    oracle_.set_array(number(a), array_number);
  }
};

}  // namespace assay::suite::collector::model
