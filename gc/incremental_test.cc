#include "gc/incremental.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay {
namespace {

using Heap = IncrementalHeap;

struct Node {
  Heap::Member<Node> left, right;
  long value = 0;
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(left);
    visit(right);
  }
};

struct Watcher {
  Heap::Weak<Node> weak;
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(weak);
  }
};

struct Finalized {
  static inline int count = 0;
  void finalize(Heap::Mutator&) noexcept { ++count; }
};

CollectorOptions shortest_steps() {
  CollectorOptions options;
  options.schedule = Schedule::kExplicit;
  options.slice = 1;
  return options;
}

void fill(Heap::Mutator& mutator, Heap::Root<Node>& list, int nodes) {
  for (int i = 0; i < nodes; ++i) {
    Node* const node = mutator.make<Node>();
    node->left = list.get();
    list = node;
  }
}

TEST(SliceClock, IsOverAfterTheTime) {
  gc::SliceClock none(0), unlimited(gc::SliceClock::kUnlimited), some(20'000'000);
  EXPECT_TRUE(none.over());
  EXPECT_FALSE(unlimited.over());
  EXPECT_FALSE(some.over());
  const std::uint64_t begin = gc::read_clock(CLOCK_THREAD_CPUTIME_ID);
  while (!some.over()) continue;
  EXPECT_GE(gc::read_clock(CLOCK_THREAD_CPUTIME_ID) - begin, 10'000'000u);
  EXPECT_TRUE(some.over());
}

struct PretendedCycle {
  std::size_t beside, with, before;
  bool going = true;
  bool under_way() const { return going; }
  std::size_t made_beside() const { return beside; }
  std::size_t begun_with() const { return with; }
  std::size_t made_before() const { return before; }
};

