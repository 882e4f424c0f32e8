// What keeps the count: SP-05, SP-12, SP-13 and SP-22.
#pragma once

#include <optional>

#include "suites/core/random.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

struct Pair {
  Pair(int first_, int second_) : first(first_), second(second_), witness(1) {}
  int first, second;
  Witness witness;
};

template <class Of>
void assign_to_itself() {
  using P = Subject<Of, Witness>;
  P pointer = P::make(4L);
  P& same = pointer;
  const Witness* const address = pointer.get();
  const auto expect_same = [&](std::size_t owners, const char* when) {
    expect_value(pointer, 4, when);
    require(pointer.get() == address, "%s, the pointer points elsewhere", when);
    expect_owners(pointer, owners, when);
    expect_alive(1, when);
  };
  pointer = std::move(same);
  expect_same(1, "after a self-move");
  std::swap(pointer, same);
  expect_same(1, "after a swap with itself");
  if constexpr (P::kTraits.shares) {
    pointer = same;
    expect_same(1, "after a self-assignment");
    P other = pointer;
    pointer = same;
    pointer = other;
    expect_same(2, "after an assignment of another owner of the same object");
    pointer = std::move(same);
    std::swap(pointer, other);
    expect_same(2, "after a self-move, with another owner");
    pointer = std::move(other);
    expect_same(1, "after a move from another owner of the same object");
    pointer = P(pointer);
    expect_same(1, "after an assignment of a copy of itself");
  }
  if constexpr (P::kTraits.has_weak) {
    typename P::Weak weak = pointer.downgrade();
    typename P::Weak& same_weak = weak;
    weak = same_weak;
    require(weak.upgrade().get() == pointer.get(),
            "a Weak that was assigned to itself does not find the object");
  }
  expect_same(1, "after Weaks were assigned to themselves");
  pointer.reset();
  expect_alive(0, "after self-assignments and reset()");
}

template <class Of>
void own_nothing() {
  using P = Subject<Of, Witness>;
  P nothing, same_nothing;
  expect_nothing(nothing, "a pointer made without an object");
  nothing.reset();
  P& itself = nothing;
  nothing = std::move(itself);
  nothing = std::move(same_nothing);
  std::swap(nothing, same_nothing);
  expect_nothing(nothing, "an assigned pointer to nothing");
  expect_nothing(same_nothing, "what a pointer to nothing was moved from");
  P pointer = P::make(5L);
  std::swap(pointer, nothing);
  expect_nothing(pointer, "what was swapped with a pointer to nothing");
  expect_value(nothing, 5, "swapped with a pointer to nothing");
  pointer = std::move(nothing);
  if constexpr (P::kTraits.shares) {
    P copy = nothing;
    copy = nothing;
    P& same = copy;
    copy = same;
    expect_nothing(copy, "a copy of a pointer to nothing");
    copy = pointer;
    expect_owners(pointer, 2, "after an assignment to a pointer to nothing");
    copy = nothing;
    expect_owners(pointer, 1, "after an assignment of a pointer to nothing");
    expect_value(pointer, 5, "after an assignment of a pointer to nothing to its copy");
  }
  if constexpr (P::kTraits.has_weak) {
    typename P::Weak weak;
    require(weak.upgrade().get() == nullptr, "a default Weak gave an owner");
    const typename P::Weak copy = weak;
    weak = copy;
    require(weak.upgrade().get() == nullptr, "a copy of a default Weak gave an owner");
    weak = nothing.downgrade();
    require(weak.upgrade().get() == nullptr, "a Weak of a pointer to nothing gave an owner");
    weak = pointer.downgrade();
    require(weak.upgrade().get() == pointer.get(), "a Weak that was assigned does not find the object");
    weak = copy;
    require(weak.upgrade().get() == nullptr, "a Weak that was assigned a default one gave an owner");
  }
  if constexpr (P::kTraits.proves_unique)
    require(nothing.get_mut() == nullptr, "get_mut() of a pointer to nothing is not null");
  expect_alive(1, "beside pointers to nothing");
  pointer.reset();
  pointer.reset();
  expect_nothing(pointer, "a pointer that was reset twice");
  expect_alive(0, "after two resets");
}

