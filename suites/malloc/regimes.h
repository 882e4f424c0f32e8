// Calls that reach every size regime of an allocator: thread cache, shared bins, page runs, and blocks mapped
// one by one. For checks that ask whether the subject works at all in some situation; contents are not
// compared.
#pragma once

#include <malloc.h>
#include <stdlib.h>

#include <atomic>
#include <cstddef>
#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/malloc/watched.h"

namespace assay::suite {

constexpr std::size_t kRegimes[] = {1, 16, 100, 1000, 5000, 40'000, 300'000, 1'500'000};

inline void touch(void* block, std::size_t size) {  // both ends, so that it is backed by memory
  auto* bytes = static_cast<volatile unsigned char*>(block);
  bytes[0] = 1;
  bytes[size - 1] = 1;
}

// Every way to allocate, in every regime; all blocks live together, then are freed. `where` opens the message
// of a violation: a call returned null.
inline void use_every_regime(const char* where) {
  constexpr std::size_t kCalls = 5;
  void* blocks[std::size(kRegimes)][kCalls];
  for (std::size_t i = 0; i < std::size(kRegimes); ++i) {
    const std::size_t size = kRegimes[i];
    void** mine = blocks[i];
    mine[0] = malloc(size);
    mine[1] = calloc(1, size);
    mine[2] = realloc(malloc(size), size + size / 2 + 1);
    mine[3] = aligned_alloc(64, (size + 63) / 64 * 64);
    if (posix_memalign(&mine[4], 256, size) != 0) mine[4] = nullptr;
    static constexpr const char* kNames[kCalls] = {"malloc", "calloc", "realloc", "aligned_alloc",
                                                   "posix_memalign"};
    for (std::size_t k = 0; k < kCalls; ++k) {
      require(mine[k] != nullptr, "%s: %s for %zu bytes failed", where, kNames[k], size);
      touch(mine[k], size);
    }
  }
  for (auto& mine : blocks)
    for (void* block : mine) free(block);
}

// Threads that allocate and free in every regime, as a background for something else.
class Churn {
 public:
  explicit Churn(int threads) : team_(threads, Worker{this}) {}

  // To be called again and again by the foreground: the threads pause when it does not get on, so that a
  // foreground that hangs leaves a process in which nothing runs, which can be noticed.
  void step() {
    ++step_;
    step_.notify_all();
    usleep(100);  // for them to be in the middle of it
  }

  // How many threads have not come back after all were told to stop: all have, or the process has stalled.
  int stop(int threads) {
    stop_ = true;
    step();
    return team_.join_unless_stalled() ? 0 : threads - team_.finished();
  }

 private:
  static constexpr int kOperationsPerStep = 2'000;
  struct Worker {
    Churn* churn;
    void operator()(int index) const { churn->work(index); }
  };

  void work(int index) {
    Random random(seed() + static_cast<std::uint64_t>(index));
    void* blocks[16] = {};
    int left = kOperationsPerStep;
    for (unsigned seen = step_; !stop_;) {
      const std::size_t slot = random.below(std::size(blocks));
      free(blocks[slot]);
      const std::size_t size = random.log_between(1, random.one_in(32) ? 2'000'000 : 32'000);
      blocks[slot] = malloc(size);
      require(blocks[slot] != nullptr, "malloc(%zu) returned null in a background thread", size);
      touch(blocks[slot], size);
      if (--left == 0) step_.wait(seen);
      if (const unsigned now = step_; now != seen || left == 0) {
        seen = now;
        left = kOperationsPerStep;
      }
    }
    for (void* block : blocks) free(block);
  }

  std::atomic<unsigned> step_{0};
  std::atomic<bool> stop_{false};
  Team<Worker> team_;
};

}  // namespace assay::suite
