// Graphs for faults: with values that tell when an object is lost, and built by hand, so that a refusal in
// their middle is one of the check's own.
#pragma once

#include <cstddef>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

// A spine with a tooth at each object: marking that goes along the spine first keeps all teeth for later.
template <class H, class R>
void make_comb(Mutator<H>& mutator, R& root, int teeth, bool spine_left) {
  for (int i = 0; i < teeth; ++i) {
    Node<H>* const spine = made<Node<H>>(mutator, i);
    (spine_left ? spine->left : spine->right) = root.get();
    root = spine;
    Node<H>* const tooth = made<Node<H>>(mutator, -i);
    (spine_left ? root->right : root->left) = tooth;
  }
}
template <class H>
void expect_comb(const Node<H>* spine, int teeth, bool spine_left) {
  for (int i = teeth - 1; i >= 0; --i) {
    expect_value(spine, i, "after a collection without memory");
    expect_value((spine_left ? spine->right : spine->left).get(), -i, "after a collection without memory");
    spine = (spine_left ? spine->left : spine->right).get();
  }
}

// An object that refers to an array.
template <class H>
struct Rib : Cell<H, Rib<H>> {
  using Cell<H, Rib>::Cell;
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(all);
    Cell<H, Rib>::trace(visit);
  }
  Member<H, References<H>> all;
};
template <class H>
using Ribs = Array<Member<H, Rib<H>>>;

// An array of arrays of objects.
template <class H, class R>
void make_fan(Mutator<H>& mutator, R& root, std::size_t ribs, std::size_t each) {
  root = made_array<Member<H, Rib<H>>>(mutator, ribs);
  for (std::size_t i = 0; i < ribs; ++i) {
    Rib<H>* const rib = made<Rib<H>>(mutator, static_cast<long>(i));
    (*root.get())[i] = rib;
    auto* const all = made_array<Member<H, Node<H>>>(mutator, each);
    (*root.get())[i]->all = all;
    for (std::size_t k = 0; k < each; ++k) {
      Node<H>* const node = made<Node<H>>(mutator, static_cast<long>(i * each + k));
      (*(*root.get())[i]->all.get())[k] = node;
    }
  }
}
template <class H>
void expect_fan(Ribs<H>* fan, std::size_t ribs, std::size_t each) {
  for (std::size_t i = 0; i < ribs; ++i) {
    expect_value((*fan)[i].get(), static_cast<long>(i), "after a collection without memory");
    for (std::size_t k = 0; k < each; ++k)
      expect_value((*(*fan)[i]->all.get())[k].get(), static_cast<long>(i * each + k),
                   "after a collection without memory");
  }
}

template <class H, bool kHasWeak>
struct WatchedBy {
  using type = Node<H>;
};
template <class H>
struct WatchedBy<H, true> {
  using type = Array<Weak<H, Node<H>>>;
};

// Weak references to the objects of a fan, and as many to garbage: these lead nowhere, or to what is still
// there.
template <class H>
class Watch {
 public:
  explicit Watch(Mutator<H>& mutator) : all_(mutator) {}
  template <class R>
  void begin(Mutator<H>& mutator, const R& fan) {
    if constexpr (H::kTraits.has_weak) {
      all_ = made_array<Weak<H, Node<H>>>(mutator, 2 * fan.get()->size());
      for (std::size_t i = 0; i < fan.get()->size(); ++i) {
        (*all_.get())[2 * i] = (*(*fan.get())[i]->all.get())[0].get();
        Node<H>* const garbage = made<Node<H>>(mutator, -static_cast<long>(i));
        (*all_.get())[2 * i + 1] = garbage;
      }
    }
  }
  void expect(Ribs<H>& fan) {
    if constexpr (H::kTraits.has_weak)
      for (std::size_t i = 0; i < fan.size(); ++i) {
        require((*all_.get())[2 * i].get() == (*fan[i]->all.get())[0].get(),
                "after a collection without memory, the Weak of reachable object %zu leads elsewhere", i);
        const Node<H>* const garbage = (*all_.get())[2 * i + 1].get();
        if (garbage != nullptr) expect_value(garbage, -static_cast<long>(i), "of a Weak that is not cleared");
      }
  }

 private:
  Root<H, typename WatchedBy<H, H::kTraits.has_weak>::type> all_;
};

// A chain that ends when the heap is full; values count up from 0. How many.
template <class H, class R>
long make_until_full(Mutator<H>& mutator, R& chain) {
  for (long length = 0;; ++length) {
    auto* const object = mutator.template make<Node<H>>(length);
    if (object == nullptr) return length;
    object->left = chain.get();
    chain = object;
  }
}
// `length` objects or more, by the value of the first.
template <class T>
void expect_countdown(const T* object, long length, const char* when) {
  for (long i = length - 1; i >= 0; --i, object = object->left.get()) expect_value(object, i, when);
  require(object == nullptr, "%s, a chain of %ld objects has one more", when, length);
}

}  // namespace assay::suite::collector
