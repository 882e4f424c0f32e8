// Children and threads that may hang because of the subject: they are waited for without a deadline, and
// given up when nothing in them moves any more (suites/core/progress.h).
#pragma once

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

#include "suites/core/clause.h"
#include "suites/core/progress.h"
#include "suites/core/forked.h"

namespace assay::suite {

constexpr rlim_t kChildCpuSeconds = 5;  // a child needs milliseconds

// fork for a child that may crash or spin: it dumps no core and cannot burn CPU for ever. The child concludes
// with a finding, or says with _exit(0) that all is well.
inline pid_t fork_limited() {
  const pid_t child = fork();
  if (child < 0) skipped("fork failed: %s", strerror(errno));
  if (child == 0) {
    const rlimit no_core = {0, 0}, cpu = {kChildCpuSeconds, kChildCpuSeconds + 1};
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_CPU, &cpu);
  }
  return child;
}

// Waits for a child of fork_limited. Null when all was well, "hang" when it had to be killed, otherwise how
// it ended.
inline const char* await_child(pid_t child) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, child, 0));  // without it ppoll only sleeps
  pollfd end = {handle, POLLIN, 0};
  const auto running = [&] {
    siginfo_t info = {};
    return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
  };
  StallWatch watch;
  bool hung = false;
  while (running() && !hung) {
    const bool quiet = ppoll(&end, 1, &StallWatch::kLookInterval, nullptr) == 0;
    hung = quiet && watch.stalled(activity_of_family(child));
  }
  close(handle);
  if (hung) kill(child, SIGKILL);
  const Ending ending = wait_for(child);
  return hung ? "hang" : ending.clean() ? nullptr : describe(ending);
}

// Threads that run work(0) ... work(count - 1). Started and joined without an allocation of the harness's
// own.
template <class Work>
class Team {
 public:
  Team(int count, Work work) : work_(work), count_(count) {
    for (int i = 0; i < count; ++i) {
      members_[i] = {this, i, {}};
      const int error = pthread_create(&members_[i].thread, nullptr, &run, &members_[i]);
      if (error != 0) skipped("thread %d of %d could not be started: %s", i + 1, count, strerror(error));
    }
    complete_ = true;
    complete_.notify_all();
  }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int finished() const { return finished_.load(); }

  void join() {
    for (int i = 0; i < count_; ++i) pthread_join(members_[i].thread, nullptr);
  }

  // Like join, but false when the process stalled before all threads had finished.
  bool join_unless_stalled() {
    StallWatch watch;
    while (finished() != count_) {
      if (watch.stalled(activity_of_family(getpid()))) return false;
      nanosleep(&StallWatch::kLookInterval, nullptr);
    }
    join();
    return true;
  }

 private:
  static constexpr int kMost = 64;
  struct Member {
    Team* team;
    int index;
    pthread_t thread;
  };

  static void* run(void* argument) {
    const auto* member = static_cast<const Member*>(argument);
    member->team->complete_.wait(false);
    member->team->work_(member->index);
    ++member->team->finished_;
    return nullptr;
  }

  Work work_;
  int count_;
  std::atomic<bool> complete_{false};
  std::atomic<int> finished_{0};
  Member members_[kMost];
};

}  // namespace assay::suite
