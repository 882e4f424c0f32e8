// Where the count lies, adoption, shelter in constructor and destructor, conversion.
#include "pointers/intrusive.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace assay {
namespace {

int destroyed = 0;

struct Node : Counted<LocalOwners<>> {
  explicit Node(int value_) : value(value_) {}
  ~Node() { ++destroyed; }
  int value;
  LocalIntrusive<Node> next;
};

struct Plain {
  explicit Plain(int value_) : value(value_) {}
  ~Plain() { ++destroyed; }
  int value;
};

struct Shape {
  explicit Shape(int sides_) : sides(sides_) {}
  virtual ~Shape() { ++destroyed; }
  int sides;
};
struct Named : Shape {
  Named(int sides_, std::string name_) : Shape(sides_), name(std::move(name_)) {}
  std::string name;
};
struct alignas(64) Wide {
  char bytes[64];
};
struct Closed final {
  int value;
  std::string text = "closed";
};

template <class P>
typename P::object_type* object_of(const P& pointer) {
  return static_cast<typename P::object_type*>(pointer.get());
}

TEST(Intrusive, FourBytesOfCount) {
  EXPECT_EQ(sizeof(LocalIntrusive<int>::object_type), 8U);
  EXPECT_EQ(sizeof(LocalIntrusive<Plain>::object_type), 8U);
  EXPECT_EQ(sizeof(LocalIntrusive<Node>::object_type), sizeof(Node));
}

TEST(Intrusive, CountsWhateverTheObjectIs) {
  const auto twice = [](const auto& pointer) {
    const auto copy = pointer;
    EXPECT_EQ(pointer.use_count(), 2U);
    EXPECT_EQ(copy.get(), pointer.get());
  };
  const auto wide = LocalIntrusive<Wide>::make();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wide.get()) % 64, 0U);
  twice(wide);
  const auto number = LocalIntrusive<double>::make(2.5);
  EXPECT_EQ(*number, 2.5);
  twice(number);
  const auto closed = LocalIntrusive<Closed>::make();
  EXPECT_EQ(closed->text, "closed");
  twice(closed);
  twice(LocalIntrusive<Shape>::make(3));
  twice(LocalIntrusive<std::string>::make("text"));
  twice(AtomicIntrusive<Plain>::make(1));
  EXPECT_EQ(number.use_count(), 1U);
}

TEST(Intrusive, AdoptsTheMakersCountAndRetainsAFurther) {
  destroyed = 0;
  auto* const object = new LocalIntrusive<Plain>::object_type(4);
  LocalIntrusive<Plain> adopted(object, kAdopt);
  EXPECT_EQ(adopted.use_count(), 1U);
  LocalIntrusive<Plain> retained(object, kRetain);
  EXPECT_EQ(adopted.use_count(), 2U);
  adopted.reset();
  EXPECT_EQ(destroyed, 0);
  retained.reset();
  EXPECT_EQ(destroyed, 1);
  const LocalIntrusive<Plain> none(nullptr, kRetain);
  EXPECT_FALSE(none);
}

TEST(Intrusive, PlainPointersOfCountedClassesLeadToOwners) {
  destroyed = 0;
  LocalIntrusive<Node> node = LocalIntrusive<Node>::make(1);
  Node* const plain = node.get();
  LocalIntrusive<Node> other(plain, kRetain);
  node.reset();
  EXPECT_EQ(destroyed, 0);
  other.reset();
  EXPECT_EQ(destroyed, 1);
}

template <template <class> class P>
struct Watching : P<Watching<P>>::OwnerAware {
  explicit Watching(std::vector<P<Watching>>* keep) {
    in_constructor = static_cast<bool>(P<Watching>::owner_of(*this));
    if (keep != nullptr) keep->push_back(P<Watching>(this, kRetain));
    const P<Watching> brief(this, kRetain);
  }
  ~Watching() {
    ++ends;
    in_destructor = static_cast<bool>(P<Watching>::owner_of(*this));
    { const P<Watching> brief(this, kRetain); }  // its drop must not destroy again
    const P<Watching> another(this, kRetain);
  }
  static inline bool in_constructor, in_destructor;
  static inline int ends = 0;
};

