#include "gc/compacting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace assay {
namespace {

using Heap = CompactingHeap;

struct Node {
  explicit Node(long its_value) : value(its_value) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
  }
  Heap::Member<Node> next;
  long value;
};
using References = Array<Heap::Member<Node>>;

CollectorOptions explicit_only() {
  CollectorOptions options;
  options.schedule = Schedule::kExplicit;
  return options;
}

// Makes so many, of which each `gap`-th stays.
void scatter(Heap::Mutator& mutator, Heap::Root<References>& kept, std::size_t gap) {
  for (std::size_t i = 0; i < kept->size(); ++i) (*kept)[i] = mutator.make<Node>(static_cast<long>(i));
  for (std::size_t i = 0; i < kept->size(); ++i)
    if (i % gap != 0) (*kept)[i] = nullptr;
}
void expect_scattered(const Heap::Root<References>& kept, std::size_t gap) {
  for (std::size_t i = 0; i < kept->size(); i += gap) ASSERT_EQ((*kept)[i]->value, static_cast<long>(i));
}

template <std::size_t kBytes>
struct alignas(16) Sized {
  explicit Sized(std::size_t value) { bytes[0] = bytes[kBytes - 1] = static_cast<unsigned char>(value); }
  unsigned char bytes[kBytes];
};

template <std::size_t kBytes>
void compact_sized(Heap::Mutator& mutator) {
  using Cell = Sized<kBytes>;
  constexpr std::size_t kCells = gc::kBlockBytes / sizeof(Cell), kObjects = 5 * kCells;
  Heap::Root<Array<Heap::Member<Cell>>> kept(mutator);
  kept = mutator.make_array<Heap::Member<Cell>>(kObjects);
  for (std::size_t i = 0; i < kObjects; ++i) (*kept)[i] = mutator.make<Cell>(i);
  for (std::size_t i = 0; i < kObjects; ++i)
    if (i % 5 != 0) (*kept)[i] = nullptr;
  mutator.collect(Collection::kCompact);
  mutator.verify();
  for (std::size_t i = 0; i < kObjects; i += 5) {
    ASSERT_EQ((*kept)[i]->bytes[0], static_cast<unsigned char>(i)) << kBytes;
    ASSERT_EQ((*kept)[i]->bytes[kBytes - 1], static_cast<unsigned char>(i)) << kBytes;
  }
  EXPECT_EQ(gc::Cage::info_of((*kept)[0].get()).live_cells, kCells) << "not all in one block";
}

// The table of an emptied block numbers cells by a multiplication.
TEST(CompactingHeap, MovesCellsOfEverySize) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  [&]<std::size_t... i>(std::index_sequence<i...>) { (compact_sized<16 * (i + 1)>(mutator), ...); }
  (std::make_index_sequence<40>());
  compact_sized<1008>(mutator);
  compact_sized<1616>(mutator);
  compact_sized<4656>(mutator);
  compact_sized<16384>(mutator);
}

