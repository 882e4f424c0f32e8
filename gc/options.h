// The knobs of a garbage-collected heap. One that a heap has no use for is ignored.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

class PauseLog;  // gc/pauses.h

// When a heap collects. All but kPaced and kExplicit are for tests: they make what is rare happen always.
enum class Schedule {
  kPaced,            // as the knobs say
  kExplicit,         // only when collect() or step() is called, or at the limit
  kEveryAllocation,  // a whole collection in every make() (of the young, in every second one, if
                     // generational)
  kEveryBarrier,     // a step of marking in every store to a Member, where there is a barrier
  kEverySafepoint,   // a step, or a whole collection, in every safepoint()
};

struct CollectorOptions {
  // Bytes that the heap may hold; 0: no limit. make() returns null when a full collection does not help.
  std::size_t limit = 0;
  // A collection begins when this part of what was live after the last one has been allocated since; objects
  // without references, which are cheap to mark, count half. More: fewer collections, more memory.
  // In percent.
  unsigned headroom_percent = 200;
  std::size_t least_headroom = std::size_t{6} << 20;  // in bytes, for small heaps
  // Generational: what is allocated between two minor collections, at least. More: more dies before anyone
  // looks at it; beyond the cache, each allocation misses it.
  std::size_t nursery = std::size_t{1} << 20;
  // Generational: minor collections that an object survives as young, before the next one makes it old.
  unsigned promotion_age = 1;
  // Incremental: how long a slice may take, in nanoseconds of its thread's CPU time. Less: shorter pauses, a
  // longer cycle, more floating garbage.
  std::uint64_t slice = 500'000;
  Schedule schedule = Schedule::kPaced;
  // Asked before the heap takes memory from the system; false: as if the system had none. For tests.
  bool (*may_grow)(void* context, std::size_t bytes) = nullptr;
  void* may_grow_context = nullptr;
  // Where the work that mutators do for the collector is recorded, in the CPU time of the thread that does
  // it. With several mutators only that of who collects: the others wait, which takes no CPU time.
  PauseLog* pauses = nullptr;
};

}  // namespace assay
