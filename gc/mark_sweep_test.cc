#include "gc/mark_sweep.h"

#include <gtest/gtest.h>

#include <new>

namespace assay {
namespace {

using Heap = MarkSweepHeap;

struct Node {
  Heap::Member<Node> left, right;
  long value = 0;
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(left);
    visit(right);
  }
};
using References = Array<Heap::Member<Node>>;

CollectorOptions explicit_only() {
  CollectorOptions options;
  options.schedule = Schedule::kExplicit;
  return options;
}

TEST(MarkSweepHeap, FillsTheGapsThatGarbageLeaves) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  constexpr std::size_t kNodes = 10'000;
  Heap::Root<References> kept(mutator, mutator.make_array<Heap::Member<Node>>(kNodes));
  for (std::size_t i = 0; i < kNodes; ++i) (*kept)[i] = mutator.make<Node>();
  for (std::size_t i = 0; i < kNodes; ++i)
    if (i % 3 != 0) (*kept)[i] = nullptr;
  mutator.collect(Collection::kMajor);
  const std::uint64_t held = heap.stats().held_bytes;
  for (std::size_t i = 0; i < kNodes; ++i)
    if (i % 3 != 0) (*kept)[i] = mutator.make<Node>();
  EXPECT_EQ(heap.stats().held_bytes, held);
  mutator.verify();
  mutator.collect(Collection::kMajor);
  EXPECT_EQ(heap.stats().live_objects, kNodes + 1);
  EXPECT_EQ(heap.stats().held_bytes, held);
}

TEST(MarkSweepHeap, GivesOneTypesEmptyBlocksToAnother) {
  CollectorOptions options = explicit_only();
  options.limit = std::size_t{1} << 20;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 30'000; ++i) ASSERT_NE(mutator.make<Node>(), nullptr);
    for (std::size_t n = 1; n <= 1000; ++n) ASSERT_NE(mutator.make_array<char>(n), nullptr);
    ASSERT_NE(mutator.make_array<char>(std::size_t{700} << 10), nullptr);
  }
  EXPECT_LE(heap.stats().most_held_bytes, options.limit);
}

TEST(MarkSweepHeap, MarksAllThoughTheStackCannotGrow) {
  int left = 1000;
  CollectorOptions options = explicit_only();
  options.may_grow = [](void* context, std::size_t) { return --*static_cast<int*>(context) > 0; };
  options.may_grow_context = &left;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  constexpr std::size_t kWidth = 20'000;
  Heap::Root<References> wide(mutator, mutator.make_array<Heap::Member<Node>>(kWidth));
  for (std::size_t i = 0; i < kWidth; ++i) {
    (*wide)[i] = mutator.make<Node>();
    (*wide)[i]->left = mutator.make<Node>();
    (*wide)[i]->left->right = mutator.make<Node>();
  }
  left = 0;
  mutator.collect(Collection::kMajor);
  EXPECT_EQ(heap.stats().live_objects, 1 + 3 * kWidth);
  mutator.verify();
}

struct Padded : Node {
  explicit Padded(const Heap::Member<Node>& first) { left = first; }
  ~Padded() {}
  char padding[8000];
};
struct Mortal : Node {
  ~Mortal() { ++died; }
  static inline int died = 0;
};

