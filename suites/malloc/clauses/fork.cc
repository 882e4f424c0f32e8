// fork and its relatives while other threads allocate.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "suites/core/clause.h"
#include "suites/malloc/regimes.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

constexpr int kChurners = 4;

// Forks and kills the child at once: only what fork does to the parent is looked at.
void fork_and_kill() {
  const pid_t child = fork_limited();
  if (child == 0) _exit(0);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

CLAUSE("C-73", kExtension, "glibc, jemalloc, gperftools: atfork handlers; beyond POSIX.1-2024 fork",
       "the child of a multi-threaded fork can allocate, free and start threads") {
  Churn churn(kChurners);
  for (int i = 0; i < 120; ++i) {
    churn.step();
    const pid_t child = fork_limited();
    if (child == 0) {
      use_every_regime("in the child of fork");
      Team thread(1, [](int) { use_every_regime("in a thread of the child of fork"); });
      thread.join();
      _exit(0);
    }
    if (const char* failure = await_child(child))
      violated("child %d of fork, allocating beside %d threads of its parent: %s", i + 1, kChurners, failure);
  }
  churn.stop(kChurners);
}

CLAUSE("C-74", kViolation, "POSIX.1-2024 fork", "the other threads of the parent keep running after fork") {
  constexpr int kForks = 200;
  Churn churn(kChurners);
  std::atomic<int> forks{0};
  Team forker(1, [&](int) {
    for (; forks < kForks; ++forks) {
      churn.step();
      fork_and_kill();
    }
  });
  if (!forker.join_unless_stalled()) violated("fork number %d does not return in the parent", forks + 1);
  const int stuck = churn.stop(kChurners);
  require(stuck == 0, "%d of %d threads hang in the allocator after %d forks", stuck, kChurners, kForks);
}

void allocate_in_handler() {
  for (const std::size_t size : {24, 3000, 300'000}) {
    void* block = malloc(size);
    require(block != nullptr, "malloc(%zu) in an atfork handler returned null", size);
    touch(block, size);
    free(block);
  }
}

CLAUSE("C-75", kExtension, "POSIX.1-2024 pthread_atfork; glibc BZ 19431, jemalloc #1805",
       "concurrent forks, and atfork handlers that allocate, do not deadlock") {
  require(pthread_atfork(allocate_in_handler, allocate_in_handler, allocate_in_handler) == 0,
          "pthread_atfork failed");
  std::atomic<int> forks{0};
  Team alone(1, [&](int) {
    for (; forks < 50; ++forks) {
      const pid_t child = fork_limited();
      if (child == 0) _exit(0);
      const char* failure = await_child(child);
      require(failure == nullptr, "the child of a fork whose handlers allocate: %s", failure);
    }
  });
  if (!alone.join_unless_stalled()) violated("fork hangs when its handlers allocate");
  Team together(3, [&](int) {
    for (int i = 0; i < 100; ++i, ++forks) fork_and_kill();
  });
  if (!together.join_unless_stalled())
    violated("fork hangs in the parent after %d forks, the last by three threads at once", forks.load());
}

void require_success(pid_t child, const char* call) {
  const Ending ending = wait_for(child);
  require(ending.clean(), "`true`, started by %s: %s", call, describe(ending));
}

void spawn_true() {
  char program[] = "true";
  char* arguments[] = {program, nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, program, nullptr, nullptr, arguments, environ);
  require(error == 0, "posix_spawn of `true` failed: %s", strerror(error));
  require_success(child, "posix_spawn");
}

void vfork_true() {
  const pid_t child = vfork();
  require(child >= 0, "vfork failed: %s", strerror(errno));
  if (child == 0) {
    execlp("true", "true", nullptr);
    _exit(127);
  }
  require_success(child, "vfork and exec");
}

void system_exit() {
  const int status = system("exit 0");
  require(status == 0, "system(\"exit 0\") returned %#x", status);
}

void popen_echo() {
  FILE* pipe = popen("echo ready", "r");
  require(pipe != nullptr, "popen failed: %s", strerror(errno));
  char line[16] = "";
  require(fgets(line, sizeof line, pipe) != nullptr && strcmp(line, "ready\n") == 0,
          "popen(\"echo ready\") gave \"%s\"", line);
  const int status = pclose(pipe);
  require(status == 0, "pclose returned %#x", status);
}

CLAUSE("C-76", kViolation, "POSIX.1-2024 posix_spawn, system, popen",
       "posix_spawn, vfork with exec, system and popen work while other threads allocate") {
  unsetenv("LD_PRELOAD");  // this is about the process that starts programs, not about the programs
  Churn churn(kChurners);
  Team starter(1, [&](int) {
    for (int i = 0; i < 25; ++i) {
      for (void (*start)() : {spawn_true, vfork_true, system_exit, popen_echo}) {
        churn.step();
        start();
      }
    }
  });
  if (!starter.join_unless_stalled()) violated("a program is being started and neither runs nor fails");
  churn.stop(kChurners);
}

}  // namespace
}  // namespace assay::suite
