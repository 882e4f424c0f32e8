// Thirty-two buffers that grow by realloc, interleaved: strings and vectors being appended to. A buffer
// begins at 16 to 64 bytes, grows by a quarter to a whole of its size at each step, and starts again beyond
// 256 KiB. One operation is one realloc (or the malloc or free at either end of a life). A word in every 512
// bytes of the old contents is checked after each step, so a lost tail or a wrong copy fails the run.
#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"

namespace assay::suite {
namespace {

class ReallocGrowth : public Workload {
 public:
  explicit ReallocGrowth(const Settings& settings)
      : seed_(settings.seed), largest_(settings.scaled(256 << 10)) {
    operations = settings.repeated(12'000);
  }

  std::uint64_t pass() override {
    Random random(seed_);
    std::uint64_t checksum = 0;
    std::size_t live = 0;
    for (std::size_t i = 0; i < operations; ++i) {
      Buffer& buffer = buffers_[random.below(kBuffers)];
      const std::size_t size = buffer.size == 0 ? random.between(16, 64)
                                                : buffer.size + buffer.size * random.between(25, 100) / 100;
      const bool ends = size > largest_;
      if (!ends) {
        void* moved = realloc(buffer.address, size);
        if (moved == nullptr) fail("realloc(%p, %zu) returned null", buffer.address, size);
        buffer.address = moved;
      }
      checksum = check(buffer, checksum);
      live -= buffer.size;
      if (ends) {
        free(buffer.address);
        buffer = {};
        continue;
      }
      live += size;
      peak_live = std::max(peak_live, live);
      extend(buffer, size, i);
    }
    return checksum;
  }

  void end() override {
    for (std::size_t i = 0; i < kBuffers; ++i) {
      free(buffers_[i].address);
      buffers_[i] = {};
    }
  }

 private:
  struct Buffer {
    void* address;
    std::size_t size;
    std::uint64_t life;  // the operation that began this life
  };
  static constexpr std::size_t kBuffers = 32, kStride = 512;

  static std::uint64_t check(const Buffer& buffer, std::uint64_t checksum) {
    for (std::size_t at = 0; at + 8 <= buffer.size; at += kStride) {
      const std::uint64_t word = word_at(buffer.address, at);
      if (word != mark_of(buffer.life + at))
        fail("realloc of %zu bytes lost the contents at byte %zu", buffer.size, at);
      checksum = fold(checksum, word);
    }
    return checksum;
  }

  static void extend(Buffer& buffer, std::size_t size, std::uint64_t operation) {
    if (buffer.size == 0) buffer.life = operation;
    std::size_t at =
        (buffer.size + kStride - 8) / kStride * kStride;  // the first place that was not written yet
    if (buffer.size < 8) at = 0;
    for (; at + 8 <= size; at += kStride) word_at(buffer.address, at) = mark_of(buffer.life + at);
    buffer.size = size;
  }

  std::uint64_t seed_;
  std::size_t largest_;
  Buffer* buffers_ = harness_array<Buffer>(kBuffers);
};

const WorkloadEntry realloc_growth(
    {.name = "realloc_growth",
     .family = "calloc, realloc, aligned",
     .sentence = "32 buffers grow by realloc from 16 bytes to 256 KiB, interleaved",
     .any_length = true,
     .make = make_workload<ReallocGrowth>});

}  // namespace
}  // namespace assay::suite
