// Threads that come and go: each allocates 64 blocks of 16 to 1,024 bytes, frees half of them and leaves the
// rest to the main thread, which frees them eight threads later: thread-per-request servers and build tools.
// Two run at a time. One operation is the life of one thread. It shows what an allocator pays for its
// per-thread state and whether it takes back the memory that a dead thread left.
#include <pthread.h>

#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

class ThreadChurn : public Workload {
 public:
  explicit ThreadChurn(const Settings& settings) {
    operations = 160;
    for (std::size_t i = 0; i < kGenerations; ++i) lives_[i].seed = settings.seed + i;
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    peak_live = 0;
    for (std::size_t i = 0; i < operations + kGenerations; i += 2) {
      Life* pair = &lives_[i % kGenerations];
      for (Life* life = pair; life < pair + 2 && i >= kGenerations; ++life) {
        life->live.drain(life->blocks, kBlocks);
        checksum = fold(checksum, life->live.take_checksum());
      }
      if (i >= operations) continue;
      pthread_t threads[2];
      for (int k = 0; k < 2; ++k)
        if (const int error = pthread_create(&threads[k], nullptr, live, pair + k); error != 0)
          fail("pthread_create returned %d", error);
      for (const pthread_t thread : threads) pthread_join(thread, nullptr);
      std::size_t live = 0;  // while both were at their peak
      for (const Life& life : lives_)
        live += &life == pair || &life == pair + 1 ? life.live.peak() : life.live.live();
      peak_live = std::max(peak_live, live);
    }
    return checksum;
  }

 private:
  static constexpr std::size_t kBlocks = 64, kGenerations = 8;
  struct alignas(64) Life {
    std::uint64_t seed;
    Block* blocks = harness_array<Block>(kBlocks);
    LiveSet live;
  };

  static void* live(void* argument) {
    Life& life = *static_cast<Life*>(argument);
    Random random(life.seed);
    for (std::size_t i = 0; i < kBlocks; ++i) life.live.fill(life.blocks[i], random.log_between(16, 1024), i);
    for (std::size_t i = 0; i < kBlocks; i += 2) life.live.drain(life.blocks[i]);
    return nullptr;
  }

  Life lives_[kGenerations];
};

const WorkloadEntry thread_churn(
    {.name = "thread_churn",
     .family = "threads",
     .sentence = "short-lived threads allocate 64 blocks each and leave half behind",
     .passes = 2,
     .threaded = true,
     .make = make_workload<ThreadChurn>});

}  // namespace
}  // namespace assay::suite
