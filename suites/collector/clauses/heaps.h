// Several heaps: GC-46 and GC-47.
#pragma once

#include <cstddef>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

template <class H>
void check_independent_objects() {
  if constexpr (!kClaims<H>.independent_heaps) {
    absent("claims one heap at a time");
  } else {
    H mine(told()), other(told());
    Mutator<H> in_mine(mine), in_other(other);
    Root<H, Node<H>> list(in_mine), elsewhere(in_other);
    make_chain<Node<H>>(in_mine, list, 0, 200);
    make_chain<Node<H>>(in_other, elsewhere, 500, 200);
    for (const Collection kind :
         {Collection::kMajor, Collection::kMinor, Collection::kCompact, Collection::kMajor}) {
      in_mine.collect(kind);
      overwrite<Node<H>>(in_mine, 100);
      expect_chain(list.get(), 0, 200, "in the heap that collected");
      expect_chain(elsewhere.get(), 500, 200, "in a heap beside one that collected");
      in_other.collect(kind);
      overwrite<Node<H>>(in_other, 100);
      expect_chain(list.get(), 0, 200, "in a heap beside one that collected");
      expect_chain(elsewhere.get(), 500, 200, "in the heap that collected");
    }
    if constexpr (H::kTraits.incremental) {
      // Collections of both under way.
      make_chain<Node<H>>(in_other, elsewhere, 700, 150);
      make_chain<Node<H>>(in_mine, list, 800, 50);
      for (bool mine_ended = false, other_ended = false; !mine_ended || !other_ended;) {
        if (!mine_ended && in_mine.step()) {
          mine_ended = true;
          overwrite<Node<H>>(in_mine, 100);
        }
        if (!other_ended && in_other.step()) {
          other_ended = true;
          overwrite<Node<H>>(in_other, 100);
        }
      }
      expect_chain(list.get(), 800, 50, "with collections of two heaps under way");
      expect_chain(elsewhere.get(), 700, 150, "with collections of two heaps under way");
    }
    if constexpr (kExact<H> && H::kTraits.destroys) {
      Root<H, Probe<H>> dropped(in_mine), kept(in_other);
      make_chain<Probe<H>>(in_mine, dropped, 0, 100);
      make_chain<Probe<H>>(in_other, kept, 0, 100);
      dropped = nullptr;
      collect_all(in_other);
      require(Tally::alive() == 200, "a collection of one heap reclaimed %ld objects of another",
              200 - Tally::alive());
      collect_all(in_mine);
      require(Tally::alive() == 100, "beside a second heap %ld of 100 unreachable objects are left",
              Tally::alive() - 100);
      expect_chain(kept.get(), 0, 100, "beside a heap that collected");
    }
    if constexpr (kExact<H> && H::kTraits.counts) {
      const CollectorStats before = other.stats();
      overwrite<Node<H>>(in_mine, 100);
      in_mine.collect(Collection::kMajor);
      require(other.stats().allocated_objects == before.allocated_objects &&
                  other.stats().major_collections == before.major_collections,
              "stats() of one heap count what another did");
    }
  }
}

// Heaps come and go beside one that stays; some while a collection of theirs is under way.
template <class H>
void check_heap_ends() {
  if constexpr (!kClaims<H>.independent_heaps) {
    absent("claims one heap at a time");
  } else {
    H lasting(told());
    Mutator<H> mutator(lasting);
    Root<H, Node<H>> list(mutator);
    Persistent<H, Node<H>> handle = persistent<H>(mutator, list.get());
    for (int i = 0; i < 20; ++i) {
      auto first = std::make_unique<H>(told()), second = std::make_unique<H>(told());
      {
        Mutator<H> of_first(*first), of_second(*second);
        Root<H, Probe<H>> in_first(of_first), in_second(of_second);
        make_chain<Probe<H>>(of_first, in_first, 0, 40);
        make_chain<Node<H>>(mutator, list, i, 40);
        handle = list.get();
        make_chain<Probe<H>>(of_second, in_second, 0, 40);
        if (i % 2 == 0) of_first.collect(Collection::kMajor);
        if constexpr (H::kTraits.incremental)
          if (i % 3 == 0) of_second.step();
      }
      (i % 2 == 0 ? first : second).reset();
      mutator.collect(i % 4 == 0 ? Collection::kMinor : Collection::kMajor);
      overwrite<Node<H>>(mutator, 60);
      expect_chain(list.get(), i, 40, "in a heap beside one that ended");
      require(handle.get() == list.get(), "a Persistent was changed by the end of another heap");
    }
    if constexpr (H::kTraits.destroys)
      require(Tally::alive() == 0, "%ld objects outlived their heaps", Tally::alive());
    if constexpr (H::kTraits.threads) {
      // A thread that is at no safepoint of its own heap, and not parked either.
      H foreign(told());
      std::latch attached(1), done(1);
      std::thread blocked([&] {
        Mutator<H> in_foreign(foreign);
        Root<H, Node<H>> own(in_foreign);
        make_chain<Node<H>>(in_foreign, own, 0, 50);
        attached.count_down();
        done.wait();
        expect_chain(own.get(), 0, 50, "in a heap whose thread was blocked");
      });
      attached.wait();
      for (const Collection kind : {Collection::kMinor, Collection::kMajor, Collection::kCompact})
        mutator.collect(kind);
      overwrite<Node<H>>(mutator, 60);
      expect_chain(list.get(), 19, 40, "in a heap that collected beside a blocked thread of another");
      done.count_down();
      blocked.join();
    }
  }
}

template <class H>
struct HeapClauses {
  Clause objects{"GC-46", ClauseClass::kViolation, "gc/concept.h",
                 "Collections of one heap neither reclaim nor keep objects of another",
                 &check_independent_objects<H>};
  Clause ends{"GC-47", ClauseClass::kViolation, "gc/concept.h",
              "A heap neither waits for the mutators of another nor ends with it", &check_heap_ends<H>};
};

}  // namespace assay::suite::collector
