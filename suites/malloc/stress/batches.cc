// STRESS-5: producers hand blocks to consumers in batches of all lengths.
#include <pthread.h>

#include <algorithm>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/malloc/stamped_block.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

constexpr int kProducers = 2, kConsumers = 2;
constexpr std::size_t kBlocks = 60'000, kMostBatch = 500;  // from each producer

// A bounded queue that blocks; its memory is static.
class Queue {
 public:
  void push(const StampedBlock* blocks, std::size_t count) {
    pthread_mutex_lock(&mutex_);
    while (kCapacity - used_ < count) pthread_cond_wait(&changed_, &mutex_);
    for (std::size_t i = 0; i < count; ++i) blocks_[(first_ + used_ + i) % kCapacity] = blocks[i];
    used_ += count;
    pthread_cond_broadcast(&changed_);
    pthread_mutex_unlock(&mutex_);
  }

  // Up to `most` blocks; none when all that will ever come have been taken.
  std::size_t pop(StampedBlock* blocks, std::size_t most) {
    pthread_mutex_lock(&mutex_);
    while (used_ == 0 && taken_ != kProducers * kBlocks) pthread_cond_wait(&changed_, &mutex_);
    const std::size_t count = std::min(most, used_);
    for (std::size_t i = 0; i < count; ++i) blocks[i] = blocks_[(first_ + i) % kCapacity];
    first_ = (first_ + count) % kCapacity;
    used_ -= count;
    taken_ += count;
    pthread_cond_broadcast(&changed_);
    pthread_mutex_unlock(&mutex_);
    return count;
  }

 private:
  static constexpr std::size_t kCapacity = 1000;
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed_ = PTHREAD_COND_INITIALIZER;
  StampedBlock blocks_[kCapacity];
  std::size_t first_ = 0, used_ = 0, taken_ = 0;
};
Queue queue;
StampedBlock batches[kProducers + kConsumers][kMostBatch];

void produce(StampedBlock* batch, Random& random) {
  for (std::size_t left = kBlocks; left != 0;) {
    const std::size_t count = std::min<std::size_t>(left, random.log_between(1, kMostBatch));
    for (std::size_t i = 0; i < count; ++i)
      batch[i] = StampedBlock::allocate(random.log_between(1, random.one_in(500) ? 300'000 : 4'000), random);
    queue.push(batch, count);
    left -= count;
  }
}

void consume(StampedBlock* batch, Random& random) {
  while (const std::size_t count = queue.pop(batch, random.log_between(1, kMostBatch)))
    for (std::size_t i = 0; i < count; ++i) batch[i].verify_and_free("on its way from producer to consumer");
}

CLAUSE("STRESS-5", kViolation, "C23 7.24.3 p1, p2",
       "blocks handed from producers to consumers in batches arrive intact") {
  Team team(kProducers + kConsumers, [](int thread) {
    Random random(seed() + static_cast<std::uint64_t>(thread));
    if (thread < kProducers) {
      produce(batches[thread], random);
    } else {
      consume(batches[thread], random);
    }
  });
  if (!team.join_unless_stalled()) violated("producers and consumers hang in the allocator");
}

}  // namespace
}  // namespace assay::suite
