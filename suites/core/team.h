// Threads that live as long as the process and work together in rounds: what a workload measures is then what
// threads do, not what it costs to start them. Between rounds they sleep and use no CPU time. Each stays on
// one core, a different one while there are enough: whether two threads share a core or not makes a tenfold
// difference where memory changes hands, and is not the subject's doing.
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <type_traits>

namespace assay::suite {

template <unsigned kMembers>
class Team {
 public:
  Team() {
    CPU_ZERO(&allowed_);
    sched_getaffinity(0, sizeof allowed_, &allowed_);
    stay_on_core(0);
    for (unsigned i = 1; i < kMembers; ++i)
      std::thread([this, i] { serve(i); }).detach();  // ended by the process
  }

  // Calls work(member) on every member, 0 on the caller, and returns when all have returned.
  template <class Work>
  void run(Work&& work) {
    call_ = [](void* context, unsigned member) {
      (*static_cast<std::remove_reference_t<Work>*>(context))(member);
    };
    context_ = &work;
    busy_.store(kMembers - 1, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in serve(): publishes the work
    round_.notify_all();
    work(0);
    // The acquires pair with the release in serve(): what the members did has happened.
    for (unsigned left; (left = busy_.load(std::memory_order_acquire)) != 0;)
      busy_.wait(left, std::memory_order_acquire);
  }

 private:
  void stay_on_core(unsigned member) const {
    unsigned skip = member % static_cast<unsigned>(CPU_COUNT(&allowed_));
    int core = 0;
    while (!CPU_ISSET(core, &allowed_) || skip-- > 0) ++core;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    sched_setaffinity(0, sizeof one, &one);  // where it is refused, the scheduler places the thread
  }

  void serve(unsigned member) {
    stay_on_core(member);
    for (std::uint32_t seen = 0;;) {
      round_.wait(seen, std::memory_order_acquire);
      seen = round_.load(std::memory_order_acquire);
      call_(context_, member);
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
  }

  cpu_set_t allowed_;
  void (*call_)(void*, unsigned) = nullptr;
  void* context_ = nullptr;
  std::atomic<std::uint32_t> round_{0};
  std::atomic<unsigned> busy_{0};
};

// A bounded queue from one thread to one other. Who finds it full or empty yields the core: the wait costs
// every subject alike, and a busy machine runs the partner meanwhile.
template <std::size_t kCapacity>
class Ring {
 public:
  void push(void* item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    while (tail - head_.load(std::memory_order_acquire) == kCapacity)
      sched_yield();  // pairs with pop's release
    items_[tail % kCapacity] = item;
    tail_.store(tail + 1, std::memory_order_release);  // pairs with pop's acquire
  }

  void* pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    while (tail_.load(std::memory_order_acquire) == head) sched_yield();  // pairs with push's release
    void* item = items_[head % kCapacity];
    head_.store(head + 1, std::memory_order_release);  // pairs with push's acquire: the place is free
    return item;
  }

 private:
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
  alignas(64) std::array<void*, kCapacity> items_{};
};

}  // namespace assay::suite