TEST(CompactingHeap, LeavesAtMostOneBlockOfAClassPartlyEmpty) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  Heap::Root<References> kept(mutator, mutator.make_array<Heap::Member<Node>>(50'000));
  scatter(mutator, kept, 7);
  mutator.collect(Collection::kCompact);
  expect_scattered(kept, 7);
  std::size_t partial = 0;
  for (std::size_t i = 0; i < heap.space().block_count(); ++i)
    partial += heap.space().at(i).live_cells < heap.space().at(i).cells ? 1 : 0;
  EXPECT_EQ(partial, 1u);
  const std::uint64_t moved = heap.stats().moved_objects;
  EXPECT_GT(moved, 0u);
  mutator.collect(Collection::kCompact);
  EXPECT_EQ(heap.stats().moved_objects, moved) << "what was compact was moved again";
}

TEST(CompactingHeap, CompactsByItselfWhenHolesOutgrowTheHeadroom) {
  CollectorOptions options;
  options.headroom_percent = 75;
  options.least_headroom = std::size_t{1} << 20;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  Heap::Root<References> kept(mutator, mutator.make_array<Heap::Member<Node>>(500'000));
  scatter(mutator, kept, 10);
  const std::uint64_t held = heap.stats().held_bytes, before = heap.stats().moved_objects;
  for (int i = 0; i < 1000 && heap.stats().moved_objects == before; ++i) mutator.make_array<long>(10'000);
  EXPECT_GT(heap.stats().moved_objects, before);
  EXPECT_LT(heap.stats().held_bytes, held);
  expect_scattered(kept, 10);
  mutator.verify();
}

TEST(CompactingHeap, DoesNotCompactAHeapThatChangesEvenly) {
  CollectorOptions options;
  options.least_headroom = std::size_t{1} << 20;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  Heap::Root<References> kept(mutator, mutator.make_array<Heap::Member<Node>>(100'000));
  std::uint64_t random = 1;
  for (std::size_t i = 0; i < 1'000'000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    (*kept)[(random >> 33) % kept->size()] = mutator.make<Node>(static_cast<long>(i));
  }
  EXPECT_GT(heap.stats().major_collections, 3u);
  EXPECT_EQ(heap.stats().moved_objects, 0u);
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

TEST(CompactingHeap, LeavesRawArgumentsWhereTheyAreWhenItMustCollectFirst) {
  CollectorOptions options;
  options.limit = std::size_t{256} << 10;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  for (int i = 0; i < 20'000; ++i) {
    Node* const node = mutator.make<Node>(i);
    Pair* const pair = mutator.make<Pair>(node);
    ASSERT_NE(pair, nullptr);
    ASSERT_EQ(pair->first->value, i);
    for (int k = 0; k < 3; ++k) mutator.make<Node>(-1);
    if (i % 1000 == 0) mutator.verify();
  }
}

// Makes objects while it is made and while it is finalized.
struct Busy {
  static inline int finalized = 0;
  Busy(Heap::Mutator& mutator, Heap::Root<References>& kept, long its_value) : list(kept) {
    scatter(mutator, kept, 9);
    mutator.collect(Collection::kCompact);
    value = its_value;
  }
  void finalize(Heap::Mutator& mutator) noexcept {
    const Busy* const here = this;
    scatter(mutator, list, 11);
    Heap::Root<Busy> self(mutator, this);
    mutator.collect(Collection::kCompact);
    EXPECT_EQ(self.get(), here) << "moved while its finalizer ran";
    EXPECT_EQ(value % 2, 1);
    ++finalized;
  }
  Heap::Root<References>& list;
  long value = 0;
};

TEST(CompactingHeap, LeavesWhatIsMadeOrFinalizedWhereItIs) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  Heap::Root<References> kept(mutator, mutator.make_array<Heap::Member<Node>>(3000));
  for (long i = 0; i < 40; ++i) {
    Heap::Root<Busy> busy(mutator, mutator.make<Busy>(mutator, kept, 2 * i + 1));
    ASSERT_EQ(busy->value, 2 * i + 1);
    if (i % 2 == 0) mutator.collect(Collection::kMajor);
  }
  mutator.collect(Collection::kCompact);
  EXPECT_EQ(Busy::finalized, 40);
  mutator.verify();
}

// Compactions in finalizers move those that wait.
struct Counted {
  static constexpr std::size_t kObjects = 20'000;
  static inline int finalized[kObjects], in_all = 0;
  explicit Counted(std::size_t its_number) : number(its_number) {}
  void finalize(Heap::Mutator& mutator) noexcept {
    ++finalized[number];
    if (++in_all % 1000 == 0) mutator.collect(Collection::kCompact);
  }
  std::size_t number;
};

TEST(CompactingHeap, FinalizesEachThatWaitsOnceThoughItIsMoved) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  for (std::size_t i = 0; i < Counted::kObjects; ++i) mutator.make<Counted>(i);
  mutator.collect(Collection::kMajor);
  EXPECT_GT(heap.stats().moved_objects, 0u);
  for (std::size_t i = 0; i < Counted::kObjects; ++i) ASSERT_EQ(Counted::finalized[i], 1) << i;
  EXPECT_EQ(heap.finalizers().pending(), 0u);
}

TEST(CompactingHeapDeathTest, VerifierFindsABlockInACompactionThatIsOver) {
  Heap heap(explicit_only());
  Heap::Mutator mutator(heap);
  Heap::Root<Node> root(mutator, mutator.make<Node>(1));
  mutator.verify();
  EXPECT_DEATH(
      {
        gc::Cage::info_of(root.get()).policy[0] = 1;
        mutator.verify();
      },
      "Compacting I1");
}

}  // namespace
}  // namespace assay
