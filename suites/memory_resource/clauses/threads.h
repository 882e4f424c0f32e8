// one resource, many threads.
#pragma once

#include "suites/core/clause.h"
#include "suites/core/on_threads.h"
#include "suites/memory_resource/handover.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

template <MemoryResource R>
void check_threads() {
  if constexpr (!kResourceTraits<R>.thread_safe) {
    absent("claims no thread safety");
  } else {
    constexpr unsigned kThreads = 4;
    RecordedUpstream upstream;
    const Owned<R> instance = make_instance<R>(&upstream);
    LiveMap live;
    Handover blocks(live);
    for (std::uint64_t generation = 0; generation < 3; ++generation)  // blocks outlive the threads
      on_threads(kThreads, [&](unsigned thread) {
        blocks.run(instance->resource(), seed() + 16 * generation + thread, 5000);
      });
    blocks.give_all_back(instance->resource());
  }
}

}  // namespace assay::suite::memory_resource
