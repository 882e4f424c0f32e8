// STRESS-2: waves of threads that exit all at once and leave their blocks to the next wave.
#include <pthread.h>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/malloc/stamped_block.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

constexpr int kThreads = 32, kWaves = 60, kEach = 40;
StampedBlock legacy[kThreads][kEach];

CLAUSE("STRESS-2", kViolation, "C23 7.24.3 p1, p2",
       "blocks survive storms of thread exits and are freed by later threads") {
  Random shuffle(seed());
  for (int wave = 0; wave < kWaves; ++wave) {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, nullptr, kThreads);
    const auto shift = static_cast<int>(shuffle.below(kThreads));  // who inherits from whom
    Team team(kThreads, [&](int thread) {
      Random random(seed() + static_cast<std::uint64_t>(wave * kThreads + thread));
      for (StampedBlock& block : legacy[(thread + shift) % kThreads]) {
        block.verify_and_free("after its thread had exited in a crowd");
        block = StampedBlock::allocate(random.log_between(1, random.one_in(100) ? 400'000 : 6'000), random);
      }
      pthread_barrier_wait(&barrier);
    });
    if (!team.join_unless_stalled()) violated("the threads of wave %d hang in the allocator", wave + 1);
    pthread_barrier_destroy(&barrier);
  }
  for (auto& of_thread : legacy)
    for (StampedBlock& block : of_thread) block.verify_and_free("after its thread had exited in a crowd");
}

}  // namespace
}  // namespace assay::suite
