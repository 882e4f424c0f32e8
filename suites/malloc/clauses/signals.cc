// Signal handlers that interrupt the allocator wherever it is.
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/malloc/stamped_block.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

std::atomic<int> signals{0};

void handle_alarm(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
}

void start_timer(suseconds_t first, suseconds_t interval) {
  const itimerval timer = {{0, interval}, {0, first}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

// Allocates, fills, compares and frees until `enough` says so.
template <class Enough>
void churn_until(std::uint64_t own_seed, std::size_t largest, Enough enough) {
  static constexpr const char* kWhen = "while signals came in";
  StampedBlock blocks[64];
  Random random(own_seed);
  while (!enough()) {
    StampedBlock& block = blocks[random.below(std::size(blocks))];
    block.verify_and_free(kWhen);
    block = StampedBlock::allocate(random.log_between(1, largest), random);
  }
  for (StampedBlock& block : blocks) block.verify_and_free(kWhen);
}

CLAUSE("C-87", kViolation, "POSIX.1-2024 2.4.3 Signal Actions",
       "signal handlers that do not allocate may interrupt the allocator anywhere") {
  constexpr int kSignals = 2000, kFewest = 100;  // at 10 kHz, or as many as a coarse timer gives
  constexpr long kMostOperations = 3'000'000;
  handle_alarm([](int) { ++signals; });
  start_timer(100, 100);
  std::atomic<bool> enough{false};
  Team others(2, [&](int index) {
    churn_until(seed() + 1 + static_cast<std::uint64_t>(index), 20'000, [&] { return enough.load(); });
  });
  long operations = 0;
  churn_until(seed(), 20'000, [&] { return signals >= kSignals || ++operations == kMostOperations; });
  start_timer(0, 0);
  enough = true;
  others.join();
  if (signals < kFewest) skipped("the timer gave only %d signals", signals.load());
}

std::atomic<int>* forks;  // shared with the child that is watched
Random delays(0);

void fork_and_rearm(int) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  while (child > 0 && waitpid(child, nullptr, 0) != child) {
  }
  ++*forks;
  start_timer(static_cast<suseconds_t>(delays.between(20, 150)), 0);
}

CLAUSE("C-88", kExtension, "glibc BZ 19703; fork was async-signal-safe until POSIX.1-2017",
       "a signal handler that interrupts the allocator may fork, and the child may _exit") {
  constexpr int kForks = 300;
  forks = &shared_with_children<std::atomic<int>>();
  const pid_t child = fork_limited();
  if (child == 0) {
    delays = Random(seed());
    handle_alarm(fork_and_rearm);
    start_timer(100, 0);
    churn_until(seed(), 100'000, [] { return *forks >= kForks; });
    _exit(0);
  }
  if (const char* failure = await_child(child))
    violated("fork number %d in a handler of SIGALRM: %s", *forks + 1, failure);
}

}  // namespace
}  // namespace assay::suite
