// Blocks of any size on one subject, and what the subject holds for them while a workload runs.
//
// A block carries its number's mark in its first word, in its last and in one of each further page, so that
// what is live is resident; reading it back finds blocks that overlap, moved or were recycled while live.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "allocators/concept.h"
#include "suites/core/clocks.h"
#include "suites/core/footprint.h"
#include "suites/core/workload.h"

namespace assay::suite::allocator {

struct HeapBlock {
  void* address = nullptr;
  std::uint32_t size = 0;  // at least 8
  std::uint32_t number = 0;
};

template <Allocator A>
class HeapBlocks {
 public:
  void fill(HeapBlock& block, std::size_t size, std::size_t number) {
    void* address = subject_.allocate(size, kAlignment);
    if (address == nullptr) [[unlikely]]
      fail("allocate(%zu, %zu) returned null, %zu bytes are live", size, kAlignment, live_);
    block = {address, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(number)};
    const std::uint64_t mark = mark_of(block.number);
    for_marks(block, [mark](std::uint64_t* word) { std::memcpy(word, &mark, sizeof mark); });
    asm volatile("" : : "r"(address) : "memory");  // the marks are in the block, not in registers
    live_ += size;
    peak_ = std::max(peak_, live_);
  }

  void drain(HeapBlock& block) {
    const std::uint64_t mark = mark_of(block.number);
    std::uint64_t difference = 0, read = block.size;
    for_marks(block, [&](const std::uint64_t* word) {
      std::uint64_t found;
      std::memcpy(&found, word, sizeof found);
      difference |= found ^ mark;
      read += found;
    });
    if (difference != 0) [[unlikely]]
      fail("a live block of %u bytes at %p lost its contents", block.size, block.address);
    checksum_ = fold(checksum_, read);
    subject_.deallocate(block.address, block.size, kAlignment);
    asm volatile("" : : : "memory");
    block.address = nullptr;
    live_ -= block.size;
  }

  void drain(HeapBlock* blocks, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      if (blocks[i].address != nullptr) drain(blocks[i]);
  }

  const A& subject() const { return subject_; }
  std::size_t live() const { return live_; }
  std::size_t peak() const { return peak_; }
  std::uint64_t take_checksum() { return std::exchange(checksum_, 0); }

 private:
  static constexpr std::size_t kAlignment = 16, kPage = 4096;

  template <class Use>
  static void for_marks(const HeapBlock& block, Use use) {
    auto* bytes = static_cast<unsigned char*>(block.address);
    for (std::size_t offset = 0; offset + 8 <= block.size; offset += kPage)
      use(reinterpret_cast<std::uint64_t*>(bytes + offset));
    use(reinterpret_cast<std::uint64_t*>(bytes + (block.size - 8) / 8 * 8));
  }

  A subject_;
  std::size_t live_ = 0, peak_ = 0;
  std::uint64_t checksum_ = 0;
};

// What a subject holds over a run and how much of it is live, at equal steps of the bytes that were allocated
// and freed: that is the time of such a run, because operations on small blocks are many and change little.
//
// Held is, of a heap in a region of its own, the part up to its highest live block (extent()); of others,
// what the C library's heap has from the system, without the blocks from before the run (mallinfo2: arena and
// mapped, less those in use then). Both fall when the top of the heap becomes free. The resident size stands
// beside it and depends on nobody's word.
template <Allocator A>
class HeapCourse {
 public:
  explicit HeapCourse(const HeapBlocks<A>& blocks) : blocks_(blocks) {}

  void begin() {
    const struct mallinfo2 info = mallinfo2();
    before_ = info.uordblks + info.hblkhd;
    resident_before_ = own(resident_bytes());
    count_ = 0;
    peak_held_ = 0;
    moved_ = due_ = 0;
    spent_ = 0;
    stride_ = kFirstStride;
  }

  void moved(std::size_t bytes) {  // allocated, or freed
    moved_ += bytes;
    if (moved_ >= due_) [[unlikely]]
      look();
  }

  double spent() const { return spent_; }  // on looking, in nanoseconds of CPU time

  void report(Figures& figures) const {
    double fragmentation = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const Look& look = looks_[i];
      figures.add("live_over_time", "bytes", static_cast<double>(look.live));
      figures.add("held_over_time", "bytes", static_cast<double>(look.held));
      figures.add("resident_over_time", "bytes", static_cast<double>(look.resident));
      figures.add("fragmentation_over_time", "ratio", look.fragmentation());
      if constexpr (kTellsRuns) figures.add("scattered_over_time", "ratio", look.scattered);
      fragmentation += look.fragmentation();
    }
    figures.add("fragmentation", "ratio", fragmentation / static_cast<double>(count_));
    figures.add("held_over_live", "ratio",
                static_cast<double>(peak_held_) / static_cast<double>(blocks_.peak()));
  }

 private:
  static constexpr bool kTellsExtent = requires(const A subject) { subject.extent(); };
  static constexpr bool kTellsRuns = requires(const A subject) { subject.fragmentation(); };
  static constexpr std::size_t kMost = 240, kFirstStride = std::size_t{64} << 10;

  struct Look {
    std::size_t live, held, resident;
    double scattered;  // 1 - largest free run / all free, where the subject knows

    double fragmentation() const {  // the share of what is held that is not live
      return held <= live ? 0 : 1 - static_cast<double>(live) / static_cast<double>(held);
    }
  };

  void look() {
    if (count_ == kMost) {  // too fine: every second of them, and half as often from here
      count_ = kMost / 2;
      for (std::size_t i = 0; i < count_; ++i) looks_[i] = looks_[2 * i + 1];
      stride_ *= 2;
    }
    due_ = moved_ + stride_;
    const double start = cpu_nanoseconds();
    Look& look = looks_[count_++];
    look = {blocks_.live(), held(), own(resident_bytes()) - resident_before_, 0};
    if constexpr (kTellsRuns) look.scattered = blocks_.subject().fragmentation();
    peak_held_ = std::max(peak_held_, look.held);
    spent_ += cpu_nanoseconds() - start;
  }

  std::size_t held() const {
    if constexpr (kTellsExtent) return blocks_.subject().extent();
    return from_system() - before_;
  }

  static std::size_t from_system() {
    const struct mallinfo2 info = mallinfo2();
    return info.arena + info.hblkhd;
  }

  const HeapBlocks<A>& blocks_;
  std::size_t before_ = 0, resident_before_ = 0, peak_held_ = 0;
  double spent_ = 0;
  std::size_t moved_ = 0, due_ = 0, stride_ = kFirstStride, count_ = 0;
  Look looks_[kMost];
};

}  // namespace assay::suite::allocator