// The Member is on the stack, where nobody looks for it.
TEST(MarkSweepHeap, KeepsAMemberThatIsAnArgumentAtTheLimit) {
  CollectorOptions options = explicit_only();
  options.limit = std::size_t{1} << 20;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  Node* const raw = mutator.make<Mortal>();
  while (heap.stats().held_bytes + gc::BlockSpace::kCost <= options.limit) mutator.make_array<char>(16'000);
  const Heap::Member<Node> member = raw;
  Heap::Root<Padded> made(mutator, mutator.make<Padded>(member));
  ASSERT_NE(made.get(), nullptr);
  EXPECT_EQ(Mortal::died, 0);
  EXPECT_EQ(made->left.get(), raw);
}

TEST(MarkSweepHeap, AMutatorMayEndWhileItIsParked) {
  Heap heap;
  { Heap::Mutator(heap).park(); }
  Heap::Mutator mutator(heap);
  mutator.collect(Collection::kMajor);  // waits for nobody
  EXPECT_EQ(heap.stats().major_collections, 1U);
}

// Blocks that small objects left cannot serve them, and must not add up beside what they take.
TEST(MarkSweepHeap, LargeArraysThatDieAtOnceDoNotMakeItGrow) {
  CollectorOptions options;
  options.headroom_percent = 75;
  options.least_headroom = std::size_t{1} << 20;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  Heap::Root<Node> list(mutator);
  for (int i = 0; i < 100'000; ++i) {
    Node* const node = mutator.make<Node>();
    node->left = list.get();
    list = node;
  }
  for (int i = 0; i < 3000; ++i) mutator.make_array<long>(10'000);
  EXPECT_LT(heap.stats().held_bytes, 3 * heap.stats().live_bytes);
}

struct Throws : Node {
  explicit Throws(Heap::Mutator& mutator) {
    left = mutator.make<Node>();
    mutator.collect(Collection::kMajor);
    throw 1;
  }
  ~Throws() { ADD_FAILURE() << "destroyed, though it never was"; }
};

TEST(MarkSweepHeap, ForgetsWhatItsConstructorThrewOutOf) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  for (int i = 0; i < 10; ++i) EXPECT_THROW(mutator.make<Throws>(mutator), int);
  mutator.verify();
  mutator.collect(Collection::kMajor);
  EXPECT_EQ(heap.stats().live_objects, 0u);
  EXPECT_EQ(heap.stats().allocated_objects, 10u);
  EXPECT_EQ(heap.stats().reclaimed_objects, 10u);
}

struct Pair {
  explicit Pair(Node* its_first) : first(its_first) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(first);
  }
  Heap::Member<Node> first;
  long padding[100];
};

TEST(MarkSweepHeap, KeepsRawArgumentsWhenItMustCollectFirst) {
  CollectorOptions options;
  options.limit = std::size_t{256} << 10;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  for (int i = 0; i < 20'000; ++i) {
    Node* const node = mutator.make<Node>();
    node->value = i;
    Pair* const pair = mutator.make<Pair>(node);
    ASSERT_NE(pair, nullptr);
    ASSERT_EQ(pair->first->value, i);
    for (int k = 0; k < 3; ++k) mutator.make<Node>();
    if (i % 1000 == 0) mutator.verify();
  }
}

TEST(MarkSweepHeapDeathTest, VerifierFindsAReferenceToNoObject) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  Heap::Root<Node> root(mutator, mutator.make<Node>());
  mutator.verify();
  Node* const gone = mutator.make<Node>();
  mutator.collect(Collection::kMajor);
  EXPECT_DEATH(
      {
        root->left = gone;
        mutator.verify();
      },
      "Heap I1");
  EXPECT_DEATH(
      {
        root->left.store(reinterpret_cast<char*>(root.get()) + 16);
        mutator.verify();
      },
      "Heap I1");
}

TEST(MarkSweepHeapDeathTest, VerifierFindsDamagedTables) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  Heap::Root<Node> root(mutator, mutator.make<Node>());
  mutator.collect(Collection::kMajor);
  char* const cell = reinterpret_cast<char*>(root.get());
  EXPECT_DEATH(
      {
        gc::Cage::live.set(cell + 16);
        mutator.verify();
      },
      "BlockSpace I2");
  EXPECT_DEATH(
      {
        gc::Cage::mark.set(cell + 64);
        mutator.verify();
      },
      "BlockSpace I4");
  EXPECT_DEATH(
      {
        gc::Cage::info_of(cell).owner = nullptr;
        mutator.verify();
      },
      "BlockSpace I1");
}

#ifdef ASSAY_CHECKED
TEST(MarkSweepHeapDeathTest, RootsEndInReverseOrder) {
  Heap heap;
  Heap::Mutator mutator(heap);
  EXPECT_DEATH(
      {
        alignas(Heap::Root<Node>) unsigned char memory[2][sizeof(Heap::Root<Node>)];
        auto* const older = ::new (static_cast<void*>(memory[0])) Heap::Root<Node>(mutator);
        ::new (static_cast<void*>(memory[1])) Heap::Root<Node>(mutator);
        older->~Root();
      },
      "Root I1");
}
#endif

}  // namespace
}  // namespace assay
