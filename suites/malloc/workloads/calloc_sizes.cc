// calloc of small records (256 bytes), buffers (64 KiB) and tables (1 MiB), 16 live at a time and the oldest
// replaced. Every block is dirtied before it is freed and a word of each cache line (of each 512 bytes in the
// larger ones) is found zero after calloc: an allocator may skip the clearing only of memory that is fresh
// from the system. One operation is one calloc and one free.
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

template <std::size_t kSize, std::size_t kOperations>
class CallocSizes : public Workload {
 public:
  explicit CallocSizes(const Settings&) {
    operations = kOperations;
    peak_live = kLive * kSize;
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < operations; ++i) {
      void*& block = blocks_[i % kLive];
      if (i >= kLive) checksum = fold(checksum, drop(block, i - kLive));
      block = calloc(kSize / 16, 16);
      if (block == nullptr) fail("calloc(%zu, 16) returned null", kSize / 16);
      std::uint64_t dirt = 0;
      for (std::size_t at = 0; at < kSize; at += kStride) {
        dirt |= word_at(block, at);
        word_at(block, at) = mark_of(i);
      }
      if (dirt != 0) fail("calloc returned %zu bytes that are not all zero", kSize);
    }
    for (std::size_t i = operations - kLive; i < operations; ++i)
      checksum = fold(checksum, drop(blocks_[i % kLive], i));
    return checksum;
  }

 private:
  static std::uint64_t drop(void* block, std::size_t number) {
    const std::uint64_t first = word_at(block, 0);
    if (first != mark_of(number)) fail("a live block of %zu bytes at %p lost its contents", kSize, block);
    free(block);
    return first;
  }

  static constexpr std::size_t kLive = 16, kStride = kSize > 4096 ? 512 : 64;
  void** blocks_ = harness_array<void*>(kLive);
};

const WorkloadEntry calloc_small({.name = "calloc_256",
                                  .family = "calloc, realloc, aligned",
                                  .sentence = "calloc of 256 bytes, recycled dirty, found zero",
                                  .make = make_workload<CallocSizes<256, 300'000>>});
const WorkloadEntry calloc_medium({.name = "calloc_64k",
                                   .family = "calloc, realloc, aligned",
                                   .sentence = "calloc of 64 KiB, recycled dirty, found zero",
                                   .make = make_workload<CallocSizes<(64 << 10), 1'500>>});
const WorkloadEntry calloc_large({.name = "calloc_1m",
                                  .family = "calloc, realloc, aligned",
                                  .sentence = "calloc of 1 MiB, recycled dirty, found zero",
                                  .make = make_workload<CallocSizes<(1 << 20), 100>>});

}  // namespace
}  // namespace assay::suite
