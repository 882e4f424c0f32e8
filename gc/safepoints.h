// How one mutator stops all others: they look at a flag where they make objects and in safepoint(), and wait
// there. A mutator that blocks outside the heap is parked: nobody waits for it, and unpark() waits for the
// end of a stop.
//
//   running ──► waits at a safepoint ──► running          stop() returns when no other mutator is running
//      └──────► parked ──────────────────────┘
//
// The mutex orders all that mutators did before their stop before what the stopper sees, and that before
// their return. In the child of a fork() only the calling thread lives on: the others count as parked there,
// and their roots stay. They must be so when it forks: what another thread was about in the heap stays half
// done. Where the forking thread runs a mutator, that collects, parks or ends before new threads attach.
#pragma once

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>

namespace assay::gc {

class Safepoints {
 public:
  // Relaxed: a flag to look at the truth, which the mutex guards. Who sees it late waits later.
  bool wanted() const noexcept { return wanted_.load(std::memory_order_relaxed); }

  // Also the end of park().
  template <class F>
  void attach(F then) {
    std::unique_lock lock(mutex_);
    renew(gettid() == getpid() ? 0 : 1);  // the thread that forked is the child's first
    changed_.wait(lock, [this] { return !stopped_; });
    ++running_;
    then();
  }
  // Also park().
  template <class F>
  void detach(F first) {
    const std::lock_guard lock(mutex_);
    renew(1);
    first();
    --running_;
    changed_.notify_all();
  }

  void wait_here() {
    std::unique_lock lock(mutex_);
    renew(1);
    if (stopped_) wait(lock);
  }

  // The caller is a running mutator; it may have to wait for others that stop the world before.
  void stop() {
    std::unique_lock lock(mutex_);
    renew(1);
    while (stopped_) wait(lock);
    stopped_ = true;
    wanted_.store(true, std::memory_order_relaxed);
    changed_.wait(lock, [this] { return running_ == 1; });
  }
  void resume() {
    const std::lock_guard lock(mutex_);
    stopped_ = false;
    wanted_.store(false, std::memory_order_relaxed);
    changed_.notify_all();
  }

 private:
  // In the child of a fork(): so many run there that this knew of.
  void renew(unsigned running) {
    const pid_t now = getpid();
    if (now == process_) [[likely]]
      return;
    process_ = now;
    running_ = running;
    stopped_ = false;
    wanted_.store(false, std::memory_order_relaxed);
    ::new (&changed_) std::condition_variable;  // those who waited are gone
  }
  void wait(std::unique_lock<std::mutex>& lock) {
    --running_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !stopped_; });
    ++running_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned running_ = 0;
  bool stopped_ = false;
  pid_t process_ = getpid();
  std::atomic<bool> wanted_{false};
};

}  // namespace assay::gc
