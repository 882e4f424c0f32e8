// A thread that follows references for a heap, beside its mutators.
//
//   rest ──run()──► marks ──┬─ nothing left ─► rest, drained()
//     ▲                     │
//     └──────── hold() ◄────┘                                  a batch of objects later
//
// Who calls run() or hold() is the only one that does: the heap's mutators, each with the world stopped.
// Between them the marker is the thread's, but for its mark bits. The mutex orders the rest.
//
// The child of a fork() has no such thread, and nobody knows what the parent's was about to do: hold() is
// false then if it was running, run() is false from then on, and the heap marks by itself.
#pragma once

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace assay::gc {

// `Work` has trace(n), which follows the references of some n objects, and is true when nothing is left.
template <class Work>
class MarkerThread {
 public:
  MarkerThread() noexcept : sync_{} {}
  MarkerThread(const MarkerThread&) = delete;
  MarkerThread& operator=(const MarkerThread&) = delete;
  ~MarkerThread() {
    // What the parent's thread waits for would wait for it here.
    if (exists_ && forked()) return;
    if (exists_) {
      {
        const std::lock_guard lock(sync_.mutex);
        ends_ = true;
        sync_.changed.notify_all();
      }
      pthread_join(thread_, nullptr);
    }
    sync_.~Sync();
  }

  // False: there is no thread, and there will be none.
  bool run(Work& work) noexcept {
    if (exists_ && forked()) alone_ = true;
    if (alone_) return false;
    if (!exists_) {
      process_ = getpid();
      if (pthread_create(&thread_, nullptr, &begin, this) != 0) {
        alone_ = true;
        return false;
      }
      exists_ = true;
    }
    const std::lock_guard lock(sync_.mutex);
    work_ = &work;
    runs_ = running_ = true;
    drained_.store(false, std::memory_order_relaxed);
    sync_.changed.notify_all();
    return true;
  }

  // Returns when the marker is at rest. False: in what state is unknown.
  bool hold() noexcept {
    if (!runs_) return true;
    runs_ = false;
    if (forked()) {
      alone_ = true;
      return false;
    }
    std::unique_lock lock(sync_.mutex);
    running_ = false;
    sync_.changed.wait(lock, [this] { return !busy_; });
    return true;
  }

  // Between run() and hold().
  bool running() const noexcept { return runs_; }
  // Relaxed: who sees it late comes late; hold() orders.
  bool drained() const noexcept { return drained_.load(std::memory_order_relaxed); }
  bool forked() const noexcept { return getpid() != process_; }

 private:
  static constexpr std::size_t kBatch = 64;  // so long does hold() wait at most

  static void* begin(void* self) noexcept {
    static_cast<MarkerThread*>(self)->loop();
    return nullptr;
  }
  void loop() noexcept {
    std::unique_lock lock(sync_.mutex);
    for (;;) {
      sync_.changed.wait(lock, [this] { return running_ || ends_; });
      if (ends_) return;
      busy_ = true;
      while (running_ && !ends_) {
        lock.unlock();
        const bool done = work_->trace(kBatch);
        lock.lock();
        if (!done) continue;
        running_ = false;
        drained_.store(true, std::memory_order_relaxed);
      }
      busy_ = false;
      sync_.changed.notify_all();
    }
  }

  pthread_t thread_{};
  bool exists_ = false, alone_ = false;
  bool runs_ = false;  // for who calls
  pid_t process_ = 0;
  struct Sync {
    std::mutex mutex;
    std::condition_variable changed;
  };
  union {
    Sync sync_;
  };
  Work* work_ = nullptr;  // these are guarded by the mutex
  bool running_ = false, busy_ = false, ends_ = false;
  std::atomic<bool> drained_{false};
};

}  // namespace assay::gc