template <class Of>
void alias_parts() {
  using P = Subject<Of, Pair>;
  static int elsewhere = 8;
  {
    std::optional<P> pointer = P::make(6, 7);
    int* const second = &pointer->get()->second;
    if constexpr (P::kTraits.shares) {
      using Alias = decltype(P(*pointer).alias(second));
      const std::optional<Alias> first = P(*pointer).alias(&pointer->get()->first);
      expect_owners(*pointer, 2, "with an alias");
      std::optional<Alias> copy = first;
      expect_owners(*pointer, 3, "with an alias and its copy");
      Alias& same = *copy;
      *copy = same;
      *copy = std::move(same);
      *copy = *first;
      require(copy->get() == &pointer->get()->first && *copy->get() == 6, "an alias points elsewhere");
      expect_owners(*pointer, 3, "after an alias was assigned to itself");
      Alias moved = std::move(*copy);
      copy.reset();
      expect_owners(*pointer, 3, "after an alias was moved");
      Alias other = P(*pointer).alias(&elsewhere);
      moved = std::move(other);
      require(moved.get() == &elsewhere && *moved.get() == 8, "an alias to a foreign part points elsewhere");
      expect_owners(*pointer, 3, "after an alias was assigned");
    }
    const auto part = std::move(*pointer).alias(second);
    pointer.reset();
    expect_alive(1, "with an alias as the last owner");
    require(part.get() == second && *part.get() == 7, "an alias does not point to its part");
  }
  expect_alive(0, "after the last alias");
  const auto nothing = P().alias(&elsewhere);
  expect_alive(0, "with an alias that owns nothing");
}

template <class Of>
void check_special_cases() {
  assign_to_itself<Of>();
  own_nothing<Of>();
  if constexpr (kClaims<Of>.aliases) alias_parts<Of>();
}

template <class Of>
void check_moves() {
  using P = Subject<Of, Witness>;
  P first = P::make(1L);
  const Witness* const address = first.get();
  const auto expect_taken = [&](const P& to, const P& from, std::size_t owners, const char* when) {
    expect_value(to, 1, when);
    require(to.get() == address, "%s, the pointer points elsewhere", when);
    expect_owners(to, owners, when);
    expect_nothing(from, when);
    expect_alive(1, when);
  };
  P second = std::move(first);
  expect_taken(second, first, 1, "after a move construction");
  first = std::move(second);
  expect_taken(first, second, 1, "after a move assignment");
  second = std::move(first);
  expect_taken(second, first, 1, "after a move back");
  {
    P old = P::make(2L);
    old = std::move(second);
    expect_taken(old, second, 1, "after a move assignment to an owner of another object");
    P nothing;
    old = P(std::move(old));
    expect_taken(old, nothing, 1, "after a move by way of a temporary");
    second = std::move(old);
  }
  expect_alive(1, "after a moved-from pointer went");
  {
    P other = P::make(3L);
    std::swap(second, other);
    expect_value(second, 3, "after a swap");
    expect_value(other, 1, "after a swap");
    expect_owners(second, 1, "after a swap");
    second = std::move(other);
  }
  if constexpr (P::kTraits.shares) {
    std::vector<P> owners(3, second);  // grows by moves
    for (std::size_t i = 0; i < 100; ++i) {
      P last = std::move(owners[i]);
      owners.push_back(std::move(last));
    }
    expect_owners(second, 4, "after owners were moved about");
    const long destroyed = Witness::destroyed;
    owners.clear();
    expect_owners(second, 1, "after owners that had been moved went");
    require(Witness::destroyed == destroyed, "owners that had been moved took the object along");
    first = second;
    P third = std::move(first);
    expect_taken(third, first, 2, "after a move of one of two owners");
  }
  second.reset();
  expect_alive(0, "after moves and the last release");
}

