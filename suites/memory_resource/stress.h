// Threads for longer than a clause has: one resource for all where that is allowed, and one for each.
#pragma once

#include "suites/core/clause.h"
#include "suites/core/on_threads.h"
#include "suites/memory_resource/handover.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

inline constexpr unsigned kStressThreads = 4;

inline std::uint64_t stress_stream(unsigned thread) { return seed() * 64 + thread; }

// A resource that shares hidden state with others of its type is found here. One oracle watches all, so that
// a block that two of them gave out is seen.
template <MemoryResource R>
void check_one_each() {
  LiveMap live;
  on_threads(kStressThreads, [&](unsigned thread) {
    for (unsigned life = 0; life < 4; ++life) {
      const Owned<R> instance = make_instance<R>(std::pmr::new_delete_resource());
      Handover blocks(live);
      blocks.run(instance->resource(), stress_stream(thread + 8 * life), 10'000);
      blocks.give_all_back(instance->resource());
    }
  });
}

template <MemoryResource R>
void check_shared_with_failures() {
  if constexpr (!kResourceTraits<R>.thread_safe || !kResourceTraits<R>.takes_upstream) {
    absent("claims no thread safety over an upstream");
  } else {
    RecordedUpstream upstream;
    const Owned<R> instance = make_instance<R>(&upstream);
    LiveMap live;
    Handover blocks(live);
    on_threads(kStressThreads, [&](unsigned thread) {
      for (unsigned part = 0; part < 20; ++part) {
        if (thread == 0) upstream.pages().fail_after(part % 5);
        blocks.run(instance->resource(), stress_stream(thread + 8 * part), 2000);
      }
    });
    upstream.pages().never_fail();
    blocks.give_all_back(instance->resource());
  }
}

}  // namespace assay::suite::memory_resource
