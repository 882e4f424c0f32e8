// Programs that work in phases and give up a phase's storage as a whole.
//   frame_arena    a renderer: 200 frames of 1,500 draw commands, every eighth with a matrix on a cache line,
//                  and a list of sort keys; the arena is reset after each frame
//   request_arena  a server: 2,000 requests, each with its headers, and 4 steps whose scratch storage is
//                  given up by rewinding to a mark taken before the step, as is the request's at its end
// One operation is one block, allocated, written and given up. Subjects that cannot do this free one by one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "allocators/concept.h"
#include "suites/allocator/workloads/small_objects.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::allocator {

inline constexpr Description kFrameArena{
    .name = "frame_arena",
    .family = "arena",
    .sentence = "frames of 1,500 draw commands, matrices and sort keys, reset after each frame",
    .passes = 2,
    .warm_ups = kUntilGrown,
    .any_length = true};
inline constexpr Description kRequestArena{
    .name = "request_arena",
    .family = "arena",
    .sentence = "requests with four steps of scratch storage each, given up by rewinding",
    .passes = 2,
    .warm_ups = kUntilGrown,
    .any_length = true};

struct DrawCommand {
  std::uint64_t key;
  const float* matrix;  // of the latest command that has one
  std::uint32_t mesh, material, first, count;
  DrawCommand* next;
};

struct alignas(64) Matrix {
  float cells[16];
};

template <Allocator A>
class FrameArena final : public Workload {
 public:
  static constexpr std::size_t kFrames = 200, kCommands = 1500, kMatrixEvery = 8;
  static constexpr std::size_t kBlocks = kCommands + (kCommands + kMatrixEvery - 1) / kMatrixEvery + 1;

  static constexpr std::size_t kLiveBytes =
      kCommands * (sizeof(DrawCommand) + sizeof(std::uint64_t)) + (kBlocks - kCommands - 1) * sizeof(Matrix);

  explicit FrameArena(const Settings& settings)
      : frames_(settings.repeated(kFrames)), blocks_(harness_array<Block>(kBlocks)) {
    operations = frames_ * kBlocks;
    peak_live = kLiveBytes;
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t frame = 0; frame < frames_; ++frame) {
      checksum = fold(checksum, draw(frame));
      if constexpr (A::kTraits.resets) {
        subject_.reset();
      } else {
        while (used_ > 0) {
          const Block& block = blocks_[--used_];
          subject_.deallocate(block.address, block.size, block.alignment);
        }
      }
    }
    return checksum;
  }

 private:
  struct Block {
    void* address;
    std::size_t size, alignment;
  };

  [[gnu::always_inline]] void* get(std::size_t size, std::size_t alignment) {
    void* const address = subject_.allocate(size, alignment);
    if (address == nullptr) [[unlikely]]
      fail("allocate(%zu, %zu) returned null", size, alignment);
    if constexpr (!A::kTraits.resets) blocks_[used_++] = {address, size, alignment};
    return address;
  }

  std::uint64_t draw(std::size_t frame) {
    DrawCommand* commands = nullptr;
    const float* matrix = nullptr;
    for (std::size_t i = 0; i < kCommands; ++i) {
      if (i % kMatrixEvery == 0) {
        auto* const made = ::new (get(sizeof(Matrix), alignof(Matrix))) Matrix;
        for (std::size_t k = 0; k < 16; ++k) made->cells[k] = static_cast<float>(i + k);
        asm volatile("" : : "r"(made) : "memory");
        matrix = made->cells;
      }
      const auto mesh = static_cast<std::uint32_t>(i);
      commands = ::new (get(sizeof(DrawCommand), alignof(DrawCommand)))
          DrawCommand{mark_of(frame + i), matrix, mesh, mesh / 8, 0, 36, commands};
      asm volatile("" : : "r"(commands) : "memory");
    }
    auto* const keys = static_cast<std::uint64_t*>(get(kCommands * sizeof(std::uint64_t), 8));
    std::size_t filled = 0;
    for (const DrawCommand* command = commands; command != nullptr; command = command->next)
      keys[filled++] = command->key + static_cast<std::uint64_t>(command->matrix[command->mesh % 16]);
    asm volatile("" : : "r"(keys) : "memory");
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kCommands; ++i) sum += keys[i];
    return sum;
  }

  const std::size_t frames_;
  Block* const blocks_;
  std::size_t used_ = 0;
  A subject_;
};

