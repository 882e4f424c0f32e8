// STRESS-3: forks while threads allocate. A child finds every block of its parent as it was, can free them
// and allocate others; the parent's threads notice nothing.
#include <unistd.h>

#include <atomic>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/malloc/regimes.h"
#include "suites/malloc/stamped_block.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

constexpr int kThreads = 3, kSlots = 64, kForks = 60;
constexpr int kOperationsPerFork = 2'000;

struct Slot {
  StampedBlock block;
  std::atomic<bool> complete{
      false};  // false while its thread replaces the block: a child must not touch it then
};
Slot slots[kThreads][kSlots];
std::atomic<int> forks{0};

void replace(Slot& slot, Random& random) {
  slot.complete.store(false);
  slot.block.verify_and_free("in the parent of a fork");
  slot.block = StampedBlock::allocate(random.log_between(1, random.one_in(200) ? 500'000 : 8'000), random);
  slot.complete.store(true);
}

// Bounded by the forks, so that a fork that hangs leaves a process in which nothing runs.
void work(int thread) {
  Random random(seed() + static_cast<std::uint64_t>(thread));
  for (int seen = 0; seen < kForks; seen = forks) {
    for (int i = 0; i < kOperationsPerFork && forks == seen; ++i)
      replace(slots[thread][random.below(kSlots)], random);
    forks.wait(seen);
  }
}

void live_in_child(Random& random) {
  for (auto& of_thread : slots) {
    for (Slot& slot : of_thread) {
      if (!slot.complete) continue;
      slot.block.verify_and_free("in the child of a fork");
      slot.block = StampedBlock::allocate(random.log_between(1, 20'000), random);
    }
  }
  use_every_regime("in the child of a fork");
  for (auto& of_thread : slots) {
    for (Slot& slot : of_thread)
      if (slot.complete) slot.block.verify_and_free("since the child of a fork allocated it");
  }
}

CLAUSE("STRESS-3", kViolation, "POSIX.1-2024 fork; for the child as C-73",
       "parent and child both keep every block when fork interrupts allocating threads") {
  Team team(kThreads, work);
  Random random(seed());
  while (forks < kForks) {
    usleep(static_cast<useconds_t>(random.below(300)));
    const pid_t child = fork_limited();
    if (child == 0) {
      live_in_child(random);
      _exit(0);
    }
    if (const char* failure = await_child(child)) violated("child %d of fork: %s", forks + 1, failure);
    ++forks;
    forks.notify_all();
  }
  if (!team.join_unless_stalled()) violated("the parent's threads hang after %d forks", kForks);
  for (auto& of_thread : slots)
    for (Slot& slot : of_thread) slot.block.verify_and_free("in the parent of a fork");
}

}  // namespace
}  // namespace assay::suite
