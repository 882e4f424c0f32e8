// The objects that random programs own: each may own two others, refer to one weakly, and has a number by
// which the oracle knows it. Whose number ends is logged in order, but not who was moved from.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/witness.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer::model {

// What only some subjects have, and nothing in its place.
template <class P, bool kHas>
struct WeakOf {
  struct type {};
};
template <class P>
struct WeakOf<P, true> {
  using type = typename P::Weak;
};

template <class P, bool kHas>
struct AwarenessOf {
  struct type {};
};
template <class P>
struct AwarenessOf<P, true> {
  using type = typename P::OwnerAware;
};

template <class Of>
class Node : public AwarenessOf<Subject<Of, Node<Of>>, kClaims<Of>.finds_owner>::type {
  using Awareness = typename AwarenessOf<Subject<Of, Node>, kClaims<Of>.finds_owner>::type;

 public:
  using Pointer = Subject<Of, Node>;
  using Link = typename WeakOf<Pointer, kClaims<Of>.has_weak>::type;

  static inline long live = 0;            // those that were moved from, too
  static inline std::vector<long> ended;  // numbers, since the oracle looked last

  Node() : Node(0) {}
  explicit Node(long number) : part(static_cast<int>(number)), number_(number) { ++live; }
  Node(const Node& other) requires(kClaims<Of>.shares)
      : Awareness(other),
        children{other.children[0], other.children[1]},
        link(other.link),
        part(other.part),
        number_(other.number_) {
    ++live;
  }
  Node(Node&& other)
      : Awareness(other),  // an owner is of a place, not of a value
        children{std::move(other.children[0]), std::move(other.children[1])},
        link(std::move(other.link)),
        part(other.part),
        number_(std::move(other.number_)),
        links_itself_(std::exchange(other.links_itself_, false)) {
    ++live;
  }
  Node& operator=(const Node&) = delete;
  virtual ~Node() {
    if constexpr (kClaims<Of>.has_weak)
      require(!links_itself_ || !link.upgrade(), "in the destructor of object %ld its Weak gave an owner",
              number());
    if (number() != Witness::kMovedFrom) ended.push_back(number());
    --live;
  }

  long number() const { return number_.value(); }
  void rename(long number) {
    number_ = Witness(number);
    part = static_cast<int>(number);
  }
  void set_link(const Link& target, bool itself) {
    link = target;
    links_itself_ = itself;
  }

  Pointer children[2];
  Link link;
  int part;

 private:
  Witness number_;
  bool links_itself_ = false;
};

// Made as such and owned as a Node.
template <class Of>
class DerivedNode : public Node<Of> {
 public:
  static inline long live = 0;  // hides that of all nodes

  explicit DerivedNode(long number) : Node<Of>(number), more_(number) { ++live; }
  ~DerivedNode() override {
    require(more_.value() == this->number(), "object %ld is destroyed with a part of object %ld",
            this->number(), more_.value());
    --live;
  }

 private:
  Witness more_;
};

}  // namespace assay::suite::pointer::model
