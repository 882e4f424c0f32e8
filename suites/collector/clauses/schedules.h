// When a heap collects, and what is said of it: GC-56 to GC-58 and GC-60.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/pauses.h"
#include "suites/collector/subject.h"

namespace assay::suite::collector {

template <class H>
std::uint64_t collections(const H& heap) {
  const CollectorStats stats = heap.stats();
  return stats.minor_collections + stats.major_collections;
}

template <class H>
void check_schedules() {
  if constexpr (!kClaims<H>.counts || !kClaims<H>.reclaims) {
    absent("claims no exact counts, or never frees");
  } else {
    {
      CollectorOptions options = told();
      options.least_headroom = std::size_t{64} << 10;
      options.nursery = std::size_t{16} << 10;
      H heap(options);
      Mutator<H> mutator(heap);
      for (int i = 0; i < 3000; ++i) {
        made<Probe<H>>(mutator, i);
        made_array<long>(mutator, 200);
        mutator.safepoint();
      }
      require(collections(heap) == 0 && heap.stats().reclaimed_objects == 0,
              "Schedule::kExplicit, and nobody told it to: %llu collections",
              static_cast<unsigned long long>(collections(heap)));
    }
    {
      CollectorOptions options;
      options.schedule = Schedule::kEveryAllocation;
      H heap(options);
      Mutator<H> mutator(heap);
      Root<H, Node<H>> kept(mutator);
      make_chain<Node<H>>(mutator, kept, 0, 20);
      for (int i = 0; i < 40; ++i) {
        const std::uint64_t before = collections(heap);
        if (i % 2 == 0)
          made<Probe<H>>(mutator, i);
        else
          made_array<long>(mutator, 10);
        require(collections(heap) > before, "Schedule::kEveryAllocation, and a %s did not collect",
                i % 2 == 0 ? "make()" : "make_array()");
      }
      expect_chain(kept.get(), 0, 20, "with Schedule::kEveryAllocation");
    }
    CollectorOptions options;
    options.schedule = Schedule::kEverySafepoint;
    H heap(options);
    Mutator<H> mutator(heap);
    for (int i = 0; i < 5; ++i) {
      overwrite<Node<H>>(mutator, 20);
      const std::uint64_t before = collections(heap);
      for (int safepoints = 0; collections(heap) == before; ++safepoints) {
        require(safepoints < 10'000, "Schedule::kEverySafepoint, and %d of them have not ended a collection",
                safepoints);
        mutator.safepoint();
      }
    }
  }
}

template <class H>
void check_kinds() {
  if constexpr (!kSeesReclaiming<H>) {
    absent("reclaims nothing, or nobody sees it");
  } else {
    for (const Collection kind : {Collection::kMinor, Collection::kMajor, Collection::kCompact}) {
      if (kind == Collection::kMinor && H::kTraits.generational) continue;
      H heap(told());
      Mutator<H> mutator(heap);
      Root<H, Probe<H>> kept(mutator), dropped(mutator);
      make_chain<Probe<H>>(mutator, kept, 0, 100);
      collect_all(mutator);
      const long before = alive(heap);
      for (int i = 0; i < 3; ++i) {
        make_chain<Probe<H>>(mutator, dropped, 500, 100);
        drop_chain<H>(dropped);
        mutator.collect(kind);
        if constexpr (!H::kTraits.precise) mutator.collect(kind);
        expect_gone(heap, before, 100,
                    kind == Collection::kMinor   ? "after collect(kMinor) of a heap without generations"
                    : kind == Collection::kMajor ? "after collect(kMajor)"
                                                 : "after collect(kCompact)");
        expect_chain(kept.get(), 0, 100, "after a collection of any kind");
      }
    }
  }
}

template <class H>
void check_pauses() {
  if constexpr (!kClaims<H>.reclaims) {
    absent("never frees");
  } else {
    PauseLog log(4096);
    CollectorOptions options = told();
    options.pauses = &log;
    H heap(options);
    Mutator<H> mutator(heap);
    Root<H, Node<H>> kept(mutator);
    make_chain<Node<H>>(mutator, kept, 0, 2000);
    require(log.pauses().empty(), "%zu pauses are recorded, and nothing was collected", log.pauses().size());
    std::size_t before = 0;
    const auto expect_more = [&](const char* what) {
      require(log.pauses().size() > before, "%s is not recorded as a pause", what);
      before = log.pauses().size();
    };
    for (int i = 0; i < 5; ++i) {
      overwrite<Node<H>>(mutator, 100);
      mutator.collect(Collection::kMajor);
      expect_more("a full collection");
      mutator.collect(Collection::kMinor);
      expect_more("a minor collection");
      mutator.collect(Collection::kCompact);
      expect_more("a compaction");
      if constexpr (H::kTraits.incremental) {
        mutator.step();
        expect_more("a step of a collection");
      }
    }
    std::uint64_t end = 0;
    for (const Pause& pause : log.pauses()) {
      require(pause.begin >= end && pause.end >= pause.begin,
              "a pause from %llu to %llu is recorded after %llu",
              static_cast<unsigned long long>(pause.begin), static_cast<unsigned long long>(pause.end),
              static_cast<unsigned long long>(end));
      end = pause.end;
    }
    require(log.lost() == 0 && log.longest() > 0, "all recorded pauses last for no time");
    note("%zu pauses, the longest of %llu us", log.pauses().size(),
         static_cast<unsigned long long>(log.longest() / 1000));
  }
}

// Collections while 24 MiB are made and dropped beside 4 MiB that stay: full ones, or of the young. All of
// it could refer to something: what cannot counts for less.
template <class H>
std::uint64_t paced_collections(unsigned headroom_percent, std::size_t nursery) {
  CollectorOptions options;
  options.headroom_percent = headroom_percent;
  options.least_headroom = std::size_t{64} << 10;
  options.nursery = nursery;
  options.slice = 1'000'000'000;  // so that collections take memory and not time
  H heap(options);
  Mutator<H> mutator(heap);
  Root<H, Array<Member<H, References<H>>>> kept(mutator);
  constexpr std::size_t kWords = 127, kKept = 4096;
  kept = made_array<Member<H, References<H>>>(mutator, kKept);
  for (std::size_t i = 0; i < kKept; ++i) {
    References<H>* const array = made_array<Member<H, Node<H>>>(mutator, kWords);
    (*kept.get())[i] = array;
  }
  mutator.collect(Collection::kMajor);
  const CollectorStats before = heap.stats();
  for (std::size_t i = 0; i < 6 * kKept; ++i) made_array<Member<H, Node<H>>>(mutator, kWords);
  const CollectorStats after = heap.stats();
  return H::kTraits.generational ? after.minor_collections - before.minor_collections
                                 : after.major_collections - before.major_collections;
}

template <class H>
void check_knobs() {
  if constexpr (!kClaims<H>.counts || !kClaims<H>.reclaims) {
    absent("claims no exact counts, or never frees");
  } else {
    const bool young = H::kTraits.generational;
    const std::uint64_t often = paced_collections<H>(50, std::size_t{256} << 10),
                        seldom = paced_collections<H>(400, std::size_t{4} << 20);
    const char* const knob = young ? "a nursery of 256 KiB and of 4 MiB" : "50% and 400% of headroom";
    note("%s: %llu and %llu collections", knob, static_cast<unsigned long long>(often),
         static_cast<unsigned long long>(seldom));
    // 96 and 6 are expected of a nursery, 12 and 1 of headroom: 24 MiB by 2 and by 16. Who marks beside the
    // program begins earlier, and keeps the more garbage the slower it is, by which the headroom grows.
    const std::uint64_t least = young ? 30 : H::kTraits.concurrent ? 2 : 4;
    require(often >= least && often <= (young ? 200 : 24) && often >= (young ? 4 : 2) * seldom,
            "with %s there are %llu and %llu collections", knob, static_cast<unsigned long long>(often),
            static_cast<unsigned long long>(seldom));
  }
}

template <class H>
struct ScheduleClauses {
  Clause schedules{
      "GC-56", ClauseClass::kViolation, "gc/options.h",
      "Schedule::kExplicit collects when told, kEveryAllocation in every make(), kEverySafepoint in "
      "every safepoint()",
      &check_schedules<H>};
  Clause kinds{"GC-57", ClauseClass::kViolation, "gc/concept.h",
               "A kind of collection that a heap does not have is done by a larger one", &check_kinds<H>};
  Clause pauses{"GC-58", ClauseClass::kViolation, "gc/options.h",
                "Every collection is recorded as a pause, in order and without overlap", &check_pauses<H>};
  Clause knobs{"GC-60", ClauseClass::kViolation, "gc/options.h",
               "The more headroom, and the larger the nursery, the fewer collections", &check_knobs<H>};
};

}  // namespace assay::suite::collector
