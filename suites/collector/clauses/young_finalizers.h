// Finalizers of what dies young: GC-61.
#pragma once

#include "suites/collector/clauses/finalizers.h"
#include "suites/collector/subject.h"

namespace assay::suite::collector {

// Found by a minor collection, which may finalize it or leave that to the next full one.
template <class H>
void check_died_young() {
  if constexpr (!kFinalizesExactly<H> || !kClaims<H>.generational) {
    absent("claims no finalizers or no generations, or is not precise");
  } else {
    Random random(seed() + 2);
    constexpr int kObjects = 8;
    for (const int survived : {0, 1}) {
      for (const int minors : {1, 2, 5}) {
        Tally::finalized.store(0);
        CollectorOptions options = told();
        options.promotion_age = 1;
        H heap(options);
        Mutator<H> mutator(heap);
        Root<H, Remembering<H>> keeper(mutator), last(mutator);
        // The last one may make itself reachable again, and with it all others.
        const bool returns = minors != 2;
        for (int i = 1; i <= kObjects; ++i)
          make_remembering<H>(mutator, last, 25, returns && i == kObjects ? &keeper : nullptr, random);
        for (int i = 0; i < survived; ++i) mutator.collect(Collection::kMinor);
        last = nullptr;
        const auto expect_finalized = [&](long least, const char* when) {
          const long finalized = Tally::finalized.load();
          require(finalized >= least && finalized <= kObjects,
                  "of %d objects that died young %ld were finalized %s", kObjects, finalized, when);
          overwrite<Node<H>>(mutator, 150);
          overwrite<Probe<H>>(mutator, 100);
          for (auto* each = keeper.get(); each != nullptr; each = each->peer.get())
            each->expect_sound("after a finalizer made it reachable again");
        };
        for (int i = 0; i < minors; ++i) {
          mutator.collect(Collection::kMinor);
          expect_finalized(0, "by minor collections");
        }
        mutator.collect(Collection::kMajor);
        expect_finalized(kObjects, "by minor collections and a full one");
        for (const Collection kind : {Collection::kMinor, Collection::kMajor, Collection::kMinor}) {
          mutator.collect(kind);
          expect_finalized(kObjects, "by that and more collections");
        }
        require((keeper.get() != nullptr) == returns, "a finalizer's store to a Root was lost");
      }
    }
  }
}

template <class H>
struct YoungFinalizerClauses {
  Clause young{"GC-61", ClauseClass::kViolation, "gc/concept.h",
               "An object that dies young is finalized once, by the next full collection at the latest, and "
               "finds all that it reaches",
               &check_died_young<H>};
};

}  // namespace assay::suite::collector
