// Aligned allocation: posix_memalign and aligned_alloc in turn, alignments of 16 to 4,096 bytes, one in 256
// up to 2 MiB, sizes of 16 to 4,096 bytes rounded up to a multiple of the alignment; 512 blocks live, a
// random one replaced. SIMD vectors, cache-line padded counters, pages for direct I/O. Every address is
// checked. One operation is one allocation and one free.
#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

class Aligned : public Workload {
 public:
  explicit Aligned(const Settings& settings) : live_blocks_(settings.scaled(512)), seed_(settings.seed) {
    operations = settings.repeated(60'000);
    blocks_ = harness_array<Block>(live_blocks_);
  }

  std::uint64_t pass() override {
    Random random(seed_);
    std::uint64_t checksum = 0;
    std::size_t live = 0;
    for (std::size_t i = 0; i < operations; ++i) {
      Block& block = blocks_[random.below(live_blocks_)];
      if (block.address != nullptr) {
        checksum = fold(checksum, read_mark(block.address, block.size, block.number));
        free(block.address);
        live -= block.size;
      }
      const std::size_t alignment = std::size_t{16}
                                    << (random.one_in(256) ? random.below(18) : random.below(9));
      const std::size_t size = random.log_between(16, 4096) + alignment - 1;
      block = {get(alignment, size / alignment * alignment, i % 2 == 0),
               static_cast<std::uint32_t>(size / alignment * alignment), static_cast<std::uint32_t>(i)};
      write_mark(block.address, block.size, i);
      live += block.size;
      peak_live = std::max(peak_live, live);
    }
    return checksum;
  }

  void end() override {
    for (std::size_t i = 0; i < live_blocks_; ++i) {
      free(blocks_[i].address);
      blocks_[i] = {};
    }
  }

 private:
  static void* get(std::size_t alignment, std::size_t size, bool posix) {
    void* block = nullptr;
    if (posix) {
      if (const int error = posix_memalign(&block, alignment, size); error != 0)
        fail("posix_memalign(%zu, %zu) returned %d", alignment, size, error);
    } else {
      block = aligned_alloc(alignment, size);
      if (block == nullptr) fail("aligned_alloc(%zu, %zu) returned null", alignment, size);
    }
    if (reinterpret_cast<std::uintptr_t>(block) % alignment != 0)
      fail("%s(%zu, %zu) returned the misaligned %p", posix ? "posix_memalign" : "aligned_alloc", alignment,
           size, block);
    return block;
  }

  std::size_t live_blocks_;
  std::uint64_t seed_;
  Block* blocks_;
};

const WorkloadEntry aligned(
    {.name = "aligned",
     .family = "calloc, realloc, aligned",
     .sentence = "posix_memalign and aligned_alloc at 16 bytes to 2 MiB, addresses checked",
     .any_length = true,
     .make = make_workload<Aligned>});

}  // namespace
}  // namespace assay::suite
