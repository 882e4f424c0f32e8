// Threads that come and go, and blocks that outlive them.
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/core/random.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/regimes.h"
#include "suites/malloc/sizes.h"
#include "suites/malloc/stamped_block.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

Random random_of(int thread) { return Random(seed() + static_cast<std::uint64_t>(thread)); }

CLAUSE("C-77", kViolation, "C23 7.24.3 p1",
       "a block may be freed by any thread, also when its own thread has exited") {
  constexpr int kProducers = 8, kEach = 60;
  static StampedBlock blocks[kProducers][kEach];
  for (int round = 0; round < 10; ++round) {
    Team producers(kProducers, [&](int thread) {
      Random random = random_of(round * kProducers + thread);
      for (StampedBlock& block : blocks[thread])
        block = StampedBlock::allocate(random.log_between(1, random.one_in(20) ? 600'000 : 8'000), random);
    });
    producers.join();
    const auto consume = [&](int thread) {
      for (auto& of_producer : blocks)
        for (int i = thread; i < kEach; i += 3) of_producer[i].verify_and_free("after its thread had exited");
    };
    Team consumers(2, consume);
    consumers.join();
    consume(2);
  }
}

pthread_key_t key;

// Sets the key again, so that POSIX calls it once more, and leaves nothing behind in the end.
void free_and_set_again(void* block) {
  static thread_local int left = 2;
  free(block);
  if (left-- > 0) pthread_setspecific(key, malloc(300));
}

// The ways in which a thread may use the heap in its life.
void live_and_die(int kind, void* foreign) {
  if (kind % 4 == 0) {
    free(foreign);  // and allocate nothing
    return;
  }
  void* blocks[16];
  std::size_t size = 16;
  for (void*& block : blocks) {
    block = malloc(size);
    require(block != nullptr, "malloc(%zu) in a new thread returned null", size);
    touch(block, size);
    size += size / 2;
  }
  free(foreign);
  for (void* block : blocks) free(block);
  if (kind % 4 == 1) pthread_setspecific(key, malloc(100));
}

std::size_t resident_after_threads(int threads) {
  constexpr int kAtOnce = 8;
  for (int i = 0; i < threads; i += kAtOnce) {
    void* foreign[kAtOnce];
    for (void*& block : foreign) block = malloc(1000);
    Team team(kAtOnce, [&](int index) { live_and_die(index, foreign[index]); });
    team.join();
  }
  return resident_bytes();
}

CLAUSE("C-78", kViolation, "C23 7.24.3 p1; glibc BZ 22111, 28028",
       "what a thread's exit leaves behind is used again") {
  constexpr int kThreads = 1000, kQuarters = 4;
  constexpr std::size_t kPerThread = 256;
  pthread_key_create(&key, free_and_set_again);
  std::size_t before = resident_after_threads(kThreads);
  const std::size_t first = before;
  bool always_grew = true;
  for (int i = 0; i < kQuarters; ++i) {
    const std::size_t now = resident_after_threads(kThreads);
    always_grew = always_grew && now > before;
    before = now;
  }
  const std::size_t growth = before > first ? before - first : 0;
  require(!always_grew || growth < kPerThread * kThreads * kQuarters,
          "the resident size grows with each thread that comes and goes: by %zu KiB in %d threads",
          growth / kKiB, kThreads * kQuarters);
}

// Blocks of one size go from a producer to a consumer that frees them.
class Pipeline {
 public:
  explicit Pipeline(std::size_t size)
      : size_(size), most_in_flight_(std::clamp(kMiB / size, kLeast, kMost)) {}

  // Growth of the resident size from the worst of the first quarter to the best of the last one.
  std::size_t growth(std::size_t throughput) {
    const std::size_t blocks = throughput / size_;
    std::size_t worst_at_first = 0, best_at_last = SIZE_MAX;
    Team team(2, [&](int index) {
      for (std::size_t i = 0; i < blocks; ++i) {
        if (index == 0) {
          produce();
        } else {
          consume();
        }
        if (index == 0 || i % (blocks / 16) != 0) continue;
        const std::size_t resident = resident_bytes();
        if (i < blocks / 4) worst_at_first = std::max(worst_at_first, resident);
        if (i > blocks * 3 / 4) best_at_last = std::min(best_at_last, resident);
      }
    });
    team.join();
    return best_at_last > worst_at_first ? best_at_last - worst_at_first : 0;
  }

 private:
  static constexpr std::size_t kLeast = 4, kMost = 256;

  void produce() {
    auto* block = static_cast<char*>(malloc(size_));
    require(block != nullptr, "malloc(%zu) returned null", size_);
    for (std::size_t at = 0; at < size_; at += kPageSize) block[at] = 1;
    while (sent_ - received_ == most_in_flight_) sched_yield();
    slots_[sent_ % kMost] = block;
    ++sent_;
  }

  void consume() {
    while (sent_ == received_) sched_yield();
    free(slots_[received_ % kMost]);
    ++received_;
  }

  std::size_t size_, most_in_flight_;
  std::atomic<std::size_t> sent_{0}, received_{0};
  void* slots_[kMost];
};

CLAUSE("C-79", kViolation, "C23 7.24.3 p1",
       "blocks that another thread frees become available again, in every size regime") {
  constexpr std::size_t kPart = 16, kLonger = 8;
  for (const std::size_t size : {16, 80, 400, 1600, 5000, 40'000, 300'000, 1'500'000}) {
    const std::size_t first = std::max(4 * kMiB, 64 * size), second = kLonger * first;
    if (Pipeline(size).growth(first) <= first / kPart) continue;
    const std::size_t growth = Pipeline(size).growth(second);
    require(
        growth <= second / kPart,
        "the resident size grew by %zu KiB while %zu KiB in blocks of %zu went from one thread to another",
        growth / kKiB, second / kKiB, size);
  }
}

}  // namespace
}  // namespace assay::suite
