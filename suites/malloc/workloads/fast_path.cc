// The fast path: blocks of 16 to 512 bytes that live briefly, in three forms.
//   fast_path   256 blocks live, the oldest is replaced: how many pairs a second
//   new_delete  the same through operator new and the sized operator delete
//   fast_chain  one block live; the size of the next is read from it: how long one pair takes when nothing
//               can overlap with it
// One operation is one allocation and one free. The pattern is the inner loop of small-object programs
// (parsers, big-number arithmetic such as cfrac); sizes are uniform, as in glibc's own bench-malloc-simple.
#include <new>

#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

constexpr std::size_t kSizes = 4096;

std::uint32_t* random_sizes(std::uint64_t seed) {
  auto* sizes = harness_array<std::uint32_t>(kSizes);
  Random random(seed);
  for (std::size_t i = 0; i < kSizes; ++i) sizes[i] = static_cast<std::uint32_t>(random.between(16, 512));
  return sizes;
}

struct Malloc {
  static void* get(std::size_t size) { return allocate(size); }
  static void put(void* block, std::size_t) { free(block); }
};

struct SizedNew {
  static void* get(std::size_t size) { return ::operator new(size); }
  static void put(void* block, std::size_t size) { ::operator delete(block, size); }
};

template <class Calls>
class FastPath : public Workload {
 public:
  explicit FastPath(const Settings& settings) : sizes_(random_sizes(settings.seed)) {
    operations = settings.repeated(400'000);
    for (std::size_t i = 0; i < kSizes; ++i) {
      std::size_t live = 0;
      for (std::size_t k = 0; k < kLive; ++k) live += sizes_[(i + k) % kSizes];
      peak_live = std::max(peak_live, live);
    }
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < operations + kLive; ++i) {
      void*& place = blocks_[i % kLive];
      if (i >= kLive) {
        const std::size_t size = sizes_[(i - kLive) % kSizes];
        checksum = fold(checksum, read_mark(place, size, i - kLive));
        Calls::put(place, size);
      }
      if (i >= operations) continue;
      place = Calls::get(sizes_[i % kSizes]);
      write_mark(place, sizes_[i % kSizes], i);
    }
    return checksum;
  }

 private:
  static constexpr std::size_t kLive = 256;
  std::uint32_t* sizes_;
  void** blocks_ = harness_array<void*>(kLive);
};

class FastChain : public Workload {
 public:
  explicit FastChain(const Settings& settings) : sizes_(random_sizes(settings.seed)) {
    operations = settings.repeated(500'000);
    peak_live = 512;
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    std::size_t size = 16;
    for (std::size_t i = 0; i < operations; ++i) {
      void* block = allocate(size);
      word_at(block, 0) = mark_of(i);
      asm volatile("" ::: "memory");  // the word is read from the block, not from a register
      const std::uint64_t mark = word_at(block, 0);
      if (mark != mark_of(i)) fail("a live block of %zu bytes at %p lost its contents", size, block);
      checksum = fold(checksum, mark);
      free(block);
      size = sizes_[(mark >> 32) % kSizes];
    }
    return checksum;
  }

 private:
  std::uint32_t* sizes_;
};

const WorkloadEntry fast_path({.name = "fast_path",
                               .family = "fast path",
                               .sentence = "256 blocks of 16-512 bytes live, the oldest is replaced",
                               .any_length = true,
                               .make = make_workload<FastPath<Malloc>>});
const WorkloadEntry new_delete({.name = "new_delete",
                                .family = "fast path",
                                .sentence = "as fast_path, through operator new and sized operator delete",
                                .any_length = true,
                                .make = make_workload<FastPath<SizedNew>>});
const WorkloadEntry fast_chain(
    {.name = "fast_chain",
     .family = "fast path",
     .sentence = "one block of 16-512 bytes at a time, each size read from the block before",
     .any_length = true,
     .make = make_workload<FastChain>});

}  // namespace
}  // namespace assay::suite
