// A hundred thousand blocks of 64 bytes, all allocated and then all freed: in the reverse order (a stack of
// scopes), in the same order (a queue) or in random order (a hash table torn down). One operation is one
// allocation and one free; malloc_time and free_time give the halves apart. After Berger's and Hoard's
// "linear" tests and the sweep in rpmalloc's benchmark, with the order as the only difference.
#include <utility>

#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"
#include "suites/core/clocks.h"

namespace assay::suite {
namespace {

enum class Order { kLifo, kFifo, kRandom };

template <Order kOrder>
class FreeOrder : public Workload {
 public:
  explicit FreeOrder(const Settings& settings) {
    operations = settings.scaled(100'000);
    peak_live = operations * kSize;
    blocks_ = harness_array<void*>(operations);
    order_ = harness_array<std::uint32_t>(operations);
    Random random(settings.seed);
    for (std::size_t i = 0; i < operations; ++i)
      order_[i] = static_cast<std::uint32_t>(kOrder == Order::kLifo ? operations - 1 - i : i);
    if (kOrder == Order::kRandom)
      for (std::size_t i = operations; i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    const double start = cpu_nanoseconds();
    for (std::size_t i = 0; i < operations; ++i) {
      blocks_[i] = allocate(kSize);
      write_mark(blocks_[i], kSize, i);
    }
    const double middle = cpu_nanoseconds();
    for (std::size_t k = 0; k < operations; ++k) {
      const std::size_t i = order_[k];
      checksum = fold(checksum, read_mark(blocks_[i], kSize, i));
      free(blocks_[i]);
    }
    malloc_time_ = middle - start;
    free_time_ = cpu_nanoseconds() - middle;
    return checksum;
  }

  void report(const Resident&, Figures& figures) override {
    figures.add("malloc_time", "ns/op", malloc_time_ / static_cast<double>(operations));
    figures.add("free_time", "ns/op", free_time_ / static_cast<double>(operations));
  }

 private:
  static constexpr std::size_t kSize = 64;
  void** blocks_;
  std::uint32_t* order_;
  double malloc_time_ = 0, free_time_ = 0;
};

const WorkloadEntry lifo({.name = "free_lifo",
                          .family = "free order",
                          .sentence = "100,000 blocks of 64 bytes, freed last one first",
                          .passes = 4,
                          .make = make_workload<FreeOrder<Order::kLifo>>});
const WorkloadEntry fifo({.name = "free_fifo",
                          .family = "free order",
                          .sentence = "100,000 blocks of 64 bytes, freed first one first",
                          .passes = 4,
                          .make = make_workload<FreeOrder<Order::kFifo>>});
const WorkloadEntry random_order({.name = "free_random",
                                  .family = "free order",
                                  .sentence = "100,000 blocks of 64 bytes, freed in random order",
                                  .passes = 4,
                                  .make = make_workload<FreeOrder<Order::kRandom>>});

}  // namespace
}  // namespace assay::suite
