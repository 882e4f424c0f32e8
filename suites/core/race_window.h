// Where a defect that two threads must meet in is open. A mutant that is killed only when the scheduler
// happens to switch threads there is a flaky test: who comes first sleeps until the others had their turn.
#pragma once

#include <sched.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace assay::suite {

// The sleeps are as many as a process can have without its taking long; with one thread there is none.
inline void open_race_window() {
  static std::atomic<int> sleeps_left{4'000};
  if (__libc_single_threaded) return;
  if (sleeps_left.load(std::memory_order_relaxed) <= 0) return (void)sched_yield();
  sleeps_left.fetch_sub(1, std::memory_order_relaxed);
  const timespec moment{0, 50'000};
  syscall(SYS_nanosleep, &moment, nullptr);  // which no pthread_cancel() ends
}

}  // namespace assay::suite
