// What threads do in their last moments, and with how little.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/malloc/first_call.h"
#include "suites/malloc/regimes.h"
#include "suites/malloc/stamped_block.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

// A block that each destructor of a dying thread replaces by another.
struct Relay {
  StampedBlock block;
  Random random{0};
  int runs = 0;

  void pass_on() {
    block.verify_and_free("before a destructor of its thread ran");
    block = StampedBlock::allocate(random.log_between(1, 60'000), random);
    ++runs;
  }
};

thread_local Relay relay;
pthread_key_t keys[2];
std::atomic<int> key_runs{0}, object_runs{0};

template <int kKey>
void pass_on_and_set_again(void*) {
  ++key_runs;
  relay.pass_on();
  if (relay.runs < PTHREAD_DESTRUCTOR_ITERATIONS) {
    pthread_setspecific(keys[kKey], &relay);
  } else {
    relay.block.verify_and_free("in the last destructor of its thread");
  }
}

struct ThreadLocalObject {
  bool used = false;
  ~ThreadLocalObject() {
    ++object_runs;
    relay.pass_on();
  }
};
thread_local ThreadLocalObject object;

CLAUSE("C-80", kViolation, "POSIX.1-2024 pthread_key_create; C++20 [basic.start.term]",
       "destructors of a thread's keys and objects may allocate, free and set their key again") {
  constexpr int kThreads = 3000, kAtOnce = 10;
  pthread_key_create(&keys[0], pass_on_and_set_again<0>);
  pthread_key_create(&keys[1], pass_on_and_set_again<1>);
  for (int i = 0; i < kThreads; i += kAtOnce) {
    Team team(kAtOnce, [&](int thread) {
      object.used = true;
      relay.random = Random(seed() + static_cast<std::uint64_t>(i + thread));
      relay.pass_on();
      pthread_setspecific(keys[thread % 2], &relay);
    });
    team.join();
  }
  require(object_runs == kThreads, "%d of %d thread_local objects were destroyed", object_runs.load(),
          kThreads);
  require(key_runs >= kThreads, "%d destructors of keys ran for %d threads", key_runs.load(), kThreads);
}

CLAUSE("C-83", kViolation, "C23 7.24.3 p2", "the first calls of 64 threads may race") {
  for (int round = 0; round < 10; ++round) {
    if (const char* failure = run_first_call("race"))
      violated("64 threads whose first calls race, in a new process: %s", failure);
  }
}

CLAUSE("C-86", kQuality, "POSIX.1-2024 <limits.h> PTHREAD_STACK_MIN",
       "a stack of PTHREAD_STACK_MIN bytes suffices for every entry point") {
  const auto least = static_cast<std::size_t>(sysconf(_SC_THREAD_STACK_MIN));
  const pid_t child = fork_limited();
  if (child == 0) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, least);
    pthread_t thread;
    const auto use = [](void*) -> void* {
      use_every_regime("on the smallest stack");
      free(memalign(8192, 100));
      return nullptr;
    };
    const int error = pthread_create(&thread, &attributes, use, nullptr);
    if (error != 0) skipped("no thread with a stack of %zu bytes: %s", least, strerror(error));
    pthread_join(thread, nullptr);
    _exit(0);
  }
  const char* failure = await_child(child);
  require(failure == nullptr, "a thread with a stack of %zu bytes that allocates: %s", least, failure);
}

std::atomic<int> victims_at_work{0};
std::atomic<bool> survived_request{false};

// Cancellation is deferred, so it is acted upon in write, unless the allocator itself is a cancellation
// point.
void* allocate_until_cancelled(void* null_device) {
  Random random(seed());
  ++victims_at_work;
  for (;;) {
    void* block = malloc(random.log_between(1, 300'000));
    pthread_cleanup_push(free, block);
    if (write(*static_cast<int*>(null_device), block, 1) != 1)
      skipped("writing to /dev/null: %s", strerror(errno));
    pthread_cleanup_pop(1);
  }
}

void* allocate_with_request_pending(void*) {
  pthread_cancel(pthread_self());
  use_every_regime("in a thread that is to be cancelled");
  survived_request = true;
  pthread_testcancel();
  return nullptr;
}

void cancel_threads(int* null_device) {
  constexpr int kRounds = 25, kAtOnce = 6;
  for (int round = 0; round < kRounds; ++round) {
    pthread_t victims[kAtOnce];
    victims_at_work = 0;
    for (pthread_t& victim : victims) {
      if (pthread_create(&victim, nullptr, allocate_until_cancelled, null_device) != 0)
        skipped("no more threads");
    }
    while (victims_at_work != kAtOnce) sched_yield();
    for (const pthread_t victim : victims) pthread_cancel(victim);
    for (const pthread_t victim : victims) pthread_join(victim, nullptr);
  }
  pthread_t victim;
  pthread_create(&victim, nullptr, allocate_with_request_pending, nullptr);
  pthread_join(victim, nullptr);
  use_every_regime("after threads were cancelled");
}

CLAUSE("C-89", kViolation, "POSIX.1-2024 2.9.5.2 Cancellation Points; glibc BZ 22830",
       "threads cancelled while they allocate and do I/O leave a heap that works") {
  int null_device = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null_device < 0) skipped("/dev/null: %s", strerror(errno));
  Team team(1, [&](int) { cancel_threads(&null_device); });
  if (!team.join_unless_stalled()) violated("the heap is locked after threads that allocate were cancelled");
  if (!survived_request) note("a call of the allocator acted upon a request for cancellation");
}

}  // namespace
}  // namespace assay::suite