template <template <class> class P>
void watch() {
  using Type = Watching<P>;
  Type::ends = 0;
  P<Type> first = P<Type>::make(nullptr);
  EXPECT_EQ(first.use_count(), 1U);
  EXPECT_FALSE(Type::in_constructor);
  {
    const P<Type> found = P<Type>::owner_of(*first);
    EXPECT_EQ(found, first);
    EXPECT_EQ(first.use_count(), 2U);
  }
  first.reset();
  EXPECT_EQ(Type::ends, 1);
  EXPECT_FALSE(Type::in_destructor);

  std::vector<P<Type>> kept;
  first = P<Type>::make(&kept);
  EXPECT_EQ(first.use_count(), 2U) << "the owner that the constructor kept does not count";
  kept.clear();
  EXPECT_EQ(first.use_count(), 1U);
  first.reset();
  EXPECT_EQ(Type::ends, 2);
}

TEST(Intrusive, IsShelteredInConstructorAndDestructor) { watch<LocalIntrusive>(); }
TEST(Intrusive, IsShelteredInConstructorAndDestructorIfAtomic) { watch<AtomicIntrusive>(); }

TEST(Intrusive, OwnersDoNotDestroyALocalVariable) {
  destroyed = 0;
  {
    Node local(3);
    { const LocalIntrusive<Node> owner(&local, kRetain); }
    EXPECT_EQ(destroyed, 0);
    EXPECT_FALSE(LocalIntrusive<Node>::owner_of(local));
  }
  EXPECT_EQ(destroyed, 1);
}

TEST(Intrusive, ABaseFindsTheCount) {
  destroyed = 0;
  LocalIntrusive<Named> named = LocalIntrusive<Named>::make(4, "square");
  LocalIntrusive<Shape> shape = named;
  EXPECT_EQ(shape.use_count(), 2U);
  EXPECT_EQ(named.use_count(), 2U);
  named.reset();
  EXPECT_EQ(shape->sides, 4);
  EXPECT_EQ(shape.use_count(), 1U);
  EXPECT_EQ(destroyed, 0);
  shape = LocalIntrusive<Named>::make(3, "a name that is too long to be stored within the string object");
  EXPECT_EQ(destroyed, 1);
  shape.reset();
  EXPECT_EQ(destroyed, 2);
}

struct First {
  virtual ~First() = default;
  long first = 1;
};
struct CountedBase : Counted<AtomicOwners<>> {
  virtual ~CountedBase() = default;
  long second = 2;
};
struct Both : First, CountedBase {};

TEST(Intrusive, ACountedBaseNeedNotBeFirst) {
  AtomicIntrusive<CountedBase> base = AtomicIntrusive<Both>::make();
  EXPECT_EQ(base->second, 2);
  const AtomicIntrusive<CountedBase> copy = base;
  EXPECT_EQ(base.use_count(), 2U);
}

TEST(Intrusive, CopiesOfAnObjectStartTheirOwnCount) {
  LocalIntrusive<Node> node = LocalIntrusive<Node>::make(7);
  const LocalIntrusive<Node> second = node;
  LocalIntrusive<Node> third = node;
  Node& changed = third.make_mut();
  EXPECT_NE(third, node);
  EXPECT_EQ(changed.value, 7);
  EXPECT_EQ(third.use_count(), 1U);
  EXPECT_EQ(node.use_count(), 2U);
  *third = *node;
  EXPECT_EQ(third.use_count(), 1U);
  EXPECT_EQ(third.get_mut(), third.get());
  EXPECT_EQ(node.get_mut(), nullptr);
}

TEST(Intrusive, OnlyTheOnlyOwnerUnwraps) {
  LocalIntrusive<std::string> text = LocalIntrusive<std::string>::make("moved out");
  LocalIntrusive<std::string> other = text;
  EXPECT_EQ(LocalIntrusive<std::string>::try_unwrap(std::move(text)), std::nullopt);
  EXPECT_EQ(text, other);
  other.reset();
  EXPECT_EQ(LocalIntrusive<std::string>::try_unwrap(std::move(text)), "moved out");
  EXPECT_FALSE(text);
}