template <Allocator A>
class RequestArena final : public Workload {
 public:
  static constexpr std::size_t kRequests = 2000, kHeaders = 20, kSteps = 4, kScratch = 20, kPlans = 256;
  static constexpr std::size_t kBlocks = kHeaders + kSteps * kScratch;

  explicit RequestArena(const Settings& settings)
      : requests_(settings.repeated(kRequests)), sizes_(harness_array<std::uint16_t>(kPlans * kBlocks)) {
    operations = requests_ * kBlocks;
    Random random(settings.seed);
    for (std::size_t plan = 0; plan < kPlans; ++plan) {
      std::size_t headers = 0, longest = 0, step = 0;
      for (std::size_t i = 0; i < kBlocks; ++i) {
        const std::size_t size = i < kHeaders ? random.between(8, 64) : random.log_between(16, 512);
        sizes_[plan * kBlocks + i] = static_cast<std::uint16_t>(size);
        if (i < kHeaders) {
          headers += size;
        } else {
          step = (i - kHeaders) % kScratch == 0 ? size : step + size;
          longest = std::max(longest, step);
        }
      }
      peak_live = std::max(peak_live, headers + longest);
    }
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t request = 0; request < requests_; ++request) {
      const std::uint16_t* sizes = sizes_ + request % kPlans * kBlocks;
      void* headers[kHeaders];
      const auto arrival = before();
      take(headers, kHeaders, sizes, request);
      for (std::size_t step = 0; step < kSteps; ++step) {
        void* scratch[kScratch];
        const std::uint16_t* const step_sizes = sizes + kHeaders + step * kScratch;
        const auto start = before();
        take(scratch, kScratch, step_sizes, request + step);
        checksum = fold(checksum, read(scratch, kScratch));
        give_up(start, scratch, kScratch, step_sizes);
      }
      checksum = fold(checksum, read(headers, kHeaders));
      give_up(arrival, headers, kHeaders, sizes);
    }
    return checksum;
  }

 private:
  static constexpr std::size_t kAlignment = 8;

  auto before() {
    if constexpr (A::kTraits.rewinds)
      return subject_.mark();
    else
      return nullptr;
  }

  void take(void** blocks, std::size_t count, const std::uint16_t* sizes, std::size_t number) {
    for (std::size_t i = 0; i < count; ++i) {
      blocks[i] = subject_.allocate(sizes[i], kAlignment);
      if (blocks[i] == nullptr) [[unlikely]]
        fail("allocate(%u, 8) returned null", sizes[i]);
      *static_cast<std::uint64_t*>(blocks[i]) = mark_of(number + i);
      asm volatile("" : : "r"(blocks[i]) : "memory");
    }
  }

  static std::uint64_t read(void* const* blocks, std::size_t count) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += *static_cast<const std::uint64_t*>(blocks[i]);
    return sum;
  }

  template <class Mark>
  void give_up(const Mark& mark, void* const* blocks, std::size_t count, const std::uint16_t* sizes) {
    if constexpr (A::kTraits.rewinds) {
      subject_.rewind(mark);
    } else {
      while (count-- > 0) subject_.deallocate(blocks[count], sizes[count], kAlignment);
    }
  }

  const std::size_t requests_;
  std::uint16_t* const sizes_;
  A subject_;
};

template <Allocator A>
void add_arena_phase_workloads() {
  static const WorkloadEntry frames(made_by(kFrameArena, make_workload<FrameArena<A>>));
  if constexpr (A::kTraits.rewinds || A::kTraits.frees_individually)
    static const WorkloadEntry requests(made_by(kRequestArena, make_workload<RequestArena<A>>));
}

}  // namespace assay::suite::allocator
