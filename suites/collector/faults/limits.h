// Heaps that are full.
#pragma once

#include <cstddef>
#include <new>
#include <optional>
#include <utility>

#include "suites/collector/faults/graphs.h"
#include "suites/collector/subject.h"

namespace assay::suite::collector {

template <class H>
void check_limits() {
  if constexpr (!H::kTraits.limits) {
    absent("claims no limit");
  } else {
    constexpr std::size_t kKiB = 1024;
    for (const std::size_t limit :
         {4 * kKiB, 65 * kKiB, 256 * kKiB, 512 * kKiB + 1, 777 * kKiB - 8, 1536 * kKiB}) {
      for (const Schedule schedule : {Schedule::kPaced, Schedule::kExplicit}) {
        CollectorOptions options;
        options.limit = limit;
        options.schedule = schedule;
        options.least_headroom = limit / 4;
        options.nursery = limit / 16;
        std::optional<H> heap;
        try {
          heap.emplace(options);
        } catch (const std::bad_alloc&) {
          require(limit < 256 * kKiB, "a heap of %zu bytes cannot begin", limit);
          continue;
        }
        Mutator<H> mutator(*heap);
        Root<H, Node<H>> chain(mutator);
        const auto within = [&](const char* when) {
          const CollectorStats stats = std::as_const(*heap).stats();
          require(stats.held_bytes <= limit && stats.most_held_bytes <= limit,
                  "%s, a heap of at most %zu bytes holds %llu, and held %llu", when, limit,
                  static_cast<unsigned long long>(stats.held_bytes),
                  static_cast<unsigned long long>(stats.most_held_bytes));
          if constexpr (H::kTraits.verifies) mutator.verify();
        };
        require(mutator.template make_array<long>(limit / sizeof(long) + 1) == nullptr,
                "an array larger than the limit was made");
        const long length = make_until_full<H>(mutator, chain);
        within("full");
        expect_countdown(chain.get(), length, "at the limit");
        require(
            limit < 512 * kKiB || length * static_cast<long>(sizeof(Node<H>)) >= static_cast<long>(limit / 4),
            "a heap of at most %zu bytes holds no more than %ld objects of %zu bytes", limit, length,
            sizeof(Node<H>));
        if (length < 1000 || !H::kTraits.reclaims) continue;
        // Half of it, which lies together.
        Node<H>* middle = chain.get();
        for (long i = 0; i < length / 2; ++i) middle = middle->left.get();
        chain = middle;
        Root<H, Node<H>> more(mutator);
        const long again = make_until_full<H>(mutator, more);
        require(again >= length / 8, "half of %ld objects are gone, and there is room for %ld", length,
                again);
        within("full again");
        expect_countdown(chain.get(), length - length / 2, "at the limit again");
        expect_countdown(more.get(), again, "at the limit again");
        chain = more = nullptr;
        // Words that are taken for references may keep what lies in the way.
        require(!H::kTraits.precise || mutator.template make_array<long>(limit / 4 / sizeof(long)) != nullptr,
                "all objects are gone, and there is no room for an array of a quarter of the limit");
        within("empty");
      }
    }
  }
}

}  // namespace assay::suite::collector
