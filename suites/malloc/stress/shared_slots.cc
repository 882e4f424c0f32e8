// STRESS-1: threads replace each other's blocks at random places of one table.
#include <stdlib.h>

#include <atomic>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

constexpr std::size_t kSlots = 2048;
std::atomic<void*> slots[kSlots];
LiveMap live;

void require_sound(const char* problem) { require(problem == nullptr, "%s", problem); }

void verify_and_free(void* block) {
  if (block == nullptr) return;
  require_sound(live.remove(block));
  free(block);
}

CLAUSE("STRESS-1", kViolation, "C23 7.24.3 p1, p2",
       "threads that free each other's blocks at random damage no block") {
  constexpr int kThreads = 4, kEach = 200'000;
  Team team(kThreads, [](int thread) {
    Random random(seed() * kThreads + static_cast<std::uint64_t>(thread));
    for (int i = 0; i < kEach; ++i) {
      void* block = nullptr;
      if (!random.one_in(4)) {
        const std::size_t size = random.log_between(1, random.one_in(1000) ? 300'000 : 1'000);
        block = malloc(size);
        require(block != nullptr, "malloc(%zu) returned null", size);
        require_sound(live.add(block, size, size, 0));
      }
      verify_and_free(slots[random.below(kSlots)].exchange(block));
    }
  });
  if (!team.join_unless_stalled()) violated("the threads hang in the allocator");
  for (auto& slot : slots) verify_and_free(slot);
}

}  // namespace
}  // namespace assay::suite
