// Large blocks: 1 to 8 MiB, eight live, the oldest replaced: images, file buffers, matrices. "touched" writes
// a word in each page, as a program that uses the block does; "untouched" writes only its ends, which shows
// what the bookkeeping and the system calls cost by themselves. One operation is one allocation and one free.
// After malloc-large of mimalloc-bench (5 to 25 MiB), made smaller to be short.
#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

template <bool kTouched, std::size_t kOperations>
class LargeChurn : public Workload {
 public:
  explicit LargeChurn(const Settings& settings) : seed_(settings.seed), largest_(settings.scaled(8 << 20)) {
    operations = kOperations;
  }

  std::uint64_t pass() override {
    Random random(seed_);
    std::uint64_t checksum = 0;
    std::size_t live = 0;
    for (std::size_t i = 0; i < operations + kLive; ++i) {
      Block& block = blocks_[i % kLive];
      if (i >= kLive) {
        checksum = fold(checksum, check(block));
        free(block.address);
        live -= block.size;
      }
      if (i >= operations) continue;
      const std::size_t size = random.between(largest_ / 8, largest_);
      block = {allocate(size), static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(i)};
      if (kTouched) {
        write_mark(block.address, size, i);
      } else {
        word_at(block.address, 0) = word_at(block.address, last_word(size)) = mark_of(i);
      }
      live += size;
      peak_live = std::max(peak_live, live);
    }
    return checksum;
  }

 private:
  static std::uint64_t check(const Block& block) {
    if (kTouched) return read_mark(block.address, block.size, block.number);
    const std::uint64_t first = word_at(block.address, 0);
    if (first != mark_of(block.number) || word_at(block.address, last_word(block.size)) != first)
      fail("a live block of %u bytes at %p lost its contents", block.size, block.address);
    return first;
  }

  static constexpr std::size_t kLive = 8;
  std::uint64_t seed_;
  std::size_t largest_;
  Block* blocks_ = harness_array<Block>(kLive);
};

const WorkloadEntry touched({.name = "large_touched",
                             .family = "large",
                             .sentence = "blocks of 1-8 MiB, eight live, every page written",
                             .passes = 2,
                             .make = make_workload<LargeChurn<true, 24>>});
const WorkloadEntry untouched({.name = "large_untouched",
                               .family = "large",
                               .sentence = "blocks of 1-8 MiB, eight live, only their ends written",
                               .make = make_workload<LargeChurn<false, 2000>>});

}  // namespace
}  // namespace assay::suite
