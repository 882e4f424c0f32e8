// Hand-over: some threads allocate, others free what they are given: pipelines, actor mailboxes, async
// runtimes. Blocks of 16 to 271 bytes, or nodes of one size, so that all threads meet in one size class,
// travel through bounded queues, one from each producer to each consumer, alone or linked into batches. One
// operation is one block allocated here and freed there. After xmalloc-test (Lever and Boreham) and
// mimalloc-bench's xmallocN, which moves nodes of 64 bytes. A thread that must wait yields; the null
// allocator's column shows what that costs. peak_live is the most that the queues let be in flight.
#include "suites/core/team.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

// Blocks of kNode bytes, or of mixed sizes if it is 0.
template <unsigned kProducers, unsigned kConsumers, std::size_t kBatch, std::size_t kNode = 0>
class Handover : public Workload {
 public:
  explicit Handover(const Settings& settings) : seed_(settings.seed) {
    operations = kProducers * kBatches * kBatch;
    peak_live = kProducers * kConsumers * (kQueue + 2) * kBatch * kLargest;
    for (auto& row : queues_)
      for (auto*& queue : row) queue = new (harness_memory(sizeof(Queue))) Queue;
  }

  std::uint64_t pass() override {
    team_.run([this](unsigned member) {
      if (member < kConsumers) {
        consume(member);
      } else {
        produce(member - kConsumers);
      }
    });
    std::uint64_t checksum = 0;
    for (const std::uint64_t part : checksums_) checksum = fold(checksum, part);
    return checksum;
  }

 private:
  static constexpr std::size_t kLargest = kNode != 0 ? kNode : 16 + 255;
  static constexpr std::size_t kQueue = kBatch >= 4096 ? 2 : 4096 / kBatch;  // batches a queue holds
  static constexpr std::size_t kBatches = 131'072 / kBatch / kProducers;     // from each producer
  static_assert(kBatches % kConsumers == 0);
  using Queue = Ring<kQueue>;

  std::size_t number(unsigned producer, std::size_t batch, std::size_t i) const {
    return seed_ + (batch * kBatch + i) * kProducers + producer;
  }
  static std::size_t size_of(std::size_t number) { return kNode != 0 ? kNode : 16 + (mark_of(number) >> 56); }

  // The first word of a block is the link to the next of its batch, the rest is marked.
  void produce(unsigned producer) {
    for (std::size_t batch = 0; batch < kBatches; ++batch) {
      void* first = nullptr;
      for (std::size_t i = kBatch; i-- > 0;) {
        const std::size_t n = number(producer, batch, i), size = size_of(n);
        void* block = allocate(size);
        word_at(block, 0) = reinterpret_cast<std::uint64_t>(first);
        write_mark(&word_at(block, 8), size - 8, n);
        first = block;
      }
      queues_[producer][batch % kConsumers]->push(first);
    }
  }

  void consume(unsigned consumer) {
    std::uint64_t checksum = 0;
    for (std::size_t batch = consumer; batch < kBatches; batch += kConsumers)
      for (unsigned producer = 0; producer < kProducers; ++producer) {
        void* block = queues_[producer][consumer]->pop();
        for (std::size_t i = 0; i < kBatch; ++i) {
          const std::size_t n = number(producer, batch, i);
          void* next = reinterpret_cast<void*>(word_at(block, 0));
          checksum = fold(checksum, read_mark(&word_at(block, 8), size_of(n) - 8, n));
          free(block);
          block = next;
        }
      }
    checksums_[consumer] = checksum;
  }

  std::uint64_t seed_;
  Team<kProducers + kConsumers> team_;
  Queue* queues_[kProducers][kConsumers];
  std::uint64_t checksums_[kConsumers] = {};
};

const WorkloadEntry single({.name = "handover_1_1",
                            .family = "threads",
                            .sentence = "one thread allocates, another frees, block by block",
                            .passes = 2,
                            .threaded = true,
                            .make = make_workload<Handover<1, 1, 1>>});
const WorkloadEntry batch({.name = "handover_batch_64",
                           .family = "threads",
                           .sentence = "one thread allocates, another frees, in batches of 64",
                           .passes = 2,
                           .threaded = true,
                           .make = make_workload<Handover<1, 1, 64>>});
const WorkloadEntry nodes(
    {.name = "handover_nodes_1_1",
     .family = "threads",
     .sentence = "one thread allocates nodes of 64 bytes, another frees them, in batches of 4,096",
     .passes = 2,
     .threaded = true,
     .make = make_workload<Handover<1, 1, 4096, 64>>});
const WorkloadEntry funnel({.name = "handover_4_1",
                            .family = "threads",
                            .sentence = "four threads allocate, one frees, in batches of 8",
                            .passes = 2,
                            .threaded = true,
                            .make = make_workload<Handover<4, 1, 8>>});
const WorkloadEntry crossed({.name = "handover_2_2",
                             .family = "threads",
                             .sentence = "two threads allocate, two others free, in batches of 8",
                             .passes = 2,
                             .threaded = true,
                             .make = make_workload<Handover<2, 2, 8>>});
const WorkloadEntry crossed_nodes(
    {.name = "handover_nodes_2_2",
     .family = "threads",
     .sentence = "two threads allocate nodes of 64 bytes, two others free them, in batches of 64",
     .passes = 2,
     .threaded = true,
     .make = make_workload<Handover<2, 2, 64, 64>>});

}  // namespace
}  // namespace assay::suite
