// Stops a thread before any one of its instructions until another thread has done its work: every way in
// which the one can come between two instructions of the other is tried, none left to luck.
//
//   for (Stepping stepping(meanwhile); stepping.next();) stepping.run(operation);
//
// The processor's trap flag raises SIGTRAP after each instruction; the handler counts, and at the last one
// waits for the other thread. When that does not come to an end, it needs something that the stopped thread
// holds (a lock of malloc or of the subject), and both go on.
#pragma once

#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>

#include "suites/core/clause.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ASSAY_CANNOT_STEP 1
#endif
#endif
#if !defined(__x86_64__) || !defined(__linux__) || defined(__SANITIZE_THREAD__)
#define ASSAY_CANNOT_STEP 1
#endif

namespace assay::suite::reclamation {

// One at a time in a process.
class Stepping {
 public:
  explicit Stepping(std::function<void()> meanwhile) : meanwhile_(std::move(meanwhile)) {
#ifdef ASSAY_CANNOT_STEP
    skipped("steps single instructions of x86-64 on Linux, and not with ThreadSanitizer");
#else
    sem_init(&start_, 0, 0);
    struct sigaction action {};
    action.sa_sigaction = &Stepping::on_trap;
    action.sa_flags = SA_SIGINFO;
    if (sigaction(SIGTRAP, &action, nullptr) != 0) skipped("sigaction failed");
    current_ = this;
    other_ = std::thread([this] {
      for (;;) {
        while (sem_wait(&start_) != 0) {
        }
        if (over_) return;
        meanwhile_();
        finished_.store(true, std::memory_order_release);  // pairs with the acquires of wait() and run()
      }
    });
#endif
  }
  Stepping(const Stepping&) = delete;
  Stepping& operator=(const Stepping&) = delete;
  ~Stepping() {
    over_ = true;
    sem_post(&start_);
    other_.join();
    signal(SIGTRAP, SIG_DFL);
    note("stopped at %zu instructions", stops_);
  }

  // False when the operation came to its end before the last stop, or was stopped often enough.
  bool next() const { return stops_ == 0 || (mode_ == Mode::kStopped && stop_at_ < kMostInstructions); }

  // Runs operation(), and the other thread's work once: at the stop, or after it.
  template <class Operation>
  void run(const Operation& operation) {
    stop_at_ += 1 + stop_at_ / 128;  // every instruction of a short operation, most of a longer one
    left_ = stop_at_;
    ++stops_;
    finished_.store(false, std::memory_order_relaxed);  // sem_post() publishes it
    mode_ = Mode::kArmed;
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the handler is on this thread
    raise(SIGTRAP);
    operation();
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (mode_ != Mode::kStopped) {
      mode_ = Mode::kOff;
      raise(SIGTRAP);  // ends the stepping
      sem_post(&start_);
    }
    while (!finished_.load(std::memory_order_acquire)) sched_yield();
  }

 private:
  enum class Mode : int { kOff, kArmed, kStepping, kStopped };
  static constexpr std::size_t kMostInstructions = 500;

#ifndef ASSAY_CANNOT_STEP
  static void on_trap(int, siginfo_t*, void* context) {
    constexpr greg_t kTrapFlag = 0x100;
    greg_t& flags = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL];
    Stepping& self = *current_;
    if (self.mode_ == Mode::kArmed) self.mode_ = Mode::kStepping;
    if (self.mode_ == Mode::kStepping && self.left_ > 0) {
      self.left_ = self.left_ - 1;
    } else if (self.mode_ == Mode::kStepping) {
      self.mode_ = Mode::kStopped;
      sem_post(&self.start_);
      for (int i = 0; i < kPatience && !self.finished_.load(std::memory_order_acquire); ++i) sched_yield();
    }
    if (self.mode_ == Mode::kStepping)
      flags |= kTrapFlag;
    else
      flags &= ~kTrapFlag;
  }
  static constexpr int kPatience = 1000;
#endif

  static inline Stepping* current_ = nullptr;
  std::function<void()> meanwhile_;
  sem_t start_;
  std::atomic<bool> finished_{false};
  bool over_ = false;
  volatile Mode mode_ = Mode::kOff;
  volatile std::size_t left_ = 0;
  std::size_t stop_at_ = 0, stops_ = 0;
  std::thread other_;
};

}  // namespace assay::suite::reclamation
