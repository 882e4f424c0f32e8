// who is equal to whom.
#pragma once

#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/core/live_map.h"
#include "suites/memory_resource/subject.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

// Blocks of one are given to the other, the first one goes, and what the other then hands out must be there.
template <MemoryResource R>
void require_interchangeable(Owned<R>& giver, RecordedUpstream& giver_upstream, Owned<R>& taker,
                             RecordedUpstream& taker_upstream) {
  constexpr int kBlocks = 40;
  for (const std::size_t size : Sizes{16, 200, 3000}) {
    for (int i = 0; i < kBlocks; ++i)
      if (void* block = try_allocate(giver->resource(), size, 8))
        taker->resource().deallocate(block, size, 8);
  }
  giver.reset();
  LiveMap live;
  for (const std::size_t size : Sizes{16, 200, 3000}) {
    for (int i = 0; i < 2 * kBlocks; ++i) {
      void* block = try_allocate(taker->resource(), size, 8);
      if (block == nullptr) break;
      if constexpr (kResourceTraits<R>.takes_upstream)
        require(taker_upstream.pages().contains(block, size) || giver_upstream.pages().contains(block, size),
                "resources that call themselves equal share no storage: a block given to the other one came "
                "back from it when its storage was gone");
      const char* problem = live.add(block, size, size, 1);
      require(problem == nullptr, "%s", problem);
    }
  }
}

template <MemoryResource R>
void check_equality() {
  RecordedUpstream upstream, other_upstream;
  Owned<R> instance = make_instance<R>(&upstream);
  const auto& resource = instance->resource();
  require(resource.is_equal(resource), "a resource is not equal to itself");
  RecordedUpstream stranger;
  require(!resource.is_equal(stranger), "a resource is equal to one of another kind with storage of its own");
  if constexpr (!ResourceLibrary<R>) {
    Owned<R> other = make_instance<R>(&other_upstream);
    const bool equal = instance->resource().is_equal(other->resource());
    require(equal == other->resource().is_equal(instance->resource()), "equality depends on who is asked");
    if (equal) {
      const Ending ending =
          run_forked([&] { require_interchangeable<R>(other, other_upstream, instance, upstream); });
      require(ending.clean(), "resources that call themselves equal cannot take each other's blocks: %s",
              describe(ending));
    }
    note(equal ? "two resources are equal" : "two resources are not equal");
  }
}

}  // namespace assay::suite::memory_resource