TEST(CyclePace, BeginsEarlierByWhatTheLastCollectionTook) {
  CollectorOptions options = shortest_steps();
  options.least_headroom = 1000;
  options.headroom_percent = 50;
  Heap heap(options);
  heap.counters().live_bytes = 1'100'000;
  gc::CyclePace pace;
  pace.ended(heap, PretendedCycle{100'000, 1'600'000, 0});
  EXPECT_NEAR(static_cast<double>(pace.trigger()), 400'000, 10);  // of 50 % of what was not made beside
  pace.ended(heap, PretendedCycle{100'000, 800'000, 0});
  EXPECT_NEAR(static_cast<double>(pace.trigger()), 300'000, 10);  // twice the heap, twice the time
  pace.ended(heap, PretendedCycle{1'000'000, 1'000'000, 0});
  EXPECT_EQ(pace.trigger(), 50'000u / 8);  // never at once
}

TEST(CyclePace, GivesALateCollectionMoreTime) {
  CollectorOptions options = shortest_steps();
  options.least_headroom = 400'000;
  Heap heap(options);
  gc::CyclePace pace;
  pace.ended(heap, PretendedCycle{0, 0, 0});
  const PretendedCycle cycle{0, 400'000, 400'000};
  EXPECT_EQ(pace.gap(1000, cycle, 400'000), 1400u);
  EXPECT_EQ(pace.gap(1000, cycle, 499'999), 1400u);
  EXPECT_EQ(pace.gap(1000, cycle, 500'000), 1000u);
  EXPECT_EQ(pace.gap(1000, cycle, 800'000), 400u);
  EXPECT_EQ(pace.slice(1000, cycle, 799'999), 1000u);
  EXPECT_EQ(pace.slice(1000, cycle, 800'000), 2000u);
  EXPECT_EQ(pace.slice(1000, cycle, 1'600'000), 8000u);
  EXPECT_EQ(pace.slice(1000, PretendedCycle{0, 0, 0, false}, 1'600'000), 1000u);  // that begins one
}

// Two heaps at a time: the other one's collection is nothing to the barrier of the first.
TEST(IncrementalHeap, KeepsWhatIsOverwrittenInItsOwnCollectionsOnly) {
  Heap marking(shortest_steps()), idle(shortest_steps());
  Heap::Mutator in_marking(marking), in_idle(idle);
  Heap::Root<Node> first(in_marking), second(in_idle);
  fill(in_marking, first, 1000);
  fill(in_idle, second, 1000);
  for (Heap::Mutator* mutator : {&in_marking, &in_idle}) mutator->collect(Collection::kMajor);
  in_marking.step();
  in_marking.step();  // the roots were looked at, a few objects were traced
  first->left = nullptr;
  second->left = nullptr;
  while (!in_marking.step()) continue;
  EXPECT_EQ(marking.stats().live_objects, 1000u);
  in_marking.collect(Collection::kMajor);
  in_idle.collect(Collection::kMajor);
  EXPECT_EQ(marking.stats().live_objects, 1u);
  EXPECT_EQ(idle.stats().live_objects, 1u);
}

TEST(IncrementalHeap, CountsWhatIsMadeWhileItSweeps) {
  Heap heap(shortest_steps());
  Heap::Mutator mutator(heap);
  Heap::Root<Node> kept(mutator), dropped(mutator);
  fill(mutator, kept, 20'000);
  fill(mutator, dropped, 20'000);
  mutator.collect(Collection::kMajor);
  dropped = nullptr;
  std::uint64_t made = 0;
  for (bool ended = false; !ended; ++made) {
    fill(mutator, kept, 1);
    ended = mutator.step();
  }
  const CollectorStats stats = heap.stats();
  EXPECT_EQ(stats.live_objects, stats.allocated_objects - stats.reclaimed_objects);
  EXPECT_LE(stats.live_objects, 20'000 + made);
  EXPECT_GE(stats.live_objects, 20'000 + made - 2);  // what was made while memory was given back
  EXPECT_EQ(stats.reclaimed_objects, 20'000u);
  EXPECT_EQ(stats.live_bytes, stats.live_objects * 32);
  mutator.verify();
}

TEST(IncrementalHeap, RunsFinalizersInSlices) {
  Heap heap(shortest_steps());
  Heap::Mutator mutator(heap);
  constexpr int kObjects = 1000;
  Finalized::count = 0;
  for (int i = 0; i < kObjects; ++i) mutator.make<Finalized>();
  int most = 0, steps = 0;
  for (int before = 0; !mutator.step(); before = Finalized::count, ++steps)
    most = std::max(most, Finalized::count - before);
  EXPECT_EQ(Finalized::count, kObjects);
  EXPECT_EQ(most, 1);
  EXPECT_GE(steps, kObjects);
}

// A Weak to what was not marked reads as null from the end of marking on, whether it is already cleared or
// not.
TEST(IncrementalHeap, HidesUnmarkedObjectsBeforeWeaksAreCleared) {
  constexpr std::size_t kWatchers = 5000;
  Heap heap(shortest_steps());
  Heap::Mutator mutator(heap);
  Heap::Root<Array<Heap::Member<Watcher>>> watchers(mutator,
                                                    mutator.make_array<Heap::Member<Watcher>>(kWatchers));
  Heap::Root<Node> list(mutator);
  fill(mutator, list, kWatchers);
  Node* node = list.get();
  for (std::size_t i = 0; i < kWatchers; ++i) {
    Heap::Root<Node> current(mutator, node);
    (*watchers)[i] = mutator.make<Watcher>();
    (*watchers)[i]->weak = current.get();
    node = current->left.get();
  }
  list = nullptr;
  bool seen_hidden = false;
  while (!mutator.step()) {
    if (seen_hidden || heap.state.cycle.marking()) continue;
    // Nobody has read a Weak while marking was under way: all or none of the nodes are to be seen.
    std::size_t visible = 0;
    for (auto& watcher : *watchers) visible += watcher && watcher->weak;
    ASSERT_TRUE(visible == 0 || visible == kWatchers) << visible;
    seen_hidden = visible == 0;
  }
  EXPECT_TRUE(seen_hidden);
  mutator.collect(Collection::kMajor);
  EXPECT_EQ(heap.stats().live_objects, kWatchers + 1);
}

TEST(IncrementalHeap, PacesItself) {
  CollectorOptions options;
  options.least_headroom = std::size_t{256} << 10;
  options.slice = 20'000;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  Heap::Root<Node> kept(mutator);
  fill(mutator, kept, 20'000);
  for (int i = 0; i < 2'000'000; ++i) mutator.make<Node>();
  EXPECT_GE(heap.stats().major_collections, 5u);
  EXPECT_LE(heap.stats().most_held_bytes, std::size_t{32} << 20);
  mutator.verify();
}

}  // namespace
}  // namespace assay