template <class Of>
void check_use_count() {
  if constexpr (!kClaims<Of>.counts) {
    absent("claims no exact count");
  } else {
    using P = Subject<Of, Witness>;
    P pointer = P::make(1L);
    expect_owners(pointer, 1, "after make");
    expect_owners(P(), 0, "of a pointer to nothing");
    if constexpr (P::kTraits.shares) {
      std::vector<P> owners;
      Random random(seed());
      for (int i = 0; i < 3000; ++i) {
        if (owners.empty() || (owners.size() < up_to<P>(1000) - 2 && random.below(5) < 3)) {
          owners.push_back(owners.empty() || random.one_in(2) ? pointer
                                                              : owners[random.below(owners.size())]);
        } else {
          if (const std::size_t other = random.below(owners.size()); other + 1 < owners.size())
            std::swap(owners[other], owners.back());
          if (random.one_in(2)) owners.back() = P();
          owners.pop_back();
        }
        expect_owners(pointer, owners.size() + 1, "among many owners");
        if (!owners.empty())
          expect_owners(owners[random.below(owners.size())], owners.size() + 1, "of one among many owners");
      }
      owners.clear();
      expect_owners(pointer, 1, "with all others gone");
    }
    if constexpr (P::kTraits.has_weak) {
      std::vector<typename P::Weak> weaks(5, pointer.downgrade());
      expect_owners(pointer, 1, "with Weaks");
      const P upgraded = weaks[2].upgrade();
      expect_owners(pointer, 2, "with an upgraded Weak");
      weaks.clear();
      expect_owners(upgraded, 2, "with an upgraded Weak and all Weaks gone");
    }
    expect_owners(pointer, 1, "at the end");
  }
}

struct Empty {};

template <class Of>
void check_equality() {
  using P = Subject<Of, Empty>;
  P first = P::make(), second = P::make();
  const P nothing, nothing_either;
  require(first == first && !(first != first), "a pointer is not equal to itself");
  require(first != second && !(first == second), "owners of two objects are equal");
  require(nothing == nothing_either, "two pointers to nothing are not equal");
  require(first != nothing && nothing != first, "an owner is equal to a pointer to nothing");
  {
    const Subject<Of, long> one = Subject<Of, long>::make(1L), other = Subject<Of, long>::make(1L);
    require(one != other, "owners of two objects of the same value are equal");
  }
  if constexpr (P::kTraits.shares) {
    P copy = first;
    require(copy == first && first == copy && !(copy != first), "two owners of one object are not equal");
    P moved = std::move(copy);
    require(moved == first, "a moved owner is not equal to another of its object");
    moved = second;
    require(moved == second && moved != first, "an assigned owner is not equal to another of its object");
  }
  if constexpr (P::kTraits.has_weak)
    require(first.downgrade().upgrade() == first, "an upgraded owner is not equal to another of its object");
  second.reset();
  require(second == nothing, "a pointer that was reset is not equal to one of nothing");
}

template <class Of>
struct CountClauses {
  Clause special{"SP-05", ClauseClass::kViolation, "[util.smartptr.shared.assign]",
                 "Aliases, pointers to nothing, self-assignment and self-move keep counts and object",
                 &check_special_cases<Of>};
  Clause moves{"SP-12", ClauseClass::kViolation, "[util.smartptr.shared.const]",
               "A move takes ownership without a change of the count and leaves a pointer that owns nothing",
               &check_moves<Of>};
  Clause count{"SP-13", ClauseClass::kViolation, "[util.smartptr.shared.obs]",
               "use_count() is the number of owners", &check_use_count<Of>};
  Clause equality{"SP-22", ClauseClass::kViolation, "pointers/concept.h",
                  "Two pointers are equal exactly if they own the same object, or both nothing",
                  &check_equality<Of>};
};

}  // namespace assay::suite::pointer
