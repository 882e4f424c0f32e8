// What a heap says of itself: GC-35 and GC-36.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

inline unsigned long long shown(std::uint64_t number) { return number; }

template <class H>
void check_object_counts() {
  if constexpr (!kClaims<H>.counts || !kExact<H>) {
    absent("claims no exact counts, or is not precise");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    mutator.collect(Collection::kMajor);
    std::uint64_t made_so_far = 0, live = 0;
    const CollectorStats start = heap.stats();
    require(start.live_objects == 0 && start.allocated_objects == start.reclaimed_objects,
            "an empty heap has %llu objects", shown(start.live_objects));
    const auto expect_exact = [&](const char* when) {
      mutator.collect(Collection::kMajor);
      const CollectorStats stats = heap.stats();
      const std::uint64_t allocated = stats.allocated_objects - start.allocated_objects,
                          reclaimed = stats.reclaimed_objects - start.reclaimed_objects;
      require(allocated == made_so_far, "%s, allocated_objects is %llu instead of %llu", when,
              shown(allocated), shown(made_so_far));
      require(stats.live_objects == live, "%s, live_objects is %llu instead of %llu", when,
              shown(stats.live_objects), shown(live));
      require(reclaimed == made_so_far - live, "%s, reclaimed_objects is %llu instead of %llu", when,
              shown(reclaimed), shown(made_so_far - live));
    };
    Root<H, Node<H>> kept(mutator);
    Root<H, References<H>> array(mutator), large(mutator);
    for (int round = 1; round <= 3; ++round) {
      make_chain<Node<H>>(mutator, kept, 0, 700 * round);
      made_so_far += static_cast<std::uint64_t>(700 * round);
      live = static_cast<std::uint64_t>(700 * round) + (round > 1 ? 2 : 0);
      expect_exact("with a chain of objects");
      overwrite<Node<H>>(mutator, 150);
      overwrite<Probe<H>>(mutator, 150);
      made_so_far += 300;
      if (round % 2 == 0) mutator.collect(Collection::kMinor);
      expect_exact("with 300 objects that were dropped");
      array = made_array<Member<H, Node<H>>>(mutator, 10);
      large = made_array<Member<H, Node<H>>>(mutator, 30'000);
      made_array<long>(mutator, 0);
      made_array<long>(mutator, 30'000);
      made_so_far += 4;
      live = static_cast<std::uint64_t>(700 * round) + 2;
      expect_exact("with arrays");
    }
    kept = nullptr;
    array = nullptr;
    large = nullptr;
    live = 0;
    expect_exact("with all objects dropped");
  }
}

template <class H>
void check_byte_counts() {
  if constexpr (!kClaims<H>.counts || !kExact<H>) {
    absent("claims no exact counts, or is not precise");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Node<H>> kept(mutator);
    Root<H, Array<long>> large(mutator);
    CollectorStats before = heap.stats();
    std::uint64_t most = 0;
    const auto expect_sound = [&](const char* when) {
      const CollectorStats stats = heap.stats();
      require(stats.held_bytes >= stats.live_bytes, "%s, %llu bytes are held and %llu are live", when,
              shown(stats.held_bytes), shown(stats.live_bytes));
      require(stats.most_held_bytes >= stats.held_bytes && stats.most_held_bytes >= most,
              "%s, most_held_bytes is %llu, held_bytes %llu", when, shown(stats.most_held_bytes),
              shown(stats.held_bytes));
      most = stats.most_held_bytes;
      require(stats.live_objects <= stats.allocated_objects && stats.live_bytes <= stats.allocated_bytes,
              "%s, more is live than was allocated", when);
    };
    constexpr std::uint64_t kObjects = 4000, kBytes = kObjects * sizeof(Node<H>),
                            kLarge = 100'000 * sizeof(long);
    make_chain<Node<H>>(mutator, kept, 0, kObjects);
    expect_sound("after objects were made");
    mutator.collect(Collection::kMajor);
    CollectorStats after = heap.stats();
    expect_sound("after a collection");
    const std::uint64_t allocated = after.allocated_bytes - before.allocated_bytes;
    require(allocated >= kBytes && allocated <= 2 * kBytes + 4096,
            "%llu objects of %zu bytes take %llu bytes", shown(kObjects), sizeof(Node<H>), shown(allocated));
    require(after.live_bytes >= kBytes && after.live_bytes <= 2 * kBytes + 4096,
            "%llu live objects of %zu bytes have %llu live_bytes", shown(kObjects), sizeof(Node<H>),
            shown(after.live_bytes));
    const std::uint64_t held = after.held_bytes;
    large = made_array<long>(mutator, 100'000);
    require(heap.stats().held_bytes >= kBytes + kLarge, "with a large array of %llu bytes %llu are held",
            shown(kLarge), shown(heap.stats().held_bytes));
    mutator.collect(Collection::kMajor);
    const CollectorStats with_large = heap.stats();
    require(with_large.allocated_bytes - after.allocated_bytes >= kLarge &&
                with_large.held_bytes >= kBytes + kLarge && with_large.held_bytes >= held,
            "a large array of %llu bytes added %llu to allocated_bytes, %llu bytes are held", shown(kLarge),
            shown(with_large.allocated_bytes - after.allocated_bytes), shown(with_large.held_bytes));
    expect_sound("after a large array was made");
    require(heap.stats().live_bytes >= kBytes + kLarge,
            "a large array of %llu bytes is not in live_bytes, %llu", shown(kLarge),
            shown(heap.stats().live_bytes));
    large = nullptr;
    before = heap.stats();
    for (int i = 1; i <= 5; ++i) {
      mutator.collect(Collection::kMajor);
      after = heap.stats();
      require(after.major_collections == before.major_collections + static_cast<std::uint64_t>(i),
              "after %d full collections major_collections has grown by %llu", i,
              shown(after.major_collections - before.major_collections));
      require(after.live_bytes < kBytes + kLarge, "a large array that is gone is in live_bytes");
      expect_sound("after a full collection");
    }
    if constexpr (H::kTraits.generational) {
      for (int i = 0; i < 4; ++i) mutator.collect(Collection::kMinor);
      require(heap.stats().minor_collections == before.minor_collections + 4 &&
                  heap.stats().major_collections == after.major_collections,
              "after four minor collections minor_collections has grown by %llu, major_collections by %llu",
              shown(heap.stats().minor_collections - before.minor_collections),
              shown(heap.stats().major_collections - after.major_collections));
      before = heap.stats();
      make_chain<Node<H>>(mutator, kept, 0, 900);
      for (int i = 0; i < 4; ++i) mutator.collect(Collection::kMinor);
      mutator.collect(Collection::kMajor);
      const std::uint64_t promoted = heap.stats().promoted_objects - before.promoted_objects;
      require(promoted == 900, "900 objects became old, and promoted_objects has grown by %llu",
              shown(promoted));
    }
  }
}

template <class H>
struct StatisticsClauses {
  Clause objects{"GC-35", ClauseClass::kViolation, "gc/concept.h",
                 "After a full collection stats() counts objects exactly", &check_object_counts<H>};
  Clause bytes{"GC-36", ClauseClass::kViolation, "gc/concept.h",
               "stats() of bytes and collections agree with what was made and collected",
               &check_byte_counts<H>};
};

}  // namespace assay::suite::collector
