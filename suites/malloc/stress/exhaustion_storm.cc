// STRESS-4: threads use up the address space together, give everything back, and do it again.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <atomic>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/core/random.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/regimes.h"
#include "suites/malloc/sizes.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

constexpr int kThreads = 3, kRounds = 5;
constexpr std::size_t kRoom = 256 * kMiB;
constexpr std::size_t kEnough = 2 * kRoom;  // more comes out of what was mapped before the limit

struct Link {
  Link* next;
  std::size_t size;
};
std::atomic<std::size_t> obtained[kRounds];
pthread_barrier_t barrier;

// Allocates until null comes back, or more than the limit allows, then frees all, in step with the other
// threads.
void use_up(int round, Random& random) {
  Link* chain = nullptr;
  while (obtained[round] <= kEnough) {
    const std::size_t size = random.log_between(sizeof(Link), 64 * kKiB);
    void* block = malloc(size);
    if (block == nullptr) break;
    touch(block, size);
    chain = new (block) Link{chain, size};
    obtained[round] += size;
  }
  if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD && obtained[round] > kEnough)
    skipped("the subject holds so much address space in reserve that a limit on it does not bind");
  while (chain != nullptr) {
    Link* next = chain->next;
    free(chain);
    chain = next;
  }
  pthread_barrier_wait(&barrier);
}

CLAUSE("STRESS-4", kViolation, "C23 7.24.3 p1; POSIX.1-2024 malloc",
       "threads that exhaust RLIMIT_AS together get as much again once they have freed") {
  if (entry_point<void()>("__tsan_init") != nullptr)
    skipped("ThreadSanitizer needs address space itself, and ends the program where it gets none");
  pthread_barrier_init(&barrier, nullptr, kThreads);
  Team team(kThreads, [](int thread) {
    Random random(seed() + static_cast<std::uint64_t>(thread));
    free(malloc(100));
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
      const rlim_t limit = mapped_bytes() + kRoom;
      const rlimit address_space = {limit, limit};
      if (setrlimit(RLIMIT_AS, &address_space) != 0) skipped("setrlimit(RLIMIT_AS): %s", strerror(errno));
    }
    pthread_barrier_wait(&barrier);
    for (int round = 0; round < kRounds; ++round) use_up(round, random);
  });
  if (!team.join_unless_stalled()) violated("the threads hang when the address space is used up");
  for (const auto& amount : obtained) {
    require(amount >= obtained[0] / 10 * 9,
            "of the %zu MiB allocated until malloc failed only %zu MiB could be had again",
            obtained[0] / kMiB, amount / kMiB);
  }
}

}  // namespace
}  // namespace assay::suite
