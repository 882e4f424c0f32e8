#include "gc/concurrent.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstddef>
#include <thread>

namespace assay {
namespace {

using Heap = ConcurrentHeap;

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
  Heap::Member<Watcher> next;
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(weak);
    visit(next);
  }
};

constexpr int kNodes = 300'000;

CollectorOptions shortest_slices() {
  CollectorOptions options;
  options.least_headroom = std::size_t{1} << 20;
  options.slice = 1;
  return options;
}

void fill(Heap::Mutator& mutator, Heap::Root<Node>& list, int nodes) {
  for (int i = 0; i < nodes; ++i) {
    Node* const node = mutator.make<Node>();
    node->left = list.get();
    node->value = i;
    list = node;
  }
}
void expect_list(const Node* node, int nodes) {
  while (nodes > 0 && node != nullptr && node->value == nodes - 1) node = node->left.get(), --nodes;
  EXPECT_EQ(nodes, 0);
  EXPECT_EQ(node, nullptr);
}

// Until the marker's thread runs.
void begin_collection(Heap& heap, Heap::Mutator& mutator) {
  while (!heap.state.thread.running()) mutator.make<Node>();
}

TEST(ConcurrentHeap, MarksWhileItsMutatorDoesSomethingElse) {
  Heap heap(shortest_slices());
  Heap::Mutator mutator(heap);
  Heap::Root<Node> list(mutator);
  fill(mutator, list, kNodes);
  begin_collection(heap, mutator);
  while (!heap.state.thread.drained()) std::this_thread::yield();
  const std::uint64_t before = heap.stats().major_collections;
  while (heap.stats().major_collections == before) mutator.make<Node>();
  expect_list(list.get(), kNodes);
  mutator.verify();
}

// The list is turned round while it is marked, so that what the marker has not seen moves to where it was.
TEST(ConcurrentHeap, LosesNothingThatMovesWhileItMarks) {
  Heap heap(shortest_slices());
  Heap::Mutator mutator(heap);
  Heap::Root<Node> list(mutator);
  fill(mutator, list, kNodes);
  for (int round = 0; round < 6; ++round) {
    begin_collection(heap, mutator);
    Heap::Root<Node> turned(mutator);
    while (list.get() != nullptr) {
      Node* const next = list->left.get();
      list->left = turned.get();
      turned = list.get();
      list = next;
    }
    const std::uint64_t before = heap.stats().major_collections;
    while (heap.stats().major_collections == before) mutator.make<Node>();
    for (Node* node = turned.get(); node != nullptr; node = node->left.get())
      node->value = kNodes - 1 - node->value;
    list = turned.get();
    expect_list(list.get(), kNodes);
  }
  mutator.collect(Collection::kMajor);
  EXPECT_EQ(heap.stats().live_objects, static_cast<std::uint64_t>(kNodes));
}

TEST(ConcurrentHeap, EndsInTheMiddleOfACollection) {
  for (int round = 0; round < 20; ++round) {
    Heap heap(shortest_slices());
    Heap::Mutator mutator(heap);
    Heap::Root<Node> list(mutator);
    fill(mutator, list, 40'000);
    begin_collection(heap, mutator);
  }
}

TEST(ConcurrentHeap, GoesOnWhenAllMutatorsHaveChanged) {
  Heap heap(shortest_slices());
  Heap::Persistent<Node> kept(heap);
  {
    Heap::Mutator mutator(heap);
    Heap::Root<Node> list(mutator);
    fill(mutator, list, kNodes);
    kept = list.get();
    begin_collection(heap, mutator);
  }
  EXPECT_FALSE(heap.state.thread.running());
  Heap::Mutator mutator(heap);
  const std::uint64_t before = heap.stats().major_collections;
  while (heap.stats().major_collections == before) mutator.make<Node>();
  expect_list(kept.get(), kNodes);
  mutator.verify();
}

// The child has neither the thread nor what it was about to do, and Weaks that it has noted.
TEST(ConcurrentHeap, MarksByItselfInTheChildOfAFork) {
  CollectorOptions options = shortest_slices();
  options.slice = 200'000;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  Heap::Root<Node> list(mutator);
  Heap::Root<Watcher> watchers(mutator);
  fill(mutator, list, kNodes);
  for (int i = 0; i < 1000; ++i) {
    Heap::Root<Node> watched(mutator, mutator.make<Node>());
    Watcher* const watcher = mutator.make<Watcher>();
    watcher->weak = watched.get();
    watcher->next = watchers.get();
    watchers = watcher;
  }
  for (int round = 0; round < 5; ++round) {
    begin_collection(heap, mutator);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const std::uint64_t before = heap.stats().major_collections;
      while (heap.stats().major_collections < before + 2) mutator.make<Node>();
      mutator.verify();
      expect_list(list.get(), kNodes);
      for (Watcher* watcher = watchers.get(); watcher != nullptr; watcher = watcher->next.get())
        EXPECT_FALSE(watcher->weak);
      mutator.collect(Collection::kMajor);
      EXPECT_EQ(heap.stats().live_objects, static_cast<std::uint64_t>(kNodes + 1000));
      _exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    const std::uint64_t before = heap.stats().major_collections;
    while (heap.stats().major_collections == before) mutator.make<Node>();
  }
  expect_list(list.get(), kNodes);
}

}  // namespace
}  // namespace assay
