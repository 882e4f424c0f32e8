// What the suite of the family cannot do: leave out a barrier.
#include "gc/generational.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using Heap = GenerationalHeap;

struct Number {
  long value = 1;
};
using References = Array<Heap::Member<Number>>;

TEST(GenerationalHeapDeathTest, VerifyFindsAStoreWithoutItsBarrier) {
  CollectorOptions options;
  options.schedule = Schedule::kExplicit;
  Heap heap(options);
  Heap::Mutator mutator(heap);
  Heap::Root<References> small(mutator, mutator.make_array<Heap::Member<Number>>(2));
  Heap::Root<References> large(mutator, mutator.make_array<Heap::Member<Number>>(10'000));
  mutator.collect(Collection::kMajor);
  mutator.verify();
  (*large)[0] = mutator.make<Number>();  // its card is dirty, by right
  mutator.verify();
  EXPECT_DEATH(
      {
        (*large)[9000].store(mutator.make<Number>());
        mutator.verify();
      },
      "GenerationalHeap I3");
  EXPECT_DEATH(
      {
        (*small)[1].store(mutator.make<Number>());
        mutator.verify();
      },
      "GenerationalHeap I3");
}

TEST(GenerationalHeap, TheNurseryGrowsWhereMuchSurvives) {
  CollectorOptions options;
  options.nursery = std::size_t{256} << 10;
  options.headroom_percent = 10'000;
  const auto minors = [&](bool survives) {
    Heap heap(options);
    Heap::Mutator mutator(heap);
    Heap::Root<Array<Heap::Member<References>>> kept(mutator,
                                                     mutator.make_array<Heap::Member<References>>(100'000));
    for (std::size_t i = 0; i < 100'000; ++i) {
      References* const made = mutator.make_array<Heap::Member<Number>>(10);
      if (survives) (*kept)[i] = made;
    }
    mutator.verify();
    return heap.stats().minor_collections;
  };
  EXPECT_LT(2 * minors(true), minors(false));
}

}  // namespace
}  // namespace assay
