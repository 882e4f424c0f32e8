// Large blocks: 5 to 25 MiB, twenty live, one at random replaced: images, file buffers, matrices. "touched"
// fills them, as a program that uses them does; "untouched" writes only their ends, which shows what the
// bookkeeping and the system calls cost by themselves. One operation is one free and one allocation. After
// malloc-large of mimalloc-bench: with the sizes and the number of its blocks, because what allocators keep
// of blocks that are smaller or fewer they do not keep of these.
#include <cstring>

#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

template <bool kTouched, std::size_t kOperations>
class LargeChurn : public Workload {
 public:
  explicit LargeChurn(const Settings& settings) : seed_(settings.seed), largest_(settings.scaled(25 << 20)) {
    operations = kOperations;
  }

  // The blocks stay from pass to pass, as what is measured is how an allocator goes on with what it has. The
  // first pass is for all others to begin with the blocks that they end with.
  void begin() override {
    if (blocks_[0].address != nullptr) return;
    Random random(seed_);
    for (std::size_t i = 0; i < kLive; ++i) fill(blocks_[i], random, i);
    pass();
  }

  std::uint64_t pass() override {
    Random random(~seed_);
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < operations; ++i) {
      Block& block = blocks_[random.below(kLive)];
      checksum = fold(checksum, check(block));
      free(block.address);
      live_ -= block.size;
      fill(block, random, kLive + i);
    }
    return checksum;
  }

 private:
  void fill(Block& block, Random& random, std::uint64_t number) {
    const std::size_t size = random.between(largest_ / 5, largest_);
    block = {allocate(size), static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(number)};
    if (kTouched) {
      std::memset(block.address, static_cast<int>(number % 256), size);
      write_mark(block.address, size, number);
    } else {
      word_at(block.address, 0) = word_at(block.address, last_word(size)) = mark_of(number);
    }
    live_ += size;
    peak_live = std::max(peak_live, live_);
  }

  static std::uint64_t check(const Block& block) {
    if (kTouched) return read_mark(block.address, block.size, block.number);
    const std::uint64_t first = word_at(block.address, 0);
    if (first != mark_of(block.number) || word_at(block.address, last_word(block.size)) != first)
      fail("a live block of %u bytes at %p lost its contents", block.size, block.address);
    return first;
  }

  static constexpr std::size_t kLive = 20;
  std::uint64_t seed_;
  std::size_t largest_, live_ = 0;
  Block* blocks_ = harness_array<Block>(kLive);
};

const WorkloadEntry touched({.name = "large_touched",
                             .family = "large",
                             .sentence = "blocks of 5-25 MiB, twenty live, filled",
                             .warm_ups = 0,
                             .make = make_workload<LargeChurn<true, 60>>});
const WorkloadEntry untouched({.name = "large_untouched",
                               .family = "large",
                               .sentence = "blocks of 5-25 MiB, twenty live, only their ends written",
                               .warm_ups = 0,
                               .make = make_workload<LargeChurn<false, 2000>>});

}  // namespace
}  // namespace assay::suite