TEST(Intrusive, ALongListEndsOnASmallStack) {
  destroyed = 0;
  LocalIntrusive<Node> head;
  for (int i = 0; i < 300'000; ++i) {
    LocalIntrusive<Node> node = LocalIntrusive<Node>::make(i);
    node->next = std::move(head);
    head = std::move(node);
  }
  head.reset();
  EXPECT_EQ(destroyed, 300'000);
}

TEST(Intrusive, ThreadsShareOwners) {
  static std::atomic<int> ends{0};
  struct Entry {
    ~Entry() { ends += entries[0] + entries[1]; }
    int entries[2] = {};
  };
  for (int round = 0; round < 200; ++round) {
    AtomicIntrusive<Entry> first = AtomicIntrusive<Entry>::make();
    std::thread other([owner = first]() mutable {
      owner->entries[1] = 1;
      const AtomicIntrusive<Entry> copy = owner;
      owner.reset();
    });
    first->entries[0] = 1;
    first.reset();
    other.join();
  }
  EXPECT_EQ(ends, 400);
}

// A registry of plain pointers from which each node takes itself, deep enough that the last ones wait for
// their destruction while others are destroyed.
struct Listed;
using ListedPointer = LocalIntrusive<Listed>;
struct Listed : Counted<LocalOwners<>> {
  Listed() { registry.insert(this); }
  ~Listed() {
    registry.erase(this);
    ++destroyed;
    if (!looks) return;
    for (Listed* other : registry)
      if (const ListedPointer owner = ListedPointer::owner_of(*other)) found_sole |= owner.use_count() == 1;
  }
  bool looks = false;
  ListedPointer left, right;
  static inline std::set<Listed*> registry;
  static inline int destroyed = 0;
  static inline bool found_sole = false;
};

TEST(IntrusiveTest, WhatWaitsForItsDestructionGetsNoOwnerAgain) {
  ListedPointer head = ListedPointer::make();
  head->left = ListedPointer::make();
  head->right = ListedPointer::make();
  head->left->looks = head->right->looks = true;
  for (int i = 0; i < 400; ++i) {
    ListedPointer next = ListedPointer::make();
    next->left = std::exchange(head, next);
  }
  head.reset();
  EXPECT_EQ(Listed::destroyed, 403);
  EXPECT_FALSE(Listed::found_sole);
}

struct Figure {
  virtual ~Figure() = default;
  virtual int area() const { return 1; }
};
struct FinalSquare final : Figure {
  int side = 3;
  int area() const override { return side * side; }
};

TEST(IntrusiveTest, HoldsAFinalClassWithAVirtualDestructor) {
  const auto pointer = LocalIntrusive<FinalSquare>::make();
  EXPECT_EQ(pointer->area(), 9);
}

TEST(IntrusiveDeathTest, OneOwnerTooManyTraps) {
  using Narrow = BasicIntrusive<int, LocalOwners<std::uint8_t>>;
  EXPECT_EQ(Narrow::kTraits.most_owners, 127U);
  const Narrow first = Narrow::make(1);
  std::vector<Narrow> owners(126, first);
  EXPECT_EQ(first.use_count(), 127U);
  EXPECT_DEATH(owners.push_back(first), "Intrusive I1");
  using NarrowAtomic = BasicIntrusive<int, AtomicOwners<std::uint8_t>>;
  const NarrowAtomic one = NarrowAtomic::make(1);
  EXPECT_DEATH(std::vector<NarrowAtomic>(127, one), "Intrusive I1");
}

struct Keeper : Counted<LocalOwners<>> {
  ~Keeper() { kept = LocalIntrusive<Keeper>(this, kRetain).into_raw(); }
  static inline Keeper* kept = nullptr;
};

TEST(IntrusiveDeathTest, AnOwnerKeptByTheDestructorTrapsInCheckedBuilds) {
  if (!kChecked) GTEST_SKIP() << "checked builds only";
  EXPECT_DEATH(LocalIntrusive<Keeper>::make().reset(), "Intrusive I3");
}

struct NarrowlyCounted : Counted<LocalOwners<std::uint8_t>> {};

TEST(IntrusiveDeathTest, OneOwnerTooManyOfASelfOwnedObjectTraps) {
  NarrowlyCounted local;
  const auto own = [&local] {
    std::vector<BasicIntrusive<NarrowlyCounted, LocalOwners<std::uint8_t>>> owners;
    for (int i = 0; i < 65; ++i) owners.emplace_back(&local, kRetain);
  };
  EXPECT_DEATH(own(), "Intrusive I1");
}

}  // namespace
}  // namespace assay
